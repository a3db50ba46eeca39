//! Snapshots and compaction: Raft §7, figure 13; thesis §5.

use bytes::Bytes;
use quorate_machine::Input;
use quorate_raft::{Body, Command, Entry, Event, Index, LogId, Message, Payload, Record, Refusal, Term};

use crate::{
    lab::{Lab, Letter, at, id},
    stories,
};

const PARTS: [&str; 4] = ["the ", "whole ", "state ", "of it"];

/// n1 leads, and has compacted all that n3 lacks.
fn one_left_behind() -> Lab {
    let mut lab = Lab::with(&[&[], &[], &[]], |config| {
        config.log_keep_entries = 0;
        config.inflight_messages_max = 1;
    });
    lab.elect(id(1));
    lab.isolate(id(3));
    for _ in 0..5 {
        lab.propose(id(1), "x");
        lab.run();
    }
    lab.compact(id(1), &PARTS);
    lab.run();
    assert_eq!(lab.log(id(1)), []);
    lab
}

fn part_of(letter: &Letter) -> Option<u32> {
    match letter.message.body {
        Body::Snapshot { part, .. } => Some(part),
        _ => None,
    }
}

/// A part of n2's snapshot, at n1.
fn receive_part(lab: &mut Lab, term: u64, last: LogId, part: u32, parts: u32) {
    let body = Body::Snapshot { last, part, parts, bytes: Bytes::from_static(b"part"), round: 0 };
    lab.feed(id(1), Input::Receive { from: id(2), message: Message { term: Term(term), body } });
}

/// Raft §7: a follower whose next entry is compacted gets the snapshot, then what follows it.
#[test]
fn s7_a_follower_far_behind_is_sent_the_snapshot() {
    let mut lab = one_left_behind();
    lab.heal();
    lab.propose(id(1), "after");
    lab.beat(id(1), 2);
    lab.assert_agreed();
    let restored = lab.events(id(3)).iter().find_map(|event| match event {
        Event::Restore { snapshot } => Some(snapshot.parts().concat()),
        _ => None,
    });
    assert_eq!(restored, Some(PARTS.concat().into_bytes()));
    assert_eq!(lab.applied(id(3)), ["after"], "what the snapshot covers is not delivered again");
}

/// T73: the same in a cluster that has nothing else to say.
#[test]
fn t73_an_idle_leader_sends_the_snapshot_all_the_same() {
    let mut lab = one_left_behind();
    lab.heal();
    lab.beat(id(1), 3);
    lab.assert_agreed();
}

/// A transfer goes on where it was when the follower comes back, if its disk has kept the parts, and anew if not.
#[test]
fn s7_a_transfer_survives_a_crash_of_the_follower() {
    for (records_kept, resumes_at) in [(usize::MAX, 2), (0, 0)] {
        let mut lab = one_left_behind();
        lab.lose(|letter| part_of(letter) >= Some(2));
        lab.beat(id(1), 2);
        lab.crash(id(3), records_kept);
        lab.restart(id(3));
        lab.heal();
        let mut sent = Vec::new();
        for _ in 0..4 {
            lab.expire(id(1));
            while let Some(letter) = lab.next() {
                sent.extend(part_of(&letter));
                lab.deliver(letter);
            }
        }
        // The first thing sent is a guess that repeats what is known to be held.
        assert!(sent.iter().skip(2).all(|part| *part >= resumes_at), "{records_kept}: {sent:?}");
        lab.assert_agreed();
        assert_eq!(lab.status(id(3)).counters.installs, 1);
    }
}

/// Lost parts and lost answers delay a transfer, and do not end it.
#[test]
fn s7_a_transfer_survives_losses() {
    let mut lab = one_left_behind();
    for round in 0..40_u64 {
        lab.lose(move |letter| (letter.from.0 + letter.to.0 + round) % 3 == 0);
        lab.beat(id(1), 1);
    }
    lab.heal();
    lab.beat(id(1), 3);
    lab.assert_agreed();
}

