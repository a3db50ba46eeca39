//! The format of this crate holds whatever a recording holds, and is told from the others.

use quorate_consistency::format::{
    Entry, FailedCas, Format, Header, Kind, Mistake, Order, Recording, Value, read, write,
};

use super::common::Rng;

const WORDS: [&str; 8] = ["", "a", "word", "x y", "a\"b\\c", "\0\n\t\u{1f}", "é→𝄞", "{\"set\": []}"];

fn value(rng: &mut Rng, depth: usize) -> Value {
    let text = |rng: &mut Rng| (*rng.pick(&WORDS)).to_owned();
    let many = |rng: &mut Rng| rng.below(4);
    match rng.below(if depth > 0 { 8 } else { 5 }) {
        0 => Value::Nil,
        1 => Value::Bool(rng.chance(50)),
        2 => Value::Int(*rng.pick(&[0, 1, -1, 42, i64::MAX, i64::MIN])),
        3 => Value::Text(text(rng)),
        4 => Value::Word(text(rng)),
        5 => Value::List((0..many(rng)).map(|_| value(rng, depth - 1)).collect()),
        6 => Value::Set((0..many(rng)).map(|_| value(rng, depth - 1)).collect()),
        _ => {
            let mut map: Vec<_> =
                (0..many(rng)).map(|_| (value(rng, depth - 1), value(rng, depth - 1))).collect();
            map.sort();
            map.dedup_by(|one, other| one.0 == other.0);
            Value::Map(map)
        }
    }
}

fn entry(rng: &mut Rng, line: usize) -> Entry {
    Entry {
        line,
        process: rng.draw() >> rng.below(64),
        kind: *rng.pick(&[Kind::Invoke, Kind::Ok, Kind::Fail, Kind::Info]),
        f: (*rng.pick(&WORDS)).to_owned(),
        value: value(rng, 3),
        key: rng.chance(30).then(|| value(rng, 2)),
    }
}

#[test]
fn it_holds_every_recording() {
    let (mut entries, mut others) = (0, [0; 4]);
    for seed in 0..3_000 {
        let mut rng = Rng(seed);
        let model = rng.chance(50).then(|| (*rng.pick(&WORDS)).to_owned());
        let init = rng.chance(50).then(|| value(&mut rng, 3));
        let order = *rng.pick(&[Order::Time, Order::Sessions]);
        let failed_cas = *rng.pick(&[FailedCas::NotDone, FailedCas::Mismatch]);
        let count = 1 + rng.below(5);
        let recording = Recording {
            header: Header { model, init, order, failed_cas },
            entries: (0..count).map(|nth| entry(&mut rng, 2 + nth)).collect(),
        };
        let text = recording.write(Format::Native).unwrap();
        assert_eq!(Format::guess(&text), Format::Native);
        assert_eq!(Recording::read(&text, Format::Native).unwrap(), recording, "{text}");
        entries += count;
        // The others hold it all, or refuse.
        for (format, held) in
            [Format::Edn, Format::Json, Format::Etcd, Format::Dbcop].into_iter().zip(&mut others)
        {
            if let Ok(text) = recording.write(format) {
                let again = Recording::read(&text, format).unwrap();
                let without_lines = |recording: &Recording| {
                    let line = |entry: &Entry| Entry { line: 0, ..entry.clone() };
                    recording.entries.iter().map(line).collect::<Vec<_>>()
                };
                assert_eq!(without_lines(&again), without_lines(&recording), "{text}");
                *held += 1;
            }
        }
    }
    println!("{entries} entries; held by EDN, JSON, logs and dbcop: {others:?}");
    assert!(others[..3].iter().all(|held| *held > 20));
    assert_eq!(others[3], 0);
}

#[test]
fn its_header_may_be_short() {
    let text = "\n{\"quorate\":\"history\",\"version\":1}\n\n{\"p\":0,\"t\":\"invoke\",\"f\":\"read\"}\r\n";
    let recording = Recording::read(text, Format::guess(text)).unwrap();
    assert_eq!(recording.header, Header::default());
    let expected =
        Entry { line: 4, process: 0, kind: Kind::Invoke, f: "read".to_owned(), value: Value::Nil, key: None };
    assert_eq!(recording.entries, [expected]);
    assert_eq!(write(&recording.entries, Format::Native), recording.write(Format::Native).unwrap());
}

