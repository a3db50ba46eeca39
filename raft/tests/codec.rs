//! What travels and what is kept, as postcard bodies: nothing is lost, bounds hold, the bytes never change.
#![expect(clippy::needless_pass_by_value, reason = "quickcheck hands values over")]

mod draw;

use std::sync::Arc;

use bytes::Bytes;
use draw::Scene;
use quickcheck::{Arbitrary, Gen, QuickCheck};
use quorate_machine::NodeId;
use quorate_raft::{Body, Entries, Entry, Index, LogId, Message, Payload, Record, Term};
use serde::{Serialize, de::DeserializeOwned};

#[derive(Clone, Debug)]
struct SomeMessage(Message);

#[derive(Clone, Debug)]
struct SomeRecord(Record);

impl Arbitrary for SomeMessage {
    fn arbitrary(g: &mut Gen) -> Self {
        let scene = Scene::anywhere(g);
        Self(draw::message(g, scene))
    }
}

impl Arbitrary for SomeRecord {
    fn arbitrary(g: &mut Gen) -> Self {
        let scene = Scene::anywhere(g);
        Self(draw::record(g, scene))
    }
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("an encoding has no limit")
}

fn returns<T: Serialize + DeserializeOwned + PartialEq>(value: &T) -> bool {
    postcard::from_bytes::<T>(&encode(value)).as_ref() == Ok(value)
}

fn check(property: impl quickcheck::Testable) {
    QuickCheck::new().rng(Gen::from_size_and_seed(100, 11)).tests(20_000).quickcheck(property);
}

#[test]
fn every_message_returns_within_its_bound() {
    fn holds(SomeMessage(message): SomeMessage) -> bool {
        returns(&message) && encode(&message).len() <= message.bytes_bound()
    }
    check(holds as fn(SomeMessage) -> bool);
}

#[test]
fn every_record_returns_within_its_bound() {
    fn holds(SomeRecord(record): SomeRecord) -> bool {
        returns(&record) && encode(&record).len() <= record.bytes_bound()
    }
    check(holds as fn(SomeRecord) -> bool);
}

/// The largest numbers there are, in every place.
#[test]
fn the_bounds_hold_at_the_extremes() {
    let (number, id) = (u64::MAX, LogId { term: Term(u64::MAX), index: Index(u64::MAX) });
    let entry = |length| Entry { term: id.term, payload: Payload::Data(vec![0xff; length].into()) };
    for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
        let bytes = Bytes::from(vec![0xff; length]);
        let entries: Entries = [entry(length), entry(0), entry(length)].into_iter().collect();
        let payloads: Arc<[Bytes]> = vec![bytes.clone(); 3].into();
        let bodies = [
            Body::Append { prev: id, entries: entries.clone(), committed: id.index, round: number },
            Body::Snapshot { last: id, part: u32::MAX, parts: u32::MAX, bytes: bytes.clone(), round: number },
            Body::Forward { incarnation: number, sequence: number, payloads },
            Body::Rejected { prev: id.index, hint: id, round: number },
            Body::Forwarded { incarnation: number, sequence: number, first: Some(id.index) },
        ];
        for body in bodies {
            let message = Message { term: id.term, body };
            assert!(encode(&message).len() <= message.bytes_bound(), "{message:?}");
        }
        let records = [
            Record::Append { first: id.index, entries, committed: id.index },
            Record::Part { last: id, part: u32::MAX, bytes },
            Record::Snapshot { last: id, parts: u32::MAX, base: id, keep: true },
            Record::Vote { term: id.term, vote: Some(NodeId(number)) },
        ];
        for record in records {
            assert!(encode(&record).len() <= record.bytes_bound(), "{record:?}");
        }
    }
}

#[test]
fn garbage_is_an_error_or_a_value_and_never_a_panic() {
    fn holds(garbage: Vec<u8>) -> bool {
        // Whatever it is taken for can be written and read again.
        let message = postcard::from_bytes::<Message>(&garbage);
        let record = postcard::from_bytes::<Record>(&garbage);
        message.map_or(true, |message| returns(&message)) && record.map_or(true, |record| returns(&record))
    }
    check(holds as fn(Vec<u8>) -> bool);
}

/// A message cut short is an error, and one with a byte changed is something else or an error.
#[test]
fn damage_is_never_taken_for_the_original() {
    fn holds(SomeMessage(message): SomeMessage, at: usize, change: u8) -> bool {
        let whole = encode(&message);
        let at = at % whole.len();
        let mut changed = whole.clone();
        changed[at] ^= change | 1;
        postcard::from_bytes::<Message>(&whole[..at]).is_err()
            && postcard::from_bytes::<Message>(&changed).as_ref() != Ok(&message)
    }
    check(holds as fn(SomeMessage, usize, u8) -> bool);
}

/// One of each kind, in the order in which they are declared: nodes of different versions talk to each other, and a newer one
/// reads an older one's journal, so that these bytes may never change.
#[test]
fn the_format_is_what_it_was() {
    let (last, index) = (LogId { term: Term(3), index: Index(300) }, Index(7));
    let entries = || Entries::from_iter([noop(), data()]);
    let bodies = [
        Body::PreVote { last },
        Body::PreVoted { campaign: Term(4), granted: true },
        Body::Vote { last },
        Body::Voted { granted: false },
        Body::Append { prev: last, entries: entries(), committed: index, round: 5 },
        Body::Appended { matched: index, round: 5 },
        Body::Rejected { prev: index, hint: last, round: 5 },
        Body::Commit { committed: index },
        Body::Snapshot { last, part: 1, parts: 2, bytes: Bytes::from_static(b"xy"), round: 5 },
        Body::Received { last, parts: 1, round: 5 },
        Body::Forward { incarnation: 1, sequence: 2, payloads: vec![Bytes::from_static(b"x")].into() },
        Body::Forwarded { incarnation: 1, sequence: 2, first: Some(index) },
        Body::AskRead { incarnation: 1, sequence: 2 },
        Body::AnsweredRead { incarnation: 1, sequence: 2, index },
        Body::Nudge,
    ];
    let messages: Vec<_> =
        bodies.into_iter().map(|body| hex(&encode(&Message { term: Term(9), body }))).collect();
    assert_eq!(messages, GOLDEN_MESSAGES);
    let records = [
        Record::Incarnation(2),
        Record::Vote { term: Term(9), vote: Some(NodeId(3)) },
        Record::Append { first: index, entries: entries(), committed: index },
        Record::Part { last, part: 1, bytes: Bytes::from_static(b"xy") },
        Record::Snapshot { last, parts: 2, base: last, keep: true },
    ];
    assert_eq!(records.map(|record| hex(&encode(&record))), GOLDEN_RECORDS);
}

fn noop() -> Entry {
    Entry { term: Term(3), payload: Payload::Noop }
}

fn data() -> Entry {
    Entry { term: Term(3), payload: Payload::Data(Bytes::from_static(b"ab")) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

const GOLDEN_MESSAGES: [&str; 15] = [
    "090003ac02",
    "09010401",
    "090203ac02",
    "090300",
    "090403ac0202030003010261620705",
    "09050705",
    "09060703ac0205",
    "090707",
    "090803ac02010202787905",
    "090903ac020105",
    "090a0102010178",
    "090b01020107",
    "090c0102",
    "090d010207",
    "090e",
];

const GOLDEN_RECORDS: [&str; 5] =
    ["0002", "01090103", "0207020300030102616207", "0303ac0201027879", "0403ac020203ac0201"];
