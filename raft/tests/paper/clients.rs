//! What becomes of commands: Raft §8, thesis §6; on any node, exactly one outcome each.

use bytes::Bytes;
use quorate_raft::{Body, Command, Event, Refusal, Role};

use crate::{
    lab::{ELECTION, Lab, Letter, at, id, propose},
    stories,
};

fn is_forward(letter: &Letter) -> bool {
    matches!(letter.message.body, Body::Forward { .. })
}

fn is_forwarded(letter: &Letter) -> bool {
    matches!(letter.message.body, Body::Forwarded { .. })
}

/// Everybody's patience ends, over and over, while nobody hears anybody.
fn wait_in_vain(lab: &mut Lab, node: u64) {
    lab.lose(|_| true);
    for _ in 0..30 {
        lab.expire(id(node));
        lab.run();
    }
}

/// Thesis §6.2: a proposal at a follower reaches the leader, and its outcome comes back.
#[test]
fn s6_2_a_followers_proposal_is_forwarded() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    let tag = lab.propose(id(3), "x");
    lab.run();
    assert_eq!(lab.outcome(tag), Some(&Event::Proposed { tag, at: at(1, 2) }));
    assert!([1, 2, 3].iter().all(|node| lab.applied(id(*node)) == ["x"]));
}

/// A proposal made while there is no leader waits for one.
#[test]
fn s6_2_a_proposal_waits_for_a_leader() {
    let mut lab = Lab::new(3);
    let tag = lab.propose(id(3), "x");
    lab.run();
    assert_eq!(lab.outcome(tag), None);
    lab.elect(id(1));
    assert!(matches!(lab.outcome(tag), Some(Event::Proposed { .. })));
}

/// A forwarded batch is appended once, however often and however late it arrives.
#[test]
fn s6_3_a_forwarded_proposal_is_appended_at_most_once() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    let tag = lab.propose(id(3), "x");
    lab.flush(id(3));
    let forwards = lab.intercept(is_forward);
    assert_eq!(forwards.len(), 1);
    for letter in forwards.iter().chain(&forwards) {
        lab.deliver(letter.clone());
        lab.run();
    }
    assert_eq!((lab.applied(id(2)), lab.status(id(1)).counters.repeated_forwards), (vec!["x".into()], 1));
    assert!(matches!(lab.outcome(tag), Some(Event::Proposed { .. })));

    // The next leader does not take what was meant for the last one.
    lab.elect(id(2));
    let mut stray = forwards[0].clone();
    stray.to = id(2);
    lab.deliver(stray);
    lab.run();
    assert_eq!(lab.applied(id(1)), ["x"]);
}

/// A node that has restarted counts anew, and what it forwarded in its last life does not come between.
#[test]
fn s6_3_forwarding_survives_restarts() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.propose(id(3), "in a former life");
    lab.flush(id(3));
    let old = lab.intercept(is_forward);
    lab.crash(id(3), 0);
    lab.restart(id(3));
    lab.run();
    lab.beat(id(1), 1);
    let tag = lab.propose(id(3), "in this life");
    lab.run();
    assert!(matches!(lab.outcome(tag), Some(Event::Proposed { .. })));
    for letter in old {
        lab.deliver(letter);
    }
    lab.run();
    assert_eq!(lab.applied(id(1)), ["in this life"], "nobody waits for the other any more");
}

/// The leader tells the batches of one life from those of the next.
#[test]
fn s6_3_a_new_life_may_forward_again() {
    assert!(stories::a_new_life_may_forward_again(&|_| {}));
}

/// T67: what another leader's entry replaces is given back, whole.
#[test]
fn t67_a_superseded_proposal_is_given_back() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.isolate(id(1));
    let one = lab.propose(id(1), "one");
    let both = Command::ProposeAll(vec![Bytes::from_static(b"two"), Bytes::from_static(b"three")]);
    let all = lab.submit(id(1), both.clone());
    lab.run();
    lab.elect(id(2));
    for _ in 0..3 {
        lab.propose(id(2), "other");
        lab.run();
    }
    lab.heal();
    lab.beat(id(2), 2);
    let refused = |tag, command| Event::Refused { tag, command, refusal: Refusal::Superseded };
    assert_eq!(lab.outcome(one), Some(&refused(one, propose("one"))));
    assert_eq!(lab.outcome(all), Some(&refused(all, both)));
    lab.assert_agreed();
}

