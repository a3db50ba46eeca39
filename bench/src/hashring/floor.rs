//! From the bytes of a key to its owner, beside what its hash alone takes.

use core::hint::black_box;

use quorate_hashring::{Anchor, Jump, JumpBack, Maglev, MaglevSize, ModN, Place, Ring, SlotSpec, Slots};

use super::{
    Made,
    keys::{KEYS, entrant, finder, hashing, nodes, seen},
    made,
};
use crate::vclock::{Contest, Entrant};

fn owners(name: &'static str, table: impl Place + 'static) -> Entrant {
    finder(name, move |key| seen(table.owner(key.0)))
}

/// The names of the first contest are those of the table: it has all entrants.
pub(super) fn contests() -> Vec<Made> {
    [10, 100, 1_000, 1_023, 1_024, 1_025, 100_000, 1_000_000].map(|count| made(move || contest(count))).into()
}

fn contest(count: u32) -> Contest {
    let hashing = hashing();
    let all = || nodes(count);
    let mut entrants = vec![entrant("SipHash-1-3 alone", move |key| {
        black_box(hashing.key(key.0));
        1
    })];
    let (mut jump, mut back) = (Jump::new(hashing), JumpBack::new(hashing));
    for (_, node) in all().iter() {
        jump.push(node.clone()).expect("new");
        back.push(node.clone()).expect("new");
    }
    entrants.push(owners("remainder", ModN::new(hashing).with_nodes(all()).expect("weights of 1")));
    entrants.push(owners("JumpBack", back));
    entrants.push(owners("Jump", jump));
    entrants
        .push(owners("Anchor", Anchor::reserving(hashing, count).with_nodes(all()).expect("weights of 1")));
    if count <= 2_000 {
        let size = MaglevSize::new(65_537).expect("a prime");
        entrants.push(owners("Maglev, 65537", Maglev::new(hashing, size).with_nodes(all()).expect("few")));
        let slots = Slots::new(SlotSpec { hashing, ..SlotSpec::default() }).expect("some");
        entrants.push(owners("Slots, 4096", slots.with_nodes(all())));
    }
    if count <= 100_000 {
        entrants.push(owners("Ring, 160", Ring::new(hashing, Ring::TOKENS).with_nodes(all()).expect("few")));
    }
    Contest { what: format!("{count} nodes"), things: KEYS, entrants }
}
