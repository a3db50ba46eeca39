//! Rings are built, and nodes come and go.

use core::hint::black_box;

use conhash::ConsistentHash;
use quorate_hashring::{Elastic as _, Node, Ring};

use super::{
    Made,
    keys::{Sip13, hashing, names, nodes},
    made,
    rings::{Named, Virtual, numbers, ring, sip13_bytes, virtuals},
};
use crate::{
    cpu::cpu_time,
    vclock::{Contest, Entrant, Work},
};

/// Who builds its ring anew each time: what it builds is dropped outside of the time.
fn builder<T>(name: &'static str, mut build: impl FnMut() -> T + 'static) -> Entrant {
    Entrant::prepared(name, move |times| {
        let mut work = Work::default();
        for _ in 0..times {
            let begun = cpu_time();
            let ring = black_box(build());
            work.time += cpu_time().saturating_sub(begun);
            work.sum += 1;
            drop(ring);
        }
        work
    })
}

pub(super) fn contests() -> Vec<Made> {
    vec![made(|| build(100)), made(|| build(1_000)), made(come_and_go)]
}

fn build(count: u32) -> Contest {
    let all = nodes(count);
    let mut entrants = vec![
        builder("quorate", move || Ring::new(hashing(), Ring::TOKENS).with_nodes(all.clone()).expect("few")),
        builder("hashring", move || hashring_of(count)),
        builder("hash-rings", move || {
            let mut ring = hash_rings::consistent::Ring::with_hasher(Sip13);
            for node in numbers(count) {
                ring.insert_node(node, 160);
            }
            ring
        }),
        builder("conhash", move || {
            let mut ring = ConsistentHash::with_hash(sip13_bytes);
            names(count).for_each(|name| ring.add(&Named(name), 160));
            ring
        }),
    ];
    if count <= 100 {
        entrants.push(builder("consistent_hash_ring", move || {
            consistent_hash_ring::RingBuilder::new(Sip13).vnodes(160).nodes_iter(0..count).build()
        }));
    }
    Contest { what: format!("build {} tokens", count * 160), things: 1, entrants }
}

fn hashring_of(count: u32) -> hashring::HashRing<Virtual, Sip13> {
    let mut ring = hashring::HashRing::with_hasher(Sip13);
    ring.batch_add(virtuals(count, 160));
    ring
}

/// One of a thousand nodes goes and comes again.
fn come_and_go() -> Contest {
    let mut ours = ring(1_000, 160);
    let mut theirs = hashring_of(1_000);
    let mut other = hash_rings::consistent::Ring::with_hasher(Sip13);
    let all = numbers(1_000);
    for node in all {
        other.insert_node(node, 160);
    }
    let mut third = ConsistentHash::with_hash(sip13_bytes);
    names(1_000).for_each(|name| third.add(&Named(name), 160));
    let rounds = |mut round: Box<dyn FnMut(u32)>| {
        move |times: u64| {
            (0..times).for_each(|time| round(u32::try_from(time % 1_000).unwrap_or(0)));
            times
        }
    };
    let entrants = vec![
        Entrant::new(
            "quorate",
            rounds(Box::new(move |number| {
                let node = ours.remove(&format!("node-{number}")).unwrap_or_else(|_| Node::new("none"));
                ours.add(node).expect("room");
            })),
        ),
        Entrant::new(
            "hashring",
            rounds(Box::new(move |number| {
                let tokens: Vec<_> = (0..160).map(|token| Virtual(number, token)).collect();
                for token in &tokens {
                    _ = theirs.remove(token);
                }
                theirs.batch_add(tokens);
            })),
        ),
        Entrant::new(
            "hash-rings",
            rounds(Box::new(move |number| {
                let Some(node) = all.get(number as usize) else { return };
                other.remove_node(node);
                other.insert_node(node, 160);
            })),
        ),
        Entrant::new(
            "conhash",
            rounds(Box::new(move |number| {
                let node = Named(format!("node-{number}"));
                third.remove(&node);
                third.add(&node, 160);
            })),
        ),
    ];
    Contest { what: "one of 1000 nodes of 160 tokens goes and comes".into(), things: 1, entrants }
}

/// Builds a ring of a thousand nodes of 160 tokens, to be measured by whoever counts bytes: what `kept` is given is dropped after it.
pub fn built(name: &str, kept: &mut dyn FnMut()) {
    match name {
        "quorate" => keep(ring(1_000, 160), kept),
        "hashring" => keep(hashring_of(1_000), kept),
        "hash-rings" => {
            let mut ring = hash_rings::consistent::Ring::with_hasher(Sip13);
            for node in numbers(1_000) {
                ring.insert_node(node, 160);
            }
            keep(ring, kept);
        }
        "conhash" => {
            let mut ring = ConsistentHash::with_hash(sip13_bytes);
            names(1_000).for_each(|name| ring.add(&Named(name), 160));
            keep(ring, kept);
        }
        "ketama" => {
            let ring = names(1_000).fold(ketama::RingBuilder::new(), |ring, name| ring.node(&name, 1));
            keep(ring.build(), kept);
        }
        _ => keep((), kept),
    }
}

fn keep<T>(ring: T, kept: &mut dyn FnMut()) {
    kept();
    drop(black_box(ring));
}

/// The rings that [`built`] knows.
pub const fn kept() -> [&'static str; 5] {
    ["quorate", "hashring", "hash-rings", "conhash", "ketama"]
}
