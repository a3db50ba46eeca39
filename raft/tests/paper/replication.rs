//! The consistency check and what follows from it: Raft §5.3.

use quorate_machine::Input;
use quorate_raft::{Body, Entries, Entry, Index, LogId, Message, Payload, Role, Term};

use crate::{
    lab::{Lab, at, carries_entries, id, is_append},
    stories,
};

fn entries(terms: &[u64]) -> Entries {
    terms.iter().map(|term| Entry { term: Term(*term), payload: Payload::Noop }).collect()
}

/// An append of n2, which leads `term`, to n1.
fn append(lab: &mut Lab, term: u64, prev: LogId, terms: &[u64]) {
    let body = Body::Append { prev, entries: entries(terms), committed: Index::ZERO, round: 0 };
    lab.feed(id(1), Input::Receive { from: id(2), message: Message { term: Term(term), body } });
    lab.sync(id(1));
}

fn answer(lab: &mut Lab) -> Option<Body> {
    lab.wire.drain(..).last().map(|letter| letter.message.body)
}

/// Raft §5.3: an append is accepted only where the log holds the entry before it.
#[test]
fn s5_3_an_append_is_refused_where_the_log_differs() {
    let mut lab = Lab::of_logs(&[&[1, 1, 2], &[], &[]]);
    for (prev, accepted) in [
        (at(1, 2), true),
        (at(2, 3), true),
        (LogId::ZERO, true),
        (at(2, 2), false),
        (at(1, 3), false),
        (at(2, 4), false),
    ] {
        append(&mut lab, 5, prev, &[]);
        let answer = answer(&mut lab);
        assert_eq!(matches!(answer, Some(Body::Appended { .. })), accepted, "{prev:?}: {answer:?}");
    }
}

/// Raft §5.3: the first conflict and all that follows it goes; what matches stays.
#[test]
fn s5_3_a_conflict_removes_the_rest_of_the_log() {
    let mut lab = Lab::of_logs(&[&[1, 1, 2, 2, 2], &[], &[]]);
    append(&mut lab, 5, at(1, 1), &[1, 2, 4]);
    assert_eq!(lab.log(id(1)), [1, 1, 2, 4]);
    assert_eq!(answer(&mut lab), Some(Body::Appended { matched: Index(4), round: 0 }));
    assert_eq!(lab.disk(id(1)).entries.len(), 4, "the disk follows");
}

/// T06: an older, shorter append that arrives late takes nothing away.
#[test]
fn t06_a_matching_append_truncates_nothing() {
    let mut lab = Lab::new(3);
    append(&mut lab, 1, LogId::ZERO, &[1, 1, 1]);
    append(&mut lab, 1, LogId::ZERO, &[1]);
    append(&mut lab, 1, at(1, 1), &[]);
    assert_eq!(lab.log(id(1)), [1, 1, 1]);
    assert_eq!(lab.status(id(1)).counters.truncations, 0);
}

/// An acknowledgement is about what is verified against this leader, not about the length of the log.
#[test]
fn s5_3_an_acknowledgement_covers_only_what_the_leader_has_verified() {
    let mut lab = Lab::of_logs(&[&[1, 1, 1, 1], &[], &[]]);
    append(&mut lab, 5, at(1, 1), &[1]);
    assert_eq!(answer(&mut lab), Some(Body::Appended { matched: Index(2), round: 0 }));
}

/// Raft figure 7: each of the followers (a) to (f) comes to hold the leader's log, with no more refusals than terms.
#[test]
fn figure_7_every_kind_of_follower_converges() {
    let leader: &[u64] = &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    let followers: [&[u64]; 6] = [
        &[1, 1, 1, 4, 4, 5, 5, 6, 6],
        &[1, 1, 1, 4],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
        &[1, 1, 1, 4, 4, 4, 4],
        &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ];
    let logs: Vec<&[u64]> = [leader].into_iter().chain(followers).collect();
    let mut lab = Lab::of_logs(&logs);
    lab.elect(id(1));
    assert_eq!(lab.status(id(1)).term, Term(8));
    lab.beat(id(1), 1);
    lab.assert_agreed();
    for (node, log) in (2..).zip(followers) {
        let mut terms = log.to_vec();
        terms.dedup();
        let refusals = lab.status(id(node)).counters.rejections;
        assert!(refusals <= terms.len() as u64, "n{node} refused {refusals} times");
    }
}

