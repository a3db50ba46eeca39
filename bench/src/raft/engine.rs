use core::{fmt, str::FromStr};

use crate::raft::{Cluster, quorate};

/// Who is measured, and how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// quorate-raft, every proposal a command of its own.
    Quorate,
    /// quorate-raft, a batch as one command.
    QuorateList,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Quorate, Self::QuorateList];

    /// A cluster with a leader, for proposals of `payload_bytes`.
    pub fn cluster(self, payload_bytes: usize) -> Box<dyn Cluster> {
        match self {
            Self::Quorate => Box::new(quorate::Quorate::new(payload_bytes, quorate::Ask::Singly)),
            Self::QuorateList => Box::new(quorate::Quorate::new(payload_bytes, quorate::Ask::AsList)),
        }
    }

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quorate => "quorate",
            Self::QuorateList => "quorate-list",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|engine| engine.name() == name)
            .ok_or_else(|| format!("{name} is none of {}", known()))
    }
}
