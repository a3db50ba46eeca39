//! One node of Raft among peers that say anything, and journals that hold anything.
#![allow(unreachable_pub, reason = "a library here, a module of a test in the crate that it tests")]

use core::{hash::Hasher as _, time::Duration};
use std::{collections::BTreeSet, hash::DefaultHasher};

use bytes::Bytes;
use quorate_machine::{
    Durable as _, Effect, EffectOf, Input, Machine as _, NodeId, OutboxOf, Tag, Ticket, Time,
};
use quorate_quorum::Voters;
use quorate_raft::{Command, Config, Event, Image, Index, Message, Raft, Record};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The node under test.
pub const ID: NodeId = NodeId(1);

/// One input, and how long after the one before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Turn {
    /// In microseconds; a clock may also go backwards.
    pub after_us: i32,
    /// What happens.
    pub happening: Happening,
}

/// What happens to the node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Happening {
    /// A message arrives.
    Receive {
        /// Who says so; nodes that do not exist included.
        from: u8,
        /// What it says.
        message: Message,
    },
    /// A wake at whatever time it is.
    Wake,
    /// A wake when one is due, if that is within the hour.
    WakeWhenDue,
    /// The disk acknowledges a ticket, maybe one that was never issued.
    Persisted(u64),
    /// The disk acknowledges everything.
    AllPersisted,
    /// The caller proposes.
    Propose(Vec<Bytes>),
    /// The caller wants to read.
    Read,
    /// The caller has taken a snapshot of everything up to there.
    Compact(Index, Vec<Bytes>),
    /// The process ends and starts again; at most so many records that were not acknowledged are lost.
    Crash(u16),
}

/// Small limits, so that inputs reach them; which ones is the first byte's choice.
pub fn config(choice: u8, id: NodeId) -> Config {
    let pick = |bit: u8, values: [usize; 2]| values[usize::from(choice >> bit & 1)];
    let voters = Voters::majority((1..=1 + u64::from(choice % 4) * 2).map(NodeId)).expect("distinct ids");
    Config {
        outcome_timeout: Duration::from_secs(2),
        batch_entries_max: pick(2, [3, 64]),
        batch_bytes_max: pick(3, [400, 4096]),
        proposal_bytes_max: 64,
        inflight_messages_max: pick(4, [2, 16]),
        inflight_bytes_max: pick(5, [300, 100_000]),
        log_bytes_max: pick(6, [4_000, 1_000_000]),
        outstanding_max: 16,
        snapshot_part_bytes_max: 24,
        snapshot_parts_max: 16,
        log_keep_entries: pick(7, [0, 5]) as u64,
        ..Config::new(id, voters)
    }
}

/// Whatever is fed, in whatever order and at whatever times: no panic; what is known committed is in the log, and what is
/// delivered is committed; neither ever shrinks; each command is answered at most once; a wake leaves a later deadline,
/// and an early one changes nothing; steps, messages and records keep their limits; checkpoints fold to what the records
/// fold to, and a crash that keeps what was acknowledged is recovered from.
///
/// The first byte chooses the configuration; then come [`Turn`]s in postcard. What is no turn is skipped byte by byte.
pub fn machine(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let mut bench = Bench::new(config(*choice, ID));
    for turn in values::<Turn>(rest) {
        bench.play(turn);
    }
    bench.check_checkpoint();
}

/// The values in `bytes`; what is none is skipped.
fn values<T: DeserializeOwned>(mut bytes: &[u8]) -> impl Iterator<Item = T> {
    core::iter::from_fn(move || {
        while !bytes.is_empty() {
            if let Ok((value, rest)) = postcard::take_from_bytes(bytes) {
                bytes = rest;
                return Some(value);
            }
            bytes = &bytes[1..];
        }
        None
    })
}

struct Bench {
    config: Config,
    raft: Raft,
    out: OutboxOf<Raft>,
    /// What the node's clock shows, and the latest that it ever showed.
    now: Time,
    latest: Time,
    /// What this life began with, and the records issued since.
    base: Image,
    issued: Vec<(Option<Ticket>, Record)>,
    acknowledged: usize,
    asked: u64,
    unanswered: BTreeSet<Tag>,
    delivered: Index,
    committed: Index,
    /// The bound of the largest message received: entries that came in may go out again.
    received_max: usize,
}

impl Bench {
    fn new(config: Config) -> Self {
        let now = Time::from_nanos(1 << 50);
        let raft = recover(&config, &Image::default(), now);
        Self {
            raft,
            config,
            out: OutboxOf::<Raft>::new(),
            now,
            latest: now,
            base: Image::default(),
            issued: Vec::new(),
            acknowledged: 0,
            asked: 0,
            unanswered: BTreeSet::new(),
            delivered: Index::ZERO,
            committed: Index::ZERO,
            received_max: 0,
        }
    }

