//! Formats that have sessions of transactions, and nothing of time.

use quorate_consistency::{
    format::{Entry, Format, Kind, Mistake, Order, Recording, Transactions, Value, read_sessions},
    txn::{Level, RegisterOp, Status, WeakOptions, check_weak},
};

use super::common::Rng;

const FORMATS: [Format; 3] = [Format::Awdit, Format::Plume, Format::Dbcop];

/// Transactions of which some read what was written last, and some whatever; values are written once.
fn recording(rng: &mut Rng, has_aborted: bool) -> Recording {
    let mut recording = Recording::default();
    recording.header.order = Order::Sessions;
    let (mut next, mut lines) = (0, 0);
    // What was written to each key, of which the last is read the most.
    let mut written: [Vec<i64>; 3] = Default::default();
    for process in 0..3 {
        for _ in 0..=rng.below(3) {
            let is_aborted = has_aborted && rng.chance(20);
            let mut op = || {
                let key = rng.below(3);
                let (f, value) = if rng.chance(50) || written[key].is_empty() {
                    next += 1;
                    if !is_aborted {
                        written[key].push(next);
                    }
                    ("w", next)
                } else {
                    let held = &written[key];
                    ("r", if rng.chance(80) { held[held.len() - 1] } else { *rng.pick(held) })
                };
                let key = i64::try_from(key).unwrap();
                Value::List(vec![Value::Word(f.to_owned()), Value::Int(key), Value::Int(value)])
            };
            let ops: Vec<_> = (0..3).map(|_| op()).collect();
            let asked = |op: &Value| match op.list().unwrap() {
                [f, key, _] if f.name() == Some("r") => Value::List(vec![f.clone(), key.clone(), Value::Nil]),
                _ => op.clone(),
            };
            let end = if is_aborted { Kind::Fail } else { Kind::Ok };
            for kind in [Kind::Invoke, end] {
                lines += 1;
                let ops = if kind == Kind::Ok { ops.clone() } else { ops.iter().map(asked).collect() };
                recording.entries.push(Entry {
                    line: lines,
                    process,
                    kind,
                    f: "txn".to_owned(),
                    value: Value::List(ops),
                    key: None,
                });
            }
        }
    }
    recording
}

fn verdicts<K: Clone + Eq + std::hash::Hash, V: Eq + std::hash::Hash>(
    found: &Transactions<RegisterOp<K, V>>,
) -> [bool; 3] {
    assert!(!found.history.has_real_time());
    assert_eq!(found.lines.len(), found.history.transactions().len());
    Level::ALL.map(|level| check_weak(&found.history, level, WeakOptions::default()).unwrap().order.is_some())
}

#[test]
fn all_of_them_hold_the_same_and_are_judged_the_same() {
    let mut seen = std::collections::BTreeMap::new();
    for seed in 0..500 {
        let has_aborted = seed % 2 == 0;
        let recording = recording(&mut Rng(seed), has_aborted);
        let expected = verdicts(&recording.transactions::<RegisterOp<Value, Value>>().unwrap());
        *seen.entry(expected).or_insert(0) += 1;
        let is_aborted = recording.entries.iter().any(|entry| entry.kind == Kind::Fail);
        for format in FORMATS {
            let text = match recording.write(format) {
                Ok(text) => text,
                // It has no word for those.
                Err(error) => {
                    assert!(format == Format::Awdit && is_aborted, "{error}");
                    continue;
                }
            };
            assert_eq!(Format::guess(&text), format);
            assert_eq!(verdicts(&read_sessions(&text, format).unwrap()), expected, "{text}");
            let again = Recording::read(&text, format).unwrap();
            assert_eq!(again.header, recording.header);
            if is_aborted && format == Format::Plume {
                // Each operation alone, of which all others read the same.
                continue;
            }
            assert_eq!(again.write(Format::Dbcop).unwrap(), recording.write(Format::Dbcop).unwrap());
            let native = recording.write(Format::Native).unwrap();
            assert_eq!(Recording::read(&native, Format::Native).unwrap().entries.len(), again.entries.len());
        }
    }
    println!("read committed, read atomic, causal: {seen:?}");
    assert!(seen.len() >= 3);
}

type Done = (u64, Status, Vec<RegisterOp<u64, u64>>);

fn ops(text: &str, format: Format) -> Vec<Done> {
    let history = read_sessions(text, format).unwrap().history;
    history.transactions().iter().map(|txn| (txn.process, txn.status, txn.ops.clone())).collect()
}

