//! Causal contexts and siblings.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod contexts;
mod laws;
mod paper;
mod siblings;

use quorate_vclock::{CausalContext, Dot, DotRange, Gap, Overflow, VClock};

/// Prints what a check has reached.
fn reached(check: Result<String, String>) {
    println!("{}", check.unwrap_or_else(|broken| panic!("{broken}")));
}

fn dot(actor: char, counter: u64) -> Dot<char> {
    Dot::new(actor, counter).expect("dots count from 1")
}

fn range(actor: char, first: u64, last: u64) -> DotRange<char> {
    DotRange::new(actor, first, last).expect("ranges rise")
}

#[test]
fn small_contexts_are_sets_of_dots() {
    reached(contexts::small_contexts_are_sets_of_dots());
}

#[test]
fn contexts_are_sets_of_dots() {
    reached(contexts::contexts_are_sets_of_dots());
}

#[test]
fn two_replicas_are_sets_of_dots() {
    reached(siblings::two_replicas_are_sets_of_dots());
}

#[test]
fn replicas_are_sets_of_dots() {
    reached(siblings::replicas_are_sets_of_dots());
}

#[test]
fn stale_writes_do_not_multiply() {
    reached(siblings::stale_writes_do_not_multiply());
}

#[test]
fn a_replica_that_forgot_does_not_repeat_a_dot() {
    reached(siblings::a_replica_that_forgot_does_not_repeat_a_dot());
}

#[test]
fn gaps_close() {
    reached(contexts::gaps_close());
}

#[test]
fn a_context_does_not_claim_what_a_dot_skips() {
    let mut clock = VClock::from([('a', 1)]);
    assert_eq!(clock.observe_next(dot('a', 3)), Err(Gap { expected: 2, got: 3 }));
    let mut context = CausalContext::from(clock);
    assert!(context.insert(dot('a', 3)));
    assert!(!context.contains(&dot('a', 2)));
    assert_eq!(context.to_string(), "{a:1+3}");
    assert!(context.insert(dot('a', 2)));
    assert_eq!(context, VClock::from([('a', 3)]).into());
}

#[test]
fn a_new_dot_is_above_gaps() {
    let mut context: CausalContext<char> = [dot('a', 2), dot('a', 70)].into_iter().collect();
    assert_eq!(context.next_dot('a'), Ok(dot('a', 71)));
    assert_eq!(context.next_dot('b'), Ok(dot('b', 1)));
    context.insert(dot('a', u64::MAX));
    assert_eq!(context.next_dot('a'), Err(Overflow));
    assert_eq!(context.to_string(), "{a:0+2+70+18446744073709551615}");
}

#[test]
fn the_last_counters_are_counters() {
    let mut context = CausalContext::from(VClock::from([('a', u64::MAX - 2)]));
    context.insert(dot('a', u64::MAX));
    assert_eq!(
        context.exceptions().map(DotRange::cloned).collect::<Vec<_>>(),
        [range('a', u64::MAX - 1, u64::MAX - 1)]
    );
    context.insert(dot('a', u64::MAX - 1));
    assert_eq!(context, VClock::from([('a', u64::MAX)]).into());
    assert_eq!(context.total(), u128::from(u64::MAX));
    let all = context.clone();
    context.union(&all);
    assert_eq!(context.diff(&all).count(), 0);
    assert_eq!(context.subtract(&all), Ok(()));
    assert!(context.is_empty());
}

#[test]
fn a_range_above_a_gap_is_bounded() {
    let mut context: CausalContext<char> = [dot('a', 1)].into_iter().collect();
    let before = context.clone();
    let hostile = range('a', 3, u64::MAX);
    let refused = context.insert_range(hostile).unwrap_err();
    assert_eq!((refused.range, refused.max), (hostile, CausalContext::<char>::RANGE_MAX));
    assert_eq!(context, before);

    let longest = range('a', 3, 2 + CausalContext::<char>::RANGE_MAX);
    assert_eq!(context.insert_range(longest), Ok(()));
    assert_eq!(context.total(), 1 + u128::from(longest.len()));

    // Without a gap the length does not matter.
    assert_eq!(context.insert_range(range('a', 2, u64::MAX)), Ok(()));
    assert_eq!(context, VClock::from([('a', u64::MAX)]).into());
}

#[test]
fn a_difference_that_is_too_long_changes_nothing() {
    let mut context = CausalContext::from(VClock::from([('a', 1 << 40)]));
    let (before, first) = (context.clone(), [dot('a', 1)].into_iter().collect());
    let refused = context.subtract(&first).unwrap_err();
    assert_eq!(refused.range, range('a', 2, 1 << 40));
    assert_eq!(context, before);
    assert_eq!(context.diff(&first).map(DotRange::cloned).collect::<Vec<_>>(), [refused.range]);
}
