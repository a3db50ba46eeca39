//! Jepsen's independent keys: values that are pairs of a key and a value.

use std::collections::BTreeMap;

use quorate_consistency::{
    Event, Options,
    format::{
        Case, Entry, FailedCas, Format, Kind, Object, ObjectKind, Value, independent, is_independent, read,
    },
    spec::{CasOp, CasRet},
};

use super::common::{Domain, Rng, Shape, changed, domains::CasRegisters, oracle, right};

fn line(process: usize, kind: &str, f: &str, value: &str) -> String {
    format!("{{:process {process}, :type :{kind}, :f :{f}, :value {value}}}\n")
}

#[test]
fn each_key_is_an_object_of_its_own() {
    let (mut good, mut bad) = (0, 0);
    for seed in 0..400 {
        let mut rng = Rng(seed);
        let shape = Shape { operations: 6, processes: 2, pending_percent: 10, failed_percent: 0 };
        let mut histories = Vec::new();
        for _ in 0..3 {
            let history = right(&CasRegisters, &mut rng, shape);
            histories.push(if rng.chance(30) { changed(&CasRegisters, &mut rng, &history) } else { history });
        }
        let expected = histories.iter().all(|history| oracle(&CasRegisters.spec(), history));
        *if expected { &mut good } else { &mut bad } += 1;
        let mut text = String::new();
        for (key, history) in histories.iter().enumerate() {
            for event in history.events() {
                let (Event::Call(id) | Event::Return(id)) = *event;
                let operation = history.get(id).unwrap();
                let (f, asked) = match &operation.op {
                    CasOp::Read => ("read", "nil".to_owned()),
                    CasOp::Write(value) => ("write", value.to_string()),
                    CasOp::Cas { from, to } => ("cas", format!("[{from} {to}]")),
                };
                let (kind, value) = match (event, operation.ret()) {
                    (Event::Call(_), _) => ("invoke", asked),
                    (Event::Return(_), Some(CasRet::Value(value))) => ("ok", value.to_string()),
                    (Event::Return(_), Some(CasRet::Swapped(false))) => ("fail", asked),
                    (Event::Return(_), _) => ("ok", asked),
                };
                // As Jepsen prints a pair, and as it might.
                let tag = ["", "#jepsen.independent/tuple ", "#clojure.lang.MapEntry "][id.index() % 3];
                text += &line(key * 100 + id.index(), kind, f, &format!("{tag}[:k{key} {value}]"));
            }
        }
        let entries = read(&text, Format::guess(&text)).unwrap();
        assert!(is_independent(&entries));
        let entries = independent(&entries);
        let object = Object::new(ObjectKind::CasRegister, Some(&Value::Int(0))).unwrap();
        let case = Case::new(&object, &entries, FailedCas::Mismatch).unwrap();
        let verdict = case.trial(Options::default()).run(u64::MAX);
        assert_eq!(verdict.is_linearizable(), Some(expected), "{text}");
        let by_key: BTreeMap<_, usize> = entries.iter().filter(|entry| entry.kind == Kind::Invoke).fold(
            BTreeMap::new(),
            |mut keys, entry| {
                *keys.entry(entry.key.clone().unwrap()).or_default() += 1;
                keys
            },
        );
        assert_eq!(by_key.values().copied().collect::<Vec<_>>(), [6, 6, 6]);
    }
    println!("{good} linearizable, {bad} not");
    assert!(good > 50 && bad > 50);
}

#[test]
fn single_objects_are_not_taken_for_many() {
    let is_many = |lines: &[(&str, &str)]| {
        let text: String =
            lines.iter().enumerate().map(|(at, (f, value))| line(at, "invoke", f, value)).collect();
        is_independent(&read(&text, Format::Edn).unwrap())
    };
    assert!(is_many(&[("read", "[1 nil]"), ("cas", "[1 [2 3]]"), ("write", "[1 2]")]));
    assert!(!is_many(&[("cas", "[2 3]"), ("write", "[1 2]")]), "a compare-and-set is a pair itself");
    assert!(!is_many(&[("read", "nil"), ("write", "[1 2]")]), "a value may be a pair");
    assert!(!is_many(&[("txn", "[[:r 1 nil] [:w 1 2]]")]));
    assert!(!is_many(&[("read", "[1 2 3]")]));
    assert!(!is_independent(&[]));
    let keyed = "{:process 0, :type :invoke, :f :put, :key 1, :value [1 2]}";
    assert!(!is_independent(&read(keyed, Format::Edn).unwrap()), "the key stands beside it");
}

#[test]
fn what_is_lifted_is_the_key_of_the_entry() {
    let entries =
        read(&(line(0, "invoke", "read", "[7 nil]") + &line(0, "info", "read", ":timeout")), Format::Edn);
    let lifted = independent(&entries.unwrap());
    let parts = |entry: &Entry| (entry.key.clone(), entry.value.clone());
    assert_eq!(parts(&lifted[0]), (Some(Value::Int(7)), Value::Nil));
    assert_eq!(parts(&lifted[1]), (None, Value::Word("timeout".to_owned())), "an error is no pair");
}
