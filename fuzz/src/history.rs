//! Recorded histories: files of others, read by formats, and judged.
#![allow(unreachable_pub, reason = "a library here, a module of a test in the crate that it tests")]

use quorate_consistency::{
    Options, Verdict,
    format::{
        Case, Entry, FailedCas, Format, FormatError, Object, ObjectKind, Recording, Value, assemble_versions,
        independent, is_independent, read_sessions, text,
    },
    txn::{self, Level, ListOp, RegisterOp, WeakOptions, check_list_append, check_weak},
};

/// Any bytes are, in every format, refused at a line that there is, or a recording that the native format holds, that every
/// other format holds or refuses, and that is the same if it is read again.
pub fn bytes(data: &[u8]) {
    let text = match text(data) {
        Ok(text) => text,
        Err(error) => return is_placed(data, &error),
    };
    for format in Format::ALL {
        let recording = match Recording::read(text, format) {
            Ok(recording) => recording,
            Err(error) => {
                is_placed(data, &error);
                continue;
            }
        };
        assert!(!recording.entries.is_empty());
        let lines = lines(data);
        assert!(recording.entries.iter().all(|entry| (1..=lines).contains(&entry.line)));
        for to in Format::ALL {
            match recording.write(to) {
                Ok(written) => {
                    let again = Recording::read(&written, to).expect("what is written can be read");
                    assert_eq!(again.write(to).as_ref(), Ok(&written), "{format:?} to {to:?}");
                }
                // JSON is not read as deep as values may be nested in it.
                Err(_) if to != Format::Native || depth(&recording) > 40 => {}
                Err(error) => panic!("{format:?}: {error}"),
            }
        }
        if format.is_of_sessions() {
            let sessions = read_sessions(text, format).expect("the same text");
            assert_eq!(sessions.history.transactions().len() * 2, recording.entries.len());
        }
    }
    assert_eq!(Recording::read(text, Format::guess(text)), Recording::read(text, Format::guess(text)));
}

fn lines(data: &[u8]) -> usize {
    data.split(|byte| *byte == b'\n').count()
}

fn is_placed(data: &[u8], error: &FormatError) {
    assert!((1..=lines(data)).contains(&error.line), "{error}");
    assert!(!error.to_string().is_empty());
}

fn depth(recording: &Recording) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::List(list) => 1 + list.iter().map(of).max().unwrap_or(0),
            Value::Set(set) => 1 + set.iter().map(of).max().unwrap_or(0),
            Value::Map(map) => 1 + map.iter().map(|(key, value)| of(key).max(of(value))).max().unwrap_or(0),
            Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Word(_) => 0,
        }
    }
    let entries = recording.entries.iter().flat_map(|entry| [Some(&entry.value), entry.key.as_ref()]);
    entries.chain([recording.header.init.as_ref()]).flatten().map(of).max().unwrap_or(0)
}

/// How many operations are judged: an object is searched, and a search may be long.
const OPERATIONS_MAX: usize = 64;
/// How many steps are searched.
const STEPS: u64 = 3_000;

/// Whatever can be read as a history is refused by a model at a line that there is, or judged; an order that explains it does.
pub fn judged(data: &[u8]) {
    let Some((model, rest)) = data.split_first() else { return };
    let Ok(text) = text(rest) else { return };
    let Ok(recording) = Recording::read(text, Format::guess(text)) else { return };
    let mut entries = recording.entries.clone();
    if entries.len() > 2 * OPERATIONS_MAX {
        return;
    }
    if is_independent(&entries) {
        entries = independent(&entries);
    }
    let initial = || recording.header.init.clone().unwrap_or_default();
    let first = |kind, init: Option<Value>| {
        object(&Object::new(kind, init.as_ref()).expect("a first value that fits"), &entries);
    };
    match model % 17 {
        0 => first(ObjectKind::Register, Some(initial())),
        1 => first(ObjectKind::CasRegister, Some(initial())),
        2 => object(&Object::registers(initial()), &entries),
        3 => first(ObjectKind::MultiRegister, None),
        4 => first(ObjectKind::Mutex, None),
        5 => first(ObjectKind::Set, None),
        6 => first(ObjectKind::Counter, None),
        7 => first(ObjectKind::Queue, None),
        8 => first(ObjectKind::UnorderedQueue, None),
        9 => first(ObjectKind::Stack, None),
        10 => first(ObjectKind::Kv, Some(Value::Text(String::new()))),
        11 => first(ObjectKind::List, None),
        12 => first(ObjectKind::Bag, None),
        13 => first(ObjectKind::Log, None),
        14 => drop(assemble_versions(&entries).map_err(|error| is_placed(rest, &error))),
        15 => match recording.transactions::<ListOp<Value, Value>>() {
            Ok(found) => drop(check_list_append(&found.history, txn::Options::default())),
            Err(error) => is_placed(rest, &error),
        },
        _ => match recording.transactions::<RegisterOp<Value, Value>>() {
            Ok(found) => {
                for level in Level::ALL {
                    let _ = check_weak(&found.history, level, WeakOptions::default());
                }
            }
            Err(error) => is_placed(rest, &error),
        },
    }
}

fn object(object: &Object, entries: &[Entry]) {
    for failed in [FailedCas::NotDone, FailedCas::Mismatch] {
        let Ok(case) = Case::new(object, entries, failed) else { continue };
        if let Verdict::Ok(witness) = case.trial(Options::default()).run(STEPS) {
            assert_eq!(case.verify(&witness), Ok(()));
        }
    }
}
