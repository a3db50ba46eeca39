use crate::{
    Threshold,
    memory::{Decay, DecayStats, Window, WindowStats},
    model::{Chen, ChenStats, Exponential, Learned, Model, Normal, Sample, Tail, TailStats, Timeout},
};

/// A model that is chosen when the program runs, from a file or a command line, so that its callers need no generics.
///
/// It is what the model in it is, for one more branch; what is known of a peer takes as much memory as for the largest of
/// them. What was learned by one model says nothing to another: with the stats of another kind φ is 0, there is no horizon,
/// and nothing is learned.
///
/// ```
/// use core::time::Duration;
/// use quorate_phi_detector::{Detector, memory::Window, model::{AnyModel, Exponential, Timeout}};
///
/// let second = Duration::from_secs(1);
/// let models: [AnyModel; 2] =
///     [Timeout::new(second)?.into(), Exponential::new(Window::new(1000, second)?, second)?.into()];
/// let peers = models.map(Detector::new);
/// # assert_eq!(peers.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum AnyModel {
    /// A fixed timeout.
    Timeout(Timeout),
    /// Normally distributed intervals, over a window.
    Normal(Normal<Window>),
    /// Normally distributed intervals, over a memory that decays.
    NormalDecay(Normal<Decay>),
    /// Exponentially distributed intervals, over a window.
    Exponential(Exponential<Window>),
    /// Expected arrivals.
    Chen(Chen),
    /// Outliers and losses apart from what is usual.
    Tail(Tail),
}

/// What an [`AnyModel`] knows of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnyStats {
    /// Nothing is kept.
    Timeout,
    /// Of [`AnyModel::Normal`].
    Normal(WindowStats),
    /// Of [`AnyModel::NormalDecay`].
    NormalDecay(DecayStats),
    /// Of [`AnyModel::Exponential`].
    Exponential(WindowStats),
    /// Of [`AnyModel::Chen`].
    Chen(ChenStats),
    /// Of [`AnyModel::Tail`].
    Tail(TailStats),
}

impl Model for AnyModel {
    type Stats = AnyStats;

    fn slots(&self) -> usize {
        match self {
            Self::Timeout(model) => model.slots(),
            Self::Normal(model) => model.slots(),
            Self::NormalDecay(model) => model.slots(),
            Self::Exponential(model) => model.slots(),
            Self::Chen(model) => model.slots(),
            Self::Tail(model) => model.slots(),
        }
    }

    fn start(&self, ring: &mut [u32]) -> AnyStats {
        match self {
            Self::Timeout(_) => AnyStats::Timeout,
            Self::Normal(model) => AnyStats::Normal(model.start(ring)),
            Self::NormalDecay(model) => AnyStats::NormalDecay(model.start(ring)),
            Self::Exponential(model) => AnyStats::Exponential(model.start(ring)),
            Self::Chen(model) => AnyStats::Chen(model.start(ring)),
            Self::Tail(model) => AnyStats::Tail(model.start(ring)),
        }
    }

    fn observe(&self, stats: &mut AnyStats, ring: &mut [u32], sample: Sample) -> Learned {
        match (self, stats) {
            (Self::Timeout(model), AnyStats::Timeout) => model.observe(&mut (), ring, sample),
            (Self::Normal(model), AnyStats::Normal(stats)) => model.observe(stats, ring, sample),
            (Self::NormalDecay(model), AnyStats::NormalDecay(stats)) => model.observe(stats, ring, sample),
            (Self::Exponential(model), AnyStats::Exponential(stats)) => model.observe(stats, ring, sample),
            (Self::Chen(model), AnyStats::Chen(stats)) => model.observe(stats, ring, sample),
            (Self::Tail(model), AnyStats::Tail(stats)) => model.observe(stats, ring, sample),
            _ => Learned::Dropped,
        }
    }

    fn phi(&self, stats: &AnyStats, silence: u64) -> f64 {
        match (self, stats) {
            (Self::Timeout(model), AnyStats::Timeout) => model.phi(&(), silence),
            (Self::Normal(model), AnyStats::Normal(stats)) => model.phi(stats, silence),
            (Self::NormalDecay(model), AnyStats::NormalDecay(stats)) => model.phi(stats, silence),
            (Self::Exponential(model), AnyStats::Exponential(stats)) => model.phi(stats, silence),
            (Self::Chen(model), AnyStats::Chen(stats)) => model.phi(stats, silence),
            (Self::Tail(model), AnyStats::Tail(stats)) => model.phi(stats, silence),
            _ => 0.0,
        }
    }

    fn horizon(&self, stats: &AnyStats, threshold: &Threshold) -> u64 {
        match (self, stats) {
            (Self::Timeout(model), AnyStats::Timeout) => model.horizon(&(), threshold),
            (Self::Normal(model), AnyStats::Normal(stats)) => model.horizon(stats, threshold),
            (Self::NormalDecay(model), AnyStats::NormalDecay(stats)) => model.horizon(stats, threshold),
            (Self::Exponential(model), AnyStats::Exponential(stats)) => model.horizon(stats, threshold),
            (Self::Chen(model), AnyStats::Chen(stats)) => model.horizon(stats, threshold),
            (Self::Tail(model), AnyStats::Tail(stats)) => model.horizon(stats, threshold),
            _ => u64::MAX,
        }
    }

    fn expected(&self, stats: &AnyStats) -> f64 {
        match (self, stats) {
            (Self::Timeout(model), AnyStats::Timeout) => model.expected(&()),
            (Self::Normal(model), AnyStats::Normal(stats)) => model.expected(stats),
            (Self::NormalDecay(model), AnyStats::NormalDecay(stats)) => model.expected(stats),
            (Self::Exponential(model), AnyStats::Exponential(stats)) => model.expected(stats),
            (Self::Chen(model), AnyStats::Chen(stats)) => model.expected(stats),
            (Self::Tail(model), AnyStats::Tail(stats)) => model.expected(stats),
            _ => 0.0,
        }
    }
}

macro_rules! from {
    ($($variant:ident($model:ty),)*) => {
        $(impl From<$model> for AnyModel {
            fn from(model: $model) -> Self {
                Self::$variant(model)
            }
        })*
    };
}

from! {
    Timeout(Timeout),
    Normal(Normal<Window>),
    NormalDecay(Normal<Decay>),
    Exponential(Exponential<Window>),
    Chen(Chen),
    Tail(Tail),
}
