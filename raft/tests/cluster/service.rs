//! The application beside each node: one register, written by log entries, read at `Readable`.

use std::collections::BTreeMap;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use quorate_consistency::spec::{RegisterOp, RegisterRet};
use quorate_machine::Tag;
use quorate_raft::{Command, Entry, Event, Index, Raft, Refusal};
use quorate_sim::{Answers, App, Call};

/// What clients ask of the register, and the answers. No value is written twice, and the first one, 0, never.
pub type Op = Call<RegisterOp<u64>, RegisterRet<u64>>;

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asked {
    Read,
    /// Several writes at once are ordered but not atomic: each is one of its own, all of them open as long as the command.
    Write(Vec<u64>),
}

/// More than the writes of a command.
const PARTS: u64 = 8;

/// The client of one part of a command.
const fn client(tag: Tag, part: u64) -> Tag {
    Tag(tag.0 * PARTS + part)
}

/// The command that this client is of.
pub const fn command_of(client: Tag) -> Tag {
    Tag(client.0 / PARTS)
}

impl Asked {
    fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Propose(payload) => Some(Self::Write(vec![value(payload)])),
            Command::ProposeAll(payloads) => {
                Some(Self::Write(payloads.iter().map(|payload| value(payload)).collect()))
            }
            Command::Read => Some(Self::Read),
            Command::Compact { .. } => None,
        }
    }

    /// The operations, by their clients.
    fn ops(&self, tag: Tag) -> impl Iterator<Item = (Tag, RegisterOp<u64>)> {
        let (values, is_read) = match self {
            Self::Read => (&[][..], true),
            Self::Write(values) => (values.as_slice(), false),
        };
        let writes = values.iter().map(|value| RegisterOp::Write(*value));
        let reads = is_read.then_some(RegisterOp::Read);
        (0..).zip(reads.into_iter().chain(writes)).map(move |(part, op)| (client(tag, part), op))
    }
}

/// One node's copy of the register: in memory, or on a disk of its own.
#[derive(Clone, Debug, Hash)]
pub struct Service {
    pub value: u64,
    pub applied: Index,
    /// A hash over everything applied, in order.
    pub chain: u64,
    asked: BTreeMap<Tag, Asked>,
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

    /// What this command has asked for, which is now answered.
    fn answered(&mut self, tag: Tag) -> Vec<(Tag, RegisterOp<u64>)> {
        self.asked.remove(&tag).map(|asked| asked.ops(tag).collect()).unwrap_or_default()
    }

    fn apply(&mut self, index: Index, entry: &Entry) {
        assert_eq!(index, self.applied.next(), "entries are delivered one after the other");
        self.applied = index;
        let written = value_of(entry).unwrap_or(0);
        self.chain =
            (self.chain ^ written ^ (entry.term.0 << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        if written != 0 {
            self.value = written;
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
        let Some(asked) = Asked::of(command) else { return };
        for (client, op) in asked.ops(tag) {
            answers.invoke(client, Call::asked(op));
        }
        self.asked.insert(tag, asked);
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
            }
            Event::Proposed { tag, .. } => {
                for (client, op) in self.answered(*tag) {
                    answers.ok(client, Call::answered(op, RegisterRet::Written));
                }
            }
            Event::Readable { tag, .. } => {
                for (client, op) in self.answered(*tag) {
                    answers.ok(client, Call::answered(op, RegisterRet::Value(self.value)));
                }
            }
            Event::Refused { tag, refusal, .. } => {
                assert!(!matches!(refusal, Refusal::Empty | Refusal::TooLarge { .. }), "{refusal}");
                for (client, op) in self.answered(*tag) {
                    answers.fail(client, Call::asked(op));
                }
            }
            Event::Unknown { tag } => {
                for (client, op) in self.answered(*tag) {
                    answers.info(client, Call::asked(op));
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
