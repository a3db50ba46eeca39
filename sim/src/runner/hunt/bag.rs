use alloc::collections::BTreeMap;
use core::{fmt, time::Duration};

/// What a bug was caught by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Catch {
    /// An invariant was violated.
    Violated(&'static str),
    /// The healed core did not get where it must get, as this invariant says.
    Stuck(&'static str),
    /// The plan destroys more than the subject claims to survive, which no plan of a generator should. Never demanded.
    Unrecoverable,
    /// A law is broken.
    Law(&'static str),
    /// A story ended badly.
    Story(&'static str),
    /// Something panicked that is no machine: the subject's application, an invariant, a story. Never demanded.
    Panicked(String),
}

impl Catch {
    /// Whether this was demanded, by any of the names.
    pub(super) fn is_one_of(&self, names: &[&'static str]) -> bool {
        match self {
            Self::Violated(by) => names.is_empty() || names.contains(by),
            Self::Stuck(by) => names.is_empty() || names.contains(by) || names.contains(&"stuck"),
            Self::Law(_) | Self::Story(_) => true,
            Self::Unrecoverable | Self::Panicked(_) => false,
        }
    }
}

impl fmt::Display for Catch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Violated(by) => f.write_str(by),
            Self::Stuck(by) => write!(f, "stuck: {by}"),
            Self::Unrecoverable => f.write_str("a plan that destroys too much"),
            Self::Law(law) => write!(f, "law `{law}`"),
            Self::Story(story) => write!(f, "story: {story}"),
            Self::Panicked(why) => write!(f, "a panic outside of the machine: {why}"),
        }
    }
}

/// What the hunts for one bug with one generator came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bag {
    /// Which generator; empty for a law or a story.
    pub generator: String,
    /// What it was caught by, and how often.
    pub caught: BTreeMap<Catch, usize>,
    /// How many seeds each hunt took that caught it. A story has none.
    pub seeds: Vec<u64>,
    /// How much wall-clock time each hunt took that caught it.
    pub took: Vec<Duration>,
    /// How many hunts were in vain.
    pub missed: usize,
}

impl Bag {
    pub(super) fn new(generator: &str) -> Self {
        let (caught, seeds, took) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { generator: generator.to_owned(), caught, seeds, took, missed: 0 }
    }

    pub(super) fn note(&mut self, by: Catch, seeds: Option<u64>, took: Duration) {
        *self.caught.entry(by).or_default() += 1;
        self.seeds.extend(seeds);
        self.took.push(took);
    }

    /// How many hunts there were.
    pub fn hunts(&self) -> usize {
        self.times() + self.missed
    }

    /// How many of them caught it.
    pub fn times(&self) -> usize {
        self.took.len()
    }

    /// The median of the seeds.
    pub fn median_seeds(&self) -> Option<u64> {
        median(&self.seeds)
    }

    /// The median of the times.
    pub fn median_took(&self) -> Option<Duration> {
        median(&self.took)
    }

    /// Fewer misses first, then fewer seeds.
    pub(super) fn order(&self) -> (bool, usize, Option<u64>) {
        (self.times() == 0, self.missed, self.median_seeds())
    }
}

fn median<T: Copy + Ord>(all: &[T]) -> Option<T> {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}
