//! `quorate check` on transactions of registers, by level.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly, too")]

mod common;

use std::fs;

use common::{output, stderr, stdout};
use tempfile::TempDir;

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn check(arguments: &[&str]) -> (String, Option<i32>) {
    let mut all = vec!["check", "--model", "rw-register"];
    all.extend(arguments);
    let output = output(&all);
    (stdout(&output), output.status.code())
}

/// Transactions of a process each, at one time or one after the other.
fn jepsen(txns: &[&str], in_turn: bool) -> String {
    let line = |(process, ops): (usize, &&str), kind: &str| {
        format!("{{:process {process}, :type :{kind}, :f :txn, :value {ops}}}\n")
    };
    if in_turn {
        let both = |txn: (usize, &&str)| line(txn, "invoke") + &line(txn, "ok");
        return txns.iter().enumerate().map(both).collect();
    }
    let all = |kind: &str| txns.iter().enumerate().map(|txn| line(txn, kind)).collect::<String>();
    all("invoke") + &all("ok")
}

const SKEW: [&str; 2] = ["[[:r :x nil] [:w :y 1]]", "[[:r :y nil] [:w :x 1]]"];
const LOST: [&str; 2] = ["[[:r :x nil] [:w :x 1]]", "[[:r :x nil] [:w :x 2]]"];
const FORK: [&str; 4] = ["[[:w :x 1]]", "[[:w :y 1]]", "[[:r :x 1] [:r :y nil]]", "[[:r :x nil] [:r :y 1]]"];
const STALE: [&str; 2] = ["[[:w :x 1]]", "[[:r :x nil]]"];

#[test]
fn registers_are_judged_at_every_level() {
    let files = Files::new();
    let skew = files.write("skew.edn", &jepsen(&SKEW, false));
    let lost = files.write("lost.edn", &jepsen(&LOST, false));
    let fork = files.write("fork.edn", &jepsen(&FORK, false));
    let stale = files.write("stale.edn", &jepsen(&STALE, true));
    let all = [&skew, &lost, &fork, &stale];
    for (level, held) in [
        ("causal", [true, true, true, true]),
        ("prefix", [true, true, false, true]),
        ("snapshot-isolation", [true, false, false, true]),
        ("strong-session-snapshot-isolation", [true, false, false, true]),
        ("strong-snapshot-isolation", [true, false, false, false]),
        ("serializable", [false, false, false, true]),
        ("strong-session-serializable", [false, false, false, true]),
        ("strict-serializable", [false, false, false, false]),
    ] {
        for (file, held) in all.into_iter().zip(held) {
            let expected = (format!("{file}\t{held}\n"), Some(i32::from(!held)));
            assert_eq!(check(&["--level", level, file]), expected, "{level}");
        }
    }
    let (strongest, code) = check(&["--weakest", &skew, &lost, &fork, &stale]);
    assert_eq!(
        strongest,
        format!("{skew}\tstrong-snapshot-isolation\n{lost}\tprefix\n{fork}\tcausal\n{stale}\tserializable\n")
    );
    assert_eq!(code, Some(0));
}

#[test]
fn the_reason_is_told() {
    let files = Files::new();
    let skew = files.write("skew.edn", &jepsen(&SKEW, false));
    let (told, _) = check(&["--level", "serializable", "--explain", &skew]);
    assert_eq!(
        told,
        format!(
            "{skew}\tfalse\n  not serializable\n  no order is possible:\n    \
             T0 comes before T1, since it reads the initial value of :x, which T1 writes\n    \
             T1 comes before T0, since it reads the initial value of :y, which T0 writes\n  \
             where T0 line 1, T1 line 2\n"
        )
    );
    let (told, _) = check(&["--weakest", "--explain", &skew]);
    assert!(told.contains("\n  not serializable\n"), "{told}");
    let (json, _) = check(&["--weakest", "--json", &skew]);
    let line: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&line["strongest"][0], &line["holds"]), (&"strong-snapshot-isolation".into(), &true.into()));
    assert_eq!((&line["violated"][0], &line["transactions"]), (&"serializable".into(), &2.into()));
    let (json, code) = check(&["--level", "serializable", "--json", &skew]);
    let line: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&line["level"], &line["holds"], code), (&"serializable".into(), &false.into(), Some(1)));
}

#[test]
fn what_is_not_decided_is_unknown() {
    let files = Files::new();
    // Two orders of the writers of x remain, so that it is not judged at once.
    let open = ["[[:w :x 1]]", "[[:w :x 2] [:r :y nil]]", "[[:r :x 1] [:w :y 1]]", "[[:r :x 2]]"];
    let open = files.write("open.edn", &jepsen(&open, false));
    let (told, code) = check(&["--level", "serializable", "--steps", "0", "--explain", &open]);
    assert_eq!((told, code), (format!("{open}\tunknown\n  the steps were used up\n"), Some(2)));
    let (told, code) = check(&["--weakest", "--steps", "0", &open]);
    assert_eq!((told, code), (format!("{open}\tunknown\n"), Some(2)));
    let (json, _) = check(&["--level", "serializable", "--steps", "0", "--json", &open]);
    assert!(json.contains(r#""holds":null"#), "{json}");
    assert_eq!(check(&["--level", "serializable", &open]), (format!("{open}\ttrue\n"), Some(0)));
}

#[test]
fn sessions_know_no_real_time() {
    let files = Files::new();
    let sessions = files.write("sessions.txt", "w 0 1\n=====\nr 0 1\n");
    assert_eq!(check(&["--weakest", &sessions]), (format!("{sessions}\tserializable\n"), Some(0)));
    let refused = output(&["check", "--model", "rw-register", "--level", "strict-serializable", &sessions]);
    assert!(stderr(&refused).contains("who ended before whom is not known"), "{}", stderr(&refused));
    assert_eq!((stdout(&refused), refused.status.code()), (String::new(), Some(3)));
    let torn = files.write("torn.txt", "w 0 1\nw 0 2\n=====\nr 0 1\n");
    assert_eq!(check(&["--weakest", &torn]), (format!("{torn}\tnone\n"), Some(1)));
}

#[test]
fn all_levels_are_of_registers_alone() {
    let files = Files::new();
    let skew = files.write("skew.edn", &jepsen(&SKEW, false));
    for (arguments, why) in [
        (["--model", "queue", "--weakest", &skew], "--weakest is for registers"),
        (["--model", "rw-register", "--level=causal", "--weakest"], "cannot be used with"),
        (["--model", "rw-register", "--level=repeatable-read", &skew], "not judged for repeatable-read"),
    ] {
        let mut all = vec!["check"];
        all.extend(arguments);
        all.push(&skew);
        let refused = output(&all);
        assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
        assert_eq!(stdout(&refused), "");
    }
}
