//! Linearizable reads: thesis §6.4.

use quorate_raft::{Body, Event, Index, Refusal, Role};

use crate::{
    lab::{Lab, carries_entries, id, is_append},
    stories::{
        a_deposed_leader_answers_no_read, an_answer_to_a_former_life_is_no_answer,
        an_earlier_round_confirms_no_later_read,
    },
};

/// Step 1: a leader that has committed nothing of its own term does not know what is committed.
#[test]
fn s6_4_step_1_a_new_leader_answers_no_read_before_its_first_commit() {
    let mut lab = Lab::of_logs(&[&[1, 1], &[1, 1], &[1, 1]]);
    lab.lose(carries_entries);
    lab.elect(id(1));
    let tag = lab.read(id(1));
    lab.run();
    lab.beat(id(1), 1);
    assert_eq!((lab.role(id(1)), lab.outcome(tag)), (Role::Leader, None), "heartbeats are answered, and yet");
    lab.heal();
    lab.beat(id(1), 2);
    assert_eq!(lab.outcome(tag), Some(&Event::Readable { tag, index: Index(3) }));
}

/// Step 3: a leader that was deposed and does not know it must not answer.
#[test]
fn s6_4_step_3_a_deposed_leader_answers_no_read() {
    assert!(a_deposed_leader_answers_no_read(&|_| {}));
}

/// Step 3: only an answer to a message sent after the question confirms the leadership.
#[test]
fn s6_4_step_3_an_earlier_heartbeats_answer_does_not_confirm() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.expire(id(1));
    let heartbeats = lab.intercept(is_append);
    for letter in heartbeats {
        lab.deliver(letter);
    }
    let answers = lab.intercept(|letter| matches!(letter.message.body, Body::Appended { .. }));
    assert_eq!(answers.len(), 2);
    let tag = lab.read(id(1));
    lab.flush(id(1));
    for letter in answers {
        lab.deliver(letter);
    }
    assert_eq!(lab.outcome(tag), None, "those were sent before the question");
    lab.run();
    assert!(matches!(lab.outcome(tag), Some(Event::Readable { .. })));
}

/// Step 3: the same for the answers to an earlier read's round.
#[test]
fn s6_4_step_3_an_earlier_rounds_answer_does_not_confirm() {
    assert!(an_earlier_round_confirms_no_later_read(&|_| {}));
}

/// A question is one of a node's life: an answer that comes after a restart is to nobody.
#[test]
fn s6_4_an_answer_to_a_former_life_is_no_answer() {
    assert!(an_answer_to_a_former_life_is_no_answer(&|_| {}));
}

/// Steps 2 and 4, at a follower: the leader names the index, the follower waits until it has delivered up to it.
#[test]
fn s6_4_a_follower_answers_once_it_has_caught_up() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.lose(|letter| carries_entries(letter) && letter.to == id(3));
    lab.propose(id(1), "x");
    lab.run();
    let tag = lab.read(id(3));
    lab.run();
    assert_eq!(lab.outcome(tag), None, "the write is not here yet");
    lab.heal();
    lab.beat(id(1), 2);
    assert_eq!(lab.outcome(tag), Some(&Event::Readable { tag, index: Index(2) }));
    assert_eq!(lab.applied(id(3)).len(), 1);
}

/// Reads that arrive together share one round; each is answered.
#[test]
fn s6_4_reads_share_a_round() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    let tags: Vec<_> = (0..50).map(|_| lab.read(id(1))).collect();
    lab.flush(id(1));
    assert_eq!(lab.wire.len(), 2, "one message per follower");
    lab.run();
    assert!(tags.iter().all(|tag| matches!(lab.outcome(*tag), Some(Event::Readable { .. }))));
}

/// A read outlives the leader it was asked of: the next one is asked.
#[test]
fn s6_4_a_read_is_asked_again_of_the_next_leader() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.lose(|letter| letter.to == id(1) || letter.from == id(1));
    let tag = lab.read(id(3));
    lab.run();
    assert_eq!(lab.outcome(tag), None);
    lab.elect(id(2));
    assert!(matches!(lab.outcome(tag), Some(Event::Readable { .. })));
}

/// A read that nobody can confirm is given back in time.
#[test]
fn s6_4_a_read_without_a_quorum_is_refused_in_time() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.isolate(id(1));
    let tag = lab.read(id(1));
    for _ in 0..40 {
        lab.beat(id(1), 1);
    }
    let refused = matches!(lab.outcome(tag), Some(Event::Refused { refusal: Refusal::Unconfirmed, .. }));
    assert!(refused, "{:?}", lab.outcome(tag));
}

/// T64: a single voter that has restarted reads what it had committed, though its disk's commit index is behind.
#[test]
fn t64_a_single_voter_reads_its_own_writes_after_a_restart() {
    let mut lab = Lab::new(1);
    lab.elect(id(1));
    lab.propose(id(1), "x");
    lab.run();
    assert!(lab.disk(id(1)).committed < Index(2), "the disk knows of an earlier commit only");
    lab.crash(id(1), 0);
    lab.restart(id(1));
    lab.run();
    let tag = lab.read(id(1));
    lab.elect(id(1));
    assert!(matches!(lab.outcome(tag), Some(Event::Readable { .. })));
    assert_eq!(lab.applied(id(1)).len(), 1);
}

/// A round of confirmation that overtakes a write on its way to a follower's disk must not use up the acknowledgement that
/// the follower owes.
#[test]
fn t6_4_a_read_does_not_delay_the_write_before_it() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.isolate(id(3));
    lab.hold_disk(id(2), true);
    let write = lab.propose(id(1), "x");
    lab.run();
    let read = lab.read(id(1));
    lab.run();
    assert!(lab.outcome(read).is_some());
    lab.sync(id(2));
    lab.run();
    assert!(lab.outcome(write).is_some(), "the follower never said that it is on disk");
}
