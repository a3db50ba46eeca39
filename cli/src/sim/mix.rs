//! Where plans come from.

use clap::ValueEnum;
use quorate_sim::{Bounds, Plan, generate};

/// A generator of plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mix {
    /// What the machine's own tests use
    Default,
    /// The simulator's mix of all below
    All,
    /// No faults
    Calm,
    /// Every class of fault, each at a mild rate
    Uniform,
    /// Half of the classes off, the others at every rate
    Swarm,
    /// Crashes right after the n-th record, message or event
    Targeted,
    /// Nodes clogged up one after the other, and freed in another order
    Swizzle,
    /// Every new leader crashes, is cut off or paused
    Ladder,
    /// Some links are held back to the very end
    Priority,
}

impl Mix {
    /// The generator, if it is one of the simulator's.
    pub(super) const fn generator(self) -> Option<fn(u64, &Bounds) -> Plan> {
        Some(match self {
            Self::Default => return None,
            Self::All => generate::mix,
            Self::Calm => generate::calm,
            Self::Uniform => generate::uniform,
            Self::Swarm => generate::swarm,
            Self::Targeted => generate::targeted,
            Self::Swizzle => generate::swizzle,
            Self::Ladder => generate::ladder,
            Self::Priority => generate::priority,
        })
    }
}