/// T67: a proposal whose leader is lost may yet be committed: its outcome is unknown, and never success.
#[test]
fn t67_a_lost_leader_leaves_the_outcome_unknown() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.lose(is_forwarded);
    let tag = lab.propose(id(3), "x");
    lab.run();
    assert_eq!((lab.outcome(tag), lab.applied(id(3)).len()), (None, 1), "committed, and nobody says so");
    lab.heal();
    lab.elect(id(2));
    assert_eq!(lab.outcome(tag), Some(&Event::Unknown { tag }));
}

/// Every wait ends: what was never sent is given back, what was sent is unknown.
#[test]
fn t67_every_wait_ends() {
    let mut lab = Lab::with(&[&[], &[], &[]], |config| config.outcome_timeout = 2 * ELECTION);
    let tag = lab.propose(id(3), "x");
    wait_in_vain(&mut lab, 3);
    let refused = Event::Refused { tag, command: propose("x"), refusal: Refusal::NoLeader };
    assert_eq!(lab.outcome(tag), Some(&refused));
    lab.heal();
    lab.run();
    lab.campaign(id(1));
    assert_eq!(lab.role(id(1)), Role::Leader);
    let tag = lab.propose(id(1), "x");
    wait_in_vain(&mut lab, 1);
    assert_eq!(lab.outcome(tag), Some(&Event::Unknown { tag }));
}

/// Several proposals under one tag stand one after the other.
#[test]
fn proposals_under_one_tag_stay_together_and_in_order() {
    let mut lab = Lab::new(3);
    lab.elect(id(1));
    lab.propose(id(3), "before");
    let payloads = ["a", "b", "c"].map(|data| Bytes::from_static(data.as_bytes()));
    let tag = lab.submit(id(3), Command::ProposeAll(payloads.to_vec()));
    lab.propose(id(1), "between");
    lab.run();
    let applied = lab.applied(id(2));
    assert!(applied.windows(3).any(|window| window == payloads), "{applied:?}");
    let last = lab.applied(id(1)).iter().position(|data| data == "c").expect("applied");
    assert_eq!(lab.outcome(tag), Some(&Event::Proposed { tag, at: at(1, last as u64 + 2) }));
}

/// What is over a limit is refused at once, with the command, and leaves no trace.
#[test]
fn a_command_over_a_limit_is_refused_and_given_back() {
    let mut lab = Lab::with(&[&[], &[], &[]], |config| {
        config.proposal_bytes_max = 8;
        config.snapshot_part_bytes_max = 8;
        config.batch_bytes_max = 300;
        config.log_bytes_max = 200;
        config.outstanding_max = 4;
    });
    lab.elect(id(1));
    let last = lab.status(id(1)).last;
    let refusal = |lab: &mut Lab, node, command: Command| {
        let tag = lab.submit(id(node), command.clone());
        let Some(Event::Refused { command: back, refusal, .. }) = lab.outcome(tag) else { return None };
        assert_eq!(*back, command);
        Some(*refusal)
    };
    for node in [1, 2] {
        let large = Some(Refusal::TooLarge { bytes: 9, max: 8 });
        assert_eq!(refusal(&mut lab, node, propose("nine long")), large);
        assert_eq!(refusal(&mut lab, node, Command::ProposeAll(vec![])), Some(Refusal::Empty));
        let many = Command::ProposeAll(vec![Bytes::from_static(b"x"); 5]);
        assert!(matches!(refusal(&mut lab, node, many), Some(Refusal::TooLarge { max: 172, .. })));
    }
    assert_eq!(lab.status(id(1)).last, last);
    let fates: Vec<_> = (0..5).map(|_| refusal(&mut lab, 1, Command::Read)).collect();
    assert_eq!(fates, [None, None, None, None, Some(Refusal::Busy)], "four may wait");
    lab.run();
    let fates: Vec<_> = (0..6)
        .map(|_| {
            let fate = refusal(&mut lab, 1, propose("x"));
            lab.run();
            fate
        })
        .collect();
    assert_eq!(fates.first(), Some(&None));
    assert_eq!(fates.last(), Some(&Some(Refusal::Busy)), "the log is full");
    lab.compact(id(1), &["state"]);
}