/// Figure 13, step 6: entries after one that equals the snapshot's last are kept.
#[test]
fn figure_13_step_6_what_follows_the_snapshot_is_kept() {
    let mut lab = Lab::of_logs(&[&[1, 1, 2, 2], &[], &[]]);
    receive_part(&mut lab, 5, at(1, 2), 0, 1);
    lab.run();
    let status = lab.status(id(1));
    assert_eq!((status.first, status.last, status.committed), (Index(3), at(2, 4), Index(2)));
    assert_eq!(lab.disk(id(1)).entries.len(), 2);
}

/// Figure 13, step 7: otherwise the whole log goes.
#[test]
fn figure_13_step_7_a_log_that_contradicts_the_snapshot_is_discarded() {
    let mut lab = Lab::of_logs(&[&[1, 1, 2, 2], &[], &[]]);
    receive_part(&mut lab, 5, at(3, 2), 0, 1);
    lab.run();
    let status = lab.status(id(1));
    assert_eq!((status.first, status.last, status.committed), (Index(3), at(3, 2), Index(2)));
    assert_eq!(lab.disk(id(1)).entries.len(), 0);
}

/// T74: a snapshot of what is committed already changes nothing; it is answered with an acknowledgement.
#[test]
fn t74_an_old_snapshot_is_not_installed() {
    let mut lab = Lab::new(3);
    lab.elect(id(2));
    lab.propose(id(2), "x");
    lab.run();
    let term = lab.status(id(1)).term.0;
    receive_part(&mut lab, term, at(term, 1), 0, 1);
    assert_eq!(lab.status(id(1)).counters.installs, 0);
    let answer = lab.wire.pop_back().expect("an answer").message.body;
    assert!(matches!(answer, Body::Appended { matched: Index(2), .. }), "{answer:?}");
}

/// Parts out of order, of another snapshot, or too many, hold nothing up and are not kept.
#[test]
fn s7_only_the_next_part_is_taken() {
    let mut lab = Lab::new(3);
    for (last, part, parts) in [(at(1, 9), 1, 3), (at(1, 9), 0, 3), (at(1, 9), 2, 3), (at(1, 9), 7, u32::MAX)]
    {
        receive_part(&mut lab, 1, last, part, parts);
    }
    let kept = lab.unsynced(id(1)).iter().filter(|record| matches!(record, Record::Part { .. })).count();
    assert_eq!((kept, lab.status(id(1)).counters.nonsense), (1, 1));
    receive_part(&mut lab, 1, at(1, 8), 0, 2);
    receive_part(&mut lab, 1, at(1, 8), 1, 2);
    lab.run();
    assert_eq!(lab.status(id(1)).last, at(1, 8), "the one that was complete first");
}

/// Whatever part of a compaction a crash leaves on disk, the node comes back with everything it had.
#[test]
fn s7_a_crash_in_the_middle_of_a_compaction_loses_nothing() {
    for log_keep_entries in [0, 2] {
        let mut records_kept = 0;
        loop {
            let mut lab = Lab::with(&[&[], &[], &[]], |config| config.log_keep_entries = log_keep_entries);
            lab.elect(id(1));
            for _ in 0..5 {
                lab.propose(id(1), "x");
                lab.run();
            }
            let last = lab.status(id(3)).last;
            lab.compact(id(3), &PARTS);
            let records = lab.unsynced(id(3)).len();
            lab.crash(id(3), records_kept);
            lab.restart(id(3));
            lab.run();
            assert_eq!(lab.status(id(3)).last, last, "with {records_kept} of {records} records");
            lab.beat(id(1), 2);
            lab.assert_agreed();
            lab.isolate(id(1));
            lab.elect(id(3));
            if records_kept == records {
                assert_eq!(records, PARTS.len() + 1);
                break;
            }
            records_kept += 1;
        }
    }
}

