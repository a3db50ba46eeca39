//! When a range is too hot, and when it is too cold.

use core::time::Duration;

/// When a range is split, when two are merged, and how long either has to be so.
///
/// Requests cost what their caller says, so the unit may be requests, bytes or microseconds of a processor. What is written here counts
/// requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct LoadLimits {
    /// A range with at least so much per second is split: 2,500, as in CockroachDB.
    pub split_rate: u64,
    /// A range with less than so much per second may be merged: 625. At most half of `split_rate`, so that two ranges that merge never
    /// have to be split for it, and two halves of a split never have to merge.
    pub merge_rate: u64,
    /// Over how long a rate is measured: a second.
    pub window: Duration,
    /// How long keys are sampled before a split, while the rate stays too high: 10 seconds, as in CockroachDB and TiKV.
    pub sustained: Duration,
    /// How long a rate has to stay low before a merge: 5 minutes.
    pub calm: Duration,
    /// How many keys are candidates for the border, 1 to [`LoadLimits::SAMPLES_MAX`]: 20. Each request costs that many comparisons
    /// while the range is hot.
    pub samples: usize,
    /// How much a candidate must have seen: 100.
    pub seen_min: u64,
    /// How far the two sides may be apart, in thousandths of what they have together: 250.
    pub imbalance_max: u32,
    /// How many requests may be about both sides, in thousandths of all: 500.
    pub spanning_max: u32,
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self {
            split_rate: 2_500,
            merge_rate: 625,
            window: Duration::from_secs(1),
            sustained: Duration::from_secs(10),
            calm: Duration::from_secs(300),
            samples: 20,
            seen_min: 100,
            imbalance_max: 250,
            spanning_max: 500,
        }
    }
}

/// There are no such limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadLimitsError {
    /// Everything would be split.
    #[error("a rate of 0 is no reason to split")]
    SplitAlways,
    /// What is merged would be split again.
    #[error("a range is merged below {merge_rate}, which is more than half of {split_rate}")]
    Flaps {
        /// The rate for merging.
        merge_rate: u64,
        /// The rate for splitting.
        split_rate: u64,
    },
    /// No rate is measured over no time.
    #[error("a rate is measured over some time")]
    NoWindow,
    /// There are no candidates, or too many.
    #[error("there are 1 to {} candidates, not {samples}", LoadLimits::SAMPLES_MAX)]
    Samples {
        /// How many there would be.
        samples: usize,
    },
    /// More than a thousand thousandths.
    #[error("{thousandths} thousandths are more than everything")]
    Thousandths {
        /// How many.
        thousandths: u32,
    },
}

impl LoadLimits {
    /// The most candidates.
    pub const SAMPLES_MAX: usize = 1_024;

    pub(super) const fn check(&self) -> Result<(), LoadLimitsError> {
        if self.split_rate == 0 {
            return Err(LoadLimitsError::SplitAlways);
        }
        if self.merge_rate > self.split_rate / 2 {
            return Err(LoadLimitsError::Flaps { merge_rate: self.merge_rate, split_rate: self.split_rate });
        }
        if self.window.is_zero() {
            return Err(LoadLimitsError::NoWindow);
        }
        if self.samples == 0 || self.samples > Self::SAMPLES_MAX {
            return Err(LoadLimitsError::Samples { samples: self.samples });
        }
        if self.imbalance_max > 1_000 {
            return Err(LoadLimitsError::Thousandths { thousandths: self.imbalance_max });
        }
        if self.spanning_max > 1_000 {
            return Err(LoadLimitsError::Thousandths { thousandths: self.spanning_max });
        }
        Ok(())
    }
}
