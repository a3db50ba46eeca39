//! When an entry is committed, and when it is delivered: Raft §5.3, §5.4.2, §8; thesis §10.2.1.

use quorate_machine::Input;
use quorate_raft::{Body, Entries, Event, Index, Message, Role, Term};

use crate::{
    lab::{Lab, at, carries_entries, id},
    stories::{figure_8, s5_overwrites},
};

/// Raft figure 8, (c) and (d): the entry of term 2 on a majority is not committed by counting, and is then replaced.
#[test]
fn figure_8_d_an_older_entry_on_a_majority_is_not_committed_and_can_be_replaced() {
    let mut lab = figure_8(&|_| {});
    assert!(lab.status(id(1)).committed < Index(2), "three of five have it, and it is not committed");
    let s5 = s5_overwrites(&mut lab);
    assert_eq!(lab.role(s5), Role::Leader);
    lab.restart(id(1));
    lab.beat(s5, 2);
    lab.assert_agreed();
    assert_eq!(lab.log(id(1))[..2], [1, 3]);
}

/// Raft figure 8, (e): with an entry of term 4 on a majority, both are committed, and S5 cannot be elected.
#[test]
fn figure_8_e_with_an_own_entry_both_are_committed_for_ever() {
    let mut lab = figure_8(&|_| {});
    lab.lose(|letter| letter.to == id(4));
    lab.beat(id(1), 2);
    assert_eq!(lab.status(id(1)).committed, Index(3));
    let s5 = s5_overwrites(&mut lab);
    assert_ne!(lab.role(s5), Role::Leader, "S2 and S3 have later entries");
    lab.elect(id(2));
    assert_eq!(lab.log(id(2))[..3], [1, 2, 4]);
}

/// Raft §8: a new leader commits what earlier ones left, by an entry of its own that nobody had to ask for.
#[test]
fn s8_a_new_leader_commits_what_it_inherits() {
    let mut lab = Lab::of_logs(&[&[1, 1, 2], &[1, 1, 2], &[1]]);
    lab.elect(id(1));
    assert_eq!(lab.status(id(1)).committed, Index(4));
    lab.assert_agreed();
    assert_eq!(lab.log(id(3)), [1, 1, 2, 3]);
}

/// Thesis §10.2.1: the leader's disk works while its messages travel. Two followers commit an entry that the leader does not
/// have on disk yet; its application is told when it has.
#[test]
fn s10_2_1_followers_commit_before_the_leaders_disk_and_delivery_waits_for_it() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.hold_disk(id(1), true);
    let tag = lab.propose(id(1), "x");
    lab.run();
    let status = lab.status(id(1));
    assert_eq!((status.committed, status.durable), (Index(2), Index(1)));
    assert_eq!(lab.outcome(tag), None, "not before it is on the node's own disk");
    assert_eq!(lab.applied(id(2)).len(), 1, "the others need not wait");
    lab.sync(id(1));
    assert_eq!(lab.outcome(tag), Some(&Event::Proposed { tag, at: at(1, 2) }));
}

/// The other way round: the leader's copy does not count before it is durable.
#[test]
fn s10_2_1_the_leaders_copy_counts_once_it_is_durable() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.isolate(id(3));
    lab.hold_disk(id(1), true);
    for data in ["x", "y"] {
        lab.propose(id(1), data);
        lab.run();
    }
    assert_eq!(lab.status(id(1)).committed, Index(1), "one copy on disk is no majority of three");
    lab.sync_first(id(1), 1);
    lab.run();
    assert_eq!(lab.status(id(1)).committed, Index(2), "the second record is not on disk");
    lab.sync(id(1));
    assert_eq!(lab.status(id(1)).committed, Index(3));
}

/// A follower acknowledges what is on its disk, and no more.
#[test]
fn s5_3_an_acknowledgement_waits_for_the_disk() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.isolate(id(3));
    lab.hold_disk(id(2), true);
    let tag = lab.propose(id(1), "x");
    lab.run();
    assert_eq!((lab.status(id(2)).last, lab.outcome(tag)), (at(1, 2), None));
    lab.sync(id(2));
    lab.run();
    assert!(lab.outcome(tag).is_some());
}

/// T03: the leader's commit index commits no more than what the log is known to share with it.
#[test]
fn t03_a_heartbeat_does_not_commit_a_divergent_tail() {
    let mut lab = Lab::of_logs(&[&[1, 1, 1, 1], &[1], &[1]]);
    let append = |prev, committed| {
        let body = Body::Append { prev, entries: Entries::new(), committed, round: 0 };
        Input::Receive { from: id(2), message: Message { term: Term(5), body } }
    };
    lab.feed(id(1), append(at(1, 1), Index(4)));
    assert_eq!(lab.status(id(1)).committed, Index(1));
    // T04: nor does it go back.
    lab.feed(id(1), append(at(1, 1), Index(0)));
    assert_eq!(lab.status(id(1)).committed, Index(1));
}

/// T07: a commit index far beyond the log is no reason to fail; what is missing is asked for.
#[test]
fn t07_a_commit_index_beyond_the_log_is_harmless() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.propose(id(1), "x");
    lab.intercept(|_| false);
    let term = lab.status(id(1)).term;
    for body in [
        Body::Commit { committed: Index(u64::MAX) },
        Body::Append { prev: at(1, 900), entries: Entries::new(), committed: Index(u64::MAX), round: 0 },
    ] {
        lab.feed(id(2), Input::Receive { from: id(1), message: Message { term, body } });
    }
    assert_eq!(lab.status(id(2)).committed, Index(1));
    let asks = lab.wire.iter().any(|letter| matches!(letter.message.body, Body::Rejected { .. }));
    assert!(asks, "the leader is told what is missing");
    lab.run();
    lab.assert_agreed();
}

/// A commit that was not spoken of is spoken of at the latest with the next heartbeat.
#[test]
fn s5_3_followers_learn_of_commits_though_every_word_of_one_is_lost() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.lose(|letter| matches!(letter.message.body, Body::Commit { .. }));
    lab.propose(id(1), "x");
    lab.run();
    assert_eq!(lab.status(id(2)).committed, Index(1));
    lab.beat(id(1), 1);
    assert_eq!(lab.status(id(2)).committed, Index(2));
    assert!(!lab.wire.iter().any(carries_entries));
}
