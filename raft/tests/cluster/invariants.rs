//! What must hold after every step of every node, and at the end.

use std::collections::BTreeMap;

use quorate_consistency::spec::RegisterOp;
use quorate_machine::{Effect, NodeId};
use quorate_raft::{Body, Entry, Event, Image, Index, LogId, Message, Payload, Record, Role, Term};
use quorate_sim::{Invariant, Kind, Node, Objection, Step, View};

use super::{
    Cluster,
    service::{command_of, value_of},
};

pub fn all() -> Vec<Box<dyn Invariant<Cluster>>> {
    vec![
        Box::new(OneLeaderPerTerm::default()),
        Box::new(OneVotePerTerm::default()),
        Box::new(LogMatching::default()),
        Box::new(AcknowledgedIsKept),
        Box::new(Committed::default()),
        Box::new(SameStates::default()),
        Box::new(CommitsOwnTerm::default()),
        Box::new(OutcomesAreTrue::default()),
    ]
}

pub fn events<'a>(step: &'a Step<'_, Cluster>) -> impl Iterator<Item = &'a Event> {
    step.effects.iter().filter_map(|effect| match effect {
        Effect::Emit(event) => Some(event),
        Effect::Send { .. } | Effect::Persist { .. } => None,
    })
}

pub fn is_quorum(view: &View<'_, Cluster>, is_in: impl Fn(&Node<Cluster>) -> bool) -> bool {
    view.nodes().iter().filter(|node| is_in(node)).count() > view.nodes().len() / 2
}

fn quorum_of_disks(view: &View<'_, Cluster>, holds: impl Fn(&Image) -> bool) -> bool {
    is_quorum(view, |node| holds(node.image()))
}

/// Election Safety (Raft §5.2), and its reason: a leader has the votes of a quorum, on disk.
#[derive(Default)]
struct OneLeaderPerTerm(BTreeMap<Term, NodeId>);

impl Invariant<Cluster> for OneLeaderPerTerm {
    fn name(&self) -> &'static str {
        "one leader per term"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        for event in events(step) {
            if let Event::Role { role: Role::Leader, term, .. } = event {
                let voted = |image: &Image| {
                    image.term > *term || (image.term == *term && image.vote == Some(step.node))
                };
                if !quorum_of_disks(view, voted) {
                    return Err(format!("{} leads term {term} without a quorum of votes", step.node));
                }
                let first = *self.0.entry(*term).or_insert(step.node);
                if first != step.node {
                    return Err(format!("{first} and {} both lead term {term}", step.node));
                }
            }
        }
        Ok(())
    }
}

/// A node votes for one candidate per term, in all of its lives (Raft §5.2), and only from disk.
#[derive(Default)]
struct OneVotePerTerm(BTreeMap<(NodeId, Term), NodeId>);

impl Invariant<Cluster> for OneVotePerTerm {
    fn name(&self) -> &'static str {
        "one vote per term"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        for effect in step.effects {
            let Effect::Send { to, message: Message { term, body } } = effect else { continue };
            let candidate = match body {
                Body::Voted { granted: true } => *to,
                Body::Vote { .. } => step.node,
                _ => continue,
            };
            let first = *self.0.entry((step.node, *term)).or_insert(candidate);
            if first != candidate {
                return Err(format!("{} votes for {first} and {candidate} in term {term}", step.node));
            }
            let kept = view.node(step.node).is_some_and(|node| {
                node.image().term > *term
                    || (node.image().term == *term && node.image().vote == Some(candidate))
            });
            if !kept {
                return Err(format!(
                    "{} votes for {candidate} in term {term} before that is on disk",
                    step.node
                ));
            }
        }
        Ok(())
    }
}

/// Log Matching (Raft §5.3): an entry's term and index determine it and all before it.
#[derive(Default)]
struct LogMatching {
    known: BTreeMap<LogId, (Term, Payload)>,
    settled: Settled,
}

impl Invariant<Cluster> for LogMatching {
    fn name(&self) -> &'static str {
        "log matching"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(raft) = view.node(step.node).and_then(|node| node.machine()) else { return Ok(()) };
        for effect in step.effects {
            let Effect::Persist { record: Record::Append { first, entries, .. }, .. } = effect else {
                continue;
            };
            let mut before = raft.term_at(first.previous());
            for (nth, entry) in entries.iter().enumerate() {
                let id = LogId { term: entry.term, index: first.plus(nth as u64) };
                if let Some(before) = before {
                    let known = self.known.entry(id).or_insert_with(|| (before, entry.payload.clone()));
                    if known.0 != before || known.1 != entry.payload {
                        return Err(format!(
                            "{id:?} is {known:?}, and at {} {entry:?} after {before:?}",
                            step.node
                        ));
                    }
                }
                before = Some(entry.term);
            }
        }
        if let Some(upto) = self.settled.risen(view) {
            self.known.retain(|id, _| id.index >= upto);
        }
        Ok(())
    }
}

