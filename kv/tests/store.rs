//! The store against a naive model, and its own laws.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::needless_pass_by_value,
    reason = "a test fails by panicking, and quickcheck passes by value"
)]

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use quickcheck::{Arbitrary, Gen, QuickCheck};
use quorate_kv::{
    Batch, Condition, End, ExpireWhen, Expiry, Operation, Query, Reply, Scan, Set, SetAnswer, Store, TtlShape,
};

const PLENTY: u64 = u64::MAX;

fn apply(store: &mut Store, at_ms: u64, memory_bytes_max: u64, operation: Operation) -> Reply {
    let operations = vec![operation];
    store.apply(Batch { origin: 0, sequence: 0, at_ms, memory_bytes_max, operations }).remove(0)
}

fn key(number: u8) -> Bytes {
    format!("k{}", number % 6).into()
}

fn plain(key: Bytes, value: Bytes) -> Set {
    Set { key, value, condition: Condition::Always, expiry: Expiry::Never, answer: SetAnswer::Status }
}

fn get(store: &Store, key: &Bytes) -> Reply {
    store.answer(&Query::Get { key: key.clone() }, 0)
}

/// What clients may do, with so few keys and such short lives that everything meets everything.
#[derive(Clone, Debug)]
struct Act {
    wait_ms: u64,
    operation: Operation,
}

impl Arbitrary for Act {
    fn arbitrary(g: &mut Gen) -> Self {
        let any_key = key(u8::arbitrary(g));
        let value = Bytes::from((u8::arbitrary(g) % 12).to_string());
        let span = i64::from(u8::arbitrary(g) % 20) - 2;
        let operation = match u8::arbitrary(g) % 10 {
            0..=2 => Operation::Set(Set {
                condition: *g.choose(&[Condition::Always, Condition::Absent, Condition::Present]).unwrap(),
                expiry: *g.choose(&[Expiry::Never, Expiry::Keep, Expiry::Ends(End::AfterMs(span))]).unwrap(),
                answer: *g.choose(&[SetAnswer::Status, SetAnswer::Previous, SetAnswer::Flag]).unwrap(),
                ..plain(any_key, value)
            }),
            3 => Operation::Del { keys: vec![any_key.clone(), any_key, key(u8::arbitrary(g))] },
            4 => Operation::Increment { key: any_key, by: span },
            5 => Operation::Append { key: any_key, tail: value },
            6 => Operation::GetDel { key: any_key },
            7 => Operation::Expire { key: any_key, end: End::AfterMs(span), when: ExpireWhen::default() },
            8 => Operation::Persist { key: any_key },
            _ => Operation::SetAll {
                pairs: vec![(any_key, value.clone()), (key(u8::arbitrary(g)), value)],
                if_none_exists: bool::arbitrary(g),
            },
        };
        Self { wait_ms: u64::from(u8::arbitrary(g) % 6), operation }
    }
}

/// The definition: a map, whose ended keys are swept out before every operation.
#[derive(Default)]
struct Model {
    now_ms: u64,
    keys: BTreeMap<Bytes, (Bytes, Option<u64>)>,
}

impl Model {
    fn apply(&mut self, at_ms: u64, operation: Operation) -> Reply {
        self.now_ms = self.now_ms.max(at_ms);
        self.sweep();
        let reply = self.carry_out(operation);
        self.sweep();
        reply
    }

    fn sweep(&mut self) {
        let now_ms = self.now_ms;
        self.keys.retain(|_, (_, end)| end.is_none_or(|end| end > now_ms));
    }

    fn end(&self, end: End) -> u64 {
        match end {
            End::AfterMs(span) => u64::try_from(i64::try_from(self.now_ms).unwrap() + span).unwrap_or(0),
            End::AtMs(at) => u64::try_from(at).unwrap_or(0),
        }
    }

