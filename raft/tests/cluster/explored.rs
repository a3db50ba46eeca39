//! What must hold in every play of a small cluster.

use std::collections::BTreeMap;

use quorate_machine::{Effect, NodeId, Tag};
use quorate_raft::{Body, Entry, Event, Image, Index, Message, Role, Term};
use quorate_sim::{
    Step, StepKind, Subject,
    explore::{Breach, Explored, View},
};

use super::Cluster;

/// What a play has shown: who led, who voted for whom, what was delivered, what was acknowledged.
#[derive(Clone, Debug, Default, Hash)]
pub struct Seen {
    leaders: BTreeMap<Term, NodeId>,
    votes: BTreeMap<(NodeId, Term), NodeId>,
    delivered: BTreeMap<Index, Entry>,
    /// The last index that was acknowledged to anyone, and what it was when an open command was submitted.
    acknowledged: Index,
    floors: BTreeMap<Tag, Index>,
}

impl Explored for Cluster {
    type Ghost = Seen;

    fn check(&self, view: &View<'_, Self>, step: &Step<'_, Self>, seen: &mut Seen) -> Result<(), Breach> {
        if let StepKind::Submit(tag) = step.kind {
            seen.floors.insert(tag, seen.acknowledged);
        }
        for effect in step.effects {
            match effect {
                Effect::Emit(Event::Role { role: Role::Leader, term, .. }) => {
                    one_leader_per_term(view, step.node, *term, seen)?;
                }
                Effect::Emit(Event::Committed { first, entries }) => {
                    for (nth, entry) in entries.iter().enumerate() {
                        committed_for_ever(view, step.node, first.plus(nth as u64), entry, seen)?;
                    }
                }
                Effect::Emit(event) => reads_are_current(view, step.node, event, seen)?,
                Effect::Send { to, message: Message { term, body: Body::Voted { granted: true } } } => {
                    one_vote_per_term(step.node, *term, *to, seen)?;
                }
                Effect::Send { message: Message { term, body: Body::Vote { .. } }, .. } => {
                    one_vote_per_term(step.node, *term, step.node, seen)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn quorum_of_disks(view: &View<'_, Cluster>, holds: impl Fn(&Image) -> bool) -> bool {
    view.nodes().filter(|node| holds(node.image())).count() > view.nodes().len() / 2
}

/// Election Safety (Raft §5.2), and its reason: a leader has the votes of a quorum, on disk.
fn one_leader_per_term(
    view: &View<'_, Cluster>,
    node: NodeId,
    term: Term,
    seen: &mut Seen,
) -> Result<(), Breach> {
    let broken = |why| Err(Breach::new("one leader per term", why));
    let voted = |image: &Image| image.term > term || (image.term == term && image.vote == Some(node));
    if !quorum_of_disks(view, voted) {
        return broken(format!("{node} leads term {term} without a quorum of votes"));
    }
    let first = *seen.leaders.entry(term).or_insert(node);
    if first == node { Ok(()) } else { broken(format!("{first} and {node} both lead term {term}")) }
}

/// A node votes for one candidate per term, in all of its lives (Raft §5.2).
fn one_vote_per_term(node: NodeId, term: Term, candidate: NodeId, seen: &mut Seen) -> Result<(), Breach> {
    let first = *seen.votes.entry((node, term)).or_insert(candidate);
    if first == candidate {
        return Ok(());
    }
    let why = format!("{node} votes for {first} and {candidate} in term {term}");
    Err(Breach::new("one vote per term", why))
}

/// What is delivered is the same everywhere, and on a quorum's disks (Raft §5.4.3: State Machine Safety).
fn committed_for_ever(
    view: &View<'_, Cluster>,
    node: NodeId,
    index: Index,
    entry: &Entry,
    seen: &mut Seen,
) -> Result<(), Breach> {
    let broken = |why| Err(Breach::new("committed for ever", why));
    let known = seen.delivered.entry(index).or_insert_with(|| entry.clone());
    if known != entry {
        return broken(format!("{index:?} is {known:?}, and {entry:?} at {node}"));
    }
    let holds = |image: &Image| {
        let nth = index.0.checked_sub(image.base.index.0 + 1).and_then(|nth| usize::try_from(nth).ok());
        let covered = image.snapshot.as_ref().is_some_and(|snapshot| snapshot.last.index >= index);
        covered || nth.is_some_and(|nth| image.entries.get(nth) == Some(entry))
    };
    if quorum_of_disks(view, holds) {
        return Ok(());
    }
    broken(format!("{node} delivers {index:?} {entry:?}, which no quorum has on disk"))
}

/// A read sees everything that was acknowledged to anyone before it was asked for.
fn reads_are_current(
    view: &View<'_, Cluster>,
    node: NodeId,
    event: &Event,
    seen: &mut Seen,
) -> Result<(), Breach> {
    let Some(tag) = Cluster::default().tag_of(event) else { return Ok(()) };
    let floor = seen.floors.remove(&tag).unwrap_or_default();
    match event {
        Event::Proposed { at, .. } => seen.acknowledged = seen.acknowledged.max(at.index),
        Event::Readable { index, .. } => {
            let applied = view.node(node).map_or(Index::ZERO, |node| node.app().applied);
            if *index < floor || applied < floor {
                let why = format!("{tag:?} at {node} sees {index:?} ({applied:?}), not {floor:?}");
                return Err(Breach::new("reads are current", why));
            }
        }
        _ => {}
    }
    Ok(())
}
