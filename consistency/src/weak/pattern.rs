use alloc::vec::Vec;

use thiserror::Error;

use crate::history::OpId;

/// Why a history is not causal: the bad patterns of Bouajjani, Enea, Guerraoui and Hamza, *On Verifying Causal Consistency*,
/// POPL 2017, table 3. *co* is the causal order, the closure of each process's own order and of *reads-from*.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadPattern {
    /// `ThinAirRead`: a read of what nobody wrote.
    #[error("{read} reads what nobody wrote")]
    ThinAirRead {
        /// The read.
        read: OpId,
    },
    /// `CyclicCO`: operations that are causally before each other.
    #[error("the causal order is a cycle: {}", Chain(.cycle))]
    CyclicCo {
        /// The operations, each before the next, the last before the first.
        cycle: Vec<OpId>,
    },
    /// `WriteCOInitRead`: a read of the first value, although a write of the key is causally before it.
    #[error("{read} reads the first value although {write} is causally before it")]
    WriteCoInitRead {
        /// The write.
        write: OpId,
        /// The read.
        read: OpId,
    },
    /// `WriteCORead`: a read of a value that was overwritten in its causal past.
    #[error("{read} reads from {overwritten} although {write} is causally between them")]
    WriteCoRead {
        /// The write that was read from.
        overwritten: OpId,
        /// The write between.
        write: OpId,
        /// The read.
        read: OpId,
    },
    /// `CyclicCF`: no one order of all writes has, for each read, those of its key that are causally before it before the one
    /// that it reads from.
    #[error("causal order and conflicts are a cycle: {}", Chain(.cycle))]
    CyclicCf {
        /// The operations, each before the next, the last before the first.
        cycle: Vec<OpId>,
    },
    /// `WriteHBInitRead`: as a process must have seen it, a write of the key is before its read of the first value.
    #[error("to process {process}, {write} is before {read}, which reads the first value")]
    WriteHbInitRead {
        /// The process.
        process: u64,
        /// The write.
        write: OpId,
        /// The read.
        read: OpId,
    },
    /// `CyclicHB`: there is no order of all writes in which a process can have made its reads.
    #[error("to process {process}, operations are before each other: {}", Chain(.cycle))]
    CyclicHb {
        /// The process.
        process: u64,
        /// The operations, each before the next, the last before the first.
        cycle: Vec<OpId>,
    },
}

struct Chain<'a>(&'a [OpId]);

impl core::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for id in self.0.iter().chain(self.0.first()).enumerate().map(|(nth, id)| (nth > 0, id)) {
            write!(f, "{}{}", if id.0 { " < " } else { "" }, id.1)?;
        }
        Ok(())
    }
}
