//! Vector clocks.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]
#![allow(clippy::cast_possible_truncation, reason = "what is drawn is small")]

mod checks;
mod laws;

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use quorate_vclock::{
    Causality, DenseClock, Dot, DotRange, Gap, Overflow, SlotError, VClock, frontier, sort_causally,
};

/// Prints what a check has reached.
fn reached(check: Result<String, String>) {
    println!("{}", check.unwrap_or_else(|broken| panic!("{broken}")));
}

#[test]
fn comparing_is_what_entries_say() {
    reached(checks::comparing_is_what_entries_say());
}

#[test]
fn a_merge_is_the_least_upper_bound() {
    reached(checks::a_merge_is_the_least_upper_bound());
}

#[test]
fn small_clocks_are_a_distributive_lattice() {
    reached(checks::small_clocks_are_a_distributive_lattice());
}

#[test]
fn a_diff_is_what_the_other_lacks() {
    reached(checks::a_diff_is_what_the_other_lacks());
}

#[test]
fn clocks_are_happened_before() {
    reached(checks::clocks_are_happened_before());
}

fn hash_of(clock: &VClock<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    clock.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn the_first_examples_of_everybody() {
    let clock = |entries: &[(&'static str, u64)]| -> VClock<&str> { entries.iter().copied().collect() };
    for (left, right, expected) in [
        (clock(&[("a", 1)]), clock(&[]), Causality::After),
        (clock(&[("a", 1)]), clock(&[("b", 1)]), Causality::Concurrent),
        (clock(&[("a", 2), ("b", 1)]), clock(&[("a", 1), ("b", 2)]), Causality::Concurrent),
        (clock(&[("a", 1), ("b", 1)]), clock(&[("a", 1)]), Causality::After),
        (clock(&[]), clock(&[]), Causality::Equal),
    ] {
        assert_eq!(left.compare(&right), expected);
        assert_eq!(right.compare(&left), expected.reversed());
    }
}

#[test]
fn equal_clocks_are_equal_however_they_came_about() {
    let mut grown = VClock::new();
    for actor in ["c", "a", "b", "a"] {
        grown.increment(actor).expect("far from the last counter");
    }
    let listed = VClock::from([("b", 1), ("c", 1), ("a", 2), ("d", 0), ("a", 1)]);
    assert_eq!(grown, listed);
    assert_eq!(hash_of(&grown), hash_of(&listed));
    assert_eq!(grown.to_string(), "{a:2, b:1, c:1}");
}

/// A zero counter is no entry: a clock that lists one and the empty clock are not each greater than the other.
#[test]
fn zeros_do_not_break_antisymmetry() {
    let (zero, empty) = (VClock::from([("a", 0)]), VClock::new());
    assert_eq!((zero.compare(&empty), zero == empty), (Causality::Equal, true));
}

#[test]
fn the_last_counter_overflows_and_changes_nothing() {
    let mut clock = VClock::from([("a", u64::MAX)]);
    assert_eq!(clock.increment("a"), Err(Overflow));
    assert_eq!(clock.next_dot("a"), Err(Overflow));
    assert_eq!(
        clock.observe_next(Dot::new("a", u64::MAX).expect("not 0")),
        Err(Gap { expected: u64::MAX, got: u64::MAX })
    );
    assert_eq!(clock, VClock::from([("a", u64::MAX)]));
    assert_eq!(DotRange::new("a", 1, u64::MAX).map(|range| range.len()), Some(u64::MAX));
}

/// What comes out of order is not taken for everything before it.
#[test]
fn a_gap_is_an_error_and_changes_nothing() {
    let mut clock = VClock::from([("a", 1)]);
    for got in [1, 3, 5] {
        let dot = Dot::new("a", got).expect("not 0");
        assert_eq!(clock.observe_next(dot), Err(Gap { expected: 2, got }));
    }
    assert_eq!(clock, VClock::from([("a", 1)]));
    assert_eq!(clock.observe_next(Dot::new("a", 2).expect("not 0")), Ok(()));
    assert!(!clock.observe(Dot::new("a", 2).expect("not 0")));
    assert!(clock.observe(Dot::new("b", 9).expect("not 0")));
    assert_eq!(clock, VClock::from([("a", 2), ("b", 9)]));
}

#[test]
fn zero_is_no_event_and_ranges_are_not_empty() {
    assert_eq!(Dot::new("a", 0), None);
    assert_eq!((DotRange::new("a", 0, 1), DotRange::new("a", 3, 2)), (None, None));
    let range = DotRange::new("a", 2, 4).expect("a run");
    assert_eq!(range.dots().map(|dot| dot.to_string()).collect::<Vec<_>>(), ["a:2", "a:3", "a:4"]);
}

/// The dropped actor goes on under its name: its next event looks old, and only `Pruned` knows better.
#[test]
fn pruning_is_unsafe_and_says_what_it_has_forgotten() {
    let whole = VClock::from([("a", 7), ("b", 3), ("c", 5)]);
    let mut pruned = whole.clone();
    let dropped = pruned.truncate_lossy(2, |dot| dot.counter);
    assert_eq!(pruned, VClock::from([("a", 7), ("c", 5)]));
    assert_eq!(*dropped.dropped(), VClock::from([("b", 3)]));
    let mut descendant = whole.clone();
    descendant.increment("a").expect("far from the last counter");
    let mut pruned_descendant = descendant.clone();
    let _forgotten = pruned_descendant.truncate_lossy(2, |dot| dot.counter);
    assert_eq!(whole.compare(&descendant), Causality::Before);
    assert_eq!(whole.compare(&pruned_descendant), Causality::Concurrent, "a descendant looks concurrent");
    let again = pruned.increment("b").expect("far from the last counter");
    assert!(whole.contains(&again), "a new event looks old");
    assert!(dropped.forgot(&again));
    assert!(!dropped.forgot(&Dot::new("b", 4).expect("not 0")));
}

/// Replicas that prune equal clocks prune alike, whatever ranks are equal.
#[test]
fn pruning_breaks_ties_by_actor() {
    let mut clock = VClock::from([("d", 1), ("b", 1), ("c", 1), ("a", 1)]);
    let dropped = clock.truncate_lossy(2, |dot| dot.counter);
    assert_eq!((clock, dropped.last_of(&"d").map(u64::from)), (VClock::from([("a", 1), ("b", 1)]), Some(1)));
    let mut small = VClock::from([("a", 1)]);
    assert!(small.truncate_lossy(1, |dot| dot.counter).dropped().is_empty());
}

#[test]
fn the_frontier_is_the_maximal_antichain_of_every_three_small_clocks() {
    let clocks = checks::small();
    let mut kept = [0; 4];
    for a in &clocks {
        for b in &clocks {
            for c in [&clocks[5], &clocks[22], &clocks[63]] {
                let all = [a, b, c];
                let maximal = |clock: &&VClock<u8>| !all.iter().any(|other| *other > *clock);
                let expected: BTreeSet<_> = all.into_iter().filter(maximal).map(checks::function).collect();
                let found: Vec<_> = frontier(all).into_iter().map(checks::function).collect();
                assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected);
                assert_eq!(found.len(), expected.len(), "equal clocks once");
                kept[found.len()] += 1;
            }
        }
    }
    assert!(kept[1..].iter().all(|times| *times > 0), "{kept:?}");
}

#[test]
fn sorting_puts_nothing_before_what_led_to_it() {
    let mut clocks = checks::small();
    clocks.reverse();
    sort_causally(&mut clocks, |clock| clock);
    for (at, earlier) in clocks.iter().enumerate() {
        assert!(!clocks[at..].iter().any(|later| later < earlier));
    }
}

#[test]
fn a_dense_clock_is_a_vector_clock_of_its_slots() {
    let sparse =
        |clock: &DenseClock<3>| -> VClock<usize> { clock.counters().iter().copied().enumerate().collect() };
    let dense = |clock: &VClock<u8>| DenseClock::from([clock.get(&0), clock.get(&1), clock.get(&2)]);
    for left in &checks::small() {
        for right in &checks::small() {
            let (mut a, b) = (dense(left), dense(right));
            assert_eq!(a.compare(&b), left.compare(right));
            assert_eq!(a.descends(&b), left.descends(right));
            assert_eq!(a.partial_cmp(&b), left.partial_cmp(right));
            let mut meet = a;
            meet.meet(&b);
            a.merge(&b);
            let (mut join, mut bound) = (left.clone(), left.clone());
            join.merge(right);
            bound.meet(right);
            assert_eq!((a, meet), (dense(&join), dense(&bound)));
            assert_eq!(sparse(&a).len(), join.len());
        }
    }
}

#[test]
fn a_dense_clock_refuses_slots_it_has_not() {
    let mut clock = DenseClock::from([u64::MAX, 0]);
    assert_eq!(clock.increment(0), Err(SlotError::Overflow { slot: 0 }));
    assert_eq!(clock.increment(2), Err(SlotError::NoSlot { slot: 2, slots: 2 }));
    assert_eq!((clock.increment(1), clock.get(1), clock.get(2)), (Ok(1), 1, 0));
}
