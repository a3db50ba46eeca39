//! Commands and their error lines, as a running Redis 7.0 gives them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::needless_pass_by_value,
    reason = "a test fails by panicking, and quickcheck passes by value"
)]

use bytes::Bytes;
use quorate_kv::{
    End, Expiry, Operation, Query, Reply, SetAnswer,
    command::{self, Arity, CommandError, Local, Request, TABLE},
};

fn parse(line: &str) -> Result<Request, CommandError> {
    let words: Vec<Bytes> = line.split(' ').map(|word| Bytes::from(word.to_owned())).collect();
    command::parse(&words)
}

#[test]
fn error_lines_are_those_of_redis() {
    let cases = include_str!("errors.txt");
    let mut tried = 0;
    for case in cases.lines().filter(|line| !line.is_empty()) {
        let (line, expected) = case.split_once(" => ").unwrap();
        let error = parse(line).expect_err(line);
        assert_eq!(format!("{error}|"), format!("{expected}|"), "{line}");
        tried += 1;
    }
    assert!(tried > 50, "only {tried} cases");
}

#[test]
fn every_command_counts_its_words() {
    for spec in TABLE {
        let (fewest, exact) = match spec.arity {
            Arity::Exactly(words) => (usize::from(words), true),
            Arity::AtLeast(words) => (usize::from(words), false),
        };
        let arity = Err(CommandError::Arity { command: spec.name });
        let words = |count: usize| {
            [spec.name].into_iter().chain(["1"].into_iter().cycle()).take(count).collect::<Vec<_>>()
        };
        if fewest > 1 {
            assert_eq!(parse(&words(fewest - 1).join(" ")), arity, "{} with too few words", spec.name);
        }
        if exact {
            assert_eq!(parse(&words(fewest + 1).join(" ")), arity, "{} with too many words", spec.name);
        }
    }
}

#[test]
fn names_are_unique_and_known_in_any_case() {
    for spec in TABLE {
        assert_eq!(TABLE.iter().filter(|other| other.name == spec.name).count(), 1, "{}", spec.name);
        let found = command::find(spec.name.to_uppercase().as_bytes()).unwrap();
        assert_eq!(found.name, spec.name);
    }
}

#[test]
fn options_of_set() {
    let set = |line: &str| match parse(line) {
        Ok(Request::Write(Operation::Set(set))) => set,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(set("set k v").expiry, Expiry::Never);
    assert_eq!(set("SET k v ex 2").expiry, Expiry::Ends(End::AfterMs(2_000)));
    assert_eq!(set("SET k v PX 2").expiry, Expiry::Ends(End::AfterMs(2)));
    assert_eq!(set("SET k v EXAT 2").expiry, Expiry::Ends(End::AtMs(2_000)));
    assert_eq!(set("SET k v PXAT 2").expiry, Expiry::Ends(End::AtMs(2)));
    assert_eq!(set("SET k v KEEPTTL XX GET").expiry, Expiry::Keep);
    assert_eq!(set("SET k v GET NX").answer, SetAnswer::Previous);
    assert_eq!(set("SETNX k v").answer, SetAnswer::Flag);
}

#[test]
fn reads_writes_and_the_rest() {
    assert_eq!(parse("GET k"), Ok(Request::Read(Query::Get { key: "k".into() })));
    assert_eq!(parse("decrby k 3"), Ok(Request::Write(Operation::Increment { key: "k".into(), by: -3 })));
    assert_eq!(parse("PING"), Ok(Request::Local(Local::Answer(Reply::Simple("PONG".into())))));
    assert_eq!(parse("COMMAND COUNT"), Ok(Request::Local(Local::Answer(Reply::count(TABLE.len())))));
    let described = parse("COMMAND INFO get nope");
    let Ok(Request::Local(Local::Answer(Reply::Array(described)))) = described else {
        panic!("{described:?}")
    };
    let [Reply::Array(get), Reply::Nil] = &described[..] else { panic!("{described:?}") };
    assert_eq!(get[..2], [Reply::bulk("get"), Reply::Integer(2)]);
}
