use core::hash::{Hash as _, Hasher};
use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use quorate_machine::{Tag, Time};

use crate::query::Query;

/// Who waits for what.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    /// Batches in the hands of Raft or waiting to be asked again, by their number.
    pub(super) writes: BTreeMap<Tag, Write>,
    /// Reads in the hands of Raft: one question of Raft's for all that had gathered.
    pub(super) reads: BTreeMap<Tag, Vec<Read>>,
    /// Reads that will make up the next question.
    pub(super) gathering: Vec<Read>,
    /// Since when any have gathered; reset when they are asked.
    pub(super) gathered_at: Option<Time>,
    /// How many commands all of the reads are.
    pub(super) reads_waiting: usize,
}

/// A batch under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write {
    /// Who is to be told.
    pub(super) tag: Tag,
    /// Until when it is asked again if it had no effect.
    pub(super) give_up_at: Time,
}

/// A read under way.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// Who is to be told.
    pub(super) tag: Tag,
    /// The asker's wall clock.
    pub(super) at_ms: u64,
    pub(super) queries: Vec<Query>,
    /// Until when it is asked again.
    pub(super) give_up_at: Time,
}

impl Pending {
    pub(super) fn len(&self) -> usize {
        self.writes.len() + self.reads_waiting
    }

    pub(super) fn digest(&self, mut hasher: &mut dyn Hasher) {
        for sequence in self.writes.keys() {
            sequence.hash(&mut hasher);
        }
        let asked = self.reads.values().flatten();
        for read in asked.chain(&self.gathering) {
            read.queries.hash(&mut hasher);
        }
    }
}

/// What had no effect and will be asked again.
#[derive(Clone, Debug, Default)]
pub(super) struct Retries {
    pub(super) writes: VecDeque<(Time, Tag, Bytes)>,
    pub(super) reads: VecDeque<(Time, Vec<Read>)>,
}

impl Retries {
    /// When the first is due. They wait equally long, so the oldest is first.
    pub(super) fn at(&self) -> Option<Time> {
        let write = self.writes.front().map(|(at, ..)| *at);
        let reads = self.reads.front().map(|(at, _)| *at);
        [write, reads].into_iter().flatten().min()
    }

    pub(super) fn due_write(&mut self, now: Time) -> Option<(Tag, Bytes)> {
        self.writes.front().filter(|(at, ..)| *at <= now)?;
        self.writes.pop_front().map(|(_, sequence, payload)| (sequence, payload))
    }

    pub(super) fn due_reads(&mut self, now: Time) -> Option<Vec<Read>> {
        self.reads.front().filter(|(at, _)| *at <= now)?;
        self.reads.pop_front().map(|(_, reads)| reads)
    }

    pub(super) fn digest(&self, mut hasher: &mut dyn Hasher) {
        for (_, sequence, payload) in &self.writes {
            (sequence, payload).hash(&mut hasher);
        }
        for (_, reads) in &self.reads {
            for read in reads {
                read.queries.hash(&mut hasher);
            }
        }
    }
}
