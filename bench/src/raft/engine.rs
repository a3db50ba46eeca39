use core::{fmt, str::FromStr};

use crate::raft::{
    Cluster,
    noraft::Noraft,
    omnipaxos::Omni,
    quorate::{Ask, Quorate},
    tikv::{Tikv, Tuning},
};

/// Who is measured, and how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// quorate-raft, every proposal a command of its own.
    Quorate,
    /// quorate-raft, a batch as one command.
    QuorateList,
    /// raft-rs as it comes, every proposal a call of its own.
    RaftRs,
    /// raft-rs at its best: `batch_append`, a batch as one message.
    RaftRsTuned,
    /// omnipaxos with its own batching.
    Omnipaxos,
    /// noraft, which keeps an index and no payloads.
    Noraft,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Quorate, Self::QuorateList, Self::RaftRs, Self::RaftRsTuned, Self::Omnipaxos, Self::Noraft];

    /// A cluster with a leader, for batches of `batch` proposals of `payload_bytes` each.
    pub fn cluster(self, batch: usize, payload_bytes: usize) -> Box<dyn Cluster> {
        match self {
            Self::Quorate => Box::new(Quorate::new(payload_bytes, Ask::Singly)),
            Self::QuorateList => Box::new(Quorate::new(payload_bytes, Ask::AsList)),
            Self::RaftRs => Box::new(Tikv::new(payload_bytes, Tuning::Default)),
            Self::RaftRsTuned => Box::new(Tikv::new(payload_bytes, Tuning::Batches)),
            Self::Omnipaxos => Box::new(Omni::new(payload_bytes, batch)),
            Self::Noraft => Box::new(Noraft::new()),
        }
    }

    /// Whether it hands proposals to the application, or only their places in the log.
    pub const fn carries_payloads(self) -> bool {
        !matches!(self, Self::Noraft)
    }

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quorate => "quorate",
            Self::QuorateList => "quorate-list",
            Self::RaftRs => "raft-rs",
            Self::RaftRsTuned => "raft-rs-tuned",
            Self::Omnipaxos => "omnipaxos",
            Self::Noraft => "noraft",
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
