use alloc::sync::Arc;
use core::{fmt, ops::Deref};

use bytes::Bytes;

use crate::id::Term;

/// One entry of the log. Its index is where it stands.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// The term of the leader that made it.
    pub term: Term,
    /// What it holds.
    pub payload: Payload,
}

/// What an entry holds.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Payload {
    /// Nothing: a new leader's first entry, which lets it learn what is committed (Raft §8).
    Noop,
    /// A proposal, opaque to Raft.
    Data(Bytes),
}

impl Entry {
    /// More than an entry's encoding can take besides its payload: two varints of 64 bits, a length, a variant.
    pub(crate) const OVERHEAD_BYTES: usize = 32;

    /// An upper bound of the entry's encoded size, in bytes.
    pub fn bytes_bound(&self) -> usize {
        Self::OVERHEAD_BYTES + self.payload.len()
    }
}

impl Payload {
    /// The length of the proposal in bytes; 0 for a no-op.
    pub fn len(&self) -> usize {
        match self {
            Self::Noop => 0,
            Self::Data(data) => data.len(),
        }
    }

    /// Whether there are no bytes to speak of.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The proposal, if it is one.
    pub fn data(&self) -> Option<&Bytes> {
        match self {
            Self::Noop => None,
            Self::Data(data) => Some(data),
        }
    }
}

/// Consecutive entries, cheap to clone: one is held in place, more are shared.
///
/// The record, every follower's message and the event that announces the commit share one allocation per batch.
#[derive(Clone, Default)]
pub struct Entries(Shape);

#[derive(Clone, Default)]
enum Shape {
    #[default]
    Empty,
    One(Entry),
    Many {
        entries: Arc<[Entry]>,
        /// The sum, which is asked for at every hand it passes through.
        bytes_bound: usize,
    },
}

impl Entries {
    /// No entries.
    pub const fn new() -> Self {
        Self(Shape::Empty)
    }

    /// An upper bound of the encoded size of all of them, in bytes.
    pub fn bytes_bound(&self) -> usize {
        match &self.0 {
            Shape::Empty => 0,
            Shape::One(entry) => entry.bytes_bound(),
            Shape::Many { bytes_bound, .. } => *bytes_bound,
        }
    }

    fn many(entries: Arc<[Entry]>) -> Self {
        let bytes_bound = entries.iter().map(Entry::bytes_bound).sum();
        Self(Shape::Many { entries, bytes_bound })
    }

    /// The entries from position `from` on. Allocates only if it leaves some out and more than one.
    #[must_use]
    pub fn suffix(self, from: usize) -> Self {
        if from == 0 { self } else { self.iter().skip(from).cloned().collect() }
    }
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        match &self.0 {
            Shape::Empty => &[],
            Shape::One(entry) => core::slice::from_ref(entry),
            Shape::Many { entries, .. } => entries,
        }
    }
}

impl From<Entry> for Entries {
    fn from(entry: Entry) -> Self {
        Self(Shape::One(entry))
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut entries = entries.into_iter();
        if entries.size_hint().0 > 1 {
            return Self::many(entries.collect());
        }
        let (first, second) = (entries.next(), entries.next());
        match (first, second) {
            (None, _) => Self(Shape::Empty),
            (Some(one), None) => Self(Shape::One(one)),
            (Some(one), Some(two)) => Self::many([one, two].into_iter().chain(entries).collect()),
        }
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Entries {}

impl core::hash::Hash for Entries {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Entries {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Entries {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(alloc::vec::Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:{:?}", self.term, self.payload)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN_BYTES: usize = 16;
        match self {
            Self::Noop => f.write_str("noop"),
            Self::Data(data) if data.len() <= SHOWN_BYTES => fmt::Debug::fmt(data, f),
            Self::Data(data) => write!(f, "{:?}… {} B", data.slice(..SHOWN_BYTES), data.len()),
        }
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