    fn carry_out(&mut self, operation: Operation) -> Reply {
        match operation {
            Operation::Set(set) => self.set(set),
            Operation::Del { keys } => {
                Reply::count(keys.iter().filter(|key| self.keys.remove(*key).is_some()).count())
            }
            Operation::Increment { key, by } => {
                let (value, end) = self.keys.get(&key).cloned().unwrap_or(("0".into(), None));
                let Some(number) = std::str::from_utf8(&value)
                    .unwrap()
                    .parse::<i64>()
                    .ok()
                    .filter(|n| n.to_string().as_bytes() == value)
                else {
                    return Reply::error("ERR value is not an integer or out of range");
                };
                let Some(sum) = number.checked_add(by) else {
                    return Reply::error("ERR increment or decrement would overflow");
                };
                self.keys.insert(key, (sum.to_string().into(), end));
                Reply::Integer(sum)
            }
            Operation::Append { key, tail } => {
                let (value, end) = self.keys.get(&key).cloned().unwrap_or_default();
                let value = Bytes::from([value, tail].concat());
                let length = value.len();
                self.keys.insert(key, (value, end));
                Reply::count(length)
            }
            Operation::GetDel { key } => Reply::optional(self.keys.remove(&key).map(|(value, _)| value)),
            Operation::SetAll { pairs, if_none_exists } => {
                if if_none_exists && pairs.iter().any(|(key, _)| self.keys.contains_key(key)) {
                    return Reply::Integer(0);
                }
                self.keys.extend(pairs.into_iter().map(|(key, value)| (key, (value, None))));
                if if_none_exists { Reply::Integer(1) } else { Reply::OK }
            }
            Operation::Expire { key, end, when: _ } => {
                let end = self.end(end);
                Reply::flag(self.keys.get_mut(&key).map(|item| item.1 = Some(end)).is_some())
            }
            Operation::Persist { key } => {
                Reply::flag(self.keys.get_mut(&key).and_then(|item| item.1.take()).is_some())
            }
            Operation::FlushAll => {
                self.keys.clear();
                Reply::OK
            }
            Operation::Tick => Reply::OK,
        }
    }

    fn set(&mut self, set: Set) -> Reply {
        let before = self.keys.get(&set.key).cloned();
        let holds = match set.condition {
            Condition::Always => true,
            Condition::Absent => before.is_none(),
            Condition::Present => before.is_some(),
        };
        let end = match set.expiry {
            Expiry::Never => None,
            Expiry::Keep => before.as_ref().and_then(|(_, end)| *end),
            Expiry::Ends(end) => Some(self.end(end)),
        };
        if holds {
            self.keys.insert(set.key, (set.value, end));
        }
        match set.answer {
            SetAnswer::Previous => Reply::optional(before.map(|(value, _)| value)),
            SetAnswer::Flag => Reply::flag(holds),
            SetAnswer::Status => {
                if holds {
                    Reply::OK
                } else {
                    Reply::Nil
                }
            }
        }
    }
}

/// Everything a client can see of both is equal, and the books of memory balance.
fn agree(store: &Store, model: &Model) -> bool {
    let in_milliseconds = TtlShape { absolute: true, milliseconds: true };
    let same_key = |key: &Bytes| {
        let expected = model.keys.get(key);
        let end = expected.map_or(-2, |(_, end)| end.map_or(-1, |end| i64::try_from(end).unwrap()));
        get(store, key) == Reply::optional(expected.map(|(value, _)| value.clone()))
            && store.answer(&Query::Ttl { key: key.clone(), shape: in_milliseconds }, 0)
                == Reply::Integer(end)
    };
    let usage = store.usage();
    let bytes: u64 = model
        .keys
        .iter()
        .map(|(key, (value, end))| {
            (key.len() + value.len()) as u64 + 160 + if end.is_some() { 64 } else { 0 }
        })
        .sum();
    (0..6).map(key).all(|key| same_key(&key))
        && usage.keys == model.keys.len() as u64
        && usage.keys_with_end == model.keys.values().filter(|(_, end)| end.is_some()).count() as u64
        && usage.bytes == bytes
}

