//! Terms, votes and leadership: Raft §5.1, §5.2, §5.4.1; thesis §4.2.3, §6.2, §9.6.

use quorate_machine::Input;
use quorate_raft::{Body, Index, LogId, Message, Role, Term};

use crate::{
    lab::{ELECTION, Lab, Letter, at, id, within},
    stories,
};

fn vote_request(from: u64, to: u64, term: u64, last: LogId) -> Letter {
    Letter { from: id(from), to: id(to), message: Message { term: Term(term), body: Body::Vote { last } } }
}

fn grants(lab: &Lab) -> Vec<u64> {
    let granted = |letter: &&Letter| letter.message.body == Body::Voted { granted: true };
    lab.wire.iter().filter(granted).map(|letter| letter.to.0).collect()
}

/// Raft §5.1: a server that sees a higher term takes it on and follows; one that sees a lower term refuses.
#[test]
fn s5_1_a_higher_term_makes_a_follower_and_a_lower_one_is_refused() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    let old = lab.status(id(1)).term;
    let message = Message { term: Term(old.0 + 5), body: Body::Nudge };
    lab.feed(id(1), Input::Receive { from: id(2), message });
    assert_eq!((lab.role(id(1)), lab.status(id(1)).term), (Role::Follower, Term(old.0 + 5)));

    let stale =
        Body::Append { prev: LogId::ZERO, entries: [].into_iter().collect(), committed: Index(9), round: 0 };
    lab.wire.clear();
    lab.feed(id(1), Input::Receive { from: id(2), message: Message { term: old, body: stale } });
    assert_eq!(lab.status(id(1)).leader, None, "a leader of the past is not followed");
    let answer = lab.wire.pop_front().expect("it is told the term").message;
    assert_eq!(answer, Message { term: Term(old.0 + 5), body: Body::Nudge });
}

/// Raft §5.2: one vote per term, first come, first served; asked again by the same candidate, it is given again.
#[test]
fn s5_2_one_vote_per_term() {
    let mut lab = Lab::new(3);
    lab.deliver(vote_request(2, 1, 1, LogId::ZERO));
    assert_eq!(grants(&lab), [], "a vote is not spoken of before it is on disk");
    lab.sync(id(1));
    assert_eq!(grants(&lab), [2]);
    lab.deliver(vote_request(3, 1, 1, LogId::ZERO));
    assert_eq!(grants(&lab), [2], "the second candidate of the term is refused");
    lab.deliver(vote_request(2, 1, 1, LogId::ZERO));
    assert_eq!(grants(&lab), [2, 2], "the answer may have been lost");
}

/// Raft §5.2, figure 2: the vote survives a crash if it was ever spoken of, whatever the disk loses.
#[test]
fn s5_2_a_crash_before_the_vote_is_durable_unsays_it_and_one_after_keeps_it() {
    for records_kept in 0..=2 {
        let mut lab = Lab::new(3);
        lab.deliver(vote_request(2, 1, 1, LogId::ZERO));
        assert_eq!(lab.unsynced(id(1)).len(), 2, "the term, then the vote in it");
        lab.crash(id(1), records_kept);
        assert_eq!(grants(&lab), [], "nothing was said");
        lab.restart(id(1));
        lab.run();
        lab.deliver(vote_request(3, 1, 1, LogId::ZERO));
        lab.sync(id(1));
        let expected: &[u64] = if records_kept == 2 { &[] } else { &[3] };
        assert_eq!(grants(&lab), expected, "with {records_kept} records kept");
    }
}

/// T09: a candidate's own vote counts once it is on disk, and not before.
#[test]
fn s5_2_a_candidate_asks_for_votes_once_its_own_is_durable() {
    let mut lab = Lab::new(3);
    lab.hold_disk(id(1), true);
    lab.campaign(id(1));
    assert_eq!(lab.role(id(1)), Role::Candidate);
    let asks = |lab: &Lab| lab.wire.iter().any(|letter| matches!(letter.message.body, Body::Vote { .. }));
    assert!(!asks(&lab), "nobody is asked yet");
    lab.sync(id(1));
    assert!(asks(&lab));
}

/// Raft §5.2: a split vote ends without a leader, and timeouts drawn anew keep it from repeating for ever.
#[test]
fn s5_2_a_split_vote_is_resolved_by_new_timeouts() {
    let mut lab = Lab::new(2);
    lab.age();
    // Each grants the other's PreVote, and then both have voted for themselves.
    lab.expire(id(1));
    lab.expire(id(2));
    lab.run();
    assert_eq!((lab.status(id(1)).term, lab.status(id(2)).term), (Term(1), Term(1)));
    assert!([1, 2].iter().all(|node| lab.role(id(*node)) != Role::Leader), "the vote was split");
    assert_ne!(lab.deadline(id(1)), lab.deadline(id(2)), "they will not ask at the same time again");
    lab.elect(id(2));
    lab.assert_agreed();
}

/// T42: timeouts lie in [T, 2T) and differ between nodes and elections.
#[test]
fn s9_3_timeouts_are_spread_over_a_whole_election_timeout() {
    let mut waits = Vec::new();
    let mut lab = Lab::new(1);
    for _ in 0..200 {
        lab.crash(id(1), usize::MAX);
        lab.restart(id(1));
        waits.push(lab.patience(id(1)));
    }
    waits.sort_unstable();
    assert!(waits[0] >= ELECTION && waits[199] < 2 * ELECTION, "{waits:?}");
    assert!(waits[0] < ELECTION * 6 / 5 && waits[199] > ELECTION * 9 / 5, "{waits:?}");
}

