use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use crate::problem::Problem;

/// Latencies above an hour count as one.
const MICROS_MAX: u64 = 3_600_000_000;
/// How many different errors are told apart.
const TEXTS_MAX: usize = 100;

/// What all clients saw.
pub(super) struct Tally {
    micros: Histogram<u64>,
    errors: BTreeMap<String, u64>,
    last_success: Instant,
    longest_gap: Duration,
}

impl Tally {
    pub(super) fn new(start: Instant) -> Result<Self, Problem> {
        let micros = Histogram::new_with_max(MICROS_MAX, 3).map_err(Problem::new)?;
        Ok(Self { micros, errors: BTreeMap::new(), last_success: start, longest_gap: Duration::ZERO })
    }

    pub(super) fn succeed(&mut self, sent: Instant, answered: Instant) {
        let micros = answered.saturating_duration_since(sent).as_micros();
        self.micros.saturating_record(u64::try_from(micros).unwrap_or(u64::MAX));
        self.close(answered);
        self.last_success = answered;
    }

    pub(super) fn fail(&mut self, text: String, times: u64) {
        let text = if self.errors.len() < TEXTS_MAX { text } else { "other errors".to_owned() };
        *self.errors.entry(text).or_default() += times;
    }

    /// Counts what passed since the last success, up to `now`, as a gap.
    pub(super) fn close(&mut self, now: Instant) {
        self.longest_gap = self.longest_gap.max(now.saturating_duration_since(self.last_success));
    }

    pub(super) fn done(&self) -> u64 {
        self.micros.len()
    }

    pub(super) fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    pub(super) const fn errors(&self) -> &BTreeMap<String, u64> {
        &self.errors
    }

    pub(super) const fn longest_gap(&self) -> Duration {
        self.longest_gap
    }

    /// The latency that so many of a hundred requests did not exceed.
    pub(super) fn percentile(&self, percent: f64) -> Duration {
        Duration::from_micros(self.micros.value_at_quantile(percent / 100.0))
    }

    pub(super) fn slowest(&self) -> Duration {
        Duration::from_micros(self.micros.max())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Tally;

    #[test]
    fn gaps_run_from_success_to_success_and_to_the_end() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut tally = Tally::new(start).unwrap();
        tally.succeed(start, at(10));
        tally.fail("lost".to_owned(), 3);
        tally.succeed(at(30), at(40));
        assert_eq!(tally.longest_gap(), Duration::from_millis(30));
        tally.close(at(100));
        assert_eq!(tally.longest_gap(), Duration::from_millis(60));
        assert_eq!((tally.done(), tally.failed()), (2, 3));
        // The histogram keeps three digits.
        assert_eq!(tally.percentile(50.0).as_millis(), 10);
    }

    #[test]
    fn the_number_of_different_errors_is_bounded() {
        let mut tally = Tally::new(Instant::now()).unwrap();
        (0..1_000).for_each(|nth| tally.fail(nth.to_string(), 1));
        assert_eq!(tally.failed(), 1_000);
        assert!(tally.errors().len() <= 101);
    }
}
