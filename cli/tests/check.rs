//! `quorate check`, on files.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly, too")]

mod common;

use std::{fs, path::PathBuf, process::Output};

use common::{output, stderr, stdout};
use tempfile::TempDir;

const GOOD: &str = "\
{:process 0, :type :invoke, :f :write, :value 1}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value 1}
{:process 0, :type :ok, :f :write, :value 1}
";

/// After the above.
const STALE: &str = "\
{:process 2, :type :invoke, :f :write, :value 2}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value nil}
";

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }
}

fn check(arguments: &[&str]) -> Output {
    let mut all = vec!["check"];
    all.extend(arguments);
    output(&all)
}

#[test]
fn verdicts_are_lines_and_exit_codes() {
    let files = Files::new();
    let good = files.write("good.edn", GOOD);
    let bad = files.write("bad.edn", &format!("{GOOD}{STALE}"));
    let all = check(&["--model", "cas-register", &good, &bad]);
    assert_eq!(stdout(&all), format!("{good}\ttrue\n{bad}\tfalse\n"));
    assert_eq!(all.status.code(), Some(1));
    let one = check(&["--model", "register", &good]);
    assert_eq!((stdout(&one), one.status.code()), (format!("{good}\ttrue\n"), Some(0)));
    let unknown = check(&["--model", "cas-register", "--steps", "1", &good]);
    assert_eq!((stdout(&unknown), unknown.status.code()), (format!("{good}\tunknown\n"), Some(2)));
}

#[test]
fn what_an_object_holds_at_first_decides() {
    let files = Files::new();
    let zero = files.write(
        "zero.edn",
        "{:process 0, :type :invoke, :f :read, :value nil}\n{:process 0, :type :ok, :f :read, :value 0}\n",
    );
    assert_eq!(check(&["--model", "cas-register", &zero]).status.code(), Some(1));
    assert_eq!(check(&["--model", "cas-register", "--init", "0", &zero]).status.code(), Some(0));
    assert_eq!(check(&["--model", "counter", &zero]).status.code(), Some(0));
    assert_eq!(check(&["--model", "counter", "--init", "-1", &zero]).status.code(), Some(1));
    let wrong = check(&["--model", "mutex", "--init", "0", &zero]);
    assert!(stderr(&wrong).contains("--init 0 does not fit the model"), "{}", stderr(&wrong));
    assert_eq!(stdout(&wrong), "");
}

