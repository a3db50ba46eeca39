use bytes::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One write, as it stands in the log.
///
/// The order of the variants and of their fields is the format of the log: new ones are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// SET and its relatives.
    Set(Set),
    /// Removes keys and counts those that were there.
    Del {
        /// The keys.
        keys: Vec<Bytes>,
    },
    /// Adds to a number; a key that is not there counts as 0.
    Increment {
        /// The key.
        key: Bytes,
        /// What to add.
        by: i64,
    },
    /// Writes at the end of a string; a key that is not there counts as empty.
    Append {
        /// The key.
        key: Bytes,
        /// What to write.
        tail: Bytes,
    },
    /// Removes a key and answers its value.
    GetDel {
        /// The key.
        key: Bytes,
    },
    /// Sets several keys at once.
    SetAll {
        /// Keys and values. Of a key given twice the last value stays.
        pairs: Vec<(Bytes, Bytes)>,
        /// Only if none of them is there (MSETNX).
        if_none_exists: bool,
    },
    /// Gives a key an end.
    Expire {
        /// The key.
        key: Bytes,
        /// When. In the past: the key goes at once.
        end: End,
        /// In which cases.
        when: ExpireWhen,
    },
    /// Takes a key's end away.
    Persist {
        /// The key.
        key: Bytes,
    },
    /// Removes everything.
    FlushAll,
    /// Nothing but the time of its batch: lets keys end when nobody writes.
    Tick,
}

/// The arguments of SET.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Set {
    /// The key.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
    /// In which cases.
    pub condition: Condition,
    /// What becomes of the key's end.
    pub expiry: Expiry,
    /// How to answer.
    pub answer: SetAnswer,
}

/// When SET sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Condition {
    /// In any case.
    #[default]
    Always,
    /// Only a key that is not there (NX).
    Absent,
    /// Only a key that is there (XX).
    Present,
}

/// What SET does to a key's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Expiry {
    /// The key stays until it is removed.
    #[default]
    Never,
    /// As it was before (KEEPTTL).
    Keep,
    /// This end.
    Ends(End),
}

/// When a key ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum End {
    /// So many milliseconds after the log time at which this is applied.
    AfterMs(i64),
    /// At this many milliseconds since the Unix epoch.
    AtMs(i64),
}

/// How SET answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SetAnswer {
    /// `OK`, or nil if the condition did not hold (SET).
    #[default]
    Status,
    /// The value before, or nil (SET … GET, GETSET).
    Previous,
    /// 1 or 0 (SETNX).
    Flag,
}

/// In which cases EXPIRE acts. A key without an end counts as ending never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExpireWhen {
    /// Only if the key has no end yet (NX) or only if it has one (XX).
    pub has_end: Option<bool>,
    /// Only if the new end is later (GT) or earlier (LT).
    pub change: Option<Change>,
}

/// Which way an end must move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Change {
    /// Later.
    Later,
    /// Earlier.
    Earlier,
}

/// What one log entry holds: operations applied one after the other, with nothing between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Batch {
    /// Which life of which node proposed it: drawn at random when that life began.
    pub origin: u64,
    /// The batch's number in that life.
    pub sequence: u64,
    /// The proposer's wall clock in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The proposer's memory limit. It travels with the batch so that nodes with unlike limits decide alike.
    pub memory_bytes_max: u64,
    /// The operations.
    pub operations: Vec<Operation>,
}

/// The bytes of an entry are not a batch: another program wrote them, or a newer version did.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a log entry of {bytes} bytes is not a batch of operations")]
pub struct DecodeError {
    /// How long the entry is.
    pub bytes: usize,
}

impl Batch {
    /// More than a batch's encoding can take besides its operations: four varints and a length.
    pub const OVERHEAD_BYTES: usize = 50;

    /// The batch in the bytes that stand in the log.
    pub fn encode(&self) -> Bytes {
        // Encoding into memory of its own making can only fail for a type that postcard cannot express.
        postcard::to_allocvec(self).map(Bytes::from).unwrap_or_default()
    }

    /// The batch that `bytes` hold.
    ///
    /// # Errors
    /// When they hold anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match postcard::take_from_bytes(bytes) {
            Ok((batch, [])) => Ok(batch),
            Ok(_) | Err(_) => Err(DecodeError { bytes: bytes.len() }),
        }
    }
}

impl Operation {
    /// An upper bound of the operation's encoded size, in bytes.
    pub fn bytes_bound(&self) -> usize {
        const FIXED_BYTES: usize = 32;
        const LENGTH_BYTES: usize = 5;
        let payload = match self {
            Self::Set(set) => set.key.len() + set.value.len() + 2 * LENGTH_BYTES,
            Self::Del { keys } => keys.iter().map(|key| key.len() + LENGTH_BYTES).sum(),
            Self::Append { key, tail } => key.len() + tail.len() + 2 * LENGTH_BYTES,
            Self::SetAll { pairs, .. } => {
                pairs.iter().map(|(key, value)| key.len() + value.len() + 2 * LENGTH_BYTES).sum()
            }
            Self::Increment { key, .. }
            | Self::GetDel { key }
            | Self::Expire { key, .. }
            | Self::Persist { key } => key.len() + LENGTH_BYTES,
            Self::FlushAll | Self::Tick => 0,
        };
        FIXED_BYTES + payload
    }
}
