use alloc::{sync::Arc, vec::Vec};

use super::entry::{Entry, Origin, Snapshot};
use crate::{DotRange, VClock};

/// What members say to each other.
#[derive(Clone, Debug, PartialEq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Message {
    /// Messages, from their sender or from anyone who has them.
    Data {
        /// The messages, in any order.
        entries: Vec<Arc<Entry>>,
    },
    /// What the sender has delivered, and so has on disk.
    Digest {
        /// Which birth of the sender this is.
        birth: u64,
        /// What it has delivered.
        delivered: VClock<Origin>,
        /// Whether it wants to be told the same of the receiver, who seems to be behind.
        answer: bool,
        /// What it lacks, if the receiver's turn to be asked has come.
        want: Option<Want>,
    },
    /// What includes messages that were asked for and that the sender does not keep any more.
    Snapshot {
        /// The state.
        snapshot: Arc<Snapshot>,
        /// What the receiver's own state includes and this one does not, and what others may still ask it for.
        entries: Vec<Arc<Entry>>,
    },
}

/// What the sender of a digest has lacked for a while.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Want {
    /// Which messages, by origin.
    pub ranges: Vec<DotRange<Origin>>,
    /// What its own state includes: another that is handed to it must come with what is in here and not in that.
    pub cut: VClock<Origin>,
}
