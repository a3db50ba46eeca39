//! The application beside each node: one register, written by log entries, read at `Readable`.

use std::collections::BTreeMap;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use quorate_machine::Tag;
use quorate_raft::{Command, Entry, Event, Index, Raft, Refusal};
use quorate_sim::{
    Answers, App,
    export::{Exported, Value},
};

/// What a client asks of the register, and the answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Writes values no other write has, in this order.
    Write(Vec<u64>),
    /// Reads the last one written, 0 before the first.
    Read(Option<u64>),
}

impl Exported for Op {
    /// Several writes at once are ordered but not atomic: no model of a register has a word for them, and none must take
    /// them for one write.
    fn f(&self) -> &'static str {
        match self {
            Self::Write(values) if values.len() == 1 => "write",
            Self::Write(_) => "write-all",
            Self::Read(_) => "read",
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Write(values) => match values.as_slice() {
                [value] => (*value).into(),
                values => values.to_vec().into(),
            },
            Self::Read(seen) => (*seen).into(),
        }
    }
}

/// One node's copy of the register: in memory, or on a disk of its own.
#[derive(Clone, Debug, Hash)]
pub struct Service {
    pub value: u64,
    pub applied: Index,
    /// A hash over everything applied, in order.
    pub chain: u64,
    /// The values written by the entries that this instance was told.
    pub writes: BTreeMap<Index, u64>,
    asked: BTreeMap<Tag, Op>,
    snapshot_every: u64,
    part_bytes: usize,
    snapshot_at: Index,
    has_disk: bool,
}

pub fn write(k: u64, part: u64) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u64(1 + k * 8 + part);
    bytes.freeze()
}

pub fn value_of(entry: &Entry) -> Option<u64> {
    entry.payload.data().map(|payload| value(payload))
}

fn value(mut payload: &[u8]) -> u64 {
    payload.get_u64()
}

impl Service {
    pub fn new(snapshot_every: u64, part_bytes: usize, has_disk: bool) -> Self {
        Self {
            value: 0,
            applied: Index::ZERO,
            chain: 0,
            writes: BTreeMap::new(),
            asked: BTreeMap::new(),
            snapshot_every,
            part_bytes,
            snapshot_at: Index::ZERO,
            has_disk,
        }
    }

    /// What a new process need not be told again.
    pub fn durable(&self) -> Index {
        if self.has_disk { self.applied } else { Index::ZERO }
    }

    fn apply(&mut self, index: Index, entry: &Entry) {
        assert_eq!(index, self.applied.next(), "entries are delivered one after the other");
        self.applied = index;
        let written = value_of(entry).unwrap_or(0);
        self.chain =
            (self.chain ^ written ^ (entry.term.0 << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        if written != 0 {
            self.value = written;
            self.writes.insert(index, written);
        }
    }

    fn snapshot(&mut self) -> Command {
        self.snapshot_at = self.applied;
        let mut state = BytesMut::new();
        for field in [self.value, self.applied.0, self.chain] {
            state.put_u64(field);
        }
        let parts = state.chunks(self.part_bytes).map(Bytes::copy_from_slice).collect();
        Command::Compact { upto: self.applied, parts }
    }
}

impl App<Raft> for Service {
    type Op = Op;

    fn on_client(&mut self, _: u64, tag: Tag, command: &Command, answers: &mut Answers<'_, Command, Op>) {
        let op = match command {
            Command::Propose(payload) => Op::Write(vec![value(payload)]),
            Command::ProposeAll(payloads) => {
                Op::Write(payloads.iter().map(|payload| value(payload)).collect())
            }
            Command::Read => Op::Read(None),
            Command::Compact { .. } => return,
        };
        self.asked.insert(tag, op.clone());
        answers.invoke(tag, op);
    }

    fn on_event(&mut self, event: &Event, answers: &mut Answers<'_, Command, Op>) {
        match event {
            Event::Committed { first, entries } => {
                for (nth, entry) in entries.iter().enumerate() {
                    self.apply(first.plus(nth as u64), entry);
                }
                if self.applied.distance_from(self.snapshot_at) >= self.snapshot_every {
                    let command = self.snapshot();
                    answers.submit(command);
                }
            }
            Event::Restore { snapshot } => {
                let state = snapshot.parts().concat();
                let mut state = state.as_slice();
                (self.value, self.applied, self.chain) =
                    (state.get_u64(), Index(state.get_u64()), state.get_u64());
                assert_eq!(self.applied, snapshot.last.index, "a snapshot holds what it says");
                self.snapshot_at = self.applied;
                self.writes.clear();
            }
            Event::Proposed { tag, .. } => {
                if let Some(op) = self.asked.remove(tag) {
                    answers.ok(*tag, op);
                }
            }
            Event::Readable { tag, .. } => {
                if self.asked.remove(tag).is_some() {
                    answers.ok(*tag, Op::Read(Some(self.value)));
                }
            }
            Event::Refused { tag, refusal, .. } => {
                assert!(!matches!(refusal, Refusal::Empty | Refusal::TooLarge { .. }), "{refusal}");
                if let Some(op) = self.asked.remove(tag) {
                    answers.fail(*tag, op);
                }
            }
            Event::Unknown { tag } => {
                if let Some(op) = self.asked.remove(tag) {
                    answers.info(*tag, op);
                }
            }
            Event::Compacted { .. } | Event::Role { .. } => {}
        }
    }

    fn on_crash(&mut self) {
        if self.has_disk {
            self.asked.clear();
        } else {
            *self = Self::new(self.snapshot_every, self.part_bytes, false);
        }
    }
}
