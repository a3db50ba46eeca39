//! What placing many keys shows of a table: how even it is, how much a change moves, how long a lookup takes.

use std::{collections::BTreeMap, hint::black_box, time::Instant};

use quorate_hashring::{Node, Place};
use serde::Serialize;

/// Keys like those that programs have: a word and a number.
pub(super) fn keys(count: u32) -> Vec<String> {
    (0..count).map(|number| format!("key-{number}")).collect()
}

/// How even the shares of nodes are, beside what their weights say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Balance {
    /// The largest share, as a multiple of what is fair.
    pub(super) most: f64,
    /// The smallest.
    pub(super) least: f64,
    /// The standard deviation of the shares, as a part of what is fair.
    pub(super) deviation: f64,
}

/// What a node has, and what would be fair, both as parts of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Share {
    pub(super) node: String,
    pub(super) weight: u32,
    #[serde(rename = "share")]
    pub(super) has: f64,
    pub(super) fair: f64,
}

/// The shares of all nodes by name, if each has so much of the whole.
pub(super) fn shares(place: &dyn Place, has: impl Fn(&Node) -> f64) -> Vec<Share> {
    let weights = number(place.nodes().weight());
    let share = |node: &Node| Share {
        node: node.name().to_owned(),
        weight: node.weight().get(),
        has: has(node),
        fair: f64::from(node.weight().get()) / weights,
    };
    place.nodes().by_name().map(|(_, node)| share(node)).collect()
}

/// The shares that the nodes have of these keys.
pub(super) fn sampled(place: &dyn Place, keys: &[String]) -> Vec<Share> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for key in keys {
        if let Some(node) = place.owner(key.as_bytes()) {
            *counts.entry(node.name()).or_default() += 1;
        }
    }
    let all = number(keys.len() as u64).max(1.0);
    shares(place, |node| number(counts.get(node.name()).copied().unwrap_or(0)) / all)
}

pub(super) fn balance(shares: &[Share]) -> Balance {
    let ratios: Vec<f64> = shares.iter().map(|share| share.has / share.fair).collect();
    let squares: f64 = ratios.iter().map(|ratio| (ratio - 1.0).powi(2)).sum();
    Balance {
        most: ratios.iter().copied().fold(0.0, f64::max),
        least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
        deviation: (squares / number(ratios.len() as u64).max(1.0)).sqrt(),
    }
}

/// How many keys a change moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Moved {
    pub(super) keys: u64,
    /// Of these: between two nodes that were there before and are after, with the weight that they had.
    pub(super) needless: u64,
}

pub(super) fn moved(before: &dyn Place, after: &dyn Place, keys: &[String]) -> Moved {
    let mut moved = Moved::default();
    let stays = |node: &Node| {
        let weight = |place: &dyn Place| {
            let index = place.nodes().find(node.name())?;
            Some(place.nodes().get(index)?.weight())
        };
        weight(before) == weight(after)
    };
    for key in keys {
        let (Some(from), Some(to)) = (before.owner(key.as_bytes()), after.owner(key.as_bytes())) else {
            continue;
        };
        if from.name() != to.name() {
            moved.keys += 1;
            moved.needless += u64::from(stays(from) && stays(to));
        }
    }
    moved
}

/// The part of all keys that has to move at least: what nodes whose part by weight grows have to get.
pub(super) fn minimum(before: &[Node], after: &[Node]) -> f64 {
    let parts = |nodes: &[Node]| -> BTreeMap<String, f64> {
        let all: f64 = nodes.iter().map(|node| f64::from(node.weight().get())).sum();
        nodes.iter().map(|node| (node.name().to_owned(), f64::from(node.weight().get()) / all)).collect()
    };
    let (before, after) = (parts(before), parts(after));
    after.iter().map(|(name, part)| (part - before.get(name).copied().unwrap_or(0.0)).max(0.0)).sum()
}

/// The time of a lookup in nanoseconds, from the bytes of a key to its node, one after the other: the best of several rounds.
pub(super) fn lookup(place: &dyn Place, keys: &[String]) -> f64 {
    const ROUNDS: u32 = 5;
    let round = || {
        let started = Instant::now();
        for key in keys {
            black_box(place.locate(place.hash(black_box(key.as_bytes()))));
        }
        started.elapsed()
    };
    let best = (0..ROUNDS).map(|_| round()).min().unwrap_or_default();
    best.as_secs_f64() * 1e9 / number(keys.len() as u64).max(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}
