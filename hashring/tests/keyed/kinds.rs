//! The tables that the laws are held to.

use std::num::NonZeroU32;

use quorate_hashring::{
    Anchor, Elastic, Hashing, Hrw, Jump, JumpBack, KeyHash, Maglev, MaglevSize, ModN, Node, NodeIx, Place,
    PlaceExt as _, Ring, Weight,
};
use quorate_machine::Rng;

/// A kind of table whose nodes come and go as they like, and what it promises.
#[expect(clippy::struct_excessive_bools, reason = "each is a promise of its own")]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) make: fn() -> Box<dyn Elastic>,
    /// It takes weights other than 1.
    pub(crate) weighs: bool,
    /// No key moves but to who comes and from who goes.
    pub(crate) moves_least: bool,
    /// It is the same whatever the order in which nodes came.
    pub(crate) forgets: bool,
    /// Its preferences are one order of all nodes, which others do not change.
    pub(crate) ranks: bool,
}

pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "remainder",
        make: || Box::new(ModN::new(Hashing::default())),
        weighs: false,
        moves_least: false,
        forgets: true,
        ranks: false,
    },
    Kind {
        name: "anchor",
        make: || Box::new(Anchor::new(Hashing::default())),
        weighs: false,
        moves_least: true,
        forgets: false,
        ranks: false,
    },
    Kind {
        name: "anchor with a capacity",
        make: || Box::new(Anchor::reserving(Hashing::default(), 100)),
        weighs: false,
        moves_least: true,
        forgets: false,
        ranks: false,
    },
    Kind {
        name: "Maglev",
        make: || Box::new(Maglev::new(Hashing::default(), slots())),
        weighs: true,
        moves_least: false,
        forgets: true,
        ranks: false,
    },
    Kind {
        name: "Envoy's Maglev",
        make: || Box::new(Maglev::envoy(slots())),
        weighs: true,
        moves_least: false,
        forgets: true,
        ranks: false,
    },
    Kind {
        name: "ring",
        make: || Box::new(Ring::new(Hashing::default(), NonZeroU32::MIN.saturating_add(9))),
        weighs: true,
        moves_least: true,
        forgets: true,
        ranks: true,
    },
    Kind {
        name: "rendezvous",
        make: || Box::new(Hrw::new(Hashing::default())),
        weighs: true,
        moves_least: true,
        forgets: true,
        ranks: true,
    },
];

fn slots() -> MaglevSize {
    MaglevSize::new(1_009).expect("a prime")
}

/// The kinds with nodes named by number, and the two whose nodes are counted.
pub(crate) fn tables(count: u32) -> Vec<(&'static str, Box<dyn Place>)> {
    let nodes = || (0..count).map(|number| Node::new(number.to_string()));
    let (mut jump, mut back) = (Jump::new(Hashing::default()), JumpBack::new(Hashing::default()));
    for node in nodes() {
        jump.push(node.clone()).expect("new");
        back.push(node).expect("new");
    }
    let mut tables: Vec<(_, Box<dyn Place>)> = vec![("jump", Box::new(jump)), ("jump back", Box::new(back))];
    for kind in KINDS {
        let mut table = (kind.make)();
        for node in nodes() {
            table.add(node).expect("new");
        }
        tables.push((kind.name, Box::new(table)));
        if kind.weighs {
            let mut table = (kind.make)();
            for (node, weight) in nodes().zip(1..) {
                table.add(node.weighing(Weight::new(weight).expect("not zero"))).expect("new");
            }
            tables.push((kind.name, Box::new(table)));
        }
    }
    tables
}

/// The hashes at the edges, those that nodes themselves have, and some at random.
pub(crate) fn hashes(seed: u64, count: usize) -> Vec<KeyHash> {
    let mut rng = Rng::new(seed);
    let of_nodes = ["0", "1", "7"].map(|name| Hashing::default().token(name, 0));
    let edges =
        [0, 1, u64::MAX, i64::MAX.unsigned_abs(), i64::MIN.unsigned_abs()].into_iter().chain(of_nodes);
    edges.chain((0..count).map(|_| rng.draw())).map(KeyHash::new).collect()
}

pub(crate) fn name(table: &dyn Place, index: Option<NodeIx>) -> Option<String> {
    Some(table.nodes().get(index?)?.name().to_owned())
}

/// The names of the owners of some hashes.
pub(crate) fn owners(table: &dyn Place, hashes: &[KeyHash]) -> Vec<Option<String>> {
    hashes.iter().map(|&hash| name(table, table.locate(hash))).collect()
}

/// The names of all preferences of a hash.
pub(crate) fn preferences(table: &dyn Place, hash: KeyHash) -> Vec<String> {
    table.preferences_of(hash).filter_map(|index| name(table, Some(index))).collect()
}
