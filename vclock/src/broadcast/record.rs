use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};

use thiserror::Error;

use super::entry::{Entry, Origin, Snapshot};
use crate::{Dot, VClock};

/// What must reach stable storage.
#[derive(Clone, Debug, PartialEq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Record {
    /// Who this node is.
    Birth(Origin),
    /// Messages, in any order.
    Entries(Vec<Arc<Entry>>),
    /// The state at a cut, this node's own or another's.
    Snapshot {
        /// The state.
        snapshot: Arc<Snapshot>,
        /// Messages that go with it: what the state before it included and this one does not, and others.
        entries: Vec<Arc<Entry>>,
    },
    /// The messages up to here are kept no longer.
    Pruned(VClock<Origin>),
}

/// What the records add up to.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Image {
    pub(super) origin: Option<Origin>,
    pub(super) snapshot: Option<Arc<Snapshot>>,
    /// Up to where messages are kept no longer. Never beyond the snapshot.
    pub(super) base: VClock<Origin>,
    pub(super) entries: BTreeMap<Dot<Origin>, Arc<Entry>>,
}

impl Image {
    /// Who the node is, if it has ever run.
    pub const fn origin(&self) -> Option<Origin> {
        self.origin
    }

    /// Whether the message is there, by itself or as part of the snapshot.
    pub fn holds(&self, dot: &Dot<Origin>) -> bool {
        self.entries.contains_key(dot)
            || self.snapshot.as_ref().is_some_and(|snapshot| snapshot.cut.contains(dot))
    }

    /// The messages that are there by themselves.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().map(|entry| &**entry)
    }

    pub(super) fn absorb(&mut self, record: Record) -> Result<(), RecordError> {
        match record {
            Record::Birth(origin) => match self.origin {
                Some(before) if before != origin => return Err(RecordError::Reborn { before, origin }),
                Some(_) | None => self.origin = Some(origin),
            },
            Record::Entries(entries) => self.insert(entries),
            Record::Snapshot { snapshot, entries } => {
                // What another's state does not include is no longer covered by anything else.
                self.base.meet(&snapshot.cut);
                self.snapshot = Some(snapshot);
                self.insert(entries);
            }
            Record::Pruned(base) => {
                let cut = self.snapshot.as_ref().map_or_else(VClock::new, |snapshot| snapshot.cut.clone());
                if !cut.descends(&base) {
                    return Err(RecordError::PrunedTooMuch);
                }
                self.entries.retain(|dot, _| !base.contains(dot));
                self.base = base;
            }
        }
        Ok(())
    }

    fn insert(&mut self, entries: Vec<Arc<Entry>>) {
        for entry in entries.into_iter().filter(|entry| !self.base.contains(&entry.dot)) {
            self.entries.entry(entry.dot).or_insert(entry);
        }
    }
}

/// Why a record cannot follow what the image holds: the journal is another node's, or damaged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It names another node than the records before it.
    #[error("a record of {origin} follows records of {before}")]
    Reborn {
        /// Who the node was.
        before: Origin,
        /// Who it would be.
        origin: Origin,
    },
    /// It drops messages that no snapshot includes.
    #[error("messages were dropped that the snapshot does not include")]
    PrunedTooMuch,
}