/// A snapshot ahead of what the application was told, or behind an earlier one, is given back.
#[test]
fn s7_a_snapshot_out_of_range_is_refused() {
    let mut lab = Lab::new(1);
    lab.elect(id(1));
    let part = || vec![Bytes::from_static(b"state")];
    for (upto, parts, refused) in
        [(2, part(), true), (0, part(), true), (1, vec![], true), (1, part(), false), (1, part(), true)]
    {
        let upto = Index(upto);
        let tag = lab.submit(id(1), Command::Compact { upto, parts });
        lab.run();
        let outcome = lab.outcome(tag);
        let given_back = matches!(
            outcome,
            Some(Event::Refused {
                refusal: Refusal::OutOfRange { .. },
                command: Command::Compact { .. },
                ..
            })
        );
        assert_eq!(given_back, refused, "{outcome:?}");
    }
}

/// Nor one that covers what the application was never told.
#[test]
fn s7_a_snapshot_of_the_future_is_refused() {
    assert!(stories::a_snapshot_of_the_future_is_refused(&|_| {}));
}

/// Two leaders' snapshots up to the same entry may be cut into other parts: one is never completed with the other's.
#[test]
fn s7_a_snapshot_is_never_put_together_from_two_leaders_parts() {
    let mut lab = Lab::new(3);
    for (from, term, part, parts, data) in
        [(2, 1, 0, 3, "a0"), (2, 1, 1, 3, "a1"), (3, 2, 0, 2, "b0"), (3, 2, 1, 2, "b1")]
    {
        let bytes = Bytes::from_static(str::as_bytes(data));
        let body = Body::Snapshot { last: at(1, 9), part, parts, bytes, round: 0 };
        let message = Message { term: Term(term), body };
        lab.feed(id(1), Input::Receive { from: id(from), message });
        lab.run();
    }
    let states: Vec<_> = lab
        .events(id(1))
        .iter()
        .filter_map(|event| match event {
            Event::Restore { snapshot } => Some(snapshot.parts().concat()),
            _ => None,
        })
        .collect();
    assert_eq!(states, [b"b0b1".to_vec()]);
}

/// The entry at a compacted log's base is committed. An append that says otherwise comes from no leader, and must not reach
/// the disk, whose records would not add up.
#[test]
fn s7_an_append_that_contradicts_the_base_is_nonsense() {
    let mut lab = Lab::with(&[&[], &[], &[]], |config| config.log_keep_entries = 0);
    for leader in [2, 2, 3, 2] {
        lab.elect(id(leader));
    }
    lab.compact(id(1), &["state"]);
    lab.run();
    let (last, term) = (lab.status(id(1)).last, lab.status(id(1)).term);
    assert_eq!(lab.log(id(1)), []);
    let entries = [1, 1].map(|term| Entry { term: Term(term), payload: Payload::Noop }).into_iter().collect();
    let prev = LogId { term: Term(1), index: last.index.previous() };
    let body = Body::Append { prev, entries, committed: Index::ZERO, round: 0 };
    lab.feed(id(1), Input::Receive { from: id(2), message: Message { term, body } });
    lab.run();
    assert_eq!(lab.status(id(1)).last, last);
}

/// What stays behind a snapshot for the slow never fills the log: after a compaction there is room again.
#[test]
fn s7_a_compaction_makes_room_however_much_may_stay() {
    let mut lab = Lab::with(&[&[]], |config| {
        config.log_keep_entries = 4096;
        config.log_bytes_max = 2_000;
    });
    lab.elect(id(1));
    let busy =
        |outcome: Option<Event>| matches!(outcome, Some(Event::Refused { refusal: Refusal::Busy, .. }));
    let fill = |lab: &mut Lab| {
        (0..100).any(|_| {
            let tag = lab.propose(id(1), "a proposal of some length");
            lab.run();
            busy(lab.outcome(tag).cloned())
        })
    };
    assert!(fill(&mut lab), "the log has a limit");
    lab.compact(id(1), &["state"]);
    lab.run();
    let tag = lab.propose(id(1), "one more");
    lab.run();
    assert!(!busy(lab.outcome(tag).cloned()), "{:?}", lab.status(id(1)));
}
