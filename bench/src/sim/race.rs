use core::{fmt, str::FromStr, time::Duration};

use crate::sim::{quorate, turmoil};

/// How long every message is under way, in both simulators: turmoil's smallest tick that tokio's timers tell apart, so that
/// it never ticks in vain.
pub(crate) const LATENCY: Duration = Duration::from_millis(1);

/// Longer than a write takes: nothing is ever sent twice.
pub(crate) const RESEND_AFTER: Duration = Duration::from_millis(50);

/// Clients that write, each to a register of its own, and each the next value as soon as the one before is written.
#[derive(Clone, Copy, Debug)]
pub struct Race {
    /// How many nodes store every register. The first writes.
    pub nodes: u8,
    /// How many registers there are, each with one write under way.
    pub registers: u32,
    /// How many values are written to each.
    pub writes: u64,
}

/// What a race came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Values that a majority stores.
    pub writes: u64,
    /// Messages that reached a node.
    pub messages: u64,
}

/// Who runs the race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// quorate-sim.
    Quorate,
    /// turmoil, over its UDP.
    Turmoil,
}

impl Race {
    /// What every runner has to come to: each write is sent to every other node, and each of them answers.
    pub fn expected(&self) -> Outcome {
        let writes = u64::from(self.registers) * self.writes;
        Outcome { writes, messages: writes * 2 * (u64::from(self.nodes) - 1) }
    }
}

impl Runner {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Quorate, Self::Turmoil];

    /// Runs the race to its end.
    ///
    /// # Panics
    /// If it came to something else than it had to.
    pub fn run(self, race: Race) -> Outcome {
        let outcome = match self {
            Self::Quorate => quorate::run(race),
            Self::Turmoil => turmoil::run(race),
        };
        assert_eq!(outcome, race.expected(), "{self}: {race:?}");
        outcome
    }

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quorate => "quorate",
            Self::Turmoil => "turmoil",
        }
    }
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Runner {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|runner| runner.name() == name)
            .ok_or_else(|| format!("{name} is none of {}", known()))
    }
}
