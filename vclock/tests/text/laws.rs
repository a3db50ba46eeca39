//! The shared laws of encodings.

use quickcheck::{Arbitrary as _, Gen};
use quorate_sim::laws::{
    below,
    values::{Coded, Values},
};
use quorate_vclock::{
    Dot, VClock,
    wire::{Limits, Wire},
};

/// Clocks of few and of many actors, with counters of all lengths.
struct Clocks;

fn counter(g: &mut Gen) -> u64 {
    let bits = below(g, 65);
    if bits == 0 { 0 } else { u64::arbitrary(g) >> (64 - bits) }
}

impl Values for Clocks {
    type Value = VClock<u16>;

    fn value(&self, g: &mut Gen) -> Self::Value {
        let actors = below(g, 6) * below(g, 4);
        (0..actors).map(|_| (u16::arbitrary(g) >> below(g, 16), counter(g))).collect()
    }

    fn near(&self, g: &mut Gen, value: &Self::Value) -> Self::Value {
        let mut near = value.clone();
        let dots: Vec<Dot<u16>> = value.clone().into_iter().collect();
        if let Some(dot) = g.choose(&dots) {
            let _ = near.increment(dot.actor.wrapping_add(u16::try_from(below(g, 2)).unwrap_or(0)));
        }
        if below(g, 2) == 0 { near } else { value.clone() }
    }
}

impl Coded for Clocks {
    fn encode(&self, value: &Self::Value) -> Vec<u8> {
        value.to_bytes()
    }

    fn decode(&self, bytes: &[u8]) -> Option<Self::Value> {
        VClock::decode(bytes, &Limits::default()).ok()
    }

    fn remade(&self, _g: &mut Gen, value: &Self::Value) -> Self::Value {
        let mut dots: Vec<Dot<u16>> = value.clone().into_iter().collect();
        dots.reverse();
        let mut again = VClock::new();
        again.extend(dots);
        again.merge(value);
        again
    }
}

quorate_sim::value_laws!(bytes_of_clocks, Clocks; canonical, strict);