#[test]
fn the_store_does_what_the_model_does() {
    fn agrees(acts: Vec<Act>) -> bool {
        let (mut store, mut model, mut now_ms) = (Store::new(), Model::default(), 1_000);
        acts.into_iter().all(|act| {
            now_ms += act.wait_ms;
            let reply = apply(&mut store, now_ms, PLENTY, act.operation.clone());
            reply == model.apply(now_ms, act.operation) && agree(&store, &model)
        })
    }
    QuickCheck::new()
        .rng(Gen::from_size_and_seed(60, 7))
        .tests(2_000)
        .quickcheck(agrees as fn(Vec<Act>) -> bool);
}

#[test]
fn a_snapshot_holds_the_whole_store_whatever_its_parts() {
    fn comes_back(acts: Vec<Act>, part_bytes: u8) -> bool {
        let mut store = Store::new();
        let mut now_ms = 1_000;
        for act in acts {
            now_ms += act.wait_ms;
            apply(&mut store, now_ms, PLENTY, act.operation);
        }
        let part_bytes = usize::from(part_bytes).max(1);
        let parts = store.parts(part_bytes);
        let cut = Store::restore(&parts[..parts.len() - 1]);
        parts.iter().all(|part| part.len() <= part_bytes)
            && Store::restore(&parts).as_ref() == Ok(&store)
            && cut.is_err()
    }
    QuickCheck::new()
        .rng(Gen::from_size_and_seed(60, 8))
        .tests(1_000)
        .quickcheck(comes_back as fn(Vec<Act>, u8) -> bool);
}

#[test]
fn a_snapshot_written_piece_by_piece_is_of_the_moment_at_which_it_was_begun() {
    fn is_of_that_moment(before: Vec<Act>, during: Vec<(Act, u8)>) -> bool {
        let (mut store, mut now_ms) = (Store::new(), 1_000);
        let mut act = |store: &mut Store, act: Act| {
            now_ms += act.wait_ms;
            apply(store, now_ms, PLENTY, act.operation);
        };
        for before in before {
            act(&mut store, before);
        }
        let as_begun = store.clone();
        store.begin_image(7);
        let mut parts = None;
        for (during, die) in during {
            if die % 16 == 0 {
                apply(&mut store, 0, PLENTY, Operation::FlushAll);
            }
            act(&mut store, during);
            if die % 2 == 0 {
                parts = parts.or_else(|| store.continue_image(usize::from(die)));
            }
        }
        let parts = parts.or_else(|| store.continue_image(usize::MAX)).unwrap();
        Store::restore(&parts).as_ref() == Ok(&as_begun) && store.continue_image(usize::MAX).is_none()
    }
    QuickCheck::new()
        .rng(Gen::from_size_and_seed(40, 9))
        .tests(3_000)
        .quickcheck(is_of_that_moment as fn(Vec<Act>, Vec<(Act, u8)>) -> bool);
}

#[test]
fn an_emptied_store_gives_its_memory_back_bit_by_bit() {
    let mut store = Store::new();
    for number in 0..6 {
        apply(&mut store, 1, PLENTY, Operation::Set(plain(key(number), Bytes::from_static(b"v"))));
    }
    apply(&mut store, 1, PLENTY, Operation::FlushAll);
    assert_eq!(store, Store::restore(&store.parts(1024)).unwrap());
    assert!(store.usage().keys == 0 && store.has_discarded());
    store.give_back(6);
    assert!(store.has_discarded());
    store.give_back(1);
    assert!(!store.has_discarded());
}

#[test]
fn a_snapshot_that_is_not_one_is_refused() {
    let mut parts = Store::new().parts(1024);
    assert!(Store::restore(&[]).is_err());
    parts.push(Bytes::from_static(b"x"));
    assert!(Store::restore(&parts).is_err(), "trailing bytes");
    assert!(Store::restore(&[Bytes::from_static(&[2; 64])]).is_err(), "another version");
    let mut lying = Store::new().parts(1024).remove(0).to_vec();
    lying[9..17].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(Store::restore(&[lying.into()]).is_err(), "more items than bytes");
}

