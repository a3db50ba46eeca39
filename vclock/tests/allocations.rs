//! What is reserved: nothing where nothing comes, and for bytes from anybody no more than in proportion to them. A
//! program of its own, since the allocator counts for all threads, and a harness of tests has one as well.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

use std::{alloc::System, hint::black_box};

use quorate_machine::Rng;
use quorate_vclock::{
    CausalContext, CausalMessage, Dot, Siblings, VClock,
    itc::{self, Stamp},
    shiviz::Log,
    wire::{Actor, Limits, Wire},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are reserved while this runs, those that are given back among them.
fn reserved<T>(run: impl FnOnce() -> T) -> usize {
    let region = Region::new(ALLOCATOR);
    black_box(run());
    region.change().bytes_allocated
}

fn main() {
    clocks_of_known_actors_reserve_nothing();
    bytes_reserve_in_proportion();
}

fn clocks_of_known_actors_reserve_nothing() {
    let left: VClock<u64> = (0..100).map(|actor| (actor, actor + 1)).collect();
    let right: VClock<u64> = (0..100).map(|actor| (actor, 101 - actor)).collect();
    let mut held = left.clone();
    let reserved = reserved(|| {
        black_box(left.compare(&right));
        black_box(left.descends(&right));
        black_box(left.diff(&right).count());
        held.increment(7)?;
        held.merge(&right);
        held.meet(&left);
        held.observe_next(held.next_dot(9)?).map_err(|_| quorate_vclock::Overflow)
    });
    assert_eq!(reserved, 0);
}

/// The most that is reserved for a byte: a block of a context that is far from all others has a node of a tree to itself.
const FACTOR: usize = 160;
/// And for an input however short: formats of `serde` do not say how much there is, so there is room for some entries at once.
const ONCE: usize = 4_096;

struct Measured {
    inputs: u32,
    worst: usize,
}

impl Measured {
    fn of<T>(&mut self, bytes: &[u8], decode: impl FnOnce(&[u8]) -> T) {
        let reserved = reserved(|| decode(bytes));
        assert!(
            reserved <= FACTOR * bytes.len() + ONCE,
            "{reserved} for {} bytes: {bytes:02x?}",
            bytes.len()
        );
        self.inputs += 1;
        self.worst = self.worst.max(reserved.saturating_sub(ONCE) / bytes.len().max(1));
    }

    fn of_all_kinds(&mut self, bytes: &[u8]) {
        let unlimited = Limits { entries_max: usize::MAX, actor_bytes_max: usize::MAX };
        self.of(bytes, |bytes| VClock::<u64>::decode(bytes, &unlimited));
        self.of(bytes, |bytes| VClock::<String>::decode(bytes, &unlimited));
        self.of(bytes, |bytes| CausalContext::<u64>::decode(bytes, &unlimited));
        self.of(bytes, |bytes| Siblings::<u64, Vec<u8>>::decode(bytes, &unlimited));
        self.of(bytes, |bytes| CausalMessage::<u64, String>::decode(bytes, &unlimited));
        self.of(bytes, |bytes| Stamp::decode(bytes, itc::Limits::default()));
        self.of(bytes, |bytes| postcard::from_bytes::<VClock<u64>>(bytes));
        self.of(bytes, |bytes| postcard::from_bytes::<CausalContext<u64>>(bytes));
    }
}

fn bytes_reserve_in_proportion() {
    let mut measured = Measured { inputs: 0, worst: 0 };
    // Counts and lengths of 2^60, with a little behind them.
    for before in 0..4 {
        let huge =
            [&vec![1; before][..], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 1, 1]].concat();
        measured.of_all_kinds(&huge);
    }
    // What is as large as it can be for its bytes: the shortest entries, and blocks that are far from each other.
    measured.of_all_kinds(&whole(1_000, |_| vec![1, 1]));
    measured.of_all_kinds(&whole(1_000, |_| vec![1, 0, 1, 127, 1]));
    let far: CausalContext<u64> = (1..1_000).filter_map(|at| Dot::new(7, at * 4_096 * 2)).collect();
    measured.of_all_kinds(&far.to_bytes());
    let mut rng = Rng::new(1);
    for _ in 0..2_000 {
        let len = rng.below(200);
        let symbols = [0, 1, 2, 3, 0x7f, 0x80, 0xff, b'a'];
        let bytes =
            (0..len).map(|_| symbols[usize::try_from(rng.below(8)).unwrap_or(0)]).collect::<Vec<u8>>();
        measured.of_all_kinds(&bytes);
    }
    let named: VClock<String> = (0..500).map(|actor: u32| (actor.to_string(), 1)).collect();
    measured
        .of(named.to_string().as_bytes(), |text| std::str::from_utf8(text).map(str::parse::<VClock<String>>));
    let log = "\na {\"a\": 1}\n".repeat(500);
    measured.of(log.as_bytes(), |text| std::str::from_utf8(text).map(str::parse::<Log>));
    println!("{} inputs, {} bytes at most for a byte", measured.inputs, measured.worst);
}

/// A count, and so many entries.
fn whole(count: u32, entry: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    count.encode(None, &mut bytes);
    bytes.extend((0..count).flat_map(entry));
    bytes
}
