use core::time::Duration;

use quorate_machine::{Rng, Time};

use crate::plan::ClockPlan;

/// One node's clock: an offset, and a rate in units of 2⁻³² of the world's.
pub(crate) struct LocalClock {
    offset: Duration,
    rate: u64,
}

const PAR: u64 = 1 << 32;

impl LocalClock {
    pub(crate) fn new(plan: &ClockPlan, mut rng: Rng) -> Self {
        let offset = rng.span(Duration::ZERO..plan.offset);
        let width = u64::from(plan.drift_ppm.min(499_999));
        let ppm = 1_000_000 - width + rng.below(2 * width + 1);
        Self { offset, rate: narrow(u128::from(PAR) * u128::from(ppm) / 1_000_000) }
    }

    /// What this clock shows at `world` time.
    pub(crate) fn local(&self, world: Time) -> Time {
        let elapsed = match self.rate {
            PAR => world.as_nanos(),
            rate => narrow((u128::from(world.as_nanos()) * u128::from(rate)) >> 32),
        };
        Time::from_nanos(elapsed) + self.offset
    }

    /// The first world time at which this clock shows `local` or later.
    pub(crate) fn world(&self, local: Time) -> Time {
        let elapsed = narrow(local.since(Time::ZERO).saturating_sub(self.offset).as_nanos());
        match self.rate {
            PAR => Time::from_nanos(elapsed),
            rate => Time::from_nanos(narrow((u128::from(elapsed) << 32).div_ceil(u128::from(rate)))),
        }
    }

    pub(crate) fn jump(&mut self, by: Duration) {
        self.offset = self.offset.saturating_add(by);
    }
}

fn narrow(wide: u128) -> u64 {
    u64::try_from(wide).unwrap_or(u64::MAX)
}
