use core::time::Duration;

use quorate_machine::{Rng, Time};

use crate::plan::ClockPlan;

/// One node's clock: an offset, and a rate in units of 2⁻³² of the world's.
pub(crate) struct LocalClock {
    /// In nanoseconds; negative after jumps back.
    offset: i128,
    rate: u64,
}

const PAR: u64 = 1 << 32;

impl LocalClock {
    pub(crate) fn new(plan: &ClockPlan, mut rng: Rng) -> Self {
        let offset = nanos(rng.span(Duration::ZERO..plan.offset));
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
        Time::from_nanos(clamped(i128::from(elapsed) + self.offset))
    }

    /// The first world time at which this clock shows `local` or later.
    pub(crate) fn world(&self, local: Time) -> Time {
        let elapsed = clamped(i128::from(local.as_nanos()) - self.offset);
        match self.rate {
            PAR => Time::from_nanos(elapsed),
            rate => Time::from_nanos(narrow((u128::from(elapsed) << 32).div_ceil(u128::from(rate)))),
        }
    }

    pub(crate) fn jump(&mut self, by: Duration, back: bool) {
        self.offset += if back { -nanos(by) } else { nanos(by) };
    }
}

/// A span has far fewer than 127 bits of nanoseconds.
fn nanos(span: Duration) -> i128 {
    i128::try_from(span.as_nanos()).unwrap_or(i128::MAX)
}

fn clamped(nanos: i128) -> u64 {
    u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
}

fn narrow(wide: u128) -> u64 {
    u64::try_from(wide).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn world_is_the_first_instant_at_which_the_clock_shows_as_much() {
        for seed in 0..200 {
            let plan =
                ClockPlan { offset: Duration::from_secs(9), drift_ppm: 400_000, lateness: Duration::ZERO };
            let clock = LocalClock::new(&plan, Rng::new(seed));
            for step in 1..50_u64 {
                let local = Time::from_nanos(step * step * 987_654_321 + seed);
                let world = clock.world(local);
                assert!(clock.local(world) >= local);
                let before = Time::from_nanos(world.as_nanos().saturating_sub(1));
                assert!(world == Time::ZERO || clock.local(before) < local, "seed {seed}, {local:?}");
            }
        }
    }

    #[test]
    fn a_clock_that_jumps_back_shows_the_same_again() {
        let mut clock = LocalClock::new(&ClockPlan::default(), Rng::new(1));
        let (at, by) = (Time::from_nanos(5_000), Duration::from_micros(2));
        clock.jump(by, true);
        assert_eq!((clock.local(at), clock.world(at)), (Time::from_nanos(3_000), at + by));
        assert_eq!(clock.local(Time::from_nanos(1_999)), Time::ZERO);
        clock.jump(by * 2, false);
        assert_eq!(clock.local(at), at + by);
    }

    #[test]
    fn a_clock_without_offset_and_drift_is_the_worlds() {
        let clock = LocalClock::new(&ClockPlan::default(), Rng::new(1));
        let at = Time::from_nanos(123_456_789_012_345);
        assert_eq!((clock.local(at), clock.world(at)), (at, at));
    }
}
