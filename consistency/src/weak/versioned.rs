use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec,
    vec::Vec,
};

use thiserror::Error;

use super::guarantees::{Guarantee, Guarantees};
use crate::bug::{Bug, Mistake};

/// What a session did, in a store that says which versions an answer covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOp<K, V> {
    /// The session.
    pub session: u64,
    /// The key. Who knows what answers cover of the whole store uses one key for all operations; then guarantees hold
    /// across keys.
    pub key: K,
    /// What was done.
    pub action: SessionAction<V>,
}

/// A write or a read, by versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionAction<V> {
    /// This version was installed.
    Wrote(V),
    /// The answer covers these versions: it is made of them, or of others that came after them.
    Saw(Vec<V>),
}

/// Why operations are no history of sessions. They are named by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VersionError {
    /// Two writes of a key install the same version.
    #[error("operations {first} and {second} install the same version of the same key")]
    InstalledTwice {
        /// The one.
        first: usize,
        /// The other.
        second: usize,
    },
    /// A read covers a version that no write of its key installs.
    #[error("operation {read} covers a version that nobody installs")]
    NeverInstalled {
        /// The read.
        read: usize,
    },
    /// There are more than 2³² − 1 operations.
    #[error("there are too many operations")]
    TooLong,
}

/// A read that breaks a guarantee. Operations are named by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}: {read} does not cover {write}, although {because} asks for it", .guarantee.name())]
pub struct SessionViolation {
    /// Which one.
    pub guarantee: Guarantee,
    /// The read.
    pub read: usize,
    /// The write that it should cover.
    pub write: usize,
    /// What asks for that: of read your writes the write itself, of monotonic reads the earlier read, of the others a write
    /// of the same session as, or after, that write, which the read covers.
    pub because: usize,
}

/// A history of sessions with versions.
#[derive(Clone, Debug)]
pub struct VersionedHistory {
    /// The operations of each session on each key, in order.
    lanes: Vec<Lane>,
    /// For each operation which versions it covers, by the writes that install them; nothing for a write.
    covers: Vec<Vec<u32>>,
    /// For each write its lane, how many writes and how many versions that were read come before it there.
    writes: Vec<Option<Place>>,
    mistake: Mistake,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    ops: Vec<u32>,
    written: Vec<u32>,
    /// What was read, once each.
    read: Vec<u32>,
    is_read: BTreeSet<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    lane: u32,
    written: u32,
    read: u32,
}

impl VersionedHistory {
    /// Puts the operations, given in an order that has each session's operations in theirs, together.
    ///
    /// # Errors
    /// If versions are not unique, or a version that was read was not installed.
    pub fn new<K: Ord, V: Ord>(ops: &[SessionOp<K, V>]) -> Result<Self, VersionError> {
        let count = u32::try_from(ops.len()).map_err(|_| VersionError::TooLong)?;
        let mut installed: BTreeMap<(&K, &V), u32> = BTreeMap::new();
        for (at, op) in (0..count).zip(ops) {
            if let SessionAction::Wrote(version) = &op.action {
                if let Some(first) = installed.insert((&op.key, version), at) {
                    let (first, second) = (first as usize, at as usize);
                    return Err(VersionError::InstalledTwice { first, second });
                }
            }
        }
        let mut found = Self {
            lanes: Vec::new(),
            covers: vec![Vec::new(); ops.len()],
            writes: vec![None; ops.len()],
            mistake: Mistake::default(),
        };
        let mut lanes: BTreeMap<(u64, &K), u32> = BTreeMap::new();
        for (at, op) in (0..count).zip(ops) {
            let next = u32::try_from(found.lanes.len()).map_err(|_| VersionError::TooLong)?;
            let lane = *lanes.entry((op.session, &op.key)).or_insert(next);
            if lane == next {
                found.lanes.push(Lane::default());
            }
            match &op.action {
                SessionAction::Wrote(_) => found.add_write(at, lane),
                SessionAction::Saw(versions) => {
                    let writes = versions.iter().map(|version| installed.get(&(&op.key, version)).copied());
                    let writes: Option<Vec<u32>> = writes.collect();
                    let writes = writes.ok_or(VersionError::NeverInstalled { read: at as usize })?;
                    found.add_read(at, lane, writes);
                }
            }
        }
        Ok(found)
    }

