//! Recorded histories of other projects, with the verdicts that those state, and the same formats with histories of our
//! own. The former are not part of this repository; without them the tests that need them say so.

use std::{
    collections::BTreeMap,
    fmt::{Debug, Write as _},
    fs,
    path::PathBuf,
};

use crate::common::{
    Domain, HistoryOf, Rng, Shape, changed,
    domains::CasRegisters,
    erased::{Erasable, ErasedSpec, erased},
    oracle, right,
};
use quorate_consistency::{
    Event, Malformed, Outcome, check,
    format::{
        Assembled, Entry, FailedCas, Format, FormatError, Kind, Mistake, Recorded, Value, assemble, read,
    },
    spec::{CasOp, CasRegister, CasRet, Counter, Kv, List, MultiRegister, Mutex, Set},
};

fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/histories"));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there are no recorded histories in {}", folder.display());
    None
}

/// How often each kind of entry is in the text, counted without the readers.
fn counted(text: &str) -> BTreeMap<&'static str, usize> {
    let without_comments: String =
        text.lines().map(|line| line.split(';').next().unwrap_or("").to_owned() + "\n").collect();
    let words: Vec<_> = without_comments.split(|c: char| c.is_whitespace() || c == ',').collect();
    [":invoke", ":ok", ":fail", ":info"]
        .into_iter()
        .map(|kind| (kind, words.iter().filter(|word| **word == kind).count()))
        .collect()
}

fn read_all(text: &str, format: Format) -> Vec<Entry> {
    let entries = read(text, format).unwrap();
    let mut found = BTreeMap::from([(":invoke", 0), (":ok", 0), (":fail", 0), (":info", 0)]);
    for entry in &entries {
        let kind = match entry.kind {
            Kind::Invoke => ":invoke",
            Kind::Ok => ":ok",
            Kind::Fail => ":fail",
            Kind::Info => ":info",
        };
        *found.get_mut(kind).unwrap() += 1;
    }
    assert_eq!(found, counted(text));
    entries
}

fn judged<M>(model: &M, entries: &[Entry], failed: FailedCas) -> (bool, usize)
where
    M: Recorded<Op: Debug, Ret: Debug> + Erasable + Clone,
{
    let Assembled { history, places } = assemble(model, entries, failed).unwrap();
    let operations = history.operations().len();
    assert_eq!(operations, places.len());
    let (spec, history) = (ErasedSpec::new(model.clone()), erased(&history));
    let verdict = check(&spec, &history);
    if let quorate_consistency::Verdict::Ok(witness) = &verdict {
        assert_eq!(witness.verify(&spec, &history), Ok(()));
    }
    (verdict.is_linearizable().unwrap(), operations)
}

#[test]
fn recorded_histories_have_the_verdicts_that_are_known() {
    let Some(folder) = folder() else { return };
    let table = fs::read_to_string(folder.join("VERDICTS.tsv")).unwrap();
    let (mut files, mut operations) = (0, 0);
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = line.split('\t').collect();
        let [file, model, verdict] = columns[..] else { panic!("{line}") };
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let expected = verdict == "true";
        let format = Format::guess(&text);
        let judged_as = match model {
            "cas-register init nil" => {
                let model = CasRegister { initial: Value::Nil };
                let entries = read_all(&text, format);
                let kept = judged(&model, &entries, FailedCas::NotDone);
                assert_eq!(kept, judged(&model, &entries, FailedCas::Mismatch), "{file}");
                kept
            }
            "cas-register init 0" => {
                let model = CasRegister { initial: Value::Int(0) };
                judged(&model, &read_all(&text, format), FailedCas::NotDone)
            }
            "kv get/put/append per key, missing \"\"" => {
                judged(&Kv::new(Some(String::new())), &read_all(&text, format), FailedCas::NotDone)
            }
            "set" => judged(&Set::new(), &read_all(&text, format), FailedCas::NotDone),
            "counter" => judged(&Counter::default(), &read_all(&text, format), FailedCas::NotDone),
            // Transactions, which have tests of their own.
            "list-append" | "weak isolation, strongest level that holds" => continue,
            other => panic!("{file} is of a model without a test: {other}"),
        };
        assert_eq!(judged_as.0, expected, "{file}");
        files += 1;
        operations += judged_as.1;
    }
    println!("{files} files, {operations} operations");
    assert_eq!(files, 46);
}