    fn play(&mut self, Turn { after_us, happening }: Turn) {
        let nanos = self.now.as_nanos().saturating_add_signed(i64::from(after_us) * 1_000);
        self.set_clock(Time::from_nanos(nanos));
        match happening {
            Happening::Receive { from, message } => {
                check_encoding(&message, message.bytes_bound());
                self.received_max = self.received_max.max(message.bytes_bound());
                // A machine never receives from itself: the driver vouches for senders.
                if NodeId(u64::from(from)) != ID {
                    self.step(Input::Receive { from: NodeId(u64::from(from)), message });
                }
            }
            Happening::Wake => self.wake(),
            Happening::WakeWhenDue => {
                let due = self.raft.deadline().filter(|due| due.since(self.now) < Duration::from_secs(3600));
                if let Some(due) = due {
                    self.set_clock(due.max(self.now));
                    self.wake();
                }
            }
            Happening::Persisted(ticket) => self.acknowledge(Ticket(ticket)),
            Happening::AllPersisted => self.acknowledge(self.out.issued()),
            Happening::Propose(payloads) => match <[Bytes; 1]>::try_from(payloads) {
                Ok([payload]) => self.submit(Command::Propose(payload)),
                Err(payloads) => self.submit(Command::ProposeAll(payloads)),
            },
            Happening::Read => self.submit(Command::Read),
            Happening::Compact(upto, parts) => self.submit(Command::Compact { upto, parts }),
            Happening::Crash(lost) => self.crash(usize::from(lost)),
        }
    }

    fn set_clock(&mut self, now: Time) {
        self.now = now;
        self.latest = self.latest.max(now);
    }

    fn wake(&mut self) {
        let early = self.raft.deadline().is_none_or(|due| due > self.latest);
        let before = digest(&self.raft);
        let effects = self.step(Input::Wake);
        let due = self.raft.deadline();
        assert!(
            due.is_none_or(|due| due > self.latest),
            "woken at {:?} it wants to be at {due:?}",
            self.latest
        );
        if early {
            assert_eq!((effects, digest(&self.raft)), (0, before), "an early wake did something");
        }
    }

    fn submit(&mut self, command: Command) {
        self.asked += 1;
        let tag = Tag(self.asked);
        self.unanswered.insert(tag);
        self.step(Input::Submit { tag, command });
    }

    fn acknowledge(&mut self, upto: Ticket) {
        if self.out.has_issued(upto) {
            let covered =
                |(ticket, _): &(Option<Ticket>, Record)| ticket.is_some_and(|ticket| ticket <= upto);
            let count = self.issued.iter().rposition(covered).map_or(0, |last| last + 1);
            self.acknowledged = self.acknowledged.max(count);
        }
        self.step(Input::Persisted(upto));
    }

    /// One input and what must hold after each; how many effects it had.
    fn step(&mut self, input: Input<Message, Command>) -> usize {
        self.raft.step(self.now, input, &mut self.out);
        let effects: Vec<_> = self.out.drain().collect();
        assert!(effects.len() <= self.effects_max(), "{} effects in one step", effects.len());
        let records = self.issued.len();
        for effect in &effects {
            self.look(effect);
        }
        self.check_status();
        if self.issued.len() > records {
            self.check_checkpoint();
        }
        effects.len()
    }

    /// Every outcome and every answer to a question at once, every window filled, a whole snapshot noted.
    fn effects_max(&self) -> usize {
        let Config { outstanding_max, inflight_messages_max, snapshot_parts_max, .. } = &self.config;
        let peers = self.config.voters.ids().len();
        2 * outstanding_max + peers * (inflight_messages_max + 8) + *snapshot_parts_max as usize + 16
    }

    fn look(&mut self, effect: &EffectOf<Raft>) {
        let limit = self.config.batch_bytes_max.max(self.received_max);
        match effect {
            Effect::Send { to, message } => {
                assert!(*to != ID && self.config.voters.contains(*to), "{message:?} for {to}");
                check_encoding(message, message.bytes_bound());
                assert!(message.bytes_bound() <= limit, "{message:?} is over {limit}");
            }
            Effect::Persist { ticket, record } => {
                check_encoding(record, record.bytes_bound());
                assert!(record.bytes_bound() <= limit, "{record:?} is over {limit}");
                let before = self.issued.iter().rev().find_map(|(ticket, _)| *ticket);
                assert!(ticket.is_none_or(|ticket| before < Some(ticket)), "{ticket:?} after {before:?}");
                self.issued.push((*ticket, record.clone()));
            }
            Effect::Emit(event) => self.hear(event),
        }
    }

