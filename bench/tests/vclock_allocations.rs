//! What costs no allocation. One test, since the allocator counts for all threads.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

use std::{alloc::System, collections::BTreeSet, hint::black_box};

use quorate_bench::vclock::{dense_dots, random_dots};
use quorate_vclock::{CausalContext, DenseClock, Dot, VClock};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn allocations(work: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    work();
    let change = region.change();
    change.allocations + change.reallocations + change.deallocations
}

/// How many bytes what is made holds.
fn held<T>(build: impl FnOnce() -> T) -> usize {
    let region = Region::new(ALLOCATOR);
    let made = build();
    let change = region.change();
    drop(black_box(made));
    change.bytes_allocated - change.bytes_deallocated
}

/// A context and a set of the same dots.
fn sizes(what: &str, dots: &[(u64, u64)]) -> (usize, usize) {
    let make = || {
        dots.iter().filter_map(|(actor, counter)| Dot::new(*actor, *counter)).collect::<CausalContext<u64>>()
    };
    let (context, set) = (held(make), held(|| dots.iter().copied().collect::<BTreeSet<_>>()));
    println!("{what}: {context} bytes as a context, {set} as a set");
    (context, set)
}

#[test]
fn hot_paths_do_not_allocate() {
    for size in [1_u64, 3, 8, 32, 100, 1_000] {
        let mut left: VClock<u64> = (0..size).map(|actor| (actor, 1 + actor % 3)).collect();
        let right: VClock<u64> = (0..size).map(|actor| (actor, 1 + actor % 2)).collect();
        let fewer: VClock<u64> = (0..size / 2).map(|actor| (actor, 9)).collect();
        let work = || {
            black_box(left.compare(&right));
            black_box((left.descends(&fewer), fewer.compare(&left)));
            black_box(left.increment(size - 1).is_ok());
            left.merge(&right);
            left.merge(&fewer);
            left.meet(&right);
            black_box(left.diff(&right).count());
        };
        assert_eq!(allocations(work), 0, "{size} actors");
    }

    let names = ["a", "b", "c"].map(String::from);
    let mut clock: VClock<String> = names.iter().map(|name| (name.clone(), 1)).collect();
    let other = clock.clone();
    let [first, ..] = names;
    // The name is the caller's, and is freed with the dot.
    let dot = |clock: &mut VClock<String>| clock.increment(first).is_ok();
    assert_eq!(allocations(|| assert!(dot(&mut clock))), 1, "one freed");
    assert_eq!(allocations(|| clock.merge(&other)), 0, "names are not cloned");

    let (mut dense, fixed) = (DenseClock::<8>::new(), DenseClock::from([1; 8]));
    let work = || {
        black_box(dense.increment(3).is_ok());
        dense.merge(&fixed);
        black_box(dense.compare(&fixed));
    };
    assert_eq!(allocations(work), 0);

    // Half of the dots have come, so that nearly all are above a gap.
    let dense = dense_dots(200_000);
    let (context, set) = sizes("every other one of 200000 dots", dense.get(..100_000).unwrap_or_default());
    assert!(context * 50 < set);
    sizes("100000 dots far apart", &random_dots(100_000));
}
