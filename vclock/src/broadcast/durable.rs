//! What is on disk, and how a node comes back.

use alloc::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    vec::Vec,
};

use quorate_machine::{Aside, Clock, Durable, NodeId, Time};
use thiserror::Error;

use super::{
    config::{Config, ConfigError},
    entry::{Entry, Origin, batches, entry_bytes},
    members::Members,
    persist::Mark,
    record::{Image, Record, RecordError},
    state::Broadcast,
    status::Counters,
};
use crate::{CausalBuffer, MatrixClock, VClock, bug::Bug};

/// Why a node cannot start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The configuration is unusable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A record cannot follow the others.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The image is another node's.
    #[error("this is the image of {found}, not of {expected}")]
    Foreign {
        /// Whose it is.
        found: NodeId,
        /// Whose it should be.
        expected: NodeId,
    },
}

impl Durable for Broadcast {
    type Config = Config;
    type Image = Image;
    type Error = RecoverError;

    fn absorb(image: &mut Image, record: Record) -> Result<(), RecoverError> {
        Ok(image.absorb(record)?)
    }

    fn recover(config: Config, image: Image, _seed: u64, now: Time) -> Result<Self, RecoverError> {
        config.check()?;
        let Image { origin, snapshot, base, entries } = image;
        if let Some(found) = origin.filter(|origin| origin.node != config.id) {
            return Err(RecoverError::Foreign { found: found.node, expected: config.id });
        }
        let is_born = origin.is_some();
        let origin = origin.unwrap_or(Origin { node: config.id, birth: config.birth });
        let cut = snapshot.as_ref().map_or_else(VClock::new, |snapshot| snapshot.cut.clone());
        let members = match &snapshot {
            Some(snapshot) => snapshot.members.clone(),
            None => Members::founded(&config.founders),
        };
        let mut node = Self {
            clock: Clock::starting(now),
            started: false,
            origin,
            is_born,
            has_impostor: false,
            used: used(origin, &cut, &base, &entries),
            members,
            store_bytes: entries.values().map(|entry| entry_bytes(entry)).sum(),
            store: entries,
            pending: BTreeMap::new(),
            gathered: Vec::new(),
            tags: BTreeMap::new(),
            unsynced: VecDeque::new(),
            buffer: CausalBuffer::new(usize::MAX),
            snapshot,
            snapshot_issued: None,
            base,
            matrix: MatrixClock::new([]),
            births: BTreeMap::new(),
            told: BTreeMap::new(),
            overdue: VClock::new(),
            turn: 0,
            flush_at: None,
            tick_at: Some(now),
            replay: Vec::new(),
            counters: Aside::new(Counters::default()),
            config,
        };
        if node.has(Bug::CountsAnew) {
            node.used = cut.get(&origin);
        }
        node.replay = node.refill(&cut);
        Ok(node)
    }

    fn checkpoint(&self, record: &mut dyn FnMut(Record)) {
        if self.is_born {
            record(Record::Birth(self.origin));
        }
        let snapshot = self.snapshot_issued.as_ref().or(self.snapshot.as_ref());
        let mut base = self.base.clone();
        if let Some(snapshot) = snapshot {
            base.meet(&snapshot.cut);
            record(Record::Snapshot { snapshot: snapshot.clone(), entries: Vec::new() });
        }
        if !base.is_empty() {
            record(Record::Pruned(base));
        }
        let mut issued = self.store.clone();
        let mut issue = |entry: &Arc<Entry>| {
            issued.entry(entry.dot).or_insert_with(|| entry.clone());
        };
        for (_, mark) in &self.unsynced {
            match mark {
                Mark::Entries(dots) => {
                    dots.iter().filter_map(|dot| self.pending.get(dot)).for_each(&mut issue);
                }
                Mark::Installed(_, entries) => entries.iter().for_each(&mut issue),
                Mark::Compacted(..) => {}
            }
        }
        for batch in batches(issued.into_values(), self.config.batch_bytes_max) {
            record(Record::Entries(batch));
        }
    }
}

/// The latest counter that this origin has ever used.
fn used(
    origin: Origin,
    cut: &VClock<Origin>,
    base: &VClock<Origin>,
    entries: &BTreeMap<crate::Dot<Origin>, Arc<Entry>>,
) -> u64 {
    let own = entries.keys().filter(|dot| dot.actor == origin).map(|dot| dot.counter.get()).max();
    own.unwrap_or(0).max(cut.get(&origin)).max(base.get(&origin))
}
