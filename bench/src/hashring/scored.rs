//! Tables that compare all nodes, before or when a key comes.

use core::hash::{BuildHasher as _, Hash, Hasher as _};

use maglev::ConsistentHasher as _;
use quorate_hashring::{Hrw, Maglev, MaglevSize, Place as _};
use rendezvous_hash::{IdNode, NodeHasher, RendezvousNodes};

use super::{
    Made,
    keys::{KEYS, Sip13, finder, hashing, nodes, seen},
    made,
    rings::numbers,
};
use crate::vclock::Contest;

impl NodeHasher<u32> for Sip13 {
    fn hash<T: Hash>(&self, node: &u32, item: &T) -> u64 {
        let mut hasher = self.build_hasher();
        item.hash(&mut hasher);
        node.hash(&mut hasher);
        hasher.finish()
    }
}

pub(super) fn rendezvous() -> Vec<Made> {
    [10, 100, 1_000].map(|count| made(move || scored(count))).into()
}

pub(super) fn maglev() -> Vec<Made> {
    [10, 100].map(|count| made(move || filled(count))).into()
}

fn scored(count: u32) -> Contest {
    let ours = Hrw::new(hashing()).with_nodes(nodes(count)).expect("few");
    let theirs = hrw_hash::HrwNodes::with_build_hasher(Sip13, 0..count);
    let mut other = RendezvousNodes::new(Sip13);
    (0..count).for_each(|node| _ = other.insert(IdNode::new(node)));
    let mut third = hash_rings::rendezvous::Ring::with_hasher(Sip13);
    for node in numbers(count) {
        third.insert_node(node, 1);
    }
    let entrants = vec![
        finder("quorate", move |key| seen(ours.owner(key.0))),
        finder("hrw-hash", move |key| seen(theirs.sorted(&key).next().copied())),
        finder("rendezvous_hash", move |key| seen(other.calc_candidates(&key).next().map(|node| **node))),
        finder("hash-rings", move |key| seen(Some(*third.get_node(&key)))),
    ];
    Contest { what: format!("{count} nodes"), things: KEYS, entrants }
}

/// Of as many slots as are usual there; the rival's need 512 bytes for each slot of 64 nodes while they are filled.
fn filled(count: u32) -> Contest {
    let size = MaglevSize::new(65_537).expect("a prime");
    let ours = Maglev::new(hashing(), size).with_nodes(nodes(count)).expect("few");
    let theirs = maglev::Maglev::with_capacity_and_hasher(0..count, 65_537, Sip13);
    let entrants = vec![
        finder("quorate", move |key| seen(ours.owner(key.0))),
        finder("maglev", move |key| seen(theirs.get(&key).copied())),
    ];
    Contest { what: format!("{count} nodes, 65537 slots"), things: KEYS, entrants }
}
