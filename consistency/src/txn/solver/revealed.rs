//! Histories whose order of versions is known without a search.

use alloc::{vec, vec::Vec};

use super::{
    SolverOptions,
    explain::{merged, premise, step},
    polygraph::{Cause, Polygraph},
    proof::{Lemma, Proof, ProofStep},
};
use crate::txn::{
    bug::Bug,
    graph::{Components, Edge, Graph},
    intern::NONE,
    search::Search,
    weak::{Any, some_cycle},
};

/// How many edges are looked at for a short circle.
const EDGES_MAX: u64 = 1 << 26;

/// An order of all moments, or why there is none; `None` if it is not known which versions follow which. In linear time.
///
/// A transaction that reads a key and then writes it makes the version that follows the one that it has read: nobody may come
/// between, where lost updates are forbidden, as they are at all levels but prefix consistency. If all that write a key do so, the
/// versions of each key are one line, from the initial value on (MTC, *Boosting End-to-End Database Isolation Checking
/// via Mini-Transactions*, ICDE 2025). The same holds where one of them has not read, if nobody has read the initial value and
/// written: then that one comes first.
///
/// All that is known then is that each version is read before the next one is written. The order that a level asks for exists
/// if and only if that closes no circle: any order of moments without one has between a version and the next no other, since
/// each writer of a key comes after the one it has read from and whoever else reads that one comes before it.
pub(super) fn revealed<K: Clone>(
    polygraph: &Polygraph<'_, K>,
    options: SolverOptions,
) -> Option<Result<Vec<u32>, Proof<K>>> {
    if polygraph.isolation == crate::txn::Isolation::Prefix {
        return None;
    }
    let next = match successors(polygraph, options)? {
        Successors::Line(next) => next,
        Successors::Fork { key, version, one, other } => {
            return Some(Err(fork(polygraph, key, version, one, other)));
        }
    };
    let moments = &polygraph.moments;
    let mut causes = polygraph.causes.clone();
    let mut edges = polygraph.graph.edges.clone();
    for (version, next) in (0_u32..).zip(&next).filter(|(_, next)| **next != NONE) {
        let writer = polygraph.author[version as usize];
        let key = polygraph.writes.all[version as usize];
        for reader in polygraph.readers.of(version).iter().filter(|reader| moments.txn(**reader) != *next) {
            if options.has(Bug::RevealedReadersIgnored) {
                continue;
            }
            let cause = u32::try_from(causes.len()).unwrap_or(NONE);
            causes.push(Cause::Unseen { key, writer });
            edges.push(Edge { from: *reader, to: moments.commit(*next), cause, kind: 1 });
        }
    }
    let graph = Graph::new(moments.len(), &edges);
    let components = Components::new(&graph, u8::MAX, usize::MAX);
    let Some(nodes) = components.cyclic().next() else {
        return Some(Ok(components.nodes.iter().rev().copied().collect()));
    };
    let walk = Search::new(&graph, EDGES_MAX).shortest(nodes, &components, &Any, |_| true);
    let walk = walk.unwrap_or_else(|| some_cycle(&graph, &components, nodes));
    let (mut lemmas, mut cycle) = (Vec::new(), Vec::new());
    for place in walk {
        let Edge { from, to, cause, .. } = graph.edges[place];
        let cause = causes[cause as usize];
        let conclusion = step(polygraph, (from, to, cause));
        if let (Cause::Unseen { key, .. }, Some((before, after))) =
            (cause, premise(polygraph, from, to, cause))
        {
            lemmas.push(Lemma { step: conclusion.clone(), since: overwrites(polygraph, key, before, after) });
        }
        cycle.push(conclusion);
    }
    Some(Err(Proof { lemmas, cycle: merged(cycle) }))
}

/// Which version follows which.
enum Successors {
    /// By version, who makes the next.
    Line(Vec<u32>),
    /// Two have read the same version, and both write.
    Fork { key: u32, version: u32, one: u32, other: u32 },
}

fn successors<K>(polygraph: &Polygraph<'_, K>, options: SolverOptions) -> Option<Successors> {
    let (versions, keys) = (polygraph.author.len(), polygraph.keys.len());
    let (mut next, mut first, mut blind) = (vec![NONE; versions], vec![NONE; keys], vec![NONE; keys]);
    for (txn, is_committed) in (0_u32..).zip(&polygraph.is_committed) {
        for key in polygraph.writes.of(txn) {
            let read = polygraph.read(txn, *key).filter(|_| *is_committed);
            let place = match read {
                None => &mut blind[*key as usize],
                Some(read) => next.get_mut(read.version as usize).unwrap_or(&mut first[*key as usize]),
            };
            let before = core::mem::replace(place, txn);
            match (before, read) {
                (NONE, _) => {}
                (_, None) => return None,
                _ if options.has(Bug::ForksIgnored) => {}
                (one, Some(read)) => {
                    return Some(Successors::Fork { key: *key, version: read.version, one, other: txn });
                }
            }
        }
    }
    let is_known = |(blind, first): (&u32, &u32)| *blind == NONE || *first == NONE;
    blind.iter().zip(&first).all(is_known).then_some(Successors::Line(next))
}

/// That a transaction comes after the one that it reads the key from.
fn overwrites<K: Clone>(polygraph: &Polygraph<'_, K>, key: u32, from: u32, to: u32) -> Vec<ProofStep<K>> {
    let moments = &polygraph.moments;
    let start = moments.start(moments.txn(to));
    let mut steps = vec![step(polygraph, (from, start, Cause::Read { key }))];
    if start != to {
        steps.push(step(polygraph, (start, to, Cause::Within)));
    }
    steps
}

/// A lost update: each of two would have to come before the other.
fn fork<K: Clone>(polygraph: &Polygraph<'_, K>, key: u32, version: u32, one: u32, other: u32) -> Proof<K> {
    let moments = &polygraph.moments;
    let writer = polygraph.author.get(version as usize).copied();
    let (mut lemmas, mut cycle) = (Vec::new(), Vec::new());
    for (one, other) in [(one, other), (other, one)] {
        let (start, commit) = (moments.start(one), moments.commit(other));
        let cause = writer.map_or(Cause::Initial { key }, |writer| Cause::Unseen { key, writer });
        let unseen = step(polygraph, (start, commit, cause));
        if let Some(writer) = writer {
            let since = overwrites(polygraph, key, moments.commit(writer), commit);
            lemmas.push(Lemma { step: unseen.clone(), since });
        }
        if !polygraph.isolation.is_exclusive() {
            cycle.push(unseen);
            continue;
        }
        let (from, to) = polygraph.in_order(one, other);
        let conflict = step(polygraph, (from, to, Cause::Conflict { key }));
        lemmas.push(Lemma { step: conflict.clone(), since: vec![unseen] });
        cycle.push(conflict);
        cycle.push(step(polygraph, (to, commit, Cause::Within)));
    }
    Proof { lemmas, cycle }
}
