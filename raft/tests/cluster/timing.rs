//! When nodes ask for elections, and how long they may lead: what only costs time when it is wrong.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use quorate_machine::{Effect, Machine, NodeId, Ticket, Time};
use quorate_raft::{Body, Event, Record, Role, Term};
use quorate_sim::{Invariant, Step, StepKind, View};

use super::{
    Cluster, DISK_TIMEOUT, ELECTION_TIMEOUT, HEARTBEAT,
    invariants::{events, is_quorum},
};

pub fn all() -> Vec<Box<dyn Invariant<Cluster>>> {
    vec![
        Box::new(LeadersAreHeeded::default()),
        Box::new(RefusalsCostNothing::default()),
        Box::new(TimeoutsDiffer::default()),
        Box::new(LeadersAreFit::default()),
    ]
}

fn sends<'a>(step: &'a Step<'_, Cluster>) -> impl Iterator<Item = (NodeId, &'a Body)> {
    step.effects.iter().filter_map(|effect| match effect {
        Effect::Send { to, message } => Some((*to, &message.body)),
        Effect::Persist { .. } | Effect::Emit(_) => None,
    })
}

/// Others that this step decides to vote for.
fn votes<'a>(step: &'a Step<'_, Cluster>) -> impl Iterator<Item = NodeId> + 'a {
    step.effects.iter().filter_map(|effect| match effect {
        Effect::Persist { record: Record::Vote { vote, .. }, .. } => vote.filter(|vote| *vote != step.node),
        Effect::Persist { .. } | Effect::Send { .. } | Effect::Emit(_) => None,
    })
}

/// What time each node believes it is: a clock that goes back is not believed.
#[derive(Default)]
struct Clocks(BTreeMap<NodeId, Time>);

impl Clocks {
    fn advance(&mut self, step: &Step<'_, Cluster>) -> Time {
        let now = self.0.entry(step.node).or_default();
        *now = if step.kind == StepKind::Started { step.local } else { step.local.max(*now) };
        *now
    }
}

fn campaigns(step: &Step<'_, Cluster>) -> bool {
    events(step).any(|event| matches!(event, Event::Role { role: Role::PreCandidate, .. }))
}

/// Within an election timeout of hearing its leader nobody asks for an election (Raft §5.2), nor votes for another node
/// (thesis §4.2.3).
#[derive(Default)]
struct LeadersAreHeeded {
    clocks: Clocks,
    heard: BTreeMap<NodeId, Time>,
    /// Whom each node followed after its last step.
    leader: BTreeMap<NodeId, Option<NodeId>>,
}

impl Invariant<Cluster> for LeadersAreHeeded {
    fn name(&self) -> &'static str {
        "leaders are heeded"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let now = self.clocks.advance(step);
        match step.kind {
            StepKind::Started => _ = self.heard.remove(&step.node),
            StepKind::Receive(from) => {
                let answers = |body: &Body| {
                    matches!(body, Body::Appended { .. } | Body::Rejected { .. } | Body::Received { .. })
                };
                if sends(step).any(|(to, body)| to == from && answers(body)) {
                    self.heard.insert(step.node, now);
                }
            }
            StepKind::Submit(_) | StepKind::Persisted(_) | StepKind::Wake => {}
        }
        let follows =
            view.node(step.node).and_then(|node| node.machine()).and_then(|raft| raft.status().leader);
        let followed = self.leader.insert(step.node, follows).flatten().filter(|leader| *leader != step.node);
        let deserts = followed.is_some() && votes(step).any(|candidate| Some(candidate) != followed);
        let Some(heard) = self.heard.get(&step.node).filter(|_| campaigns(step) || deserts) else {
            return Ok(());
        };
        let waited = now.since(*heard);
        if waited >= ELECTION_TIMEOUT {
            return Ok(());
        }
        Err(format!("{} asks or votes {waited:?} after hearing its leader", step.node))
    }
}

/// A vote, or the word that it would be given, is refused without putting off one's own election (figure 2).
#[derive(Default)]
struct RefusalsCostNothing(BTreeMap<NodeId, (u64, Role, Term, Option<Time>)>);

