//! One of each kind of model, and traces of heartbeats to show them.

use std::time::Duration;

use quorate_machine::Rng;
use quorate_phi_detector::{
    Model as _, Sample, Threshold,
    memory::{Beyond, Decay, Window},
    model::{AnyModel, AnyStats, Chen, Exponential, Normal, Tail, Timeout},
};

pub(crate) const fn ms(span: u64) -> Duration {
    Duration::from_millis(span)
}

pub(crate) fn window(samples: u16, longest: Duration) -> Window {
    Window::new(samples, longest).expect("a window")
}

/// Models of every kind, at usual and at extreme settings.
pub(crate) fn all() -> Vec<(&'static str, AnyModel)> {
    let (day, least) = (Window::LONGEST_MAX, Duration::from_nanos(1));
    let usual = window(1000, ms(10_000));
    let clamping = usual.with_beyond(Beyond::Clamp);
    let decay = Decay::new(100, ms(10_000)).expect("a memory");
    vec![
        ("timeout", Timeout::new(ms(1_500)).expect("a model").into()),
        ("timeout, shortest", Timeout::new(least).expect("a model").into()),
        ("timeout, longest", Timeout::new(day).expect("a model").into()),
        ("normal", Normal::new(usual, ms(10), ms(1_000)).expect("a model").into()),
        ("normal, narrow", Normal::new(window(1, ms(2)), least, least).expect("a model").into()),
        (
            "normal with a pause",
            Normal::new(clamping, ms(100), ms(1_000))
                .and_then(|m| m.with_pause(ms(3_000)))
                .expect("a model")
                .into(),
        ),
        ("normal, wide", Normal::new(window(4096, day), day, ms(1_000)).expect("a model").into()),
        ("normal, decaying", Normal::new(decay, ms(10), ms(1_000)).expect("a model").into()),
        ("exponential", Exponential::new(usual, ms(2_000)).expect("a model").into()),
        ("exponential, smoothed", Exponential::new(usual, ms(5_000)).expect("a model").with_weight(5).into()),
        ("exponential, shortest", Exponential::new(window(3, ms(2)), least).expect("a model").into()),
        ("tail", Tail::new(usual, ms(5), ms(1_000)).expect("a model").into()),
        ("tail, clamping", Tail::new(clamping, least, ms(100)).expect("a model").into()),
        ("tail, least", Tail::new(window(16, ms(2)), least, least).expect("a model").into()),
        (
            "tail, widest",
            Tail::new(window(4096, day).with_beyond(Beyond::Clamp), day, ms(100)).expect("a model").into(),
        ),
        ("chen", Chen::new(1000, ms(100), ms(50)).expect("a model").into()),
        ("chen, two windows", Chen::new(100, ms(1_000), ms(50)).expect("a model").two_windows().into()),
        ("chen, unnumbered", Chen::new(30, ms(100), ms(1)).expect("a model").unnumbered().into()),
        ("chen, last alone", Chen::new(1, least, least).expect("a model").into()),
        (
            "chen, widest",
            Chen::new(4096, ms(100), day).and_then(|m| m.with_shift(day)).expect("a model").into(),
        ),
        (
            "chen, narrow and far",
            Chen::new(4096, day, least).and_then(|m| m.with_shift(day)).expect("a model").into(),
        ),
        ("exponential, longest", Exponential::new(window(3, day), day).expect("a model").into()),
    ]
}

/// Thresholds from the least to the greatest.
pub(crate) fn thresholds() -> Vec<Threshold> {
    [1e-6, 0.01, 0.3, std::f64::consts::LOG10_2, 0.5, 1.0, 2.0, 3.0, 4.5, 8.0, 16.0, 100.0, 323.0, 1e4, 1e6]
        .map(|phi| Threshold::new(phi).expect("a threshold"))
        .to_vec()
}

/// What is known of one peer.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) model: AnyModel,
    pub(crate) stats: AnyStats,
    pub(crate) ring: Vec<u32>,
}

impl Peer {
    pub(crate) fn new(model: AnyModel) -> Self {
        let mut ring = vec![0; model.slots()];
        let stats = model.start(&mut ring);
        Self { model, stats, ring }
    }

    pub(crate) fn hears(&mut self, interval: u64) {
        self.observes(Sample { interval, missed: 0 });
    }

    pub(crate) fn observes(&mut self, sample: Sample) {
        self.model.observe(&mut self.stats, &mut self.ring, sample);
    }

    pub(crate) fn phi(&self, silence: u64) -> f64 {
        self.model.phi(&self.stats, silence)
    }

    pub(crate) fn horizon(&self, threshold: &Threshold) -> u64 {
        self.model.horizon(&self.stats, threshold)
    }
}

/// What senders do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// No jitter at all.
    Perfect,
    /// Jitter of a tenth.
    Jitter,
    /// Heartbeats are lost one by one and in runs, and stall now and then.
    Losses,
    /// Ten times as slow from the middle on.
    Shift,
    /// Anything at all, however long.
    Wild,
}

impl Trace {
    pub(crate) const ALL: [Self; 5] = [Self::Perfect, Self::Jitter, Self::Losses, Self::Shift, Self::Wild];

    /// The interval that this sender means to keep.
    pub(crate) const INTERVAL: u64 = 100_000_000;

    pub(crate) fn sample(self, rng: &mut Rng, nth: usize, of: usize) -> Sample {
        let jitter = rng.below(Self::INTERVAL / 5);
        let one = |interval| Sample { interval, missed: 0 };
        match self {
            Self::Perfect => one(Self::INTERVAL),
            Self::Jitter => one(Self::INTERVAL * 9 / 10 + jitter),
            Self::Losses => {
                let most = 1 << rng.below(6);
                let missed = if rng.below(20) == 0 { 1 + rng.below(most) } else { 0 };
                let stall = if rng.below(50) == 0 { rng.below(3_000_000_000) } else { 0 };
                Sample {
                    interval: Self::INTERVAL * (missed + 1) + jitter + stall,
                    missed: u32::try_from(missed).unwrap_or(u32::MAX),
                }
            }
            Self::Shift if nth * 2 < of => one(Self::INTERVAL * 9 / 10 + jitter),
            Self::Shift => one(Self::INTERVAL * 10 + jitter),
            Self::Wild => {
                let missed = rng.below(1 << 40) >> rng.below(40);
                Sample {
                    interval: rng.below(u64::MAX) >> rng.below(64),
                    missed: if rng.below(2) == 0 { 0 } else { u32::try_from(missed).unwrap_or(u32::MAX) },
                }
            }
        }
    }
}

/// Silences worth asking for: around powers of two, around what the peer is expected to do, and at random.
pub(crate) fn silences(rng: &mut Rng, horizons: &[u64]) -> Vec<u64> {
    let mut silences = vec![0, 1, 2, 3, u64::MAX - 1, u64::MAX];
    for bits in 1..64 {
        silences.extend([(1 << bits) - 1, 1 << bits, (1 << bits) + 1]);
    }
    for &horizon in horizons {
        for near in 0..4 {
            silences.extend([horizon.saturating_sub(near), horizon.saturating_add(near)]);
        }
    }
    for _ in 0..200 {
        silences.push(rng.below(u64::MAX) >> rng.below(64));
        silences.push(rng.below(20 * Trace::INTERVAL));
    }
    silences.sort_unstable();
    silences
}