    fn add_write(&mut self, at: u32, number: u32) {
        let lane = &mut self.lanes[number as usize];
        let count = |list: &Vec<u32>| u32::try_from(list.len()).unwrap_or(u32::MAX);
        let place = Place { lane: number, written: count(&lane.written), read: count(&lane.read) };
        self.writes[at as usize] = Some(place);
        lane.written.push(at);
        lane.ops.push(at);
    }

    fn add_read(&mut self, at: u32, lane: u32, writes: Vec<u32>) {
        let lane = &mut self.lanes[lane as usize];
        lane.read.extend(writes.iter().filter(|write| lane.is_read.insert(**write)));
        lane.ops.push(at);
        self.covers[at as usize] = writes;
    }

    /// The history as one sees it who makes this mistake.
    #[cfg(quorate_bugs)]
    #[must_use]
    pub const fn with_bug(mut self, bug: Bug) -> Self {
        self.mistake = Mistake(Some(bug));
        self
    }

    /// Judges by these guarantees. Exact; a read takes as long as what it and the read before it cover, and for each
    /// session whose writes it covers at most as long as that once more.
    ///
    /// # Errors
    /// For each read and each guarantee that it breaks the first write that is missing.
    pub fn check(&self, guarantees: Guarantees) -> Result<(), Vec<SessionViolation>> {
        let mut violations = Vec::new();
        let mut covered = vec![u32::MAX; self.covers.len()];
        for lane in &self.lanes {
            let (mut written, mut before) = (0, None);
            for at in lane.ops.iter().copied() {
                if self.writes[at as usize].is_some() {
                    written += 1;
                    continue;
                }
                self.covers[at as usize].iter().for_each(|write| covered[*write as usize] = at);
                let is_missing = |write: &u32| covered[*write as usize] != at;
                let found = guarantees.iter().filter_map(|guarantee| {
                    let (write, because) = match guarantee {
                        Guarantee::ReadYourWrites => {
                            let write = lane.written[..written].iter().copied().find(is_missing)?;
                            (write, write)
                        }
                        Guarantee::MonotonicReads => {
                            let before: u32 = before?;
                            let seen = &self.covers[before as usize];
                            (seen.iter().copied().find(is_missing)?, before)
                        }
                        Guarantee::MonotonicWrites | Guarantee::WritesFollowReads => {
                            self.missing_before(guarantee, at, is_missing)?
                        }
                    };
                    let (read, write, because) = (at as usize, write as usize, because as usize);
                    Some(SessionViolation { guarantee, read, write, because })
                });
                violations.extend(found);
                if before.is_none() || !self.mistake.is(Bug::MonotonicReadsFirstOnly) {
                    before = Some(at);
                }
            }
        }
        violations.sort_unstable_by_key(|violation| (violation.read, violation.guarantee));
        if violations.is_empty() { Ok(()) } else { Err(violations) }
    }

    /// A write that must be covered since a later one is, and that one. Of each session the latest write that is covered
    /// asks for whatever earlier ones do.
    fn missing_before(
        &self,
        guarantee: Guarantee,
        read: u32,
        is_missing: impl Fn(&u32) -> bool,
    ) -> Option<(u32, u32)> {
        let mut latest: BTreeMap<u32, u32> = BTreeMap::new();
        for write in self.covers[read as usize].iter().copied() {
            let Some(place) = self.writes[write as usize] else { continue };
            let known = latest.entry(place.lane).or_insert(write);
            *known = (*known).max(write);
        }
        latest.into_iter().find_map(|(lane, because)| {
            let (place, lane) = (self.writes[because as usize]?, &self.lanes[lane as usize]);
            let asked = if guarantee == Guarantee::MonotonicWrites {
                let count = if self.mistake.is(Bug::MonotonicWritesIgnored) { 0 } else { place.written };
                &lane.written[..count as usize]
            } else {
                let last = self.mistake.is(Bug::WritesFollowLastRead);
                let from = if last { place.read.saturating_sub(1) } else { 0 };
                &lane.read[from as usize..place.read as usize]
            };
            Some((asked.iter().copied().find(&is_missing)?, because))
        })
    }
}