/// T78: a long tail of conflicts costs round trips by its terms, not by its entries.
#[test]
fn t78_a_long_conflict_is_resolved_by_terms() {
    let tail = |from: u64| (0..120_u64).map(|nth| from + 2 * (nth / 40)).collect::<Vec<_>>();
    let logs = [tail(1), tail(2), tail(1)];
    let mut lab = Lab::of_logs(&[&logs[0], &logs[1], &logs[2]]);
    lab.elect(id(2));
    lab.assert_agreed();
    for node in [1, 3] {
        let refusals = lab.status(id(node)).counters.rejections;
        assert!((1..=3).contains(&refusals), "n{node} refused {refusals} times");
    }
}

/// T70: a full window that is lost entirely is found out by a heartbeat and sent again.
#[test]
fn t70_a_lost_window_recovers() {
    let mut lab = Lab::with(&[&[], &[], &[]], |config| config.inflight_messages_max = 4);
    lab.elect(id(1));
    lab.lose(is_append);
    for _ in 0..10 {
        lab.propose(id(1), "lost");
        lab.run();
    }
    assert_eq!(lab.status(id(1)).committed, Index(1));
    lab.heal();
    lab.run();
    assert_eq!(lab.status(id(1)).committed, Index(1), "nothing says yet that it was lost");
    lab.beat(id(1), 2);
    lab.assert_agreed();
    assert_eq!(lab.applied(id(3)).len(), 10);
}

/// The window holds: no more messages are under way than it allows.
#[test]
fn s10_2_1_the_window_bounds_what_is_under_way() {
    let mut lab = Lab::with(&[&[], &[], &[]], |config| config.inflight_messages_max = 4);
    lab.elect(id(1));
    for _ in 0..10 {
        lab.propose(id(1), "x");
        lab.flush(id(1));
    }
    let under_way = lab.wire.iter().filter(|letter| carries_entries(letter) && letter.to == id(2)).count();
    assert_eq!(under_way, 4);
    lab.run();
    lab.assert_agreed();
}

/// Raft §5.5: requests and answers may be repeated, delayed and reordered.
#[test]
fn s5_5_repeated_and_reordered_messages_do_no_harm() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    let mut old = Vec::new();
    for _ in 0..5 {
        lab.propose(id(1), "x");
        lab.flush(id(1));
        old.extend(lab.intercept(|_| true));
    }
    for letter in old.iter().rev().chain(&old).chain(old.iter().rev()) {
        lab.deliver(letter.clone());
    }
    lab.run();
    lab.beat(id(1), 2);
    lab.assert_agreed();
    assert_eq!((lab.role(id(1)), lab.applied(id(2)).len()), (Role::Leader, 5));
}

/// An index has a successor: the last one there is stays empty.
#[test]
fn the_last_place_is_never_taken() {
    assert!(stories::the_last_place_is_never_taken(&|_| {}));
}

/// A follower that lacks what it has acknowledged is beyond help, but it must not keep its leader busy: no answer before the
/// next heartbeat.
#[test]
fn s5_3_a_follower_that_has_lost_its_log_causes_no_storm() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.propose(id(1), "x");
    lab.flush(id(1));
    lab.wire.clear();
    let term = lab.status(id(1)).term;
    let appends = [2, 1, 1, 1].map(|prev| {
        let body = Body::Rejected { prev: Index(prev), hint: LogId::ZERO, round: 0 };
        lab.feed(id(1), Input::Receive { from: id(2), message: Message { term, body } });
        lab.flush(id(1));
        lab.intercept(is_append).len()
    });
    assert_eq!(appends, [1, 0, 0, 0]);
}

/// Figure 2: what is known of a follower never goes back, in whatever order its answers come.
#[test]
fn s5_3_a_late_answer_takes_nothing_back() {
    assert!(stories::a_late_answer_takes_nothing_back(&|_| {}));
}

/// Thesis §10.2.1: once a follower is known to match, nothing waits.
#[test]
fn s10_2_1_a_proposal_waits_for_no_heartbeat() {
    assert!(stories::a_proposal_waits_for_no_heartbeat(&|_| {}));
}
