//! What travels and what is kept, as postcard bodies: nothing is lost, and bounds hold. That the bytes never change is a law
//! (`golden_bytes` in `laws.rs`).
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
