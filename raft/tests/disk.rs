//! A candidate whose disk has not answered yet, and a leader whose disk stops answering.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks only at what it is about")]

use core::time::Duration;

use bytes::Bytes;
use quorate_machine::{Durable, Effect, Input, Machine, NodeId, Outbox, OutboxOf, Tag, Time};
use quorate_quorum::Voters;
use quorate_raft::{Body, Command, Config, Event, Image, Message, Raft, Role, Term};

/// A leader of three, elected by n2 and on speaking terms with its disk.
fn leader(config: Config) -> (Raft, OutboxOf<Raft>, Time) {
    let mut raft = Raft::recover(config, Image::default(), 1, Time::ZERO).expect("a valid configuration");
    let mut out = Outbox::new();
    let mut now = Time::ZERO;
    while raft.role() != Role::Leader {
        now = now.max(raft.deadline().expect("a node of three waits for something"));
        raft.step(now, Input::Wake, &mut out);
        let mut answers = Vec::new();
        loop {
            for effect in out.drain() {
                let Effect::Send { to, message } = effect else { continue };
                let term = message.term;
                let body = match message.body {
                    Body::PreVote { .. } => Body::PreVoted { campaign: term.next(), granted: true },
                    Body::Vote { .. } => Body::Voted { granted: true },
                    _ => continue,
                };
                answers.push(Input::Receive { from: to, message: Message { term, body } });
            }
            raft.step(now, Input::Persisted(out.issued()), &mut out);
            let Some(answer) = answers.pop() else { break };
            raft.step(now, answer, &mut out);
        }
    }
    raft.step(now, Input::Wake, &mut out);
    raft.step(now, Input::Persisted(out.issued()), &mut out);
    out.drain().for_each(drop);
    (raft, out, now)
}

#[test]
fn a_leader_whose_disk_stops_answering_steps_down() {
    let ids = [NodeId(1), NodeId(2), NodeId(3)];
    let config = Config { disk_timeout: Duration::from_millis(400), ..Config::new(ids[0], voters(&ids)) };
    let (mut raft, mut out, begun) = leader(config);
    let term = raft.status().term;
    let propose = Input::Submit { tag: Tag(1), command: Command::Propose(Bytes::from_static(b"x")) };
    raft.step(begun, propose, &mut out);

    // Both followers keep answering: the quorum is there, the disk is not.
    let mut stepped_down_at = None;
    while stepped_down_at.is_none() {
        let now = raft.deadline().expect("a leader has a heartbeat").max(begun);
        assert!(now.since(begun) < Duration::from_secs(1), "still leading after {:?}", now.since(begun));
        raft.step(now, Input::Wake, &mut out);
        for effect in out.drain() {
            if matches!(effect, Effect::Emit(Event::Role { role: Role::Follower, .. })) {
                stepped_down_at = Some(now.since(begun));
            }
        }
        for from in [ids[1], ids[2]] {
            let body = Body::Appended { matched: raft.status().last.index, round: 0 };
            raft.step(now, Input::Receive { from, message: Message { term, body } }, &mut out);
        }
        out.drain().for_each(drop);
    }
    assert!(stepped_down_at >= Some(Duration::from_millis(400)), "{stepped_down_at:?}");
    assert_eq!((raft.status().counters.abdications, raft.status().term), (1, Term(1)));
}

/// Nobody was asked yet, so these votes are nonsense; believed, they would make a leader of a term that the node may forget.
#[test]
fn a_candidate_is_not_elected_before_its_own_vote_is_durable() {
    let ids = [NodeId(1), NodeId(2), NodeId(3)];
    let config = Config::new(ids[0], voters(&ids));
    let mut raft = Raft::recover(config, Image::default(), 1, Time::ZERO).expect("a valid configuration");
    let mut out = Outbox::new();
    let mut now = Time::ZERO;
    let receive = |from, term, body| Input::Receive { from, message: Message { term, body } };
    while raft.role() != Role::PreCandidate {
        now = now.max(raft.deadline().expect("a node of three waits for something"));
        raft.step(now, Input::Wake, &mut out);
    }
    let campaign = raft.status().term.next();
    raft.step(now, receive(ids[1], Term(0), Body::PreVoted { campaign, granted: true }), &mut out);
    assert_eq!(raft.role(), Role::Candidate);

    let voted = |from| receive(from, campaign, Body::Voted { granted: true });
    ids[1..].iter().for_each(|from| raft.step(now, voted(*from), &mut out));
    assert_eq!((raft.role(), raft.status().counters.nonsense), (Role::Candidate, 2));

    raft.step(now, Input::Persisted(out.issued()), &mut out);
    raft.step(now, voted(ids[1]), &mut out);
    assert_eq!(raft.role(), Role::Leader);
}

fn voters(ids: &[NodeId]) -> Voters {
    Voters::majority(ids.iter().copied()).expect("distinct ids")
}
