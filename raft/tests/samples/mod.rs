//! One message and one record of each kind, in the order in which they are declared.

use bytes::Bytes;
use quorate_machine::NodeId;
use quorate_raft::{Body, Entries, Entry, Index, LogId, Message, Payload, Record, Term};

const LAST: LogId = LogId { term: Term(3), index: Index(300) };
const INDEX: Index = Index(7);

pub(crate) fn messages() -> impl Iterator<Item = (&'static str, Message)> {
    let bodies = [
        ("pre-vote", Body::PreVote { last: LAST }),
        ("pre-voted", Body::PreVoted { campaign: Term(4), granted: true }),
        ("vote", Body::Vote { last: LAST }),
        ("voted", Body::Voted { granted: false }),
        ("append", Body::Append { prev: LAST, entries: entries(), committed: INDEX, round: 5 }),
        ("appended", Body::Appended { matched: INDEX, round: 5 }),
        ("rejected", Body::Rejected { prev: INDEX, hint: LAST, round: 5 }),
        ("commit", Body::Commit { committed: INDEX }),
        (
            "snapshot",
            Body::Snapshot { last: LAST, part: 1, parts: 2, bytes: Bytes::from_static(b"xy"), round: 5 },
        ),
        ("received", Body::Received { last: LAST, parts: 1, round: 5 }),
        (
            "forward",
            Body::Forward { incarnation: 1, sequence: 2, payloads: vec![Bytes::from_static(b"x")].into() },
        ),
        ("forwarded", Body::Forwarded { incarnation: 1, sequence: 2, first: Some(INDEX) }),
        ("ask read", Body::AskRead { incarnation: 1, sequence: 2 }),
        ("answered read", Body::AnsweredRead { incarnation: 1, sequence: 2, index: INDEX }),
        ("nudge", Body::Nudge),
    ];
    bodies.into_iter().map(|(name, body)| (name, Message { term: Term(9), body }))
}

pub(crate) fn records() -> impl Iterator<Item = (&'static str, Record)> {
    let records = [
        ("incarnation", Record::Incarnation(2)),
        ("vote", Record::Vote { term: Term(9), vote: Some(NodeId(3)) }),
        ("append", Record::Append { first: INDEX, entries: entries(), committed: INDEX }),
        ("part", Record::Part { last: LAST, part: 1, bytes: Bytes::from_static(b"xy") }),
        ("snapshot", Record::Snapshot { last: LAST, parts: 2, base: LAST, keep: true }),
    ];
    records.into_iter()
}

fn entries() -> Entries {
    let noop = Entry { term: Term(3), payload: Payload::Noop };
    let data = Entry { term: Term(3), payload: Payload::Data(Bytes::from_static(b"ab")) };
    Entries::from_iter([noop, data])
}