/// Raft §5.4.1, T01: the last terms are compared first, then the lengths.
#[test]
fn s5_4_1_a_vote_goes_only_to_a_log_that_is_as_up_to_date() {
    let own = at(3, 5);
    for (last, granted) in [
        (at(3, 5), true),
        (at(3, 6), true),
        (at(4, 1), true),
        (at(3, 4), false),
        (at(2, 9), false),
        (LogId::ZERO, false),
    ] {
        let mut lab = Lab::of_logs(&[&[1, 1, 2, 3, 3], &[], &[]]);
        assert_eq!(lab.status(id(1)).last, own);
        lab.deliver(vote_request(2, 1, 9, last));
        lab.sync(id(1));
        assert_eq!(!grants(&lab).is_empty(), granted, "a candidate whose log ends in {last:?}");
    }
}

/// T08: a vote of an older term, or from a stranger, does not count.
#[test]
fn s5_2_stale_and_foreign_votes_do_not_count() {
    let mut lab = Lab::new(5);
    lab.lose(|letter| matches!(letter.message.body, Body::Voted { .. }));
    lab.campaign(id(1));
    let term = lab.status(id(1)).term;
    for (from, term) in [(2, term), (3, Term(term.0 - 1)), (9, term), (2, term)] {
        let message = Message { term, body: Body::Voted { granted: true } };
        lab.feed(id(1), Input::Receive { from: id(from), message });
    }
    assert_eq!(lab.role(id(1)), Role::Candidate, "two of five are no quorum");
    let message = Message { term, body: Body::Voted { granted: true } };
    lab.feed(id(1), Input::Receive { from: id(3), message });
    assert_eq!(lab.role(id(1)), Role::Leader);
}

/// Thesis §9.6: a node that was cut off comes back without having raised its term, and disturbs nobody.
#[test]
fn s9_6_a_partitioned_node_rejoins_without_disturbance() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    let term = lab.status(id(1)).term;
    lab.isolate(id(3));
    for _ in 0..20 {
        lab.expire(id(3));
        lab.run();
    }
    assert_eq!((lab.role(id(3)), lab.status(id(3)).term), (Role::PreCandidate, term));
    lab.heal();
    lab.expire(id(3));
    lab.run();
    lab.beat(id(1), 1);
    assert_eq!((lab.status(id(1)).role, lab.status(id(1)).term), (Role::Leader, term));
    assert_eq!(lab.status(id(3)).leader, Some(id(1)));
}

/// Thesis §4.2.3: a request for a vote is ignored, whatever its term, while a leader makes itself heard.
#[test]
fn s4_2_3_a_vote_is_not_given_while_a_leader_is_heard() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    let before = lab.status(id(2));
    let last = at(99, 99);
    lab.deliver(vote_request(3, 2, before.term.0 + 7, last));
    lab.deliver(vote_request(3, 1, before.term.0 + 7, last));
    assert_eq!((lab.status(id(2)).term, lab.role(id(1))), (before.term, Role::Leader));
    assert_eq!((lab.status(id(2)).counters.sticky, lab.status(id(1)).counters.sticky), (1, 1));
    lab.age();
    lab.deliver(vote_request(3, 2, before.term.0 + 7, last));
    assert_eq!(lab.status(id(2)).term, Term(before.term.0 + 7), "it has been silent for too long");
}

/// Thesis §6.2: a leader that reaches no quorum for an election timeout steps down; one that does stays.
#[test]
fn s6_2_a_leader_without_a_quorum_steps_down() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.beat(id(1), 30);
    assert_eq!(lab.role(id(1)), Role::Leader);
    lab.isolate(id(1));
    lab.beat(id(1), 7);
    assert_eq!(lab.role(id(1)), Role::Follower);
    assert_eq!(lab.status(id(1)).counters.abdications, 1);
}

/// T40: a candidate of a lower term with a longer log learns the term from those who refuse it, and is elected.
#[test]
fn t40_a_longer_log_in_a_lower_term_is_not_a_deadlock() {
    assert!(stories::a_longer_log_in_a_lower_term_is_elected(&|_| {}));
}

/// Thesis §9.6: a question about the next term promises nothing, so that a candidate of this one can answer it.
#[test]
fn s9_6_a_candidate_lets_another_go_first() {
    assert!(stories::a_candidate_lets_another_go_first(&|_| {}));
}

/// Thesis §9.6: followers are content with their leader, but not when it is the leader that asks.
#[test]
fn s9_6_a_restarted_leader_is_elected_again() {
    assert!(stories::a_restarted_leader_is_elected_again(&|_| {}));
}

/// T44: a node stuck in a higher term, to which nobody listens, is freed by raising the leader's term once.
#[test]
fn t44_a_node_stuck_in_a_higher_term_is_freed() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    let term = lab.status(id(1)).term;
    let message = Message { term: Term(term.0 + 4), body: Body::Nudge };
    lab.feed(id(3), Input::Receive { from: id(2), message });
    lab.run();
    lab.beat(id(1), 1);
    assert_eq!(lab.status(id(1)).term, Term(term.0 + 4), "the leader has learned of it");
    lab.elect(id(1));
    lab.assert_agreed();
}

/// T45: the leader reaches only a bridge between it and the others; the others, who are a quorum with it, elect.
#[test]
fn t45_a_leader_behind_a_bridge_is_replaced() {
    let mut lab = Lab::new(5);
    lab.elect(id(1));
    // n1 and n2 hear each other; n2 to n5 hear each other.
    lab.lose(|letter| {
        let others = [3, 4, 5].map(id).into();
        (letter.from == id(1) || letter.to == id(1)) && !within(letter, &others)
    });
    lab.beat(id(1), 7);
    assert_eq!(lab.role(id(1)), Role::Follower, "two of five are no quorum");
    lab.elect(id(3));
    assert_eq!(lab.status(id(2)).leader, Some(id(3)));
}