/// What a follower acknowledges is on its disk, as its leader has it (Raft §5.3, §7).
struct AcknowledgedIsKept;

impl Invariant<Cluster> for AcknowledgedIsKept {
    fn name(&self) -> &'static str {
        "acknowledged is kept"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(node) = view.node(step.node) else { return Ok(()) };
        for effect in step.effects {
            let Effect::Send { message: Message { body: Body::Appended { matched, .. }, .. }, .. } = effect
            else {
                continue;
            };
            let held = node.machine().and_then(|raft| raft.term_at(*matched));
            let kept = term_on(node.image(), *matched);
            // What is compacted, here or on the disk, is committed.
            let covered = *matched <= node.image().base.index;
            let is_it = kept.is_some() && (held.is_none() || kept == held);
            if !covered && !is_it {
                return Err(format!(
                    "{} acknowledges {matched:?} of {held:?}; on disk there is {kept:?}",
                    step.node
                ));
            }
        }
        Ok(())
    }
}

/// The term of an entry that the image holds.
fn term_on(image: &Image, index: Index) -> Option<Term> {
    let nth = index.0.checked_sub(image.base.index.0)?.checked_sub(1)?;
    image.entries.get(usize::try_from(nth).ok()?).map(|entry| entry.term)
}

/// What is delivered is delivered the same everywhere, is on a quorum's disks at that time, and is in the log of every
/// later leader (Raft §5.4.3: Leader Completeness, State Machine Safety).
#[derive(Default)]
struct Committed {
    known: BTreeMap<Index, (Entry, Term)>,
    settled: Settled,
}

impl Committed {
    fn deliver(
        &mut self,
        view: &View<'_, Cluster>,
        node: NodeId,
        index: Index,
        entry: &Entry,
    ) -> Result<(), String> {
        if let Some((known, _)) = self.known.get(&index) {
            if known != entry {
                return Err(format!("{index:?} is {known:?}, and {entry:?} at {node}"));
            }
            return Ok(());
        }
        let holds = |image: &Image| {
            let nth = index.0.checked_sub(image.base.index.0 + 1).and_then(|nth| usize::try_from(nth).ok());
            let covered = image.snapshot.as_ref().is_some_and(|snapshot| snapshot.last.index >= index);
            covered || nth.is_some_and(|nth| image.entries.get(nth) == Some(entry))
        };
        let term =
            view.node(node).and_then(|node| node.machine()).map_or(Term(u64::MAX), |raft| raft.status().term);
        self.known.insert(index, (entry.clone(), term));
        if quorum_of_disks(view, holds) {
            return Ok(());
        }
        Err(format!("{node} delivers {index:?} {entry:?}, which no quorum has on disk"))
    }

    /// A leader has everything that was committed in an earlier term; one elected too late need not have more.
    fn lead(&self, view: &View<'_, Cluster>, node: NodeId) -> Result<(), String> {
        let Some(raft) = view.node(node).and_then(|node| node.machine()) else { return Ok(()) };
        let status = raft.status();
        let earlier = self.known.range(status.first..).filter(|(_, (_, term))| *term < status.term);
        let mut held = raft.entries().peekable();
        for (index, (entry, _)) in earlier {
            while held.next_if(|(at, _)| at < index).is_some() {}
            if held.peek() != Some(&(*index, entry)) {
                return Err(format!("{node} leads term {} without {index:?} {entry:?}", status.term));
            }
        }
        Ok(())
    }
}

impl Invariant<Cluster> for Committed {
    fn name(&self) -> &'static str {
        "committed for ever"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        for event in events(step) {
            match event {
                Event::Committed { first, entries } => {
                    if entries.is_empty() {
                        return Err(format!("{} delivers nothing", step.node));
                    }
                    for (nth, entry) in entries.iter().enumerate() {
                        self.deliver(view, step.node, first.plus(nth as u64), entry)?;
                    }
                    let last = first.plus(entries.len() as u64).previous();
                    if view.node(step.node).is_some_and(|node| node.image().last() < last) {
                        return Err(format!("{} delivers {last:?} before it has it on disk", step.node));
                    }
                }
                Event::Role { role: Role::Leader, .. } => self.lead(view, step.node)?,
                _ => {}
            }
        }
        if let Some(upto) = self.settled.risen(view) {
            self.known = self.known.split_off(&upto);
        }
        Ok(())
    }
}

/// Applications that have applied as much are in the same state, whether by entries or by snapshot.
#[derive(Default)]
struct SameStates {
    known: BTreeMap<Index, (u64, u64)>,
    /// What was compared last of each node: most steps apply nothing.
    compared: BTreeMap<NodeId, (Index, u64, u64)>,
    settled: Settled,
}

