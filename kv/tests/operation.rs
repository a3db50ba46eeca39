//! The format of the log: what stands in it is read back, also by later versions.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::needless_pass_by_value,
    reason = "a test fails by panicking, and quickcheck passes by value"
)]

use bytes::Bytes;
use quorate_kv::{Batch, Change, Condition, End, ExpireWhen, Expiry, Operation, Set, SetAnswer};

fn every_kind() -> Vec<Operation> {
    let key = || Bytes::from_static(b"k");
    let value = || Bytes::from_static(b"v");
    vec![
        Operation::Set(Set {
            key: key(),
            value: value(),
            condition: Condition::Present,
            expiry: Expiry::Ends(End::AtMs(300)),
            answer: SetAnswer::Previous,
        }),
        Operation::Del { keys: vec![key(), value()] },
        Operation::Increment { key: key(), by: -2 },
        Operation::Append { key: key(), tail: value() },
        Operation::GetDel { key: key() },
        Operation::SetAll { pairs: vec![(key(), value())], if_none_exists: true },
        Operation::Expire {
            key: key(),
            end: End::AfterMs(1),
            when: ExpireWhen { has_end: Some(true), change: Some(Change::Earlier) },
        },
        Operation::Persist { key: key() },
        Operation::FlushAll,
        Operation::Tick,
    ]
}

fn batch(operations: Vec<Operation>) -> Batch {
    Batch { origin: 1, sequence: 2, at_ms: 3, memory_bytes_max: 4, operations }
}

#[test]
fn golden_bytes() {
    let head = [1, 2, 3, 4, 10];
    let bodies: [&[u8]; 10] = [
        &[0, 1, b'k', 1, b'v', 2, 2, 1, 0xd8, 0x04, 1],
        &[1, 2, 1, b'k', 1, b'v'],
        &[2, 1, b'k', 3],
        &[3, 1, b'k', 1, b'v'],
        &[4, 1, b'k'],
        &[5, 1, 1, b'k', 1, b'v', 1],
        &[6, 1, b'k', 0, 2, 1, 1, 1, 1],
        &[7, 1, b'k'],
        &[8],
        &[9],
    ];
    let golden = [&head[..], &bodies.concat()].concat();
    assert_eq!(batch(every_kind()).encode(), golden);
    assert_eq!(Batch::decode(&golden), Ok(batch(every_kind())));
}

#[test]
fn an_operation_takes_no_more_than_its_bound() {
    let huge = Operation::Set(Set {
        key: Bytes::from(vec![0; 300]),
        value: Bytes::from(vec![0; 70_000]),
        condition: Condition::Present,
        expiry: Expiry::Ends(End::AtMs(i64::MIN)),
        answer: SetAnswer::Flag,
    });
    let widest = Batch { origin: u64::MAX, sequence: u64::MAX, at_ms: u64::MAX, ..batch(Vec::new()) };
    for operation in
        every_kind().into_iter().chain([huge, Operation::Increment { key: Bytes::new(), by: i64::MIN }])
    {
        let bound = Batch::OVERHEAD_BYTES + operation.bytes_bound();
        let batch = Batch { memory_bytes_max: u64::MAX, operations: vec![operation], ..widest.clone() };
        assert!(batch.encode().len() <= bound, "{batch:?}");
    }
}

#[test]
fn anything_else_is_not_a_batch() {
    let bytes = batch(every_kind()).encode();
    for length in 0..bytes.len() {
        assert!(Batch::decode(&bytes[..length]).is_err(), "cut to {length}");
    }
    assert!(Batch::decode(&[&bytes[..], &[0]].concat()).is_err(), "a byte more");
    assert!(Batch::decode(&[1, 2, 3, 4, 1, 10]).is_err(), "an unknown operation");
}
