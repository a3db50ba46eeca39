use core::{fmt, str::FromStr};

use quorate_sim::explore::{Scope, explore};

use crate::sim::{stateright, subjects::toy::Toy};

/// A small world whose every interleaving is wanted. Nothing crashes and nothing is lost or repeated; disks answer at once.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// How many nodes. The first writes.
    pub nodes: u8,
    /// How many values clients want written, each at any node.
    pub commands: u8,
    /// How many deadlines pass.
    pub wakes: u8,
}

/// What a search came to: both searchers must come to an end, and find nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Different states.
    pub states: u64,
    /// Actions tried.
    pub transitions: u64,
}

/// Who searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searcher {
    /// `quorate_sim::explore`.
    Quorate,
    /// stateright's breadth-first checker.
    Stateright,
}

impl Searcher {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Quorate, Self::Stateright];

    /// Visits every state of the scope.
    ///
    /// # Panics
    /// If something did not hold, or the scope was not closed.
    pub fn run(self, search: Search) -> Found {
        match self {
            Self::Quorate => quorate(search),
            Self::Stateright => stateright::run(search),
        }
    }

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quorate => "quorate",
            Self::Stateright => "stateright",
        }
    }
}

fn quorate(search: Search) -> Found {
    let Search { nodes, commands, wakes } = search;
    let small = Scope { nodes, commands, wakes, crashes: 0, drops: 0, duplicates: 0, ..Scope::default() };
    let report = explore(&Toy::default(), &Scope { delays: Some(0), states: u32::MAX, ..small });
    assert!(report.closed && report.counterexample.is_none(), "{report}");
    Found { states: report.states, transitions: report.transitions }
}

impl fmt::Display for Searcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Searcher {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|searcher| searcher.name() == name)
            .ok_or_else(|| format!("{name} is none of {}", known()))
    }
}
