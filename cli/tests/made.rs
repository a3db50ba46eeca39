//! `quorate history gen`, judged by `quorate check`; and long searches that are interrupted.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly, too")]

mod common;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use common::{output, quorate, stderr, stdout};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const MODELS: [&str; 13] = [
    "register",
    "cas-register",
    "multi-register",
    "mutex",
    "set",
    "counter",
    "queue",
    "unordered-queue",
    "stack",
    "kv",
    "list",
    "bag",
    "log",
];

fn make(arguments: &[&str]) -> String {
    let told = output(&[&["history", "gen"], arguments].concat());
    assert!(told.status.success(), "{arguments:?}: {}", stderr(&told));
    stdout(&told)
}

#[test]
fn every_object_is_right_unless_it_shall_be_wrong() {
    let folder = TempDir::new().unwrap();
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for model in MODELS {
        let sizes = ["--seed", "7", "--operations", "60", "--processes", "4"];
        for (keys, bad) in [("1", false), ("3", false), ("1", true), ("3", true)] {
            let name = format!("{model}-{keys}-{bad}.jsonl");
            let out = folder.path().join(name).to_str().unwrap().to_owned();
            let mut more = vec!["--model", model, "--keys", keys];
            more.extend(sizes);
            more.extend(bad.then_some("--bad"));
            assert_eq!(make(&[&more[..], &[&out]].concat()), "");
            assert_eq!(fs::read_to_string(&out).unwrap(), make(&more), "it follows from the seed");
            if bad { &mut wrong } else { &mut right }.push(out);
        }
    }
    for (files, verdict, code) in [(right, "true", 0), (wrong, "false", 1)] {
        let files: Vec<_> = files.iter().map(String::as_str).collect();
        let told = output(&[&["check"], &files[..]].concat());
        let expected = files.iter().map(|file| format!("{file}\t{verdict}\n")).collect::<Vec<_>>().concat();
        assert_eq!((stdout(&told), told.status.code()), (expected, Some(code)), "{}", stderr(&told));
    }
}

#[test]
fn databases_are_as_isolated_as_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let levels = ["read-committed", "snapshot-isolation", "serializable", "strict-serializable"];
    for level in levels {
        let file = folder.path().join(format!("{level}.jsonl")).to_str().unwrap().to_owned();
        make(&[
            "--model",
            "list-append",
            "--level",
            level,
            "--operations",
            "300",
            "--keys",
            "4",
            "--seed",
            "3",
            &file,
        ]);
        assert_eq!(output(&["check", "--level", level, &file]).status.code(), Some(0), "{level}");
        if level != "strict-serializable" {
            assert_eq!(output(&["check", &file]).status.code(), Some(1), "{level} is not strict");
        }
    }
    // In formats of sessions, each of which is judged the same.
    for format in ["plume", "dbcop", "native"] {
        let file = folder.path().join(format).to_str().unwrap().to_owned();
        for (model, bad, code) in
            [("rw-register", false, 0), ("mini-transactions", false, 0), ("mini-transactions", true, 1)]
        {
            let more = if bad { &["--bad"][..] } else { &[] };
            make(&[&["--model", model, "--format", format, "--failed", "10"][..], more, &[&file]].concat());
            let told = output(&["check", "--model", "rw-register", "--level", "causal", &file]);
            assert_eq!(told.status.code(), Some(code), "{model} as {format}: {}", stderr(&told));
        }
    }
    let pending =
        output(&["history", "gen", "--model", "rw-register", "--format", "plume", "--pending", "90"]);
    assert_eq!((pending.status.code(), stdout(&pending)), (Some(1), String::new()));
    assert!(stderr(&pending).contains("whose outcome is unknown"), "{}", stderr(&pending));
}

#[test]
fn other_formats_hold_what_is_made() {
    let folder = TempDir::new().unwrap();
    for (model, format) in
        [("cas-register", "porcupine-etcd"), ("kv", "porcupine-kv"), ("queue", "edn"), ("stack", "json")]
    {
        let file = folder.path().join(model).to_str().unwrap().to_owned();
        make(&["--model", model, "--format", format, "--pending", "5", &file]);
        let told = output(&["check", "--model", model, "--format", format, &file]);
        assert_eq!(told.status.code(), Some(0), "{model}: {}{}", stdout(&told), stderr(&told));
    }
    let registers = folder.path().join("registers").to_str().unwrap().to_owned();
    make(&["--model", "register", "--keys", "3", "--values", "0", &registers]);
    let weakest = output(&["check", "--weakest", &registers]);
    assert_eq!(stdout(&weakest), format!("{registers}\tlinearizable\n"), "{}", stderr(&weakest));
    let refused = output(&["history", "gen", "--model", "set", "--format", "json"]);
    assert!(stderr(&refused).contains("that format cannot hold this entry"), "{}", stderr(&refused));
    assert_eq!(output(&["history", "gen", "--model", "teapot"]).status.code(), Some(2));
    assert_eq!(
        output(&["history", "gen", "--model", "list-append", "--level", "none"]).status.code(),
        Some(2)
    );
}

#[test]
fn ctrl_c_ends_a_long_search_with_what_is_known() {
    let folder = TempDir::new().unwrap();
    let [hard, easy] = ["hard", "easy"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    make(&[
        "--model",
        "unordered-queue",
        "--processes",
        "60",
        "--operations",
        "600",
        "--values",
        "40",
        "--bad",
        &hard,
    ]);
    make(&["--model", "register", &easy]);
    let mut check = quorate(&["check", "--steps", "1000000000000", &easy, &hard, &easy])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(check.stderr.as_mut().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "a long search: Ctrl-C ends it with what is known\n");
    kill_process(Pid::from_child(&check), Signal::INT).unwrap();
    let told = check.wait_with_output().unwrap();
    assert_eq!((stdout(&told), told.status.code()), (format!("{easy}\ttrue\n{hard}\tunknown\n"), Some(2)));
}
