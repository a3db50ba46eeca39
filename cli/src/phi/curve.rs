//! What is kept of a long observation to draw it: as much as a screen can show, whatever its length.

use hdrhistogram::Histogram;

/// φ over time, thinned so that its peaks stay.
#[derive(Debug, Default)]
pub(super) struct Curve {
    points: Vec<(f64, f64)>,
    /// How many points that were added one that is kept stands for.
    stride: usize,
    pending: usize,
}

impl Curve {
    const POINTS_MAX: usize = 1 << 16;

    /// φ at so many seconds. Times rise.
    pub(super) fn add(&mut self, seconds: f64, phi: f64) {
        let stride = self.stride.max(1);
        match self.points.last_mut().filter(|_| self.pending > 0) {
            Some(last) => {
                if phi >= last.1 {
                    *last = (seconds, phi);
                }
            }
            None => self.points.push((seconds, phi)),
        }
        self.pending = (self.pending + 1) % stride;
        if self.points.len() > Self::POINTS_MAX {
            self.thin();
        }
    }

    fn thin(&mut self) {
        let higher = |pair: &[(f64, f64)]| match *pair {
            [a, b] if b.1 > a.1 => b,
            [a, ..] => a,
            [] => (0.0, 0.0),
        };
        self.points = self.points.chunks(2).map(higher).collect();
        self.stride = self.stride.max(1) * 2;
        self.pending = 0;
    }

    pub(super) fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

/// Intervals, counted in three significant digits of microseconds.
#[derive(Debug)]
pub(super) struct Intervals {
    histogram: Histogram<u64>,
}

impl Intervals {
    /// `None` never: the bounds are constants.
    pub(super) fn new() -> Option<Self> {
        Histogram::new(3).ok().map(|histogram| Self { histogram })
    }

    pub(super) fn add(&mut self, nanos: u64) {
        // It grows as it must; what it cannot hold is longer than its owner lives.
        let _ = self.histogram.record(nanos / 1000);
    }

    pub(super) fn len(&self) -> u64 {
        self.histogram.len()
    }

    /// The interval that so many of a hundred do not exceed, in seconds.
    #[expect(clippy::cast_precision_loss, reason = "three digits are kept")]
    pub(super) fn percentile(&self, percent: f64) -> f64 {
        self.histogram.value_at_percentile(percent) as f64 / 1e6
    }

    pub(super) fn mean(&self) -> f64 {
        self.histogram.mean() / 1e6
    }

    pub(super) fn deviation(&self) -> f64 {
        self.histogram.stdev() / 1e6
    }

    /// So many bins from the shortest interval to the longest that is not among the last thousandth: where they begin, how
    /// wide they are, and how many intervals are in each; the last has all that are longer.
    #[expect(clippy::cast_precision_loss, reason = "three digits are kept")]
    pub(super) fn bins(&self, bins: usize) -> (f64, f64, Vec<u64>) {
        let (low, high) = (self.histogram.min(), self.histogram.value_at_percentile(99.9));
        let width = high.saturating_sub(low) / (bins as u64).max(1) + 1;
        let mut counts = vec![0; bins];
        for recorded in self.histogram.iter_recorded() {
            let bin = recorded.value_iterated_to().saturating_sub(low) / width;
            let bin = usize::try_from(bin).unwrap_or(usize::MAX).min(bins.saturating_sub(1));
            if let Some(count) = counts.get_mut(bin) {
                *count += recorded.count_at_value();
            }
        }
        (low as f64 / 1e6, width as f64 / 1e6, counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_keeps_its_peaks() {
        let mut curve = Curve::default();
        for i in 0..1_000_000_u32 {
            let phi = if i % 99_991 == 5 { f64::from(i) } else { 0.1 };
            curve.add(f64::from(i), phi);
        }
        assert!(curve.points().len() <= Curve::POINTS_MAX);
        let peaks: Vec<_> = curve.points().iter().filter(|(_, phi)| *phi > 1.0).collect();
        assert_eq!(peaks.len(), 11);
        assert!(curve.points().windows(2).all(|pair| pair[0].0 < pair[1].0), "time goes on");
    }

    #[test]
    fn every_interval_is_in_a_bin() {
        let mut intervals = Intervals::new().unwrap();
        (0..1000).for_each(|i| intervals.add(1_000_000_000 + i * 1_000_000));
        intervals.add(60_000_000_000);
        let (from, width, counts) = intervals.bins(40);
        assert!((from - 1.0).abs() < 1e-3 && (width - 0.025).abs() < 1e-3, "{from} {width}");
        assert_eq!((counts.len(), counts.iter().sum::<u64>()), (40, 1001));
    }
}