#[test]
fn plume_has_sessions_and_transactions_by_number() {
    use RegisterOp::{Read, Write};
    let text = "w(1,5,7,0)\nr(2,0,9,1)\nw(2,6,7,0)\nr(1,5,7,2)\r\nw(3,8,9,-1)\nr(3,0,9,3)\n";
    let expected = [
        (0, Status::Committed, vec![Write(1, 5), Write(2, 6)]),
        (0, Status::Committed, vec![Read(1, Some(5))]),
        (1, Status::Committed, vec![Read(2, None)]),
        (1, Status::Aborted, vec![Write(3, 8)]),
        (1, Status::Committed, vec![Read(3, None)]),
    ];
    assert_eq!(ops(text, Format::Plume), expected);
    // Somebody writes 0 to the key 2, which is then no longer what was there at first.
    let zero = ops(&format!("{text}w(2,0,1,9)\n"), Format::Plume);
    assert_eq!(zero[2].2, [Read(2, Some(0))]);
    assert_eq!(zero[4].2, [Read(3, None)]);
    assert_eq!(read_sessions(text, Format::Plume).unwrap().lines, [1, 4, 2, 5, 6]);
    for bad in [
        "w(1,2,3)",
        "w(1,2,3,4,5)",
        "x(1,2,3,4)",
        "w(1,2,3,-2)",
        "w(1,-2,3,4)",
        "w(1,2,3,4",
        "w 1 2 3 4",
        "w(a,2,3,4)",
    ] {
        assert_eq!(
            read_sessions(&format!("{text}{bad}\n{text}"), Format::Plume).unwrap_err().line,
            7,
            "{bad}"
        );
    }
}

#[test]
fn dbcop_has_lists_of_lists() {
    use RegisterOp::{Read, Write};
    let data = r#"[
  [{"events": [{"Write": {"variable": 0, "version": 3}}, {"Read": {"variable": 1, "version": null}}],
    "committed": true},
   {"events": [["w", 1, 4], ["r", 2, 0]], "committed": false}],
  [
   {"committed": true, "events": [{"Read": {"variable": 0, "version": 3}}]}]
]"#;
    let whole = format!(
        "{{\"params\": {{\"id\": 0, \"n_node\": 2}}, \"info\": \"x\", \"start\": \"2025-01-01T00:00:00+00:00\",\n\"end\": \"2025\",\n\"data\": {data}}}"
    );
    let expected = [
        (0, Status::Committed, vec![Write(0, 3), Read(1, None)]),
        (0, Status::Aborted, vec![Write(1, 4), Read(2, None)]),
        (1, Status::Committed, vec![Read(0, Some(3))]),
    ];
    assert_eq!(ops(data, Format::guess(data)), expected);
    assert_eq!(ops(&whole, Format::guess(&whole)), expected);
    assert_eq!(read_sessions(data, Format::Dbcop).unwrap().lines, [2, 4, 6]);
    assert_eq!(read_sessions(&whole, Format::Dbcop).unwrap().lines, [4, 6, 8]);
    for (from, to, line) in [
        ("\"committed\": false", "\"done\": false", 4),
        ("[\"w\", 1, 4]", "[\"w\", 1]", 4),
        ("[\"w\", 1, 4]", "[\"w\", 1, null]", 4),
        ("[\"w\", 1, 4]", "[\"x\", 1, 4]", 4),
        ("\"Read\": {\"variable\": 0, ", "\"Read\": {", 6),
        ("{\"committed\": true, \"events\": ", "{\"committed\": true, \"event\": ", 6),
        ("\n   {\"committed\"", "\n   7, {\"committed\"", 6),
        ("}}]}]\n]", "}}]}]\n", 7),
    ] {
        let bad = data.replace(from, to);
        assert_ne!(bad, data);
        assert_eq!(read_sessions(&bad, Format::Dbcop).unwrap_err().line, line, "{bad}");
    }
    assert_eq!(read_sessions("[[], []]", Format::Dbcop).unwrap_err().mistake, Mistake::Empty);
    assert!(read_sessions("{\"params\": {}}", Format::Dbcop).is_err());
}

#[test]
fn what_sessions_cannot_hold_is_refused() {
    let text = |ops: &str| {
        format!(
            "{{:process 0, :type :invoke, :f :txn, :value {ops}}}\n{{:process 0, :type :ok, :f :txn, :value {ops}}}\n"
        )
    };
    let refused = |text: &str, format: Format| {
        let mut recording = Recording::read(text, Format::Edn).unwrap();
        assert!(matches!(recording.write(format).unwrap_err().mistake, Mistake::Unwritable(_)), "time");
        recording.header.order = Order::Sessions;
        assert!(recording.write(Format::Edn).is_err(), "the order in time is not known");
        recording.write(format).is_err()
    };
    for format in FORMATS {
        assert!(!refused(&text("[[:w 1 2] [:r 1 2]]"), format));
        assert!(refused(&text("[[:w 1 2] [:r 2 nil]]"), format) == (format == Format::Awdit));
        for bad in ["[[:append 1 2]]", "[[:w :x 2]]", "[[:w 1 -2]]", "[[:w 1 nil]]", "7"] {
            assert!(refused(&text(bad), format), "{bad}");
        }
        let open = "{:process 1, :type :invoke, :f :txn, :value [[:w 1 3]]}\n";
        assert!(refused(&(text("[[:w 1 2]]") + open), format));
        assert!(refused(&(text("[[:w 1 2]]") + open + &open.replace(":invoke", ":info")), format));
    }
}
