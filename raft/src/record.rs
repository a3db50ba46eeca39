use alloc::{collections::VecDeque, vec::Vec};

use bytes::Bytes;
use quorate_machine::NodeId;
use thiserror::Error;

use crate::{
    entry::{Entries, Entry},
    id::{Index, LogId, Term},
    snapshot::Snapshot,
};

/// What must reach stable storage.
#[derive(Clone, Debug, PartialEq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Record {
    /// A new life of this node has begun.
    Incarnation(u64),
    /// The current term, and whom the vote in it went to (Raft figure 2: `currentTerm`, `votedFor`; one record, so
    /// that a term is never without its vote).
    Vote {
        /// The term.
        term: Term,
        /// Whom this node voted for, if anyone.
        vote: Option<NodeId>,
    },
    /// The log continues with these entries from `first` on; what was there before is gone.
    Append {
        /// The index of the first.
        first: Index,
        /// The entries.
        entries: Entries,
        /// The commit index known at that time: a hint that lets a restarted node deliver sooner.
        committed: Index,
    },
    /// A part of a snapshot that is on its way. Part 0 begins a new one.
    Part {
        /// The last entry that the snapshot will cover.
        last: LogId,
        /// Which part, from 0.
        part: u32,
        /// Its bytes.
        bytes: Bytes,
    },
    /// The snapshot of the parts before is complete.
    Snapshot {
        /// The last entry that it covers.
        last: LogId,
        /// How many parts it has.
        parts: u32,
        /// The log now begins after this entry.
        base: LogId,
        /// Whether the entries after `base` stay; if not, the log is empty.
        keep: bool,
    },
}

impl Record {
    /// An upper bound of a record's encoded size in bytes, besides its entries or snapshot part.
    pub const OVERHEAD_BYTES: usize = 64;

    /// An upper bound of the record's encoded size, in bytes.
    pub fn bytes_bound(&self) -> usize {
        Self::OVERHEAD_BYTES
            + match self {
                Self::Append { entries, .. } => entries.bytes_bound(),
                Self::Part { bytes, .. } => bytes.len(),
                Self::Incarnation(_) | Self::Vote { .. } | Self::Snapshot { .. } => 0,
            }
    }
}

/// What the records add up to: all that a node knows when its process starts.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub struct Image {
    /// How many lives this node has had.
    pub incarnation: u64,
    /// The current term.
    pub term: Term,
    /// Whom the vote in it went to.
    pub vote: Option<NodeId>,
    /// The entry before the first one in the log.
    pub base: LogId,
    /// The log.
    pub entries: VecDeque<Entry>,
    /// A commit index that was once known.
    pub committed: Index,
    /// The latest complete snapshot.
    pub snapshot: Option<Snapshot>,
    /// The snapshot that is on its way: what it will cover, and its first parts.
    pub partial: Option<(LogId, Vec<Bytes>)>,
}

/// Why a record cannot follow what the image holds. The journal is another machine's, or damaged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The entries do not continue the log.
    #[error("entries from {first} on do not continue a log of {base} to {last}")]
    Gap {
        /// Where the entries begin.
        first: Index,
        /// Where the log begins.
        base: Index,
        /// Where the log ends.
        last: Index,
    },
    /// Terms go down along the log, or from record to record.
    #[error("term {found} after term {before}")]
    TermFell {
        /// The term before.
        before: Term,
        /// The lower term after it.
        found: Term,
    },
    /// A node votes once in a term.
    #[error("a second vote in term {term}")]
    SecondVote {
        /// The term.
        term: Term,
    },
    /// A snapshot's parts are not in order or not complete.
    #[error("part {part} of a snapshot follows {before} parts")]
    PartOutOfOrder {
        /// The part, or their declared number.
        part: u32,
        /// How many parts there are.
        before: usize,
    },
    /// A snapshot does not fit the log that it is to replace or shorten.
    #[error("a snapshot up to {last} does not fit the log")]
    Unfit {
        /// The last index that it covers.
        last: Index,
    },
}

