//! Stories with a wrong ending that a correct implementation avoids: told to the real one, and to one with the mistake.
//! Each says whether it ended well.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use quorate_machine::{Input, NodeId};
use quorate_raft::{
    Body, Command, Config, Entries, Entry, Event, Index, Message, Payload, Refusal, Role, Term,
};

use crate::lab::{Lab, Letter, at, carries_entries, id, is_append};

/// What to change in every node's configuration before the story begins.
pub type Adjust<'a> = &'a dyn Fn(&mut Config);

fn three(adjust: Adjust<'_>) -> Lab {
    Lab::with(&[&[], &[], &[]], adjust)
}

fn is_done(lab: &Lab, tag: quorate_machine::Tag) -> bool {
    matches!(lab.outcome(tag), Some(Event::Proposed { .. } | Event::Readable { .. }))
}

/// Thesis §6.4: n1 leads, is cut off, and is asked for a read before it knows that n2 leads and has committed more.
pub fn a_deposed_leader_answers_no_read(adjust: Adjust<'_>) -> bool {
    let mut lab = three(adjust);
    lab.elect(id(1));
    lab.isolate(id(1));
    lab.elect(id(2));
    lab.propose(id(2), "new");
    lab.run();
    assert_eq!((lab.role(id(1)), lab.applied(id(2)).len()), (Role::Leader, 1));
    let tag = lab.read(id(1));
    lab.run();
    lab.beat(id(1), 2);
    !is_done(&lab, tag)
}

/// Thesis §6.4, step 3: a read is asked for while the answers to an earlier one's round are on their way. They say nothing
/// about what has happened since.
pub fn an_earlier_round_confirms_no_later_read(adjust: Adjust<'_>) -> bool {
    let mut lab = three(adjust);
    lab.elect(id(1));
    let first = lab.read(id(1));
    lab.flush(id(1));
    for letter in lab.intercept(is_append) {
        lab.deliver(letter);
    }
    let answers = lab.intercept(|letter| matches!(letter.message.body, Body::Appended { .. }));
    let second = lab.read(id(1));
    lab.flush(id(1));
    for letter in answers {
        lab.deliver(letter);
    }
    assert!(is_done(&lab, first));
    !is_done(&lab, second)
}

/// A leader's answer reaches a node that has restarted since it asked, and has asked again.
pub fn an_answer_to_a_former_life_is_no_answer(adjust: Adjust<'_>) -> bool {
    let mut lab = three(adjust);
    lab.elect(id(1));
    lab.read(id(3));
    let mut old = None;
    while let Some(letter) = lab.next() {
        if matches!(letter.message.body, Body::AnsweredRead { .. }) {
            old = Some(letter);
        } else {
            lab.deliver(letter);
        }
    }
    lab.crash(id(3), usize::MAX);
    lab.restart(id(3));
    lab.run();
    lab.beat(id(1), 1);
    lab.isolate(id(3));
    lab.propose(id(1), "new");
    lab.run();
    let tag = lab.read(id(3));
    lab.run();
    lab.heal();
    lab.deliver(old.expect("the leader has answered"));
    !is_done(&lab, tag)
}

/// A node that has restarted counts what it forwards from the beginning, and the leader is still the same.
pub fn a_new_life_may_forward_again(adjust: Adjust<'_>) -> bool {
    let mut lab = three(adjust);
    lab.elect(id(1));
    lab.propose(id(3), "in one life");
    lab.run();
    lab.crash(id(3), usize::MAX);
    lab.restart(id(3));
    lab.run();
    lab.beat(id(1), 1);
    let tag = lab.propose(id(3), "in the next");
    lab.run();
    is_done(&lab, tag)
}

/// Raft figure 8, up to the moment of truth: an entry of term 2 is on a majority, put there by the leader of term 4, whose
/// own first entry is not.
pub fn figure_8(adjust: Adjust<'_>) -> Lab {
    let mut lab = Lab::with(&[&[1], &[1], &[1], &[1], &[1]], |config| {
        config.batch_entries_max = 1;
        adjust(config);
    });
    // (a) S1 leads term 2, and its entry at index 2 reaches S2 alone.
    lab.lose(|letter| carries_entries(letter) && letter.to != id(2));
    lab.elect(id(1));
    assert_eq!((lab.log(id(2)), lab.log(id(3))), (vec![1, 2], vec![1]));
    // (b) S1 is gone. S5 leads term 3, and its entry at index 2 reaches nobody.
    lab.crash(id(1), 0);
    lab.lose(carries_entries);
    lab.elect(id(5));
    assert_eq!(lab.log(id(5)), vec![1, 3]);
    // (c) S5 is gone. S1 leads term 4. Its first append to S3 is refused, the one before it is accepted, and what comes
    // next, or goes to others, is lost, but for a heartbeat that S2 answers.
    lab.crash(id(5), 0);
    lab.restart(id(1));
    lab.elect(id(1));
    lab.heal();
    lab.expire(id(1));
    for _ in 0..2 {
        lab.exchange(id(1), id(3));
    }
    lab.wire.clear();
    let body = Body::Append { prev: at(2, 2), entries: Entries::new(), committed: Index(0), round: 0 };
    lab.wire.push_back(Letter { from: id(1), to: id(2), message: Message { term: Term(4), body } });
    lab.exchange(id(1), id(2));
    lab.wire.clear();
    assert_eq!((lab.status(id(1)).term.0, lab.log(id(1))), (4, vec![1, 2, 4]));
    for node in [2, 3] {
        assert_eq!(lab.log(id(node)), [1, 2], "on a majority");
    }
    lab
}