impl Invariant<Cluster> for RefusalsCostNothing {
    fn name(&self) -> &'static str {
        "refusals cost nothing"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(node) = view.node(step.node) else { return Ok(()) };
        let Some(raft) = node.machine() else { return Ok(()) };
        let now = (node.incarnation(), raft.role(), raft.status().term, raft.deadline());
        let Some(before) = self.0.insert(step.node, now) else { return Ok(()) };
        let refuses = |body: &Body| {
            matches!(body, Body::Voted { granted: false } | Body::PreVoted { granted: false, .. })
        };
        let same = (before.0, before.1, before.2) == (now.0, now.1, now.2);
        if same && before.3 != now.3 && sends(step).any(|(_, body)| refuses(body)) {
            return Err(format!(
                "{} refuses a vote and waits until {:?}, not {:?}",
                step.node, now.3, before.3
            ));
        }
        Ok(())
    }
}

/// Whoever has waited in vain waits for another while the next time (Raft §5.2).
#[derive(Default)]
struct TimeoutsDiffer {
    clocks: Clocks,
    last: BTreeMap<(NodeId, u64), Duration>,
}

impl Invariant<Cluster> for TimeoutsDiffer {
    fn name(&self) -> &'static str {
        "timeouts differ"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let now = self.clocks.advance(step);
        let Some(node) = view.node(step.node).filter(|_| campaigns(step)) else { return Ok(()) };
        let due = node.machine().and_then(Machine::deadline).unwrap_or(Time::ZERO);
        let patience = due.since(now);
        if !(ELECTION_TIMEOUT..2 * ELECTION_TIMEOUT).contains(&patience) {
            return Ok(()); // something else comes first
        }
        if self.last.insert((step.node, node.incarnation()), patience) == Some(patience) {
            return Err(format!("{} waits for {patience:?} again", step.node));
        }
        Ok(())
    }
}

/// A leader that hears from no quorum, or not from its own disk, steps down (thesis §6.2): it asks itself once per
/// heartbeat.
#[derive(Default)]
struct LeadersAreFit {
    clocks: Clocks,
    /// When each leader was elected, or heard from each other node.
    heard: BTreeMap<(NodeId, NodeId), Time>,
    elected: BTreeMap<NodeId, Time>,
    /// What each disk owes, and since when.
    owed: BTreeMap<NodeId, VecDeque<(Ticket, Time)>>,
}

impl Invariant<Cluster> for LeadersAreFit {
    fn name(&self) -> &'static str {
        "leaders are fit"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let now = self.clocks.advance(step);
        self.note(step, now);
        let raft = view.node(step.node).and_then(|node| node.machine());
        if step.kind != StepKind::Wake || raft.is_none_or(|raft| raft.role() != Role::Leader) {
            return Ok(());
        }
        let elected = self.elected.get(&step.node).copied().unwrap_or_default();
        let recent = |peer: NodeId| {
            let heard = self.heard.get(&(step.node, peer)).copied().unwrap_or_default().max(elected);
            peer == step.node || now.since(heard) <= ELECTION_TIMEOUT + HEARTBEAT
        };
        if !is_quorum(view, |node| recent(node.id())) {
            return Err(format!("{} leads, and hears from no quorum", step.node));
        }
        let oldest = self.owed.get(&step.node).and_then(|owed| owed.front());
        if oldest.is_some_and(|(_, since)| now.since(*since) >= DISK_TIMEOUT + HEARTBEAT) {
            return Err(format!("{} leads, and its disk does not answer", step.node));
        }
        Ok(())
    }
}

impl LeadersAreFit {
    fn note(&mut self, step: &Step<'_, Cluster>, now: Time) {
        let owed = self.owed.entry(step.node).or_default();
        match step.kind {
            StepKind::Started => owed.clear(),
            StepKind::Persisted(upto) => owed.retain(|(ticket, _)| *ticket > upto),
            StepKind::Receive(from) => _ = self.heard.insert((step.node, from), now),
            StepKind::Submit(_) | StepKind::Wake => {}
        }
        for effect in step.effects {
            match effect {
                Effect::Persist { ticket: Some(ticket), .. } => owed.push_back((*ticket, now)),
                Effect::Emit(Event::Role { role: Role::Leader, .. }) => {
                    self.elected.insert(step.node, now);
                }
                Effect::Persist { .. } | Effect::Send { .. } | Effect::Emit(_) => {}
            }
        }
    }
}
