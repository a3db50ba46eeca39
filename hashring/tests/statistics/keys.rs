//! Keys as people make them, none of them random.

use std::io::Write as _;

use quorate_hashring::{
    Anchor, Elastic, Hashing, Hrw, Jump, JumpBack, KeyHash, Maglev, MaglevSize, ModN, Node, Nodes, Place,
};

/// How many kinds of keys there are.
pub(crate) const FAMILIES: u64 = 5;

/// The hashes of so many keys of one kind, under the key `seed`.
pub(crate) fn hashes(seed: u64, family: u64, count: u64) -> Vec<KeyHash> {
    let hashing = hashing(seed);
    let mut buffer = Vec::with_capacity(32);
    let hash = |number| {
        buffer.clear();
        write_key(family, number, &mut buffer);
        hashing.key(&buffer)
    };
    (0..count).map(hash).collect()
}

pub(crate) fn hashing(seed: u64) -> Hashing {
    Hashing::keyed([seed, !seed])
}

fn write_key(family: u64, number: u64, into: &mut Vec<u8>) {
    match family {
        0 => into.extend(number.to_le_bytes()),
        1 => into.extend((number << 12).to_be_bytes()),
        2 => write!(into, "key-{number}").expect("memory"),
        // As addresses of version 4.
        3 => into.extend(u32::try_from(0x0a00_0000 + number).expect("below 11.0.0.0").to_be_bytes()),
        // As ULIDs of one millisecond are.
        _ => write!(into, "01J9ZK3V7C0000{number:012X}").expect("memory"),
    }
}

pub(crate) fn nodes(count: u32) -> Nodes {
    Nodes::of((0..count).map(|number| Node::new(format!("10.1.{}.{}:80", number / 256, number % 256))))
        .expect("new")
}

/// Every table of that many nodes of weight 1. Anchors also with as many removed as there are, and with room for twice as many.
pub(crate) fn tables(seed: u64, count: u32, slots: u32) -> Vec<(&'static str, Box<dyn Place>)> {
    let hashing = hashing(seed);
    let size = MaglevSize::new(slots).expect("a prime");
    let nodes = || nodes(count);
    let halved = |mut anchor: Anchor| {
        for number in 0..count {
            // One before each node that stays, all over the buckets.
            anchor.remove(&format!("gone {number}")).expect("it is there");
        }
        anchor
    };
    let mixed = || {
        let mut mixed = Nodes::new();
        for (number, (_, node)) in (0..).zip(nodes().iter()) {
            mixed.add(Node::new(format!("gone {number}"))).expect("new");
            mixed.add(node.clone()).expect("new");
        }
        mixed
    };
    let anchor = Anchor::new(hashing);
    let reserving = Anchor::reserving(hashing, 2 * count);
    vec![
        ("remainder", Box::new(ModN::new(hashing).with_nodes(nodes()).expect("weight 1")) as Box<dyn Place>),
        ("jump", Box::new(Jump::new(hashing).with_nodes(nodes()).expect("weight 1"))),
        ("jump back", Box::new(JumpBack::new(hashing).with_nodes(nodes()).expect("weight 1"))),
        ("anchor", Box::new(anchor.clone().with_nodes(nodes()).expect("weight 1"))),
        ("anchor, half removed", Box::new(halved(anchor.with_nodes(mixed()).expect("weight 1")))),
        ("anchor, half reserved", Box::new(reserving.clone().with_nodes(nodes()).expect("room"))),
        ("anchor, full, half removed", Box::new(halved(reserving.with_nodes(mixed()).expect("room")))),
        ("Maglev", Box::new(Maglev::new(hashing, size).with_nodes(nodes()).expect("few"))),
        ("rendezvous", Box::new(Hrw::new(hashing).with_nodes(nodes()).expect("any"))),
    ]
}

/// How many of the hashes each node has, in the order of their names.
pub(crate) fn counts(table: &dyn Place, owners: impl Iterator<Item = quorate_hashring::NodeIx>) -> Vec<u64> {
    let mut counts = vec![0; table.nodes().span()];
    for owner in owners {
        counts[owner.index()] += 1;
    }
    table.nodes().by_name().map(|(index, _)| counts[index.index()]).collect()
}