#[test]
fn the_logs_of_etcd_have_as_many_operations_as_lines_say() {
    let Some(folder) = folder() else { return };
    let (mut logs, mut invoked, mut unknown) = (0, 0, 0);
    for file in fs::read_dir(folder.join("etcd")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let counts = counted(&text);
        let model = CasRegister { initial: Value::Nil };
        let history = assemble(&model, &read_all(&text, Format::Etcd), FailedCas::Mismatch).unwrap().history;
        logs += 1;
        assert_eq!(history.operations().len(), counts[":invoke"]);
        let pending = history.operations().iter().filter(|op| matches!(op.outcome, Outcome::Unknown)).count();
        assert_eq!(pending, counts[":invoke"] - counts[":ok"] - counts[":fail"]);
        invoked += counts[":invoke"];
        unknown += pending;
    }
    println!("{logs} logs, {invoked} operations, {unknown} of them pending");
    assert_eq!((logs, invoked), (37, 3_089));
}

/// As the etcd logs are written.
fn written(history: &HistoryOf<CasRegisters>, separator: &str) -> String {
    let mut text = String::new();
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
        let process = id.index();
        writeln!(text, "INFO  jepsen.util - {process}{separator}:{kind}{separator}:{f}{separator}{value}")
            .unwrap();
    }
    text
}

