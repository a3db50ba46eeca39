//! What a read may see, and what it has to wait for.

use std::collections::BTreeMap;

use quorate_machine::{Effect, NodeId, Tag};
use quorate_raft::{Body, Event, Index, Role, Term};
use quorate_sim::{Invariant, Node, Step, StepKind, View};

use super::{
    Cluster,
    invariants::{events, is_quorum},
};

pub fn all() -> Vec<Box<dyn Invariant<Cluster>>> {
    vec![Box::new(ReadsAreCurrent::default()), Box::new(ReadsAreConfirmed::default())]
}

/// A read sees everything that was acknowledged to anyone before it was asked for, and no leader answers it who had been
/// replaced by then (thesis §6.4, step 3): too rarely has the next one acknowledged something to wait for that.
#[derive(Default)]
struct ReadsAreCurrent {
    acknowledged: Index,
    latest: Term,
    /// Of the commands that nothing has answered yet.
    floor: BTreeMap<Tag, (Index, Term)>,
}

impl Invariant<Cluster> for ReadsAreCurrent {
    fn name(&self) -> &'static str {
        "reads are current"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        if let StepKind::Submit(tag) = step.kind {
            self.floor.insert(tag, (self.acknowledged, self.latest));
        }
        let Some(node) = view.node(step.node) else { return Ok(()) };
        let applied = node.app().applied;
        // At or above that of the leader who has answered.
        let term = node.machine().map_or(Term(0), |raft| raft.status().term);
        for event in events(step) {
            match event {
                Event::Proposed { tag, at, .. } => {
                    self.acknowledged = self.acknowledged.max(at.index);
                    self.floor.remove(tag);
                }
                Event::Refused { tag, .. } | Event::Unknown { tag } | Event::Compacted { tag, .. } => {
                    self.floor.remove(tag);
                }
                Event::Readable { tag, index } => {
                    let (floor, latest) = self.floor.remove(tag).unwrap_or_default();
                    let node = step.node;
                    if *index < floor || applied < floor {
                        return Err(format!("{tag:?} at {node} sees {index:?} ({applied:?}), not {floor:?}"));
                    }
                    if term < latest {
                        return Err(format!(
                            "{tag:?} at {node} is answered in {term:?}, asked in {latest:?}"
                        ));
                    }
                }
                Event::Role { role: Role::Leader, term, .. } => self.latest = self.latest.max(*term),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A leader answers a read once a quorum has answered messages of a round that it opened after it was asked (thesis §6.4,
/// step 3). That an earlier answer is wrong takes too many coincidences to wait for.
#[derive(Default)]
struct ReadsAreConfirmed {
    /// The latest round that each leader has spoken of.
    opened: BTreeMap<(NodeId, Term), u64>,
    /// The latest that each other node has answered.
    answered: BTreeMap<(NodeId, Term, NodeId), u64>,
    /// The round that was under way when a leader was asked.
    asked: BTreeMap<Tag, (Term, Option<u64>)>,
}

impl Invariant<Cluster> for ReadsAreConfirmed {
    fn name(&self) -> &'static str {
        "reads are confirmed"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let leader = step.node;
        let raft = view.node(leader).and_then(Node::machine).filter(|raft| raft.role() == Role::Leader);
        let term = raft.map(|raft| raft.status().term);
        if let (StepKind::Submit(tag), Some(term)) = (step.kind, term) {
            self.asked.insert(tag, (term, self.opened.get(&(leader, term)).copied()));
        }
        self.note(step);
        for event in events(step) {
            if let Event::Proposed { tag, .. }
            | Event::Refused { tag, .. }
            | Event::Unknown { tag }
            | Event::Compacted { tag, .. } = event
            {
                self.asked.remove(tag);
            }
            let Event::Readable { tag, .. } = event else { continue };
            let Some((of, before)) = self.asked.remove(tag).filter(|(of, _)| Some(*of) == term) else {
                continue;
            };
            let confirms = |peer| peer == leader || self.answered.get(&(leader, of, peer)).copied() > before;
            if !is_quorum(view, |node| confirms(node.id())) {
                return Err(format!("{leader} answers {tag:?} with nothing newer than round {before:?}"));
            }
        }
        Ok(())
    }
}

impl ReadsAreConfirmed {
    fn note(&mut self, step: &Step<'_, Cluster>) {
        for effect in step.effects {
            let Effect::Send { to, message } = effect else { continue };
            let (latest, round) = match message.body {
                Body::Append { round, .. } | Body::Snapshot { round, .. } => {
                    (self.opened.entry((step.node, message.term)).or_default(), round)
                }
                Body::Appended { round, .. }
                | Body::Rejected { round, .. }
                | Body::Received { round, .. } => {
                    (self.answered.entry((*to, message.term, step.node)).or_default(), round)
                }
                _ => continue,
            };
            *latest = round.max(*latest);
        }
    }
}