#[test]
fn what_is_not_understood_is_named_by_its_line() {
    let header = "{\"quorate\": \"history\", \"version\": 1}\n";
    let entry = "{\"p\": 0, \"t\": \"invoke\", \"f\": \"read\"}\n";
    let refused = |text: &str| Recording::read(text, Format::Native).unwrap_err();
    for bad in [
        "{\"quorate\": \"history\"}",
        "{\"quorate\": \"history\", \"version\": 2}",
        "{\"quorate\": \"plan\", \"version\": 1}",
        "{\"quorate\": \"history\", \"version\": 1, \"more\": 1}",
        "{\"quorate\": \"history\", \"version\": 1, \"model\": 1}",
        "{\"quorate\": \"history\", \"version\": 1, \"order\": \"none\"}",
        "{\"quorate\": \"history\", \"version\": 1, \"init\": {}}",
        "{\"quorate\": \"history\", \"version\": 1, \"failed_cas\": true}",
        "[]",
    ] {
        assert_eq!(refused(&format!("{bad}\n{entry}")).line, 1, "{bad}");
    }
    for bad in [
        "{\"p\": -1, \"t\": \"invoke\", \"f\": \"read\"}",
        "{\"p\": 0, \"t\": \"began\", \"f\": \"read\"}",
        "{\"p\": 0, \"t\": \"invoke\"}",
        "{\"p\": 0, \"t\": \"invoke\", \"f\": 1}",
        "{\"p\": 0, \"t\": \"invoke\", \"f\": \"w\", \"v\": 1.5}",
        "{\"p\": 0, \"t\": \"invoke\", \"f\": \"w\", \"v\": {\"set\": [1, 1]}}",
        "{\"p\": 0, \"t\": \"invoke\", \"f\": \"w\", \"v\": {\"map\": [[1, 1], [1, 2]]}}",
        "{\"p\": 0, \"t\": \"invoke\", \"f\": \"w\", \"v\": {\"map\": [[1]]}}",
        "{\"p\": 0, \"t\": \"invoke\", \"f\": \"w\", \"v\": {\"word\": \"a\", \"set\": []}}",
        "{\"p\": 0, \"t\": \"invoke\", \"f\": \"w\", \"time\": 1}",
        "{\"p\": 0, \"t\": \"invoke\", \"f\": \"w\"",
        "{\"p\": 0, \"t\": \"invoke\", \"f\": \"w\"} {}",
    ] {
        assert_eq!(refused(&format!("{header}{entry}{bad}\n{entry}")).line, 3, "{bad}");
    }
    assert_eq!(refused(header).mistake, Mistake::Empty);
    let sessions = header.replace("1}", "1, \"order\": \"sessions\"}") + entry;
    assert_eq!(read(&sessions, Format::Native).unwrap_err().mistake, Mistake::Timeless);
}

#[test]
fn every_format_is_told_from_the_others() {
    for (text, format) in [
        ("INFO  jepsen.util - 0\t:invoke\t:read\tnil", Format::Etcd),
        ("{:process 0}", Format::Edn),
        ("[{:process 0}]", Format::Edn),
        ("; a comment", Format::Edn),
        ("#jepsen.history.Op{:index 0}", Format::Edn),
        ("{\"process\": 0}", Format::Json),
        ("[\n {\n \"type\": \"ok\"}]", Format::Json),
        ("{ \"quorate\": \"history\"}", Format::Native),
        ("r(1,2,3,4)", Format::Plume),
        ("w(1,2,3,4)", Format::Plume),
        ("w 1 2", Format::Awdit),
        ("=====\nr 1 2", Format::Awdit),
        ("[[{\"events\": []}]]", Format::Dbcop),
        ("[\n [\n  {", Format::Dbcop),
        ("{\n \"params\": {}, \"data\": []}", Format::Dbcop),
    ] {
        for mark in ["", "\u{feff}", "\r\n "] {
            assert_eq!(Format::guess(&format!("{mark}{text}")), format, "{text}");
        }
    }
}
