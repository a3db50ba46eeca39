use alloc::{collections::BTreeMap, vec::Vec};

use super::Rng;

/// How isolated the transactions of a simulated database are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isolation {
    /// Each happens at one moment between its ends.
    StrictSerializable,
    /// As above, but those that only read may see what there was some time ago.
    Serializable,
    /// Each sees what there was at one moment after its beginning, and those of which two would change the same do not both
    /// commit.
    SnapshotIsolation,
    /// Each read sees what is committed at its moment; what is written is seen by others at the end. Nobody writes what another
    /// that is open has written.
    ReadCommitted,
    /// As above, but what is written is there at once, for all to see, and stays even if it does not commit.
    ReadUncommitted,
}

impl Isolation {
    /// All of them, the strongest first.
    pub const ALL: [Self; 5] = [
        Self::StrictSerializable,
        Self::Serializable,
        Self::SnapshotIsolation,
        Self::ReadCommitted,
        Self::ReadUncommitted,
    ];

    /// What `quorate check` calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StrictSerializable => "strict-serializable",
            Self::Serializable => "serializable",
            Self::SnapshotIsolation => "snapshot-isolation",
            Self::ReadCommitted => "read-committed",
            Self::ReadUncommitted => "read-uncommitted",
        }
    }
}

/// One thing that a transaction does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Read(usize),
    Write(usize, i64),
}

/// What a key holds: all that was written, in order. A register holds the last.
type Values = Vec<i64>;

/// Keys and what was committed to them, one version after the other.
#[derive(Debug)]
pub(super) struct Database {
    isolation: Isolation,
    held: Vec<Values>,
    /// How many versions there have been, and of which each key is.
    version: usize,
    changed: Vec<usize>,
    /// Which keys somebody who is open has written.
    is_locked: Vec<bool>,
    /// What there was after each commit of the last ones, for those who read the past.
    past: Vec<Vec<Values>>,
}

/// A transaction that is not at its end.
#[derive(Clone, Debug)]
pub(super) struct Open {
    /// What it reads from, if that is not what there is.
    snapshot: Option<Vec<Values>>,
    began: usize,
    own: BTreeMap<usize, Values>,
    /// It would write what another has.
    is_doomed: bool,
}

/// How many commits back a read may look.
const PAST_MAX: usize = 4;

impl Database {
    pub(super) fn new(isolation: Isolation, keys: usize) -> Self {
        let held = alloc::vec![Values::new(); keys];
        Self {
            isolation,
            past: alloc::vec![held.clone()],
            held,
            version: 0,
            changed: alloc::vec![0; keys],
            is_locked: alloc::vec![false; keys],
        }
    }

    /// Whether a transaction is done as a whole, and not step by step.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.isolation, Isolation::StrictSerializable | Isolation::Serializable)
    }

    pub(super) fn begin(&self, steps: &[Step], rng: &mut Rng) -> Open {
        let only_reads = steps.iter().all(|step| matches!(step, Step::Read(_)));
        let snapshot = match self.isolation {
            Isolation::SnapshotIsolation => Some(self.held.clone()),
            Isolation::Serializable if only_reads => self.past.get(rng.below(self.past.len())).cloned(),
            Isolation::StrictSerializable
            | Isolation::Serializable
            | Isolation::ReadCommitted
            | Isolation::ReadUncommitted => None,
        };
        Open { snapshot, began: self.version, own: BTreeMap::new(), is_doomed: false }
    }

    /// Does one step; a read tells what there is.
    pub(super) fn step(&mut self, open: &mut Open, step: Step) -> Values {
        match step {
            Step::Read(key) => {
                let below = open.snapshot.as_ref().unwrap_or(&self.held);
                let mut seen = below.get(key).cloned().unwrap_or_default();
                if self.isolation != Isolation::ReadUncommitted {
                    seen.extend(open.own.get(&key).into_iter().flatten());
                }
                seen
            }
            Step::Write(key, value) => {
                let has_locks =
                    matches!(self.isolation, Isolation::ReadCommitted | Isolation::ReadUncommitted);
                if has_locks && self.is_locked[key] && !open.own.contains_key(&key) {
                    open.is_doomed = true;
                    return Values::new();
                }
                open.own.entry(key).or_default().push(value);
                self.is_locked[key] = has_locks;
                if self.isolation == Isolation::ReadUncommitted {
                    self.held[key].push(value);
                }
                Values::new()
            }
        }
    }

    /// Whether it has committed.
    pub(super) fn end(&mut self, open: Open, is_wanted: bool) -> bool {
        let is_first = |key: &usize| self.changed[*key] <= open.began;
        let is_done =
            is_wanted && !open.is_doomed && (open.snapshot.is_none() || open.own.keys().all(is_first));
        let is_there = self.isolation == Isolation::ReadUncommitted;
        for (key, own) in open.own {
            self.is_locked[key] = false;
            if is_done && !is_there {
                self.held[key].extend(own);
                self.changed[key] = self.version + 1;
            }
        }
        self.version += 1;
        if self.isolation == Isolation::Serializable {
            self.past.push(self.held.clone());
            let old = self.past.len().saturating_sub(PAST_MAX);
            self.past.drain(..old);
        }
        is_done
    }
}