#[test]
fn a_violation_is_explained() {
    let files = Files::new();
    let bad = files.write("bad.edn", &format!("{GOOD}{STALE}"));
    for model in ["cas-register", "register"] {
        let told = check(&["--model", model, "--explain", &bad]);
        let text = stdout(&told);
        for part in [
            "line 7",
            "process 1",
            "`read nil`",
            "invoked in line 6",
            "  1; still to come: `write 2` (line 5)",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
    let json = check(&["--model", "cas-register", "--json", &bad]);
    let line: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(line["linearizable"], false);
    assert_eq!(line["operations"], 4);
    assert_eq!(line["unreturned"], 1);
    assert_eq!(line["violation"]["returned"]["line"], 7);
    assert_eq!(json.status.code(), Some(1));
}

#[test]
fn a_file_that_is_not_understood_is_not_judged() {
    let files = Files::new();
    let good = files.write("good.edn", GOOD);
    let cases = [
        ("syntax.edn", format!("{GOOD}{{:process 0"), "line 5: "),
        (
            "type.edn",
            format!("{GOOD}{{:process 0, :type :began, :f :read}}\n"),
            "line 5: an entry needs a :type",
        ),
        (
            "f.edn",
            format!("{GOOD}{{:process 0, :type :invoke, :f :push}}\n"),
            "line 5: the model has no operation `push`",
        ),
        (
            "twice.edn",
            format!("{GOOD}{{:process 0, :type :ok, :f :write}}\n"),
            "line 5: process 0 has no operation",
        ),
        ("empty.edn", "; nothing\n".to_owned(), "line 1: there are no operations"),
        (
            "log.log",
            "INFO  jepsen.util - 0\t:invoke\t:read\tnil\nhello\n".to_owned(),
            "line 2: an entry needs to begin",
        ),
    ];
    for (name, text, expected) in cases {
        let bad = files.write(name, &text);
        let told = check(&["--model", "cas-register", &bad, &good]);
        assert_eq!(told.status.code(), Some(3), "{name}");
        assert_eq!(stdout(&told), format!("{good}\ttrue\n"), "the others are judged");
        let error = stderr(&told);
        assert!(error.contains(&format!("error: {bad}: {expected}")), "{expected} is not in {error}");
    }
    let missing = check(&["--model", "cas-register", files.path("none").to_str().unwrap()]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(stderr(&missing).contains("No such file"), "{}", stderr(&missing));
}

#[test]
fn every_format_is_read() {
    let files = Files::new();
    let json = r#"[{"process": 0, "type": "invoke", "f": "cas", "value": [null, 1]},
{"process": 0, "type": "ok", "f": "cas", "value": [null, 1]}]"#;
    let json = files.write("history.json", json);
    assert_eq!(check(&["--model", "cas-register", &json]).status.code(), Some(0));
    assert_eq!(check(&["--model", "cas-register", "--format", "edn", &json]).status.code(), Some(3));

    // A compare-and-set that failed: it was not done, or it has found another value.
    let log = "INFO  jepsen.util - 0 :invoke :cas [nil 1]\nINFO  jepsen.util - 0 :fail :cas [nil 1]\n";
    let log = files.write("etcd.log", log);
    assert_eq!(check(&["--model", "cas-register", &log]).status.code(), Some(1));
    assert_eq!(check(&["--model", "cas-register", "--failed-cas", "not-done", &log]).status.code(), Some(0));

    let kv = "{:process 0, :type :invoke, :f :get, :key \"k\", :value nil}\n{:process 0, :type :ok, :f :get, :key \"k\", :value \"\"}\n";
    let kv = files.write("kv.txt", kv);
    assert_eq!(check(&["--model", "kv", &kv]).status.code(), Some(1));
    assert_eq!(check(&["--model", "kv", "--init", "\"\"", &kv]).status.code(), Some(0));
    assert_eq!(check(&["--model", "kv", "--format", "porcupine-kv", &kv]).status.code(), Some(0));
}

/// Operations one after the other: a process, and `w` or `r` with a key and a value.
fn registers(steps: &[(u64, &str, &str, u64)]) -> String {
    let line = |(process, f, key, value): &(u64, &str, &str, u64)| {
        let f = if *f == "w" { "write" } else { "read" };
        let end = |kind| format!("{{:process {process}, :type :{kind}, :f :{f}, :value [:{key} {value}]}}\n");
        end("invoke") + &end("ok")
    };
    steps.iter().map(line).collect()
}

#[test]
fn registers_are_judged_by_weaker_models() {
    let files = Files::new();
    let buffers = files.write(
        "sb.edn",
        &registers(&[(0, "w", "x", 1), (0, "r", "y", 0), (1, "w", "y", 1), (1, "r", "x", 0)]),
    );
    let passing = files.write(
        "mp.edn",
        &registers(&[(0, "w", "x", 1), (0, "w", "y", 1), (1, "r", "y", 1), (1, "r", "x", 0)]),
    );
    let causality = files.write(
        "wrc.edn",
        &registers(&[
            (0, "w", "x", 1),
            (1, "r", "x", 1),
            (1, "w", "y", 1),
            (2, "r", "y", 1),
            (2, "r", "x", 0),
        ]),
    );
    let stale = files.write("stale.edn", &registers(&[(0, "w", "x", 1), (1, "r", "x", 0)]));
    let good = files.write("good.edn", &registers(&[(0, "w", "x", 1), (1, "r", "x", 1)]));
    let judged = |model: &str, file: &str| {
        let told = check(&["--model", model, "--init", "0", "--explain", file]);
        (stdout(&told).lines().next().unwrap().split('\t').nth(1).unwrap().to_owned(), told.status.code())
    };
    let (yes, no) = (("true".to_owned(), Some(0)), ("false".to_owned(), Some(1)));
    for (model, held) in [
        ("linearizable", [&no, &no, &no, &no, &yes]),
        ("sequential", [&no, &no, &no, &yes, &yes]),
        ("causal-convergent", [&yes, &no, &no, &yes, &yes]),
        ("causal-memory", [&yes, &no, &no, &yes, &yes]),
        ("causal", [&yes, &no, &no, &yes, &yes]),
        ("pram", [&yes, &no, &yes, &yes, &yes]),
        ("sessions", [&yes, &no, &no, &yes, &yes]),
    ] {
        for (file, held) in [&buffers, &passing, &causality, &stale, &good].into_iter().zip(held) {
            assert_eq!(judged(model, file), *held, "{model} {file}");
        }
    }
    let strongest = check(&["--weakest", "--init", "0", &buffers, &passing, &causality, &stale, &good]);
    assert_eq!(
        stdout(&strongest),
        format!(
            "{buffers}\tcausal-memory,causal-convergent\n{passing}\tnone\n{causality}\tpram\n{stale}\tsequential\n\
             {good}\tlinearizable\n"
        )
    );
    assert_eq!(strongest.status.code(), Some(1));
    let why = stdout(&check(&["--model", "causal", "--init", "0", "--explain", &passing]));
    assert!(why.contains("line 7 reads the first value although line 1 is causally before it"), "{why}");
    let why = stdout(&check(&["--model", "linearizable", "--init", "0", "--explain", &passing]));
    assert!(
        why.contains("reads see one of the last 2 values that were written, and are late by up to 5 events"),
        "{why}"
    );
    let why = stdout(&check(&["--model", "sessions", "--init", "0", "--explain", &passing]));
    assert!(why.contains("not monotonic reads and monotonic writes: "), "{why}");
    let json = check(&["--weakest", "--init", "0", "--json", &causality]);
    let line: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&line["answer"], &line["operations"]), (&"pram".into(), &5.into()));
}

