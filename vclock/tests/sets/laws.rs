//! The laws of values, from `quorate-sim`.

use std::cmp::Ordering;

use quickcheck::Gen;
use quorate_sim::laws::{
    below,
    values::{Coded, Lattice, Meet, Ordered, Values},
};
use quorate_vclock::{
    CausalContext, DotRange, Siblings, VClock,
    wire::{Limits, Wire as _},
};

use crate::{contexts::clumps, siblings::Oracle};

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

impl Coded for Contexts {
    fn encode(&self, value: &Self::Value) -> Vec<u8> {
        value.to_bytes()
    }

    fn decode(&self, bytes: &[u8]) -> Option<Self::Value> {
        CausalContext::decode(bytes, &Limits::default()).ok()
    }

    /// From the last dot to the first, and with something that is taken away again.
    fn remade(&self, g: &mut Gen, value: &Self::Value) -> Self::Value {
        let mut dots: Vec<_> = value.ranges().flat_map(|range| range.cloned().dots()).collect();
        dots.reverse();
        let mut again: Self::Value = dots.into_iter().collect();
        let mut other = self.value(g);
        other.union(value);
        again.union(&other);
        again.intersect(value);
        again
    }
}

quorate_sim::value_laws!(context_laws, Contexts; order, join, meet, distributive, canonical, strict);

/// Stages of one key: who has seen a dot has seen the same value.
struct Keys;

/// The stage at which so many writes of each actor have been seen, and so many of these discarded.
fn stage(numbers: [(u64, u64); 3]) -> Siblings<u8, u64> {
    let mut key = Siblings::new();
    for (actor, (seen, discarded)) in (0..).zip(numbers) {
        for counter in 1..=seen {
            let written = key.update(&VClock::new(), actor, u64::from(actor) * 10 + counter);
            written.expect("nothing has been forgotten");
        }
        key.discard(&VClock::from([(actor, discarded)]));
    }
    key
}

impl Values for Keys {
    type Value = Siblings<u8, u64>;

    fn value(&self, g: &mut Gen) -> Self::Value {
        stage([(); 3].map(|()| {
            let seen = below(g, 4);
            (seen, below(g, seen + 1))
        }))
    }

    fn near(&self, g: &mut Gen, value: &Self::Value) -> Self::Value {
        let numbers = [0, 1, 2].map(|actor| {
            let live = value.iter().filter(|(dot, _)| *dot.actor == actor).count();
            let seen = value.context().get(&actor);
            (seen, seen - live as u64)
        });
        match below(g, 4) {
            0 => stage(numbers.map(|(seen, discarded)| {
                let earlier = below(g, seen + 1);
                (earlier, below(g, discarded.min(earlier) + 1))
            })),
            1 => stage(numbers.map(|(seen, discarded)| {
                (seen + below(g, 2), discarded + below(g, 2).min(seen - discarded))
            })),
            2 => self.value(g),
            _ => value.clone(),
        }
    }
}

impl Ordered for Keys {
    fn compare(&self, a: &Self::Value, b: &Self::Value) -> Option<Ordering> {
        a.compare(b).ordering()
    }

    fn at_most(&self, a: &Self::Value, b: &Self::Value) -> bool {
        Oracle::of(a).at_most(&Oracle::of(b))
    }
}

impl Lattice for Keys {
    fn join(&self, a: &Self::Value, b: &Self::Value) -> Self::Value {
        let mut join = a.clone();
        join.sync(b);
        join
    }
}

impl Coded for Keys {
    fn encode(&self, value: &Self::Value) -> Vec<u8> {
        value.clone().map(|value| value.to_string()).to_bytes()
    }

    fn decode(&self, bytes: &[u8]) -> Option<Self::Value> {
        let texts = Siblings::<u8, String>::decode(bytes, &Limits::default()).ok()?;
        let number = |text: &String| text.parse::<u64>().ok().filter(|number| number.to_string() == *text);
        let numbers = texts.values().all(|text| number(text).is_some());
        numbers.then(|| texts.map(|text| number(&text).unwrap_or_default()))
    }

    /// By way of an earlier stage.
    fn remade(&self, g: &mut Gen, value: &Self::Value) -> Self::Value {
        let mut again = Siblings::new();
        again.sync(&self.near(g, value));
        if !value.descends(&again) {
            again = Siblings::new();
        }
        again.sync_owned(value.clone());
        again
    }
}

quorate_sim::value_laws!(sibling_laws, Keys; order, join, canonical, strict);
