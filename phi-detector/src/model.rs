//! What a model of heartbeats has to answer, and the models.

mod any;
mod chen;
pub mod compatible;
mod exponential;
mod normal;
mod tail;
mod timeout;

use core::{fmt::Debug, hash::Hash};

pub use self::{
    any::{AnyModel, AnyStats},
    chen::{Chen, ChenError, ChenStats, ConfigureError, Network, Requirements},
    exponential::{Exponential, ExponentialError},
    normal::{Normal, NormalError},
    tail::{Tail, TailError, TailStats},
    timeout::{Timeout, TimeoutError},
};
use crate::Threshold;

/// What one heartbeat says of its sender: how long after the one before it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Nanoseconds since the heartbeat before.
    pub interval: u64,
    /// How many heartbeats between the two have not come, if they are numbered; else 0.
    pub missed: u32,
}

/// How likely a silence is of somebody who is alive.
///
/// A model is what all peers have in common: what is assumed and how much is remembered. What is known of one peer is a small
/// `Stats` and a ring of [`Model::slots`] numbers, so that a monitor can keep all rings in one piece. Every method is
/// O(1) and allocates nothing. Silences and intervals are nanoseconds.
///
/// # Laws
/// - φ is finite, never negative and never falls while a silence lasts.
/// - `phi(horizon(t)) ≥ t.phi() > phi(horizon(t) − 1)`, up to the [grain](crate::grain) of a silence.
/// - Equal samples in equal order make equal stats.
pub trait Model: Clone + Debug {
    /// What is known of one peer, apart from the ring. Floats are kept as bits.
    type Stats: Copy + Debug + PartialEq + Eq + Hash;

    /// How many numbers the ring of one peer has.
    fn slots(&self) -> usize;

    /// What is known of a peer before its first interval: what the model assumes. Overwrites the ring where it must.
    fn start(&self, ring: &mut [u32]) -> Self::Stats;

    /// Learns from an interval.
    fn observe(&self, stats: &mut Self::Stats, ring: &mut [u32], sample: Sample) -> Learned;

    /// φ after this silence.
    fn phi(&self, stats: &Self::Stats, silence: u64) -> f64;

    /// The least silence after which φ has reached the threshold; `u64::MAX` if there is none.
    fn horizon(&self, stats: &Self::Stats, threshold: &Threshold) -> u64;

    /// The silence after which the next heartbeat is expected, in nanoseconds.
    fn expected(&self, stats: &Self::Stats) -> f64;
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// It is remembered.
    AsItIs,
    /// It was longer than the longest interval that is learned from, and is remembered as that.
    Clamped,
    /// It was longer than that, and is not remembered.
    Dropped,
}
