use quorate_machine::Time;

use crate::invariant::StepKind;

/// A running hash over the steps of a run, cheap enough to be always on.
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn step(&mut self, at: Time, node: usize, kind: StepKind, effects: u64) {
        self.word(at.as_nanos());
        self.word(((node as u64) << 48) ^ (effects << 56) ^ kind.word());
    }

    /// Multiply, fold, rotate: an accident is as unlikely to pass as with any 64-bit hash, and nobody attacks.
    pub(crate) const fn word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = (mixed ^ (mixed >> 29)).rotate_left(23);
    }

    pub(crate) const fn value(&self) -> u64 {
        self.0
    }
}
