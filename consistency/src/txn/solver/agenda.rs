//! Which pairs of writers are in no order yet, and which of them have to do with one another.

use alloc::{vec, vec::Vec};

use super::{SolverOptions, guess::Guess, polygraph::Polygraph, reach::Reach};
use crate::txn::{
    bug::Bug,
    graph::{Components, Edge, Graph},
    intern::NONE,
};

/// Two transactions that write one key; the first seems to come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) first: u32,
    pub(super) second: u32,
}

/// What is open, in parts that have nothing to do with one another, the smallest first.
#[derive(Debug)]
pub(super) struct Agenda {
    pub(super) parts: Vec<Vec<Pair>>,
}

/// There are too many pairs.
#[derive(Clone, Copy, Debug)]
pub(super) struct TooMany;

impl Agenda {
    /// Where nobody reads what either of two has written, their order does not matter, unless they exclude each other.
    ///
    /// Take all that is known and all that might still be concluded as edges of one graph. Every circle is inside a strongly
    /// connected component of it; so each can be searched by itself.
    pub(super) fn new<K>(
        polygraph: &Polygraph<'_, K>,
        reach: &Reach,
        guess: &Guess,
        options: SolverOptions,
    ) -> Result<Self, TooMany> {
        let mut rank = vec![0; polygraph.moments.len()];
        (0_u32..).zip(&guess.order).for_each(|(at, moment)| rank[*moment as usize] = at);
        let of = |txn: u32| rank[polygraph.moments.commit(txn) as usize];
        let pairs = open_pairs(polygraph, reach, options)?;
        let turn = |(one, other): (u32, u32)| {
            let (first, second) = if of(one) < of(other) { (one, other) } else { (other, one) };
            Pair { first, second }
        };
        let mut pairs: Vec<Pair> = pairs.into_iter().map(turn).collect();
        pairs.sort_unstable_by_key(|pair| (of(pair.second), of(pair.first)));
        pairs.dedup();
        let components = might_be(polygraph, reach, &pairs);
        let mut names = vec![NONE; components.of.len()];
        let mut parts: Vec<Vec<Pair>> = Vec::new();
        for pair in pairs {
            let component = components.of[polygraph.moments.commit(pair.first) as usize] as usize;
            if names[component] == NONE {
                names[component] = u32::try_from(parts.len()).unwrap_or(NONE);
                parts.push(Vec::new());
            }
            parts[names[component] as usize].push(pair);
        }
        parts.sort_by_key(|part| core::cmp::Reverse(part.len()));
        Ok(Self { parts })
    }
}

fn open_pairs<K>(
    polygraph: &Polygraph<'_, K>,
    reach: &Reach,
    options: SolverOptions,
) -> Result<Vec<(u32, u32)>, TooMany> {
    let moments = &polygraph.moments;
    let mut pairs = Vec::new();
    let is_exclusive = polygraph.isolation.is_exclusive() && !options.has(Bug::UnreadPairsLeftOpen);
    for key in (0..).take(polygraph.keys.len()) {
        let runs: Vec<_> = polygraph.writers.of(key).collect();
        for (at, run) in runs.iter().enumerate() {
            let others = &runs[at + 1..];
            for one in &polygraph.writers.all[run.start as usize..run.end as usize] {
                for other in others {
                    let other = &polygraph.writers.all[other.start as usize..other.end as usize];
                    let Some(first) = other.first() else { continue };
                    let (_, to) = polygraph.in_order(0, one.txn);
                    let past = reach.past(to, first.chain);
                    let open = other[other.partition_point(|writer| writer.nth < past)..].iter();
                    let open = open.take_while(|writer| {
                        let (from, to) = polygraph.in_order(one.txn, writer.txn);
                        !reach.is_before(moments, from, to)
                    });
                    let is_read = |version: u32| polygraph.readings[version as usize] > 0;
                    let matters = is_exclusive || is_read(one.version);
                    let open = open.filter(|writer| matters || is_read(writer.version));
                    pairs.extend(open.map(|writer| (one.txn, writer.txn)));
                    if pairs.len() > options.pairs_max {
                        return Err(TooMany);
                    }
                }
            }
        }
    }
    Ok(pairs)
}

/// The components of all that is known and of all that might be concluded.
fn might_be<K>(polygraph: &Polygraph<'_, K>, reach: &Reach, pairs: &[Pair]) -> Components {
    let moments = &polygraph.moments;
    let edge = |from: u32, to: u32| Edge { from, to, cause: 0, kind: 1 };
    let mut edges = polygraph.graph.edges.clone();
    edges.extend(reach.added.iter().map(|added| edge(added.from, added.to)));
    for pair in pairs {
        for (one, other) in [(pair.first, pair.second), (pair.second, pair.first)] {
            let (from, to) = polygraph.in_order(one, other);
            edges.push(edge(from, to));
            // The keys that both write.
            let (mut mine, mut others) = (polygraph.writes.of(one), polygraph.writes.of(other));
            while let (Some(key), Some(theirs)) = (mine.first(), others.first()) {
                if key == theirs {
                    let version = polygraph.version(one, *key).unwrap_or(NONE);
                    let readers = polygraph.readers.of(version).iter();
                    let readers = readers.filter(|reader| moments.txn(**reader) != other);
                    edges.extend(readers.map(|reader| edge(*reader, moments.commit(other))));
                }
                if key <= theirs {
                    mine = &mine[1..];
                }
                if theirs <= key {
                    others = &others[1..];
                }
            }
        }
    }
    Components::new(&Graph::new(moments.len(), &edges), u8::MAX, usize::MAX)
}
