//! Tables whose nodes are numbered.

use quorate_hashring::{Anchor, Elastic as _, KeyHash, Node, Place as _, jump_back};

use super::{
    Made,
    keys::{KEYS, Key, Sip13, entrant, finder, hashing, nodes, seen},
    made,
};
use crate::vclock::Contest;

const COUNTS: [u32; 7] = [10, 1_000, 1_023, 1_024, 1_025, 100_000, 1_000_000];

/// The same function of the same hash: the same numbers.
pub(super) fn jump() -> Vec<Made> {
    COUNTS
        .map(|count| {
            made(move || {
                let hashing = hashing();
                let theirs = jumphash::JumpHasher::new_with_keys(0, 0);
                let other = hash_rings::jump::Ring::with_hasher(Sip13, count);
                let entrants = vec![
                    entrant("quorate", move |key| jump_of(hashing.key(key.0), count).map_or(0, u64::from)),
                    entrant("jumphash", move |key| theirs.slot(&key, count).into()),
                    entrant("hash-rings", move |key| other.get_node(&key).into()),
                ];
                Contest { what: format!("{count} nodes"), things: KEYS, entrants }
            })
        })
        .into()
}

fn jump_of(hash: KeyHash, count: u32) -> Option<u32> {
    quorate_hashring::jump(hash, count)
}

/// Other functions that need nothing but the number of nodes.
pub(super) fn numbers() -> Vec<Made> {
    COUNTS
        .map(|count| {
            made(move || {
                let (ours, plain, theirs) = (hashing(), hashing(), hashing());
                let last = u64::from(count) - 1;
                let entrants = vec![
                    finder("quorate's JumpBack", move |key| seen(jump_back(ours.key(key.0), count))),
                    finder("quorate's Jump", move |key| seen(jump_of(plain.key(key.0), count))),
                    finder("fliphash", move |key| {
                        seen(Some(fliphash::fliphash_64(theirs.key(key.0).get(), ..=last)))
                    }),
                    finder("fliphash, XXH3", move |key| {
                        seen(Some(fliphash::fliphash_xxh3_64(key.0, ..=last)))
                    }),
                ];
                Contest { what: format!("{count} nodes"), things: KEYS, entrants }
            })
        })
        .into()
}

/// At most 65,535 nodes in the rival.
pub(super) fn anchor() -> Vec<Made> {
    let all = [
        (10, 0),
        (1_000, 0),
        (1_024, 0),
        (1_025, 0),
        (1_000, 200),
        (60_000, 0),
        (60_000, 12_000),
        (1_000_000, 0),
    ];
    all.map(|(count, removed)| made(move || anchored(count, removed))).into()
}

fn anchored(count: u32, removed: u32) -> Contest {
    let mut ours = Anchor::reserving(hashing(), count).with_nodes(nodes(count)).expect("weights of 1");
    // Every fifth, say, in no order.
    let leavers = move || (0..removed).map(move |number| number * 4_999 % count);
    for number in leavers() {
        ours.remove(&format!("node-{number}")).expect("there");
    }
    let mut entrants = vec![finder("quorate", move |key| seen(ours.owner(key.0).map(Node::weight)))];
    if let Ok(capacity) = u16::try_from(count) {
        let builder = anchorhash::Builder::with_hasher(Sip13).with_resources(0..count);
        let mut theirs = builder.build::<Key>(capacity);
        leavers().for_each(|number| theirs.remove_resource(&number).expect("there"));
        entrants.push(finder("anchorhash", move |key| seen(theirs.get_resource(key).copied())));
        let builder = anchorhash::Builder::default().with_resources(0..count);
        let mut by_default = builder.build::<Key>(capacity);
        leavers().for_each(|number| by_default.remove_resource(&number).expect("there"));
        entrants
            .push(finder("anchorhash, its own hash", move |key| seen(by_default.get_resource(key).copied())));
    }
    Contest { what: format!("{count} nodes, {removed} removed"), things: KEYS, entrants }
}
