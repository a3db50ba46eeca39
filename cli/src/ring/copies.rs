//! How many copies there are of each key, and where they may be.

use clap::Args;
use quorate_hashring::Rule;

/// Copies.
#[derive(Debug, Args)]
pub(super) struct Copies {
    /// How many copies of each key there are, on different nodes
    #[arg(long = "copies", value_name = "N", default_value_t = 1)]
    pub(super) count: u16,
    /// Share copies out evenly over the failure domains of this level, 0 being the widest
    #[arg(long, value_name = "LEVEL")]
    even: Vec<usize>,
    /// Never place two copies in one failure domain of this level, 0 being the widest
    #[arg(long, value_name = "LEVEL")]
    strict: Vec<usize>,
}

impl Copies {
    pub(super) fn rule(&self) -> Rule {
        let rule = self.even.iter().fold(Rule::copies(self.count), |rule, &level| rule.even(level));
        self.strict.iter().fold(rule, |rule, &level| rule.strict(level))
    }

    /// The widest level at which no domain has two.
    pub(super) fn apart(&self) -> Option<u32> {
        self.strict.iter().min().and_then(|&level| u32::try_from(level).ok())
    }
}