fn as_edn(log: &str) -> String {
    let line = |line: &str| {
        let words: Vec<_> = line.splitn(8, [' ', '\t']).filter(|word| !word.is_empty()).collect();
        format!("{{:process {}, :type {}, :f {}, :value {}}}", words[3], words[4], words[5], words[6])
    };
    log.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn as_json(log: &str) -> String {
    let line = |line: &str| {
        let words: Vec<_> = line.splitn(8, [' ', '\t']).filter(|word| !word.is_empty()).collect();
        let name = |word: &str| format!("{:?}", word.trim_start_matches(':'));
        let value = words[6].replace("nil", "null").replace(' ', ", ");
        format!(
            r#"{{"process": {}, "type": {}, "f": {}, "value": {value}}}"#,
            words[3],
            name(words[4]),
            name(words[5])
        )
    };
    log.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn generated_histories_survive_every_format() {
    let model = CasRegister { initial: Value::Int(0) };
    let (mut good, mut bad) = (0, 0);
    for seed in 0..400 {
        let mut rng = Rng(seed);
        let shape = Shape { operations: 6, processes: 3, pending_percent: 10, failed_percent: 0 };
        let history = right(&CasRegisters, &mut rng, shape);
        let history = changed(&CasRegisters, &mut rng, &history);
        let expected = oracle(&CasRegisters.spec(), &history);
        *if expected { &mut good } else { &mut bad } += 1;
        let (tabs, spaces) = (written(&history, "\t"), written(&history, " "));
        let (edn, json) = (as_edn(&tabs), as_json(&tabs));
        let texts = [
            tabs,
            spaces,
            format!("; a comment\n[{}]\n", edn.replace('\n', ",\n ; another\n ")),
            format!("({edn}\n)"),
            format!("[\n{}\n]\n", json.replace('\n', ",\n")),
            edn,
            json,
        ];
        for text in texts {
            let entries = read(&text, Format::guess(&text)).unwrap();
            assert_eq!(entries.len(), history.events().len(), "{text}");
            let found = judged(&model, &entries, FailedCas::Mismatch);
            assert_eq!(found, (expected, history.operations().len()), "{text}");
        }
    }
    assert!(good > 50 && bad > 50, "{good} {bad}");
}

fn refused(text: &str, format: Format) -> FormatError {
    read(text, format).expect_err(text)
}

#[test]
fn what_is_not_understood_is_named_by_its_line() {
    let good = "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n";
    for bad in [
        "WARN  jepsen.util - 0 :invoke :read nil",
        "INFO  jepsen.core - 0 :invoke :read nil",
        "INFO  jepsen.util - x :invoke :read nil",
        "INFO  jepsen.util - 0 :began :read nil",
        "INFO  jepsen.util - 0 :invoke read nil",
        "INFO  jepsen.util - 0 :invoke :read",
        "INFO  jepsen.util - 0 :invoke :cas [1 2",
        "INFO  jepsen.util - 0 :invoke :cas [1 2] 3",
        "INFO  jepsen.util - 0 :invoke :write 1.5",
        "jepsen",
    ] {
        assert_eq!(refused(&format!("{good}{bad}\n{good}"), Format::Etcd).line, 2, "{bad}");
    }
    let good = "{:process 0, :type :invoke, :f :read, :value nil}\n";
    for bad in [
        "{:process 0, :type :began, :f :read}",
        "{:process 0, :type :invoke}",
        "{:type :invoke, :f :read}",
        "{:process -1, :type :invoke, :f :read}",
        "{:process 0, :type :invoke, :f :read",
        "{:process 0, :type :invoke, :f :write :value 1/2}",
        "7",
        "]",
        "}",
    ] {
        let error = refused(&format!("{good}{bad}"), Format::Edn);
        assert!(error.line >= 2, "{bad}: {error}");
    }
    for (text, line) in [
        ("[{:process 0, :type :invoke, :f :read}\n", 2),
        ("[{:process 0, :type :invoke, :f :read}]\n\n7", 3),
        ("(\n\n{:process 0 :type 1})", 3),
    ] {
        assert_eq!(refused(text, Format::Edn).line, line, "{text}");
    }
    let good = "{\"process\": 0, \"type\": \"invoke\", \"f\": \"read\"}";
    for (text, line) in [
        (format!("[{good}\n{good}]"), 2),
        (format!("[{good},\n"), 2),
        (format!("[{good}\n] 1"), 2),
        (format!("{good}\n{{\"process\": 0"), 2),
        (format!("{good}\n{{\"process\": 1.5}}"), 2),
        (format!("{good}\n\n[1]"), 3),
    ] {
        assert_eq!(refused(&text, Format::Json).line, line, "{text}");
    }
}

#[test]
fn nothing_is_no_history() {
    for format in [Format::Edn, Format::Json, Format::Etcd] {
        assert_eq!(refused("", format).mistake, Mistake::Empty);
        assert_eq!(refused("\n \n", format).mistake, Mistake::Empty);
    }
    assert_eq!(refused("[]", Format::Edn).mistake, Mistake::Empty);
    assert_eq!(refused("[]", Format::Json).mistake, Mistake::Empty);
    assert_eq!(refused("{:process :nemesis, :type :info, :f :start}", Format::Edn).mistake, Mistake::Empty);
}

#[test]
fn deep_nesting_and_long_lines_are_errors_or_values_and_no_crash() {
    let deep = |open: &str, close: &str| {
        format!(
            "{{:process 0, :type :invoke, :f :write, :value {}{}}}",
            open.repeat(100_000),
            close.repeat(100_000)
        )
    };
    assert_eq!(refused(&deep("[", "]"), Format::Edn).mistake, Mistake::Deep);
    let json = deep("[", "]").replace(":process 0, :type :invoke, :f :write, :value", "\"value\":");
    assert!(matches!(refused(&json, Format::Json).mistake, Mistake::Syntax(_)));
    let long = format!("{{:process 0, :type :invoke, :f :write, :value \"{}\"}}", "x".repeat(10 << 20));
    assert_eq!(read(&long, Format::Edn).unwrap().len(), 1);
}

#[test]
fn what_does_not_fit_the_model_or_the_history_is_named_by_its_line() {
    let line = |process: u64, kind: &str, f: &str, value: &str| {
        format!("{{:process {process}, :type :{kind}, :f :{f}, :value {value}}}\n")
    };
    let invoke = line(0, "invoke", "write", "1");
    let mistake = |text: &str| {
        let entries = read(text, Format::Edn).unwrap();
        let error = assemble(&CasRegister { initial: Value::Nil }, &entries, FailedCas::NotDone).unwrap_err();
        assert_eq!(error.line, 2, "{error}");
        error.mistake
    };
    let unknown = mistake(&(invoke.clone() + &line(1, "invoke", "acquire", "nil")));
    assert_eq!(unknown, Mistake::UnknownOperation("acquire".to_owned()));
    let wrong = mistake(&(invoke.clone() + &line(1, "invoke", "cas", "[1]")));
    assert!(matches!(wrong, Mistake::WrongValue { .. }));
    assert_eq!(mistake(&(invoke.clone() + &line(0, "ok", "read", "1"))), Mistake::OtherOperation);
    let twice = mistake(&(invoke.clone() + &invoke));
    assert!(matches!(twice, Mistake::Malformed(Malformed::DoubleInvoke { process: 0, .. })));
    let nobody = mistake(&(invoke + &line(1, "ok", "read", "1")));
    assert_eq!(nobody, Mistake::Malformed(Malformed::NotInvoked { process: 1 }));
}

#[test]
fn the_nemesis_and_records_of_jepsen_are_understood() {
    let text = "#jepsen.history.Op{:index 0, :time 5, :type :invoke, :process 0, :f :read, :value nil}
        {:process :nemesis, :type :info, :f :start, :value [:isolated #{1 2}]}
        {:process 0, :type :ok, :f :read, :value nil, :error [:a \"b\"]}";
    let entries = read(text, Format::Edn).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [1, 3]);
    assert!(judged(&CasRegister { initial: Value::Nil }, &entries, FailedCas::NotDone).0);
}

#[test]
fn other_models_read_their_operations() {
    let verdict = |text: &str| Format::guess(text) == Format::Edn && !text.is_empty();
    let entries = |text: &str| {
        assert!(verdict(text));
        read(text, Format::Edn).unwrap()
    };
    let op = |process: u64, f: &str, asked: &str, returned: &str| {
        format!(
            "{{:process {process} :type :invoke :f :{f} :value {asked}}} {{:process {process} :type :ok :f :{f} :value {returned}}}\n"
        )
    };
    let multi = MultiRegister::new([(Value::Word("x".to_owned()), Value::Int(0))].into());
    let txn = |seen: &str| {
        op(0, "txn", "[[:r :x nil] [:w :x 1] [:r :x nil]]", &format!("[[:r :x {seen}] [:w :x 1] [:r :x 1]]"))
    };
    assert!(judged(&multi, &entries(&txn("0")), FailedCas::NotDone).0);
    assert!(!judged(&multi, &entries(&txn("1")), FailedCas::NotDone).0);
    let locks = op(0, "acquire", "nil", "nil") + &op(1, "acquire", "nil", "nil");
    assert!(!judged(&Mutex, &entries(&locks), FailedCas::NotDone).0);
    let list =
        |seen: &str| op(0, "append", "1", "1") + &op(1, "append", "2", "2") + &op(0, "read", "nil", seen);
    assert!(judged(&List::new(), &entries(&list("[1 2]")), FailedCas::NotDone).0);
    assert!(!judged(&List::new(), &entries(&list("[2 1]")), FailedCas::NotDone).0);
    let set = |seen: &str| op(0, "add", "1", "1") + &op(0, "read", "nil", seen);
    assert!(judged(&Set::new(), &entries(&set("#{1}")), FailedCas::NotDone).0);
    assert!(!judged(&Set::new(), &entries(&set("#{1 2}")), FailedCas::NotDone).0);
}