/// A walk by SCAN finds every key that is there from its beginning to its end, whatever else comes and goes.
#[test]
fn a_scan_misses_no_key_that_stays() {
    fn misses_none(stay: Vec<u16>, come_and_go: Vec<(u16, bool)>, count: u8) -> bool {
        let name = |number: &u16| Bytes::from(number.to_string());
        let set = |store: &mut Store, key| {
            apply(store, 1, PLENTY, Operation::Set(plain(key, Bytes::new())));
        };
        let mut store = Store::new();
        let stay: BTreeSet<Bytes> = stay.iter().map(name).collect();
        for key in &stay {
            set(&mut store, key.clone());
        }
        let mut changes = come_and_go.iter();
        let (mut cursor, mut found) = (0, Vec::new());
        loop {
            let scan = Scan { cursor, pattern: None, count: usize::from(count % 7) + 1, type_name: None };
            let Reply::Array(answer) = store.answer(&Query::Scan(scan), 0) else { return false };
            let [Reply::Bulk(next), Reply::Array(keys)] = &answer[..] else { return false };
            found.extend(keys.iter().filter_map(|key| match key {
                Reply::Bulk(key) => Some(key.clone()),
                _ => None,
            }));
            cursor = std::str::from_utf8(next).unwrap().parse().unwrap();
            if cursor == 0 {
                break;
            }
            for (number, comes) in changes.by_ref().take(3) {
                let key = name(number);
                if *comes {
                    set(&mut store, key);
                } else if !stay.contains(&key) {
                    apply(&mut store, 1, PLENTY, Operation::Del { keys: vec![key] });
                }
            }
        }
        let once = stay.iter().all(|key| found.iter().filter(|other| *other == key).count() == 1);
        once && stay.iter().all(|key| found.contains(key))
    }
    QuickCheck::new()
        .rng(Gen::from_size_and_seed(100, 9))
        .tests(500)
        .quickcheck(misses_none as fn(Vec<u16>, Vec<(u16, bool)>, u8) -> bool);
}

#[test]
fn memory_is_refused_by_the_limit_that_came_with_the_batch() {
    let mut store = Store::new();
    let set = |value: &'static [u8]| Operation::Set(plain(key(1), Bytes::from_static(value)));
    let full = Reply::error("OOM command not allowed when used memory > 'maxmemory'.");
    assert_eq!(apply(&mut store, 1, 166, set(b"12345")), full, "2 + 5 + 160 bytes are over 166");
    assert_eq!(store.usage().bytes, 0);
    assert_eq!(apply(&mut store, 1, 167, set(b"12345")), Reply::OK);
    let append = || Operation::Append { key: key(1), tail: Bytes::from_static(b"6") };
    assert_eq!(apply(&mut store, 1, 167, append()), full);
    assert_eq!(get(&store, &key(1)), Reply::bulk("12345"), "a refused append changes nothing");
    assert_eq!(apply(&mut store, 1, 10, set(b"123")), Reply::OK, "what gives memory back is never refused");
    assert_eq!(apply(&mut store, 1, 0, Operation::FlushAll), Reply::OK);
    assert_eq!(store.usage().bytes, 0);
}

#[test]
fn the_log_decides_when_a_key_ends_and_time_never_goes_back() {
    let mut store = Store::new();
    let ends = Set { expiry: Expiry::Ends(End::AfterMs(10)), ..plain(key(1), Bytes::from_static(b"v")) };
    apply(&mut store, 1_000, PLENTY, Operation::Set(ends));
    let pttl = Query::Ttl { key: key(1), shape: TtlShape { absolute: false, milliseconds: true } };
    assert_eq!(store.answer(&pttl, 1_004), Reply::Integer(6), "the asker's clock says how much is left");
    assert_eq!(store.answer(&pttl, 9_999), Reply::Integer(0), "but not that it is gone");
    assert_eq!(get(&store, &key(1)), Reply::bulk("v"));
    apply(&mut store, 1_009, PLENTY, Operation::Tick);
    assert_eq!(get(&store, &key(1)), Reply::bulk("v"));
    apply(&mut store, 1_010, PLENTY, Operation::Tick);
    assert_eq!(get(&store, &key(1)), Reply::Nil);
    apply(&mut store, 5, PLENTY, Operation::Tick);
    assert_eq!(store.log_time_ms(), 1_010);
    assert_eq!(store.usage().keys, 0, "its memory is given back");
}
