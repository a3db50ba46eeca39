//! Rings.

use core::{hint::black_box, num::NonZeroU32};

use conhash::ConsistentHash;
use quorate_hashring::{Hashing, KeyHash, Place as _, PlaceExt as _, Ring, RingDialect};

use super::{
    Made,
    keys::{KEYS, Sip13, entrant, finder, hashing, keys, names, nodes, seen},
    made,
};
use crate::vclock::{Contest, Entrant};

pub(super) fn ring(count: u32, tokens: u32) -> Ring {
    let tokens = NonZeroU32::new(tokens).unwrap_or(Ring::TOKENS);
    Ring::new(hashing(), tokens).with_nodes(nodes(count)).expect("few")
}

/// A node as it is often enough on a ring of hashring.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(super) struct Virtual(pub(super) u32, pub(super) u32);

pub(super) fn virtuals(count: u32, tokens: u32) -> Vec<Virtual> {
    (0..count).flat_map(|node| (0..tokens).map(move |token| Virtual(node, token))).collect()
}

#[derive(Clone, Debug)]
pub(super) struct Named(pub(super) String);

impl conhash::Node for Named {
    fn name(&self) -> String {
        self.0.clone()
    }
}

/// Leaked: its ring keeps references.
pub(super) fn numbers(count: u32) -> &'static [u32] {
    Box::leak((0..count).collect())
}

/// By [`Sip13`], as wide as it wants a hash to be.
pub(super) fn sip13_bytes(bytes: &[u8]) -> Vec<u8> {
    Hashing::default().key(bytes).get().to_be_bytes().to_vec()
}

pub(super) fn lookups() -> Vec<Made> {
    let of = |count, tokens| made(move || lookup(count, tokens));
    let all = [10, 1_000, 1_023, 1_024, 1_025].map(|count| of(count, 160));
    all.into_iter().chain([of(100_000, 10)]).collect()
}

fn lookup(count: u32, tokens: u32) -> Contest {
    let ours = ring(count, tokens);
    let mut entrants = vec![finder("quorate", move |key| seen(ours.owner(key.0)))];
    let mut theirs = hashring::HashRing::with_hasher(Sip13);
    theirs.batch_add(virtuals(count, tokens));
    entrants.push(finder("hashring", move |key| seen(theirs.get(&key).copied())));
    let mut by_default = hashring::HashRing::new();
    by_default.batch_add(virtuals(count, tokens));
    entrants.push(finder("hashring, its own hash", move |key| seen(by_default.get(&key).copied())));
    let mut theirs = hash_rings::consistent::Ring::with_hasher(Sip13);
    for node in numbers(count) {
        theirs.insert_node(node, tokens as usize);
    }
    entrants.push(finder("hash-rings", move |key| seen(Some(*theirs.get_node(&key)))));
    let mut by_default = hash_rings::consistent::Ring::new();
    for node in numbers(count) {
        by_default.insert_node(node, tokens as usize);
    }
    entrants.push(finder("hash-rings, its own hash", move |key| seen(Some(*by_default.get_node(&key)))));
    if count <= 1_025 {
        let mut theirs = ConsistentHash::with_hash(sip13_bytes);
        names(count).for_each(|name| theirs.add(&Named(name), tokens as usize));
        entrants.push(finder("conhash", move |key| seen(theirs.get(key.0).map(|node| node.0.len()))));
        let mut by_default = ConsistentHash::new();
        names(count).for_each(|name| by_default.add(&Named(name), tokens as usize));
        entrants
            .push(finder("conhash, MD5", move |key| seen(by_default.get(key.0).map(|node| node.0.len()))));
    }
    // Its rings take as long to build as the square of their tokens.
    if count <= 1_000 {
        let theirs = consistent_hash_ring::RingBuilder::new(Sip13).vnodes(tokens as usize);
        let theirs = theirs.nodes_iter(0..count).build();
        entrants.push(finder("consistent_hash_ring", move |key| seen(theirs.try_get(key).copied())));
    }
    if count <= 10 {
        let by_default = consistent_hash_ring::RingBuilder::default().vnodes(tokens as usize);
        let by_default = by_default.nodes_iter(0..count).build();
        entrants.push(finder("consistent_hash_ring, FNV", move |key| seen(by_default.try_get(key).copied())));
    }
    Contest { what: format!("{count} nodes of {tokens} tokens"), things: KEYS, entrants }
}

