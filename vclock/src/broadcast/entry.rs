use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use bytes::Bytes;
use quorate_machine::NodeId;

use super::members::Members;
use crate::{CausalMessage, Dot, VClock};

/// Who sends: a node, and which of the births of that name it is. A node that has lost its disk is born again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Origin {
    /// Its name.
    pub node: NodeId,
    /// Which birth; 0 for a node that nobody has heard of yet.
    pub birth: u64,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Content {
    /// The application's bytes.
    Payload(Bytes),
    /// The node is a member from here on.
    Admit(NodeId),
    /// The node is no member from here on.
    Remove(NodeId),
}

/// A message with its place in the causal order.
pub type Entry = CausalMessage<Origin, Content>;

/// What a clock's entry takes at most when it is encoded: three numbers.
const CLOCK_ENTRY_BYTES: usize = 30;

pub(super) fn clock_bytes(clock: &VClock<Origin>) -> usize {
    10 + clock.len() * CLOCK_ENTRY_BYTES
}

/// An upper bound of its encoded size.
pub(super) fn entry_bytes(entry: &Entry) -> usize {
    let content = match &entry.payload {
        Content::Payload(bytes) => bytes.len(),
        Content::Admit(_) | Content::Remove(_) => 10,
    };
    CLOCK_ENTRY_BYTES + clock_bytes(&entry.after) + 16 + content
}

/// What an application's state was at one place of the causal order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    /// What the state includes.
    pub cut: VClock<Origin>,
    /// Who was a member there.
    pub members: Members,
    /// The application's bytes.
    pub state: Bytes,
}

/// Cuts the entries into lists of at most so many bytes each, by the bound; one that is larger stands alone.
pub(super) fn batches(
    entries: impl IntoIterator<Item = Arc<Entry>>,
    bytes_max: usize,
) -> Vec<Vec<Arc<Entry>>> {
    let mut batches: Vec<Vec<Arc<Entry>>> = Vec::new();
    let mut room = 0;
    for entry in entries {
        let bytes = entry_bytes(&entry);
        match batches.last_mut() {
            Some(batch) if bytes <= room => {
                room -= bytes;
                batch.push(entry);
            }
            Some(_) | None => {
                room = bytes_max.saturating_sub(bytes);
                batches.push(Vec::from([entry]));
            }
        }
    }
    batches
}

/// The dot of its latest event, as the clock has it.
pub(super) fn latest(clock: &VClock<Origin>, origin: Origin) -> Option<Dot<Origin>> {
    Dot::new(origin, clock.get(&origin))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.node, self.birth)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
