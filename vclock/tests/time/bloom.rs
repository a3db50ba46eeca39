use std::cmp::Ordering;

use quickcheck::Gen;
use quorate_sim::laws::{
    below,
    values::{Growing, Lattice, Ordered, Values},
};
use quorate_vclock::{BloomCausality, BloomClock};

use crate::{checks, reached};

#[test]
fn false_positives_are_as_the_formula_says() {
    reached(checks::bloom::false_positives_are_as_the_formula_says());
}

#[test]
fn causes_are_never_missed() {
    reached(checks::bloom::causes_are_never_missed());
}

#[test]
fn a_clock_with_one_counter_admits_that_it_knows_nothing() -> Result<(), quorate_vclock::Overflow> {
    let (mut left, mut right) = (BloomClock::<1, 1>::new(), BloomClock::new());
    left.increment(b"a")?;
    right.increment(b"b")?;
    assert_eq!(left.compare(&right), BloomCausality::ProbablyEqual { mistaken: 1.0 });
    right.increment(b"c")?;
    assert_eq!(left.compare(&right), BloomCausality::ProbablyBefore { mistaken: 1.0 });
    assert_eq!(right.compare(&left), BloomCausality::ProbablyAfter { mistaken: 1.0 });
    assert!(right.certainly_not_before(&left));
    Ok(())
}

/// Every block has one counter for each event, and the places stay what they are: other processes count with them.
#[test]
fn an_event_raises_one_counter_of_each_block() -> Result<(), quorate_vclock::Overflow> {
    let mut clock = BloomClock::<24, 3>::new();
    for event in 0..100_u32 {
        clock.increment(&event.to_be_bytes())?;
    }
    let sums: Vec<u32> = clock.counters().chunks(8).map(|block| block.iter().sum()).collect();
    assert_eq!(sums, [100, 100, 100]);
    let mut clock = BloomClock::<24, 3>::new();
    clock.increment(b"an event")?;
    let places: Vec<usize> = (0..24).filter(|at| clock.counters()[*at] == 1).collect();
    assert_eq!(places, GOLDEN);
    Ok(())
}

const GOLDEN: [usize; 3] = [3, 12, 22];

/// Clocks of a few of the same events, so that they meet.
struct Clocks;

type Clock = BloomClock<12, 2>;

impl Values for Clocks {
    type Value = Clock;

    fn value(&self, g: &mut Gen) -> Clock {
        // Half of them one after the other, so that some are between others.
        let (chain, length) = (below(g, 2) == 0, below(g, 9));
        let mut clock = Clock::new();
        for event in 0..8_u64 {
            if if chain { event < length } else { below(g, 2) == 0 } {
                clock.increment(&event.to_be_bytes()).unwrap();
            }
        }
        clock
    }

    fn near(&self, g: &mut Gen, value: &Clock) -> Clock {
        match below(g, 4) {
            0 => value.clone(),
            1 => self.grown(g, value),
            2 => self.join(value, &self.value(g)),
            _ => self.value(g),
        }
    }
}

impl Ordered for Clocks {
    fn compare(&self, a: &Clock, b: &Clock) -> Option<Ordering> {
        match a.compare(b) {
            BloomCausality::ProbablyEqual { .. } => Some(Ordering::Equal),
            BloomCausality::ProbablyBefore { .. } => Some(Ordering::Less),
            BloomCausality::ProbablyAfter { .. } => Some(Ordering::Greater),
            BloomCausality::Concurrent => None,
        }
    }

    fn at_most(&self, a: &Clock, b: &Clock) -> bool {
        a.counters().iter().zip(b.counters()).all(|(a, b)| a <= b)
    }
}

impl Growing for Clocks {
    fn grown(&self, g: &mut Gen, value: &Clock) -> Clock {
        let mut clock = value.clone();
        clock.increment(&below(g, 100).to_be_bytes()).unwrap();
        clock
    }
}

impl Lattice for Clocks {
    fn join(&self, a: &Clock, b: &Clock) -> Clock {
        let mut join = a.clone();
        join.merge(b);
        join
    }
}

quorate_sim::value_laws!(clock_laws, Clocks; order, growth, join);