impl Image {
    /// The last index of the log.
    pub fn last(&self) -> Index {
        self.base.index.plus(self.entries.len() as u64)
    }

    fn term_at(&self, index: Index) -> Option<Term> {
        if index == self.base.index {
            return Some(self.base.term);
        }
        let offset = index.0.checked_sub(self.base.index.0)?.checked_sub(1)?;
        self.entries.get(usize::try_from(offset).ok()?).map(|entry| entry.term)
    }

    pub(crate) fn absorb(&mut self, record: Record) -> Result<(), RecordError> {
        match record {
            Record::Incarnation(incarnation) => self.incarnation = incarnation,
            Record::Vote { term, vote } => self.absorb_vote(term, vote)?,
            Record::Append { first, entries, committed } => self.absorb_append(first, &entries, committed)?,
            Record::Part { last, part, bytes } => self.absorb_part(last, part, bytes)?,
            Record::Snapshot { last, parts, base, keep } => self.absorb_snapshot(last, parts, base, keep)?,
        }
        Ok(())
    }

    fn absorb_vote(&mut self, term: Term, vote: Option<NodeId>) -> Result<(), RecordError> {
        if term < self.term {
            return Err(RecordError::TermFell { before: self.term, found: term });
        }
        if term == self.term && self.vote.is_some() && vote != self.vote {
            return Err(RecordError::SecondVote { term });
        }
        if term > self.term {
            self.partial = None; // the next leader's parts may be others
        }
        (self.term, self.vote) = (term, vote);
        Ok(())
    }

    fn absorb_append(
        &mut self,
        first: Index,
        entries: &Entries,
        committed: Index,
    ) -> Result<(), RecordError> {
        let gap = RecordError::Gap { first, base: self.base.index, last: self.last() };
        let ends = first.0.checked_add(entries.len() as u64).is_some();
        let fits = Index::ZERO < first && ends;
        let Some(mut before) = self.term_at(first.previous()).filter(|_| fits) else {
            return Err(gap);
        };
        for entry in entries.iter() {
            if entry.term < before {
                return Err(RecordError::TermFell { before, found: entry.term });
            }
            before = entry.term;
        }
        let kept = first.previous().distance_from(self.base.index);
        self.entries.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        self.entries.extend(entries.iter().cloned());
        self.committed = self.committed.max(committed);
        Ok(())
    }

    fn absorb_part(&mut self, last: LogId, part: u32, bytes: Bytes) -> Result<(), RecordError> {
        if part == 0 {
            self.partial = Some((last, alloc::vec![bytes]));
            return Ok(());
        }
        match &mut self.partial {
            Some((of, parts)) if *of == last && parts.len() == part as usize => parts.push(bytes),
            partial => {
                let before = partial.as_ref().map_or(0, |(_, parts)| parts.len());
                return Err(RecordError::PartOutOfOrder { part, before });
            }
        }
        Ok(())
    }

    fn absorb_snapshot(
        &mut self,
        last: LogId,
        parts: u32,
        base: LogId,
        keep: bool,
    ) -> Result<(), RecordError> {
        let complete = |(of, held): &(LogId, Vec<Bytes>)| *of == last && held.len() == parts as usize;
        let before = self.partial.as_ref().map_or(0, |(_, held)| held.len());
        let Some((_, held)) = self.partial.take_if(|partial| complete(partial)) else {
            return Err(RecordError::PartOutOfOrder { part: parts, before });
        };
        let ends = base.index <= last.index && last.index < Index::END;
        let kept = !keep || self.term_at(base.index) == Some(base.term);
        if !ends || !kept {
            return Err(RecordError::Unfit { last: last.index });
        }
        let dropped =
            if keep { base.index.distance_from(self.base.index) } else { self.entries.len() as u64 };
        self.entries.drain(..usize::try_from(dropped).unwrap_or(usize::MAX).min(self.entries.len()));
        self.base = base;
        self.committed = self.committed.max(last.index);
        self.snapshot = Some(Snapshot::new(last, held));
        Ok(())
    }
}