/// Beside the same tokens and owners in two lists, of which the first is searched by halves: the same owners.
pub(super) fn many() -> Vec<Made> {
    [(10, 160), (1_000, 160), (100_000, 160), (1_000_000, 1)]
        .map(|(count, tokens)| made(move || sorted(count, tokens)))
        .into()
}

fn sorted(count: u32, tokens: u32) -> Contest {
    let ours = ring(count, tokens);
    let (list, owners): (Vec<u64>, Vec<u32>) = ours.tokens().map(|(token, node)| (token, node.get())).unzip();
    let (hashing, at_once) = (hashing(), ours.clone());
    let entrants = vec![
        entrant("quorate", move |key| ours.locate(ours.hash(key.0)).map_or(0, |node| node.get().into())),
        entrant("sorted lists", move |key| {
            let hash = hashing.key(key.0).get();
            let at = list.partition_point(|&token| token < hash);
            owners.get(at).or(owners.first()).copied().unwrap_or(0).into()
        }),
        Entrant::new("quorate, many at once", move |times| {
            let mut hashes = [KeyHash::default(); 64];
            let mut nodes = [None; 64];
            let mut sum = 0_u64;
            for _ in 0..times {
                for keys in keys().chunks(64) {
                    for (hash, key) in hashes.iter_mut().zip(keys) {
                        *hash = at_once.hash(black_box(key.0));
                    }
                    at_once.locate_many(&hashes, &mut nodes);
                    sum += nodes.iter().flatten().map(|node| u64::from(node.get())).sum::<u64>();
                }
            }
            sum
        }),
    ];
    Contest { what: format!("{count} nodes of {tokens} tokens"), things: KEYS, entrants }
}

/// The same points, hash and owners.
pub(super) fn ketama() -> Vec<Made> {
    [10, 1_000]
        .map(|count| {
            made(move || {
                let ours = Ring::like(RingDialect::Libketama).with_nodes(nodes(count)).expect("few");
                let theirs =
                    names(count).fold(ketama::RingBuilder::new(), |ring, name| ring.node(&name, 1)).build();
                let entrants = vec![
                    entrant("quorate", move |key| {
                        ours.locate(ours.hash(key.0)).map_or(0, |node| node.get().into())
                    }),
                    entrant("ketama", move |key| theirs.route(key.0) as u64),
                ];
                Contest { what: format!("{count} nodes"), things: KEYS, entrants }
            })
        })
        .into()
}

pub(super) fn copies() -> Vec<Made> {
    [10, 100, 1_000].map(|count| made(move || copied(count))).into()
}

fn copied(count: u32) -> Contest {
    let (ours, one) = (ring(count, 160), ring(count, 160));
    let mut theirs = hashring::HashRing::with_hasher(Sip13);
    theirs.batch_add(virtuals(count, 160));
    let mut entrants = vec![
        finder("quorate", move |key| seen(ours.preferences(key.0).take(3).last())),
        finder("quorate, one copy", move |key| seen(one.owner(key.0))),
    ];
    let other = consistent_hash_ring::RingBuilder::new(Sip13).vnodes(160).nodes_iter(0..count).build();
    entrants
        .push(finder("consistent_hash_ring", move |key| seen(other.replicas(key).take(3).last().copied())));
    // It copies its ring for each key: not more often than it has to.
    if count <= 100 {
        entrants.push(finder("hashring", move |key| {
            seen(theirs.get_with_replicas(&key, 2).map(|copies| copies.len()))
        }));
    }
    Contest { what: format!("{count} nodes of 160 tokens"), things: KEYS, entrants }
}

pub(super) fn probes() -> Vec<Made> {
    [10, 1_000, 100_000].map(|count| made(move || probed(count))).into()
}

fn probed(count: u32) -> Contest {
    let ours = ring(count, 1);
    let mut theirs = hash_rings::mpc::Ring::with_hasher(Sip13, 21);
    for node in numbers(count) {
        theirs.insert_node(node);
    }
    let other = mpchash::HashRing::<u32>::new();
    (0..count).for_each(|node| other.add(node));
    let entrants = vec![
        finder("quorate", move |key| seen(ours.locate_probed(ours.hash(key.0), 21))),
        finder("hash-rings", move |key| seen(Some(*theirs.get_node(&key)))),
        finder("mpchash", move |key| seen(other.node(&key).map(|token| *token))),
    ];
    Contest { what: format!("{count} nodes"), things: KEYS, entrants }
}