impl Invariant<Cluster> for SameStates {
    fn name(&self) -> &'static str {
        "same states"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        if let Some(upto) = self.settled.risen(view) {
            self.known = self.known.split_off(&upto);
        }
        let Some(app) = view.node(step.node).map(Node::app) else { return Ok(()) };
        let state = (app.applied, app.chain, app.value);
        if self.compared.insert(step.node, state) == Some(state) {
            return Ok(());
        }
        let known = *self.known.entry(app.applied).or_insert((app.chain, app.value));
        if known == (app.chain, app.value) {
            return Ok(());
        }
        Err(format!("after {:?} {} is in another state than others", app.applied, step.node))
    }
}

/// A leader commits by counting only entries of its own term (Raft §5.4.2): figure 8 takes too many coincidences to wait
/// for an entry that is really lost.
#[derive(Default)]
struct CommitsOwnTerm(BTreeMap<NodeId, (Term, Index)>);

impl Invariant<Cluster> for CommitsOwnTerm {
    fn name(&self) -> &'static str {
        "commits its own term"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(raft) = view.node(step.node).and_then(|node| node.machine()) else { return Ok(()) };
        let status = raft.status();
        if status.role != Role::Leader {
            self.0.remove(&step.node);
            return Ok(());
        }
        let before = self.0.insert(step.node, (status.term, status.committed));
        let advanced = before.is_some_and(|(term, index)| term == status.term && index < status.committed);
        if advanced && raft.term_at(status.committed).is_some_and(|term| term != status.term) {
            return Err(format!(
                "{} of term {} commits up to {:?}",
                step.node, status.term, status.committed
            ));
        }
        Ok(())
    }
}

/// What was proposed stands in the log where it is said to be; what was refused is nowhere; nothing is twice.
#[derive(Default)]
struct OutcomesAreTrue {
    log: BTreeMap<Index, (Term, Option<u64>)>,
    /// The last index that anybody was told of, and the values up to there.
    told: Index,
    present: Values,
    settled: Settled,
}

impl OutcomesAreTrue {
    fn deliver(&mut self, index: Index, entry: &Entry) -> Result<(), String> {
        let value = value_of(entry);
        self.log.insert(index, (entry.term, value));
        if index <= self.told {
            return Ok(());
        }
        self.told = index;
        match value.filter(|value| !self.present.insert(*value)) {
            Some(value) => Err(format!("{value} was applied twice, the second time at {index:?}")),
            None => Ok(()),
        }
    }
}

impl Invariant<Cluster> for OutcomesAreTrue {
    fn name(&self) -> &'static str {
        "outcomes are true"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        for event in events(step) {
            match event {
                Event::Committed { first, entries } => {
                    for (nth, entry) in (0..).zip(entries.iter()) {
                        self.deliver(first.plus(nth), entry)?;
                    }
                }
                Event::Proposed { tag, at } if at.index >= self.settled.upto => {
                    let mut calls = view.history().entries().iter().rev();
                    let last = calls.find(|call| command_of(call.process) == *tag).map(|call| &call.op.op);
                    let Some(RegisterOp::Write(value)) = last else { continue };
                    let there = self.log.get(&at.index).filter(|(term, _)| *term == at.term);
                    if there.and_then(|(_, value)| *value) != Some(*value) {
                        return Err(format!("{value} is said to be at {at:?}, where {there:?} is"));
                    }
                }
                _ => {}
            }
        }
        if let Some(upto) = self.settled.risen(view) {
            self.log = self.log.split_off(&upto);
        }
        Ok(())
    }

    fn at_end(&mut self, view: &View<'_, Cluster>) -> Result<(), Objection> {
        for entry in view.history().entries() {
            let RegisterOp::Write(value) = &entry.op.op else { continue };
            if entry.kind == Kind::Fail && self.present.has(*value) {
                return Err(format!("{value} was refused and applied").into());
            }
        }
        Ok(())
    }
}

/// A set of numbers that lie together, a bit for each.
#[derive(Default)]
struct Values(BTreeMap<u64, u64>);

impl Values {
    /// Whether it was not there before.
    fn insert(&mut self, value: u64) -> bool {
        let bits = self.0.entry(value / 64).or_default();
        let before = *bits;
        *bits |= 1 << (value % 64);
        *bits != before
    }

    fn has(&self, value: u64) -> bool {
        self.0.get(&(value / 64)).is_some_and(|bits| bits >> (value % 64) & 1 == 1)
    }
}

/// Up to where every disk holds a snapshot instead of entries. Nobody speaks of what was before any more, so that what is
/// known of it can be forgotten: what a long run remembers does not grow with it.
#[derive(Default)]
struct Settled {
    upto: Index,
    steps: u32,
}

impl Settled {
    /// How often it looks: rarely, since a step is short.
    const EVERY: u32 = 1_024;

    /// The index, if it has risen since the last look.
    fn risen(&mut self, view: &View<'_, Cluster>) -> Option<Index> {
        self.steps += 1;
        if self.steps % Self::EVERY != 0 {
            return None;
        }
        let upto = view.nodes().iter().map(|node| node.image().base.index).min()?;
        let has_risen = upto > self.upto;
        self.upto = self.upto.max(upto);
        has_risen.then_some(upto)
    }
}
