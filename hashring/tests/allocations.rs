//! What is reserved: nothing by lookups, and by tables no more than they say. A program of its own, since the
//! allocator counts for all threads, and a harness of tests has one as well.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

use std::{alloc::System, hint::black_box, num::NonZeroU32};

use quorate_hashring::{
    Anchor, Hashing, Hrw, Jump, JumpBack, KeyHash, Maglev, MaglevSize, ModN, Node, Nodes, Place,
    PlaceExt as _, Ring, RingDialect, SlotSpec, Slots, Weight,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often something is reserved while this runs.
fn reserved(run: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    run();
    let change = region.change();
    change.allocations + change.reallocations
}

fn main() {
    lookups_reserve_nothing();
    rings_are_as_large_as_they_say();
}

fn nodes(count: u32) -> Nodes {
    Nodes::of(
        (0..count).map(|number| Node::new(format!("node-{number}")).within([format!("zone-{}", number % 5)])),
    )
    .expect("names of their own")
}

fn ring(tokens: u32, count: u32) -> Ring {
    let tokens = NonZeroU32::new(tokens).expect("some");
    Ring::new(Hashing::default(), tokens).with_nodes(nodes(count)).expect("few")
}

/// A peer copied its ring for each list of copies.
fn lookups_reserve_nothing() {
    let hashing = Hashing::default();
    let size = MaglevSize::new(65_537).expect("a prime");
    let (mut jump, mut back) = (Jump::new(hashing), JumpBack::new(hashing));
    for (_, node) in nodes(100).iter() {
        jump.push(node.clone()).expect("new");
        back.push(node.clone()).expect("new");
    }
    let spec = SlotSpec { copies: 3, ..SlotSpec::default() };
    // Hashes keep missing all the others.
    let mut heavy = nodes(100);
    let weight = Weight::new(1_000_000).expect("not zero");
    heavy.add(Node::new("heavy").weighing(weight)).expect("new");
    let tables: [(&str, Box<dyn Place>); 12] = [
        ("remainder", Box::new(ModN::new(hashing).with_nodes(nodes(100)).expect("weights of 1"))),
        ("jump", Box::new(jump)),
        ("jump back", Box::new(back)),
        ("anchor", Box::new(Anchor::new(hashing).with_nodes(nodes(100)).expect("weights of 1"))),
        ("Maglev", Box::new(Maglev::new(hashing, size).with_nodes(nodes(100)).expect("few"))),
        ("slots", Box::new(Slots::new(spec).expect("few").with_nodes(nodes(100)))),
        ("ring", Box::new(ring(160, 100))),
        ("ring of one", Box::new(ring(160, 1))),
        (
            "Envoy's ring",
            Box::new(Ring::like(RingDialect::Envoy { size_min: 1024 }).with_nodes(nodes(100)).expect("few")),
        ),
        ("rendezvous", Box::new(Hrw::new(hashing).with_nodes(nodes(100)).expect("few"))),
        ("weighted rendezvous", Box::new(Hrw::new(hashing).with_nodes(heavy.clone()).expect("few"))),
        ("weighted Maglev", Box::new(Maglev::new(hashing, size).with_nodes(heavy).expect("few"))),
    ];
    let keys: Vec<_> = (0..1_000).map(|number| format!("user:{number}")).collect();
    for (name, table) in &tables {
        let owners = reserved(|| {
            for key in &keys {
                black_box(table.owner(key.as_bytes()));
                black_box(table.locate(KeyHash::mixed(key.len() as u64)));
            }
        });
        assert_eq!(owners, 0, "{name}");
        let copies = reserved(|| {
            for key in &keys {
                black_box(table.preferences(key.as_bytes()).take(8).last());
            }
        });
        assert_eq!(copies, 0, "{name}");
    }
    let ring = ring(160, 100);
    let probed = reserved(|| _ = black_box(ring.locate_probed(KeyHash::mixed(7), 21)));
    assert_eq!(probed, 0);
    println!("{} tables reserve nothing for {} lookups", tables.len(), keys.len());
}

/// A peer needs 787 MB for 1,000 nodes. A ring has eight bytes for each token and one for each bucket.
fn rings_are_as_large_as_they_say() {
    for (tokens, count) in [(1, 1), (1, 1_000), (160, 10), (160, 1_000), (7, 70_000)] {
        let ring = ring(tokens, count);
        let count = u64::from(tokens) * u64::from(count);
        let buckets = count.next_power_of_two().max(8);
        let says = ring.table_bytes();
        assert!(says as u64 <= 8 * (count + 3) + buckets + count / 2, "{says} bytes for {count} tokens");
        let of_nodes = bytes(|| ring.nodes().clone());
        assert_eq!(bytes(|| ring.clone()) - of_nodes, says, "{count} tokens");
        println!("{count} tokens: {says} bytes");
    }
}

/// The bytes of what is made.
fn bytes<T>(make: impl FnOnce() -> T) -> usize {
    let region = Region::new(ALLOCATOR);
    black_box(make());
    region.change().bytes_allocated
}
