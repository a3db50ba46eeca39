use core::fmt;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use quickcheck::Gen;

use crate::{run::message, runner};

/// What a law found under one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It holds.
    Kept,
    /// The subject does not claim it, or nothing drawn was what it speaks of.
    NotClaimed,
}

/// A law does not hold. As a test's error it prints the law, the seed and what is wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which law.
    pub law: &'static str,
    /// Under which seed.
    pub seed: u64,
    /// At which size: how many turns a script has, how large values may be. Zero if no seed is to blame.
    pub size: usize,
    /// How.
    pub why: String,
}

impl core::error::Error for Broken {}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, seed, size, why } = self;
        if *size == 0 {
            return write!(f, "{law}: {why}");
        }
        write!(f, "{law}, at size {size}: {why}\nreplay: LAWS_SEED={seed} cargo test {law}")
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const CASES: u64 = 400;

/// Tries the law under many seeds, short scripts first, or under `LAWS_SEED` alone.
///
/// # Errors
/// The first seed under which it is broken, with the shortest script found for it.
pub fn prove<S>(
    law: &'static str,
    subject: &S,
    holds: impl Fn(&S, &mut Gen) -> Result<Finding, String>,
) -> Result<(), Broken> {
    if !try_seeds(law, subject, holds)?.under_any {
        runner::say(format_args!("{law}: not claimed"));
    }
    Ok(())
}

/// Where a law that is not broken was found to be kept.
pub(super) struct Met {
    pub(super) under_any: bool,
    /// Whether all seeds were tried, and not one that was asked for.
    pub(super) all_tried: bool,
}

pub(super) fn try_seeds<S>(
    law: &'static str,
    subject: &S,
    holds: impl Fn(&S, &mut Gen) -> Result<Finding, String>,
) -> Result<Met, Broken> {
    let wanted = runner::laws_seed();
    let mut met = Met { under_any: false, all_tried: wanted.is_none() };
    for seed in wanted.map_or(0..CASES, |seed| seed..seed.saturating_add(1)) {
        let size = size_of(seed);
        match attempt(subject, &holds, seed, size) {
            Ok(finding) => met.under_any |= finding == Finding::Kept,
            Err(why) => {
                let shorter =
                    (1..size).find_map(|size| Some((size, attempt(subject, &holds, seed, size).err()?)));
                let (size, why) = shorter.unwrap_or((size, why));
                return Err(Broken { law, seed, size, why });
            }
        }
    }
    Ok(met)
}

/// From a handful of turns to a few hundred; a function of the seed, so that the seed alone replays.
fn size_of(seed: u64) -> usize {
    usize::try_from(2 + seed.min(CASES)).unwrap_or(2)
}

fn attempt<S>(
    subject: &S,
    holds: &impl Fn(&S, &mut Gen) -> Result<Finding, String>,
    seed: u64,
    size: usize,
) -> Result<Finding, String> {
    let mut g = Gen::from_size_and_seed(size, seed);
    let result = catch_unwind(AssertUnwindSafe(|| holds(subject, &mut g)));
    result.unwrap_or_else(|panic| Err(format!("panicked: {}", message(&*panic))))
}