/// (c) An entry of an older term is on a majority, and is not committed.
pub fn figure_8_c_commits_nothing(adjust: Adjust<'_>) -> bool {
    figure_8(adjust).status(id(1)).committed < Index(2)
}

/// (d) S1 crashes; S5 is elected by those whose logs it does not lag behind, and its entry takes the place of the other.
pub fn s5_overwrites(lab: &mut Lab) -> NodeId {
    lab.crash(id(1), usize::MAX);
    lab.restart(id(5));
    lab.heal();
    lab.run();
    lab.campaign(id(5));
    if lab.role(id(5)) != Role::Leader {
        lab.campaign(id(5)); // the first time it learned of a later term
    }
    id(5)
}

/// Two answers of n2 overtake each other on their way to n1, whose own disk is slow: all that n2 has is committed as soon as
/// that disk has it, without waiting for n2 to say it again.
pub fn a_late_answer_takes_nothing_back(adjust: Adjust<'_>) -> bool {
    let mut lab = three(adjust);
    lab.elect(id(1));
    lab.isolate(id(3));
    lab.hold_disk(id(1), true);
    let mut answers = Vec::new();
    for data in ["a", "b"] {
        lab.propose(id(1), data);
        lab.flush(id(1));
        for letter in lab.intercept(is_append) {
            lab.deliver(letter);
        }
        lab.sync(id(2));
        answers.extend(lab.intercept(|letter| letter.from == id(2)));
    }
    assert_eq!(answers.len(), 2);
    for letter in answers.into_iter().rev() {
        lab.deliver(letter);
    }
    lab.sync(id(1));
    lab.status(id(1)).committed == Index(3)
}

/// A follower that is known to match is sent what is new at once.
pub fn a_proposal_waits_for_no_heartbeat(adjust: Adjust<'_>) -> bool {
    let mut lab = three(adjust);
    lab.elect(id(1));
    let tags = ["a", "b", "c"].map(|data| {
        let tag = lab.propose(id(1), data);
        lab.run();
        tag
    });
    tags.iter().all(|tag| is_done(&lab, *tag))
}

/// Raft §7: a snapshot covers what the application has applied, and it cannot have applied what it was not told.
pub fn a_snapshot_of_the_future_is_refused(adjust: Adjust<'_>) -> bool {
    let mut lab = three(adjust);
    lab.elect(id(1));
    lab.isolate(id(1));
    lab.propose(id(1), "x");
    lab.run();
    let upto = lab.status(id(1)).last.index;
    let tag = lab.submit(id(1), Command::Compact { upto, parts: vec!["state".into()] });
    matches!(lab.outcome(tag), Some(Event::Refused { refusal: Refusal::OutOfRange { .. }, .. }))
}

/// Nothing could follow an entry at the last place there is: an append that would put one there comes from no leader.
pub fn the_last_place_is_never_taken(adjust: Adjust<'_>) -> bool {
    let mut lab = three(adjust);
    let last = at(1, u64::MAX - 1);
    let snapshot = Body::Snapshot { last, part: 0, parts: 1, bytes: "state".into(), round: 0 };
    let entries = [Entry { term: Term(1), payload: Payload::Noop }].into_iter().collect();
    let append = Body::Append { prev: last, entries, committed: last.index, round: 0 };
    for body in [snapshot, append] {
        lab.feed(id(1), Input::Receive { from: id(2), message: Message { term: Term(1), body } });
        lab.run();
    }
    lab.status(id(1)).last == last
}

/// The longer log is in a lower term, and only its node asks: it learns the term from those who cannot vote for it, and is
/// elected.
pub fn a_longer_log_in_a_lower_term_is_elected(adjust: Adjust<'_>) -> bool {
    let mut lab = Lab::with(&[&[1, 1, 1], &[1], &[1]], adjust);
    for node in [2, 3] {
        let message = Message { term: Term(8), body: Body::Nudge };
        lab.feed(id(node), Input::Receive { from: id(1), message });
    }
    lab.run();
    lab.campaign(id(1));
    lab.campaign(id(1));
    lab.role(id(1)) == Role::Leader
}

/// Thesis §9.6: two candidates wait for votes that will never come. One of them asks again first, and is heard.
pub fn a_candidate_lets_another_go_first(adjust: Adjust<'_>) -> bool {
    let mut lab = Lab::with(&[&[], &[]], adjust);
    lab.age();
    lab.expire(id(1));
    lab.expire(id(2));
    lab.lose(|letter| matches!(letter.message.body, Body::Voted { .. }));
    lab.run();
    assert_eq!((lab.role(id(1)), lab.role(id(2))), (Role::Candidate, Role::Candidate));
    lab.heal();
    lab.campaign(id(2));
    lab.role(id(2)) == Role::Leader
}

/// Thesis §9.6: a leader's process restarts, and asks before the others have begun to miss it.
pub fn a_restarted_leader_is_elected_again(adjust: Adjust<'_>) -> bool {
    let mut lab = three(adjust);
    lab.elect(id(1));
    lab.beat(id(1), 1);
    lab.crash(id(1), usize::MAX);
    lab.restart(id(1));
    lab.run();
    lab.expire(id(1));
    lab.run();
    lab.role(id(1)) == Role::Leader
}
