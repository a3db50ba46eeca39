//! Whether a range should be split, merged or left alone, judged by its load.

use core::time::Duration;

use super::{
    finder::Finder,
    hot::HotKeys,
    limits::{LoadLimits, LoadLimitsError},
};
use crate::bug::Bug;

/// What a request is about.
#[derive(Debug, PartialEq, Eq)]
pub enum Touched<'a, K> {
    /// One key.
    Key(&'a K),
    /// The keys from the first to before the second. If that is none, the first.
    Span(&'a K, &'a K),
}

impl<K> Clone for Touched<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Touched<'_, K> {}

impl<K: Ord> Touched<'_, K> {
    pub(super) const fn first(&self) -> &K {
        match self {
            Self::Key(key) | Self::Span(key, _) => key,
        }
    }

    /// Whether all of it is before a border.
    pub(super) fn is_left_of(&self, border: &K) -> bool {
        match self {
            Self::Key(key) => *key < border,
            Self::Span(from, to) => *from < border && *to <= border,
        }
    }
}

/// What should be done about a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<K> {
    /// Nothing.
    Keep,
    /// Cut it, so that this key is the first of the right part; then begin anew with both parts.
    Split(K),
    /// One key has more than half of the load. No cut helps: serve it from several nodes ([`HotKeys::route`]), or cache it.
    HotKey(K),
    /// Merge it with a neighbour that should be merged, too.
    Merge,
}

/// The load of one range, and what it says: split it if it has been too high for long enough, where that leaves two parts with about
/// as much each; merge it if it has been low for long.
///
/// A load that does not change is never answered by a split and a merge in turn, since a split leaves more in one part than two ranges
/// that merge may have: see [`LoadLimits::merge_rate`]. Merges that follow splits at once were a complaint about real systems.
///
/// Time is a value, from any epoch; when it goes backwards it is taken to stand still. The memory is bounded by the limits. While the range
/// is not hot a request costs an addition.
///
/// ```
/// use core::time::Duration;
/// use quorate_hashring::{Decision, LoadLimits, LoadSplit, Touched};
///
/// let mut load = LoadSplit::new(LoadLimits::default(), 42)?;
/// let mut now = Duration::ZERO;
/// for request in 0..60_000_u32 {
///     let key = request.wrapping_mul(2_654_435_761) % 1_000;
///     load.record(Touched::Key(&key), 1, now);
///     now += Duration::from_micros(200); // 5,000 per second
/// }
/// let Decision::Split(at) = load.decide(now) else { panic!("it is too hot") };
/// assert!((380..620).contains(&at));
/// # Ok::<(), quorate_hashring::LoadLimitsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadSplit<K> {
    limits: LoadLimits,
    now: Duration,
    /// When the window began that is open, and what it has had.
    window: Option<(Duration, u64)>,
    /// Since when the keys of a hot range have been sampled.
    hot_since: Option<Duration>,
    cold_since: Option<Duration>,
    finder: Finder<K>,
    keys: HotKeys<K>,
}

impl<K: Ord + Clone> LoadSplit<K> {
    /// How many keys are counted one by one: how sure it is that a key is hot is within a sixteenth of the load.
    const COUNTERS: usize = 16;

    /// Nothing has been recorded. The seed decides which keys are sampled.
    ///
    /// # Errors
    ///
    /// The limits make no sense: see [`LoadLimitsError`].
    pub fn new(limits: LoadLimits, seed: u64) -> Result<Self, LoadLimitsError> {
        limits.check()?;
        let keys = HotKeys::new(Self::COUNTERS)
            .map_err(|error| LoadLimitsError::Samples { samples: error.capacity })?;
        Ok(Self {
            limits,
            now: Duration::ZERO,
            window: None,
            hot_since: None,
            cold_since: None,
            finder: Finder::new(seed),
            keys,
        })
    }

    /// The limits.
    pub const fn limits(&self) -> &LoadLimits {
        &self.limits
    }

    /// A request of that cost.
    pub fn record(&mut self, touched: Touched<'_, K>, cost: u64, now: Duration) {
        self.advance(now);
        if let Some((_, had)) = &mut self.window {
            *had = had.saturating_add(cost);
        }
        if self.hot_since.is_some() && cost > 0 {
            self.finder.record(&touched, cost, self.limits.samples);
            if let Touched::Key(key) = touched {
                self.keys.record(key, cost);
            }
        }
    }

    /// What should be done now. It says the same again until it is done or no longer right.
    pub fn decide(&mut self, now: Duration) -> Decision<K> {
        self.advance(now);
        if let Some(since) = self.hot_since {
            return self.when_hot(since);
        }
        match self.cold_since {
            Some(since) if self.now.saturating_sub(since) >= self.limits.calm => Decision::Merge,
            _ => Decision::Keep,
        }
    }

    fn when_hot(&mut self, since: Duration) -> Decision<K> {
        if self.now.saturating_sub(since) < self.limits.sustained || self.finder.total() == 0 {
            return Decision::Keep;
        }
        let half = |had: u64| u128::from(had) * 2 > u128::from(self.finder.total());
        let hottest = self.keys.top().next().map(|(key, had)| (key.clone(), had));
        match hottest.filter(|_| !Bug::HotKeySplit.is_planted()) {
            Some((key, had)) if half(had.at_least) => return Decision::HotKey(key),
            Some((_, had)) if half(had.at_most) => return self.sample_again(),
            _ => {}
        }
        match self.finder.best(&self.limits) {
            Some(key) => Decision::Split(key.clone()),
            None => self.sample_again(),
        }
    }

    /// What was sampled decides nothing.
    fn sample_again(&mut self) -> Decision<K> {
        self.hot_since = Some(self.now);
        self.forget();
        Decision::Keep
    }

    fn forget(&mut self) {
        self.finder.clear();
        self.keys.clear();
    }

    /// Closes the windows that have ended.
    fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
        let Some((began, had)) = self.window else {
            self.window = Some((self.now, 0));
            return;
        };
        let windows = self.now.saturating_sub(began).as_nanos() / self.limits.window.as_nanos().max(1);
        if windows == 0 {
            return;
        }
        let ended = began.saturating_add(self.limits.window);
        self.judge(began, ended, had);
        if windows > 1 {
            self.judge(ended, self.now, 0);
        }
        let into = self.now.saturating_sub(began).as_nanos() % self.limits.window.as_nanos().max(1);
        self.window = Some((self.now.saturating_sub(nanoseconds(into)), 0));
    }

    /// Whether the load of a window was high or low.
    fn judge(&mut self, began: Duration, ended: Duration, had: u64) {
        const SECOND: u128 = 1_000_000_000;
        let window = self.limits.window.as_nanos();
        let reaches = |rate: u64| u128::from(had) * SECOND >= u128::from(rate).saturating_mul(window);
        if !reaches(self.limits.split_rate) {
            self.hot_since = None;
            self.forget();
        } else if self.hot_since.is_none() {
            self.hot_since = Some(ended);
        }
        let merge_rate = if Bug::MergeRateIsSplitRate.is_planted() {
            self.limits.split_rate
        } else {
            self.limits.merge_rate
        };
        self.cold_since = if reaches(merge_rate) { None } else { self.cold_since.or(Some(began)) };
    }
}

/// Fewer than there are in a window.
fn nanoseconds(count: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let whole = u64::try_from(count / SECOND).unwrap_or(u64::MAX);
    Duration::new(whole, u32::try_from(count % SECOND).unwrap_or(0))
}
