//! Vector clocks as engines.

use crdts::{CmRDT as _, CvRDT as _};
use quorate_vclock::{Causality, DenseClock, VClock};

/// Vector clocks of actors that are numbers.
pub trait Clocks: 'static {
    /// Its name.
    const NAME: &'static str;
    /// A clock.
    type Clock: Clone;

    /// The clock with these entries, sorted by actor, whose counters are small.
    fn make(entries: &[(u64, u64)]) -> Self::Clock;
    /// How the two are related.
    fn compare(left: &Self::Clock, right: &Self::Clock) -> Causality;
    /// The right clock, if merging uses it up; else anything that costs nothing.
    fn spare(right: &Self::Clock) -> Self::Clock;
    /// Takes in the right clock, or the spare, which is the same.
    fn merge(left: &mut Self::Clock, right: &Self::Clock, spare: Self::Clock);
    /// Counts one more event of the actor.
    fn increment(clock: &mut Self::Clock, actor: u64);
    /// How many events of the actor it has seen.
    fn get(clock: &Self::Clock, actor: u64) -> u64;
}

/// quorate-vclock.
#[derive(Debug)]
pub struct Sorted;

impl Clocks for Sorted {
    const NAME: &'static str = "quorate";
    type Clock = VClock<u64>;

    fn make(entries: &[(u64, u64)]) -> Self::Clock {
        entries.iter().copied().collect()
    }

    fn compare(left: &Self::Clock, right: &Self::Clock) -> Causality {
        left.compare(right)
    }

    fn spare(_: &Self::Clock) -> Self::Clock {
        VClock::new()
    }

    fn merge(left: &mut Self::Clock, right: &Self::Clock, _: Self::Clock) {
        left.merge(right);
    }

    fn increment(clock: &mut Self::Clock, actor: u64) {
        let _ = clock.increment(actor);
    }

    fn get(clock: &Self::Clock, actor: u64) -> u64 {
        clock.get(&actor)
    }
}

/// quorate-vclock, where the membership is fixed. An actor is its place in the grid's list of actors.
#[derive(Debug)]
pub(super) struct Dense<const N: usize>;

impl<const N: usize> Clocks for Dense<N> {
    const NAME: &'static str = "quorate, dense";
    type Clock = DenseClock<N>;

    fn make(entries: &[(u64, u64)]) -> Self::Clock {
        let mut counters = [0; N];
        for (held, (_, counter)) in counters.iter_mut().zip(entries) {
            *held = *counter;
        }
        DenseClock::from(counters)
    }

    fn compare(left: &Self::Clock, right: &Self::Clock) -> Causality {
        left.compare(right)
    }

    fn spare(right: &Self::Clock) -> Self::Clock {
        *right
    }

    fn merge(left: &mut Self::Clock, right: &Self::Clock, _: Self::Clock) {
        left.merge(right);
    }

    fn increment(clock: &mut Self::Clock, actor: u64) {
        let _ = clock.increment(slot::<N>(actor));
    }

    fn get(clock: &Self::Clock, actor: u64) -> u64 {
        clock.get(slot::<N>(actor))
    }
}

/// The inverse of the grid's `actor`.
fn slot<const N: usize>(actor: u64) -> usize {
    usize::try_from(actor / super::grid::SPREAD).unwrap_or(N)
}

/// crdts.
#[derive(Debug)]
pub struct Tree;

impl Clocks for Tree {
    const NAME: &'static str = "crdts";
    type Clock = crdts::VClock<u64>;

    fn make(entries: &[(u64, u64)]) -> Self::Clock {
        entries.iter().map(|(actor, counter)| crdts::Dot::new(*actor, *counter)).collect()
    }

    fn compare(left: &Self::Clock, right: &Self::Clock) -> Causality {
        causality(left.partial_cmp(right))
    }

    fn spare(right: &Self::Clock) -> Self::Clock {
        right.clone()
    }

    fn merge(left: &mut Self::Clock, _: &Self::Clock, spare: Self::Clock) {
        left.merge(spare);
    }

    fn increment(clock: &mut Self::Clock, actor: u64) {
        clock.apply(clock.inc(actor));
    }

    fn get(clock: &Self::Clock, actor: u64) -> u64 {
        clock.get(&actor)
    }
}

/// The crate called `vclock`, which counts an actor's events from 0.
#[derive(Debug)]
pub struct Hashed;

impl Clocks for Hashed {
    const NAME: &'static str = "vclock";
    type Clock = ::vclock::VClock<u64, u64>;

    fn make(entries: &[(u64, u64)]) -> Self::Clock {
        let mut clock = ::vclock::VClock::default();
        for (actor, counter) in entries {
            (0..*counter).for_each(|_| clock.incr(actor));
        }
        clock
    }

    fn compare(left: &Self::Clock, right: &Self::Clock) -> Causality {
        causality(left.partial_cmp(right))
    }

    fn spare(_: &Self::Clock) -> Self::Clock {
        ::vclock::VClock::default()
    }

    fn merge(left: &mut Self::Clock, right: &Self::Clock, _: Self::Clock) {
        left.merge(right);
    }

    fn increment(clock: &mut Self::Clock, actor: u64) {
        clock.incr(&actor);
    }

    fn get(clock: &Self::Clock, actor: u64) -> u64 {
        clock.get(&actor).map_or(0, |last| last + 1)
    }
}

fn causality(order: Option<core::cmp::Ordering>) -> Causality {
    use core::cmp::Ordering::{Equal, Greater, Less};
    match order {
        Some(Less) => Causality::Before,
        Some(Greater) => Causality::After,
        Some(Equal) => Causality::Equal,
        None => Causality::Concurrent,
    }
}
