//! Cutting ranges, joining them, and giving them to somebody.

use core::fmt::Debug;

use super::{Entry, RangeEpoch, RangeId, RangeMap};
use crate::bug::Bug;

/// The range cannot be split there; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the range cannot be split: {reason}")]
pub struct SplitError<K: Debug> {
    /// The key, as it was given.
    pub at: K,
    /// Why not.
    pub reason: SplitReason,
}

/// Why a range cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitReason {
    /// There is none of that id any more, or there never was.
    #[error("there is no range {id}")]
    Unknown {
        /// The id.
        id: RangeId,
    },
    /// It has changed since.
    #[error("the range is at epoch {current}")]
    StaleEpoch {
        /// Its epoch.
        current: RangeEpoch,
    },
    /// It begins there already.
    #[error("the range begins with that key")]
    AtBoundary,
    /// The key is in another range.
    #[error("the key is not in the range")]
    Outside,
    /// All numbers are used up.
    #[error("there are no more ids or epochs")]
    Exhausted,
}

/// The ranges cannot be merged; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is none of that id any more, or there never was.
    #[error("there is no range {id}")]
    Unknown {
        /// The id.
        id: RangeId,
    },
    /// One has changed since.
    #[error("the range {id} is at epoch {current}")]
    StaleEpoch {
        /// Which.
        id: RangeId,
        /// Its epoch.
        current: RangeEpoch,
    },
    /// The second does not begin where the first ends.
    #[error("the second range does not begin where the first ends")]
    NotAdjacent,
    /// They are assigned different things: move one first.
    #[error("the ranges are assigned differently")]
    DifferentOwners,
    /// All numbers are used up.
    #[error("there are no more epochs")]
    Exhausted,
}

/// The range cannot be assigned; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the range cannot be assigned: {reason}")]
pub struct ReassignError<V: Debug> {
    /// What it should have been assigned, as it was given.
    pub value: V,
    /// Why not.
    pub reason: ReassignReason,
}

/// Why a range cannot be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReassignReason {
    /// There is none of that id any more, or there never was.
    #[error("there is no range {id}")]
    Unknown {
        /// The id.
        id: RangeId,
    },
    /// It has changed since.
    #[error("the range is at epoch {current}")]
    StaleEpoch {
        /// Its epoch.
        current: RangeEpoch,
    },
    /// All numbers are used up.
    #[error("there are no more epochs")]
    Exhausted,
}

impl<K: Ord + Clone + Debug, V: Clone + PartialEq + Debug> RangeMap<K, V> {
    /// Cuts a range in two: the left one keeps the id, the right one begins with `at` and gets a new id. Both have the next version.
    ///
    /// # Errors
    ///
    /// The key comes back and nothing has changed: see [`SplitReason`].
    pub fn split(
        &mut self,
        id: RangeId,
        at: K,
        seen: RangeEpoch,
    ) -> Result<(RangeId, RangeId), SplitError<K>> {
        let new = self.next;
        let right = self.may_split(id, &at, seen).and_then(|(epoch, next)| {
            let left = self.entry_mut(id).ok_or(SplitReason::Unknown { id })?;
            left.epoch = epoch;
            let value = left.value.clone();
            self.next = next;
            Ok(Entry { id: new, epoch, value })
        });
        match right {
            Err(reason) => Err(SplitError { at, reason }),
            Ok(right) => {
                self.starts.insert(new, Some(at.clone()));
                self.rest.insert(at, right);
                Ok((id, new))
            }
        }
    }

    /// Joins two ranges, of which the second begins where the first ends. What remains has the id of the first, and a version above both.
    ///
    /// # Errors
    ///
    /// Nothing has changed: see [`MergeError`].
    pub fn merge(
        &mut self,
        (left, left_seen): (RangeId, RangeEpoch),
        (right, right_seen): (RangeId, RangeEpoch),
    ) -> Result<RangeEpoch, MergeError> {
        let first = self.get(left).ok_or(MergeError::Unknown { id: left })?;
        let second = self.get(right).ok_or(MergeError::Unknown { id: right })?;
        for (range, seen) in [(first, left_seen), (second, right_seen)] {
            if range.epoch != seen && !Bug::StaleEpochAccepted.is_planted() {
                return Err(MergeError::StaleEpoch { id: range.id, current: range.epoch });
            }
        }
        let is_adjacent = first.end.is_some() && first.end == second.start;
        let Some(border) =
            second.start.filter(|_| is_adjacent || Bug::MergeOfStrangers.is_planted()).cloned()
        else {
            return Err(MergeError::NotAdjacent);
        };
        if first.value != second.value {
            return Err(MergeError::DifferentOwners);
        }
        let version = first.epoch.version.max(second.epoch.version).checked_add(1);
        let version = version.ok_or(MergeError::Exhausted)?;
        let epoch = RangeEpoch { version, conf: first.epoch.conf.max(second.epoch.conf) };
        self.rest.remove(&border);
        self.starts.remove(&right);
        if let Some(entry) = self.entry_mut(left) {
            entry.epoch = epoch;
        }
        Ok(epoch)
    }

    /// Assigns something to a range, and returns its new epoch and what it was assigned before.
    ///
    /// # Errors
    ///
    /// The value comes back and nothing has changed: see [`ReassignReason`].
    pub fn assign(
        &mut self,
        id: RangeId,
        value: V,
        seen: RangeEpoch,
    ) -> Result<(RangeEpoch, V), ReassignError<V>> {
        let Some(entry) = self.entry_mut(id) else {
            return Err(ReassignError { value, reason: ReassignReason::Unknown { id } });
        };
        if entry.epoch != seen && !Bug::StaleEpochAccepted.is_planted() {
            return Err(ReassignError { value, reason: ReassignReason::StaleEpoch { current: entry.epoch } });
        }
        let Some(conf) = entry.epoch.conf.checked_add(1) else {
            return Err(ReassignError { value, reason: ReassignReason::Exhausted });
        };
        entry.epoch.conf = conf;
        Ok((entry.epoch, core::mem::replace(&mut entry.value, value)))
    }

    fn may_split(&self, id: RangeId, at: &K, seen: RangeEpoch) -> Result<(RangeEpoch, RangeId), SplitReason> {
        let range = self.get(id).ok_or(SplitReason::Unknown { id })?;
        if range.epoch != seen && !Bug::StaleEpochAccepted.is_planted() {
            return Err(SplitReason::StaleEpoch { current: range.epoch });
        }
        if range.start == Some(at) {
            return Err(SplitReason::AtBoundary);
        }
        if range.start.is_some_and(|start| at < start) || range.end.is_some_and(|end| at >= end) {
            return Err(SplitReason::Outside);
        }
        let version = range.epoch.version.checked_add(1).ok_or(SplitReason::Exhausted)?;
        let next = self.next.0.checked_add(1).ok_or(SplitReason::Exhausted)?;
        Ok((RangeEpoch { version, conf: range.epoch.conf }, RangeId(next)))
    }

    fn entry_mut(&mut self, id: RangeId) -> Option<&mut Entry<V>> {
        match self.starts.get(&id)? {
            None => Some(&mut self.first),
            Some(start) => self.rest.get_mut(start),
        }
    }
}
