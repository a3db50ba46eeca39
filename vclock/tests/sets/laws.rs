//! The laws of values, from `quorate-sim`.

use std::cmp::Ordering;

use quickcheck::Gen;
use quorate_sim::laws::{
    below,
    values::{Lattice, Meet, Ordered, Values},
};
use quorate_vclock::{CausalContext, DotRange};

use crate::contexts::clumps;

struct Contexts;

impl Values for Contexts {
    type Value = CausalContext<u8>;

    fn value(&self, g: &mut Gen) -> Self::Value {
        let mut context = CausalContext::new();
        for (actor, first, last) in clumps(&mut |bound| below(g, bound)) {
            DotRange::new(actor, first, last).map(|range| context.insert_range(range));
        }
        context
    }

    fn near(&self, g: &mut Gen, value: &Self::Value) -> Self::Value {
        let (other, mut near) = (self.value(g), value.clone());
        match below(g, 3) {
            0 => near.union(&other),
            1 => near.intersect(&other),
            _ => {}
        }
        near
    }
}

impl Ordered for Contexts {
    fn compare(&self, a: &Self::Value, b: &Self::Value) -> Option<Ordering> {
        a.partial_cmp(b)
    }

    fn at_most(&self, a: &Self::Value, b: &Self::Value) -> bool {
        a.diff(b).next().is_none()
    }
}

impl Lattice for Contexts {
    fn join(&self, a: &Self::Value, b: &Self::Value) -> Self::Value {
        let mut join = a.clone();
        join.union(b);
        join
    }
}

impl Meet for Contexts {
    fn meet(&self, a: &Self::Value, b: &Self::Value) -> Self::Value {
        let mut meet = a.clone();
        meet.intersect(b);
        meet
    }
}

quorate_sim::value_laws!(context_laws, Contexts; order, join, meet, distributive);