    fn hear(&mut self, event: &Event) {
        match event {
            Event::Committed { first, entries } => {
                assert_eq!(*first, self.delivered.next(), "not the next entries");
                self.delivered = self.delivered.plus(entries.len() as u64);
            }
            Event::Restore { snapshot } => {
                assert!(snapshot.last.index > self.delivered, "an old snapshot");
                self.delivered = snapshot.last.index;
            }
            Event::Proposed { tag, .. }
            | Event::Readable { tag, .. }
            | Event::Compacted { tag, .. }
            | Event::Refused { tag, .. }
            | Event::Unknown { tag } => {
                assert!(self.unanswered.remove(tag), "{event:?} answers what nobody asks");
            }
            Event::Role { .. } => {}
        }
    }

    fn check_status(&mut self) {
        let status = self.raft.status();
        assert_eq!(status.delivered, self.delivered, "{status:?}");
        assert!(status.delivered <= status.committed, "{status:?}");
        assert!(status.committed <= status.last.index, "{status:?}");
        assert!(status.durable <= status.last.index && status.last.term <= status.term, "{status:?}");
        assert!(status.committed >= self.committed, "{status:?} after {:?}", self.committed);
        assert!(status.outstanding <= self.config.outstanding_max, "{status:?}");
        self.committed = status.committed;
    }

    fn check_checkpoint(&self) {
        assert_eq!(
            fold_of_checkpoint(&self.raft),
            self.fold(self.issued.len()),
            "checkpoint and records differ"
        );
    }

    /// What this life began with, and the first so many of its records.
    fn fold(&self, records: usize) -> Image {
        let mut image = self.base.clone();
        for (_, record) in self.issued.iter().take(records) {
            Raft::absorb(&mut image, record.clone()).expect("its own records fold");
        }
        image
    }

    fn crash(&mut self, lost: usize) {
        let kept = self.issued.len().saturating_sub(lost).max(self.acknowledged);
        self.base = self.fold(kept);
        self.raft = recover(&self.config, &self.base, self.now);
        assert_eq!(fold_of_checkpoint(&self.raft), self.base, "recovered, it is another node");
        self.out = OutboxOf::<Raft>::new();
        self.latest = self.now;
        self.issued.clear();
        self.acknowledged = 0;
        self.unanswered.clear();
        (self.delivered, self.committed) = (Index::ZERO, Index::ZERO);
    }
}

fn recover(config: &Config, image: &Image, now: Time) -> Raft {
    Raft::recover(config.clone(), image.clone(), 7, now).expect("an image of its own records")
}

fn digest(raft: &Raft) -> u64 {
    let mut hasher = DefaultHasher::new();
    raft.digest(&mut hasher);
    hasher.finish()
}

fn check_encoding<T: Serialize>(value: &T, bound: usize) {
    let length = postcard::to_allocvec(value).expect("an encoding has no limit").len();
    assert!(length <= bound, "{length} bytes, bound by {bound}");
}

fn fold_of_checkpoint(raft: &Raft) -> Image {
    let (mut image, mut count) = (Image::default(), 0_u32);
    raft.checkpoint(&mut |record| {
        count += 1;
        assert!(count < CHECKPOINT_RECORDS_MAX, "a checkpoint has no end");
        Raft::absorb(&mut image, record).expect("its own checkpoint folds");
    });
    image
}

/// More than an input has room for.
const CHECKPOINT_RECORDS_MAX: u32 = 1 << 20;

/// Records that nobody vouches for are refused, or add up to an image. That is refused, or becomes a node whose
/// checkpoint is that image, and which wakes without harm.
///
/// The first byte chooses the configuration; then come records in postcard. What is none is skipped byte by byte.
pub fn records(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let mut image = Image::default();
    for record in values::<Record>(rest) {
        check_encoding(&record, record.bytes_bound());
        if Raft::absorb(&mut image, record).is_err() {
            return; // what it holds now is of no use to anyone
        }
    }
    let now = Time::from_nanos(1 << 50);
    let Ok(mut raft) = Raft::recover(config(*choice, ID), image.clone(), 7, now) else { return };
    assert_eq!(fold_of_checkpoint(&raft), image, "recovered, it is another node");
    let mut out = OutboxOf::<Raft>::new();
    for _ in 0..8 {
        let due = raft.deadline().unwrap_or(now);
        raft.step(due, Input::Wake, &mut out);
        for effect in out.drain() {
            if let Effect::Persist { record, .. } = effect {
                Raft::absorb(&mut image, record).expect("its own records fold");
            }
        }
        assert_eq!(fold_of_checkpoint(&raft), image, "checkpoint and records differ");
        let status = raft.status();
        assert!(status.delivered <= status.committed && status.committed <= status.last.index, "{status:?}");
    }
}
