//! Circles, and what they rest on, as short as they are quickly found to be.

use alloc::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    vec::Vec,
};

use super::{
    polygraph::{Cause, Polygraph},
    proof::{Lemma, Moment, Proof, ProofStep, Reason, points},
    reach::Reach,
};
use crate::txn::{
    graph::{Components, Edge},
    intern::NONE,
    search::Search,
    weak::{Any, some_cycle},
};

/// How many edges are looked at for a short circle of what is known at once.
const EDGES_MAX: u64 = 1 << 24;

/// An edge: what is known at once by its place, what was added by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Known(usize),
    Added(u32),
}

/// A circle of what is known at once, if there is one.
pub(super) fn known_circle<K: Clone>(polygraph: &Polygraph<'_, K>) -> Option<Proof<K>> {
    let components = Components::new(&polygraph.graph, u8::MAX, usize::MAX);
    let nodes = components.cyclic().next()?;
    let mut search = Search::new(&polygraph.graph, EDGES_MAX);
    let walk = search.shortest(nodes, &components, &Any, |_| true);
    let walk = walk.unwrap_or_else(|| some_cycle(&polygraph.graph, &components, nodes));
    let steps = walk.iter().map(|place| step(polygraph, known(polygraph, *place)));
    Some(Proof { lemmas: Vec::new(), cycle: merged(steps.collect()) })
}

/// The circle that a moment is in, and all that it rests on.
pub(super) fn prove<K: Clone>(polygraph: &Polygraph<'_, K>, reach: &Reach, moment: u32) -> Proof<K> {
    let circle = path(polygraph, reach, moment, moment, NONE);
    let mut lemmas = BTreeMap::new();
    let mut open = BTreeSet::new();
    let rests_on = |places: &[Place], open: &mut BTreeSet<u32>| {
        open.extend(places.iter().filter_map(|place| match place {
            Place::Added(number) => Some(*number),
            Place::Known(_) => None,
        }));
    };
    rests_on(&circle, &mut open);
    // What an edge rests on was added before it.
    while let Some(number) = open.pop_last() {
        let edge = reach.added[number as usize];
        let Some((from, to)) = premise(polygraph, edge.from, edge.to, edge.cause) else { continue };
        let since = path(polygraph, reach, from, to, number);
        rests_on(&since, &mut open);
        let conclusion = step(polygraph, (edge.from, edge.to, edge.cause));
        lemmas.insert(number, Lemma { step: conclusion, since: steps(polygraph, reach, &since) });
    }
    Proof { lemmas: lemmas.into_values().collect(), cycle: steps(polygraph, reach, &circle) }
}

/// Of what is concluded, from which moment to which one must get.
pub(super) fn premise<K>(
    polygraph: &Polygraph<'_, K>,
    from: u32,
    to: u32,
    cause: Cause,
) -> Option<(u32, u32)> {
    let moments = &polygraph.moments;
    match cause {
        Cause::Version { reader, .. } => Some((from, moments.start(reader))),
        Cause::Unseen { writer, .. } => Some((moments.commit(writer), to)),
        Cause::Conflict { .. } => Some((moments.start(moments.txn(from)), moments.commit(moments.txn(to)))),
        Cause::Within
        | Cause::Session
        | Cause::RealTime
        | Cause::Read { .. }
        | Cause::Initial { .. }
        | Cause::Supposed => None,
    }
}

/// A shortest way between two moments by edges that were added before this one.
fn path<K>(polygraph: &Polygraph<'_, K>, reach: &Reach, from: u32, to: u32, before: u32) -> Vec<Place> {
    let moments = &polygraph.moments;
    let mut came: BTreeMap<u32, (Place, u32)> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(at) = next.pop_front() {
        let known =
            polygraph.graph.out(at).map(|place| (Place::Known(place), polygraph.graph.edges[place].to));
        let added = reach.out(at).filter(|number| *number < before);
        let added = added.map(|number| (Place::Added(number), reach.added[number as usize].to));
        for (place, after) in known.chain(added) {
            let leads_on = after == to || reach.is_before(moments, after, to);
            if !leads_on || came.contains_key(&after) {
                continue;
            }
            came.insert(after, (place, at));
            if after == to {
                return back(&came, from, to);
            }
            next.push_back(after);
        }
    }
    Vec::new()
}

fn back(came: &BTreeMap<u32, (Place, u32)>, from: u32, to: u32) -> Vec<Place> {
    let (mut places, mut at) = (Vec::new(), to);
    while let Some((place, before)) = came.get(&at) {
        places.push(*place);
        at = *before;
        if at == from {
            break;
        }
    }
    places.reverse();
    places
}

fn known<K>(polygraph: &Polygraph<'_, K>, place: usize) -> (u32, u32, Cause) {
    let Edge { from, to, cause, .. } = polygraph.graph.edges[place];
    (from, to, polygraph.causes[cause as usize])
}

fn steps<K: Clone>(polygraph: &Polygraph<'_, K>, reach: &Reach, places: &[Place]) -> Vec<ProofStep<K>> {
    let one = |place: &Place| match place {
        Place::Known(place) => step(polygraph, known(polygraph, *place)),
        Place::Added(number) => {
            let edge = reach.added[*number as usize];
            step(polygraph, (edge.from, edge.to, edge.cause))
        }
    };
    merged(places.iter().map(one).collect())
}

pub(super) fn step<K: Clone>(
    polygraph: &Polygraph<'_, K>,
    (from, to, cause): (u32, u32, Cause),
) -> ProofStep<K> {
    let moments = &polygraph.moments;
    let moment = |at: u32| Moment {
        txn: polygraph.txns[moments.txn(at) as usize],
        point: points(polygraph.isolation, moments.is_start(at)),
    };
    let key = |key: u32| polygraph.keys[key as usize].clone();
    let name = |txn: u32| polygraph.txns[txn as usize];
    let reason = match cause {
        Cause::Within => Reason::Within,
        Cause::Session => Reason::Session,
        Cause::RealTime => Reason::RealTime,
        Cause::Read { key: at } => Reason::Read(key(at)),
        Cause::Initial { key: at } => Reason::Initial(key(at)),
        Cause::Version { key: at, reader } => Reason::Version { key: key(at), reader: name(reader) },
        Cause::Unseen { key: at, writer } => Reason::Unseen { key: key(at), writer: name(writer) },
        Cause::Conflict { key: at } => Reason::Conflict(key(at)),
        Cause::Supposed => Reason::Supposed,
    };
    ProofStep { from: moment(from), to: moment(to), reason }
}

/// Sessions and real time are transitive: steps of one of them that follow one another are one step.
pub(super) fn merged<K>(steps: Vec<ProofStep<K>>) -> Vec<ProofStep<K>> {
    let mut all: Vec<ProofStep<K>> = Vec::new();
    for step in steps {
        let order = |reason: &Reason<K>| match reason {
            Reason::Session => 1,
            Reason::RealTime => 2,
            Reason::Within
            | Reason::Read(_)
            | Reason::Initial(_)
            | Reason::Version { .. }
            | Reason::Unseen { .. }
            | Reason::Conflict(_)
            | Reason::Supposed => 0,
        };
        let kind = order(&step.reason);
        let is_within = all.last().is_some_and(|last| matches!(last.reason, Reason::Within));
        let at = all.len().checked_sub(if is_within { 2 } else { 1 });
        match at.filter(|at| kind > 0 && order(&all[*at].reason) == kind) {
            Some(at) => {
                all[at].to = step.to;
                all.truncate(at + 1);
            }
            None => all.push(step),
        }
    }
    all
}