#[test]
fn registers_with_a_value_written_twice_are_refused() {
    let files = Files::new();
    let twice = files.write("twice.edn", &registers(&[(0, "w", "x", 1), (1, "w", "x", 1), (0, "r", "x", 1)]));
    let told = check(&["--model", "causal", &twice]);
    assert_eq!((told.status.code(), stdout(&told)), (Some(3), String::new()));
    assert!(
        stderr(&told).contains("line 1 and line 3 write the same value to the same key"),
        "{}",
        stderr(&told)
    );
    // One order of all operations needs no such thing.
    assert_eq!(check(&["--model", "sequential", &twice]).status.code(), Some(0));
    let neither = check(&[&twice]);
    assert!(stderr(&neither).contains("--model"), "{}", stderr(&neither));
}

#[test]
fn transactions_are_judged_by_level() {
    let files = Files::new();
    let txn = |process, kind, ops| format!("{{:process {process}, :type :{kind}, :f :txn, :value {ops}}}\n");
    let (one, other) = ("[[:r :x []] [:append :y 1]]", "[[:r :y []] [:append :x 1]]");
    let skew =
        [txn(0, "invoke", one), txn(1, "invoke", other), txn(0, "ok", one), txn(1, "ok", other)].concat();
    let skew = files.write("skew.edn", &skew);
    let explained = check(&["--model", "list-append", "--explain", &skew]);
    let (text, code) = (stdout(&explained), explained.status.code());
    assert!(text.starts_with(&format!("{skew}\tfalse\n  not repeatable-read\n  G2-item\n")), "{text}");
    assert!(text.ends_with("  where T0 line 1, T1 line 2\n"), "{text}");
    assert_eq!(code, Some(1));
    let weaker = check(&["--model", "list-append", "--level", "snapshot-isolation", &skew]);
    assert_eq!((stdout(&weaker), weaker.status.code()), (format!("{skew}\ttrue\n"), Some(0)));

    let sessions = files.write("sessions.txt", "w 0 1\n=====\nw 0 2\n=====\nr 0 1\nr 0 2\n");
    let committed = ["--model", "rw-register", "--level", "read-committed", &sessions];
    assert_eq!(check(&committed).status.code(), Some(0));
    let json = check(&["--model", "rw-register", "--json", "--format", "awdit", &sessions]);
    assert!(
        stdout(&json).contains(r#""level":"strict-serializable","holds":false,"transactions":3"#),
        "{}",
        stdout(&json)
    );

    for (arguments, why) in [
        (
            ["--model", "rw-register", "--level", "cursor-stability", &sessions],
            "not judged for cursor-stability",
        ),
        (["--model", "register", "--level", "causal", &sessions], "are for transactions"),
        (["--model", "list-append", "--level", "nonsense", &skew], "it must be one of"),
        (["--model", "list-append", "--level", "causal", &sessions], "line 1"),
    ] {
        let refused = check(&arguments);
        assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
        assert_eq!(stdout(&refused), "");
    }
}

#[test]
fn anomalies_of_registers_are_told() {
    let files = Files::new();
    let history = |txns: &[&str]| {
        let line = |kind, (process, ops): (usize, &&str)| {
            format!("{{:process {process}, :type :{kind}, :f :txn, :value {ops}}}\n")
        };
        let invoked = txns.iter().enumerate().map(|txn| line("invoke", txn));
        invoked.chain(txns.iter().enumerate().map(|txn| line("ok", txn))).collect::<String>()
    };
    let lost = files.write("lost.edn", &history(&["[[:r x nil] [:w x 1]]", "[[:r x nil] [:w x 2]]"]));
    let told = check(&["--model", "rw-register", "--explain", &lost]);
    let expected = format!("{lost}\tfalse\n  not cursor-stability\n  lost-update: T0 and T1 both write");
    assert!(stdout(&told).starts_with(&expected), "{}", stdout(&told));
    assert_eq!(told.status.code(), Some(1));
    // No read shows the order of these writes, but whatever it was, it contradicts the reads.
    let blind = ["[[:w x 1] [:w y 1]]", "[[:w x 2] [:w y 2]]", "[[:r x 1] [:r y 2]]"];
    let torn = check(&["--model", "rw-register", "--explain", &files.write("torn.edn", &history(&blind))]);
    let told = stdout(&torn);
    assert!(told.contains("\tfalse\n  not strong-session-consistent-view\n  cycle of commits:\n"), "{told}");
    let clean = ["[[:w x 1] [:w y 1]]", "[[:w x 2] [:w y 2]]", "[[:r x 2] [:r y 2]]"];
    let clean = files.write("clean.edn", &history(&clean));
    assert_eq!(check(&["--model", "rw-register", "--linearizable-keys", &clean]).status.code(), Some(0));
    let lists =
        files.write("lists.edn", &history(&["[[:r x []] [:append y 1]]", "[[:r y []] [:append x 1]]"]));
    let weakest = check(&["--model", "list-append", "--weakest", &lists]);
    assert_eq!(stdout(&weakest), format!("{lists}\tstrong-snapshot-isolation\n"));
    for (arguments, why) in [
        (["--model", "list-append", "--sequential-keys", &lists], "--model rw-register"),
        (["--model", "list-append", "--negative-balances", &lists], "--model bank"),
        (["--model", "register", "--weakest", &lists], "--weakest is for"),
        (["--model", "bank", "--level=serializable", &lists], "--level is for"),
    ] {
        let refused = check(&arguments);
        assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
        assert_eq!(stdout(&refused), "");
    }
}

#[test]
fn banks_and_long_forks_are_judged_by_their_values() {
    let files = Files::new();
    let entry =
        |process, kind, f, value| format!("{{:process {process}, :type :{kind}, :f :{f}, :value {value}}}\n");
    let transfer = "{:from 0, :to 1, :amount 3}";
    let bank = [
        entry(0, "invoke", "transfer", transfer),
        entry(1, "invoke", "read", "nil"),
        entry(1, "ok", "read", "{0 2, 1 5}"),
        entry(0, "ok", "transfer", transfer),
        entry(1, "invoke", "read", "nil"),
        entry(1, "ok", "read", "{0 2, 1 8}"),
    ];
    let bank = files.write("bank.edn", &bank.concat());
    let told = check(&["--model", "bank", "--total", "10", "--explain", &bank]);
    assert_eq!(
        stdout(&told),
        format!(
            "{bank}\tfalse\n  not consistent-view\n  wrong-total: operation 0 of T1 reads balances of 7 together instead \
             of 10\n  where T1 line 2\n"
        )
    );
    assert_eq!(told.status.code(), Some(1));
    let overdrawn = files.write(
        "overdrawn.edn",
        &[entry(0, "invoke", "read", "nil"), entry(0, "ok", "read", "{0 -2, 1 12}")].concat(),
    );
    assert_eq!(check(&["--model", "bank", &overdrawn]).status.code(), Some(1));
    assert_eq!(check(&["--model", "bank", "--negative-balances", &overdrawn]).status.code(), Some(0));

    let write = |key| format!("[[:w {key} 1]]");
    let fork = [
        entry(0, "invoke", "write", &write(0)),
        entry(0, "ok", "write", &write(0)),
        entry(1, "invoke", "write", &write(1)),
        entry(1, "ok", "write", &write(1)),
        entry(2, "invoke", "read", "[[:r 0 nil] [:r 1 nil]]"),
        entry(2, "ok", "read", "[[:r 0 1] [:r 1 nil]]"),
        entry(3, "invoke", "read", "[[:r 1 nil] [:r 0 nil]]"),
        entry(3, "ok", "read", "[[:r 1 1] [:r 0 nil]]"),
    ];
    let fork = files.write("fork.edn", &fork.concat());
    let json = check(&["--model", "long-fork", "--json", &fork]);
    let expected = r#""level":"prefix","holds":false,"transactions":4,"violated":["prefix"],"findings":["long-fork: T2 sees 0"#;
    assert!(stdout(&json).contains(expected), "{}", stdout(&json));
    assert_eq!(check(&["--model", "long-fork", &bank]).status.code(), Some(3));
}
