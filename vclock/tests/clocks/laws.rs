//! The laws of partial orders and lattices, on vector clocks of every shape that the code tells apart: equal actors,
//! other actors, blocks of more than eight, and one list much longer than the other.

use std::cmp::Ordering;

use quickcheck::Gen;
use quorate_sim::laws::{
    below,
    values::{Growing, Lattice, Meet, Ordered, Values},
};
use quorate_vclock::{Dot, VClock};

use crate::checks::{at_most, function};

struct Clocks;

impl Values for Clocks {
    type Value = VClock<u8>;

    fn value(&self, g: &mut Gen) -> VClock<u8> {
        let actors = [2, 3, 12, 40][below(g, 4) as usize];
        let counters = 1 + below(g, 4);
        (0..actors).map(|actor| (actor, below(g, counters + 1))).collect()
    }

    fn near(&self, g: &mut Gen, clock: &VClock<u8>) -> VClock<u8> {
        let mut near = clock.clone();
        for _ in 0..below(g, 3) {
            let actor = below(g, 40) as u8;
            match below(g, 3) {
                0 => {
                    near.increment(actor).expect("small");
                }
                1 => near = near.into_iter().filter(|dot| dot.actor != actor).collect(),
                _ => near = near.into_iter().take(below(g, 40) as usize).collect(),
            }
        }
        near
    }
}

impl Ordered for Clocks {
    fn compare(&self, a: &VClock<u8>, b: &VClock<u8>) -> Option<Ordering> {
        a.partial_cmp(b)
    }

    fn at_most(&self, a: &VClock<u8>, b: &VClock<u8>) -> bool {
        assert_eq!(at_most(&function(a), &function(b)), b.descends(a));
        b.descends(a)
    }
}

impl Growing for Clocks {
    fn grown(&self, g: &mut Gen, clock: &VClock<u8>) -> VClock<u8> {
        let mut grown = clock.clone();
        let dot: Dot<u8> = grown.increment(below(g, 40) as u8).expect("small");
        assert_eq!(clock.get(&dot.actor) + 1, dot.counter.get());
        grown
    }
}

impl Lattice for Clocks {
    fn join(&self, a: &VClock<u8>, b: &VClock<u8>) -> VClock<u8> {
        let mut join = a.clone();
        join.merge(b);
        let mut owned = a.clone();
        owned.merge_owned(b.clone());
        assert_eq!(join, owned);
        join
    }
}

impl Meet for Clocks {
    fn meet(&self, a: &VClock<u8>, b: &VClock<u8>) -> VClock<u8> {
        let mut meet = a.clone();
        meet.meet(b);
        meet
    }
}

quorate_sim::value_laws!(clocks, Clocks; order, growth, join, meet, distributive);
