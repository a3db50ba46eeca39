//! What `quorate sim --export` writes, `quorate check` judges, and `quorate clock` checks and draws; and other small commands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail loudly, too")]

mod clock;
mod common;
mod phi;
#[path = "../../sim/tests/replicas/mod.rs"]
mod replicas;
mod ring;

use std::{fs, path::Path};

use common::{output, stderr, stdout};
use quorate_consistency::spec::{CasOp, CasRet};
use quorate_machine::{Tag, Time};
use quorate_sim::{Call, History, Kind, export::Exported};
use replicas::{FOLLOWER_READS, PRIMARY_READS, Replicas, Trouble, history, plan};
use tempfile::TempDir;

/// The verdict, and why.
fn judged(model: &[&str], file: &Path) -> (String, Option<i32>) {
    let told = output(&[&["check", "--model"], model, &["--explain", file.to_str().unwrap()]].concat());
    let text = stdout(&told);
    let (name, verdict) = text.split_once('\t').unwrap_or_else(|| panic!("{text}{}", stderr(&told)));
    assert_eq!(name, file.to_str().unwrap());
    (verdict.to_owned(), told.status.code())
}

#[test]
fn what_machines_show_is_linearizable() {
    let folder = TempDir::new().unwrap();
    let mut files = 0;
    for (machine, models) in [
        ("raft", [&["register", "--init", "0"][..], &["cas-register", "--init", "0"]]),
        ("kv", [&["kv"], &["kv", "--failed-cas", "not-done"]]),
    ] {
        for (seed, ending) in (0..8).zip(["edn", "json"].into_iter().cycle()) {
            let (seed, file) = (seed.to_string(), folder.path().join(format!("{machine}-{seed}.{ending}")));
            let arguments = ["--seeds", "1", "--first", &seed, "--export", file.to_str().unwrap()];
            let sim = output(&[&["sim", machine][..], &arguments].concat());
            assert!(sim.status.success(), "{}", stderr(&sim));
            if !fs::read_to_string(&file).unwrap().contains(if ending == "edn" {
                ":ok"
            } else {
                "\"Kind\":true"
            }) {
                continue;
            }
            for model in models {
                assert_eq!(judged(model, &file), ("true\n".to_owned(), Some(0)), "{machine} {seed} {ending}");
            }
            files += 1;
        }
    }
    println!("{files} of 16 files had answers");
    assert!(files >= 10);
}

/// Replicas that answer with what they hold are caught by their files alone; the same with a primary are not.
#[test]
fn a_stale_read_is_found_in_the_file() {
    let folder = TempDir::new().unwrap();
    let (mut stale, mut fresh) = (0, 0);
    for (scheme, is_right) in [(FOLLOWER_READS, false), (PRIMARY_READS, true)] {
        for seed in 0..4 {
            let replicas = Replicas { scheme, roams: false, steps: None };
            let seen = history(&replicas, &plan(seed, Trouble::None));
            for (ending, text) in [("edn", seen.jepsen()), ("json", seen.porcupine())] {
                let file = folder.path().join(format!("{seed}.{ending}"));
                fs::write(&file, text).unwrap();
                let (verdict, code) = judged(&["kv"], &file);
                if is_right {
                    assert_eq!((verdict.as_str(), code), ("true\n", Some(0)));
                    fresh += 1;
                } else {
                    assert!(verdict.starts_with("false\n") && code == Some(1), "{verdict}");
                    assert!(verdict.contains("`get` cannot return"), "{verdict}");
                    stale += 1;
                }
            }
        }
    }
    assert_eq!((stale, fresh), (8, 8));
}

fn written<Op: Exported>(folder: &TempDir, name: &str, history: &History<Op>) -> [std::path::PathBuf; 2] {
    [("edn", history.jepsen()), ("json", history.porcupine())].map(|(ending, text)| {
        let file = folder.path().join(format!("{name}.{ending}"));
        fs::write(&file, text).unwrap();
        file
    })
}

/// A compare-and-set that finds another value has failed elsewhere, and one of which nobody knows may have been done.
#[test]
fn a_compare_and_set_register_is_judged() {
    let folder = TempDir::new().unwrap();
    let mut history = History::new();
    let mut push = |client, kind, op, ret: Option<CasRet<u64>>| {
        history.push(Tag(client), kind, Call { op, ret }, Time::ZERO);
    };
    let swap = |from, to| CasOp::Cas { from, to };
    for (client, op, ret) in [
        (1, CasOp::Read, CasRet::Value(0)),
        (2, swap(0, 5), CasRet::Swapped(true)),
        (3, swap(0, 6), CasRet::Swapped(false)),
    ] {
        push(client, Kind::Invoke, op.clone(), None);
        push(client, Kind::Ok, op, Some(ret));
    }
    push(4, Kind::Invoke, swap(5, 7), None);
    push(4, Kind::Info, swap(5, 7), None);
    push(5, Kind::Invoke, CasOp::Read, None);
    push(5, Kind::Ok, CasOp::Read, Some(CasRet::Value(7)));
    for file in written(&folder, "good", &history) {
        assert_eq!(judged(&["cas-register", "--init", "0"], &file), ("true\n".to_owned(), Some(0)));
    }
    history.push(Tag(6), Kind::Invoke, Call::asked(CasOp::Read), Time::ZERO);
    history.push(Tag(6), Kind::Ok, Call::answered(CasOp::Read, CasRet::Value(5)), Time::ZERO);
    for file in written(&folder, "bad", &history) {
        assert!(judged(&["cas-register", "--init", "0"], &file).0.starts_with("false\n"));
    }
}

#[test]
fn what_is_not_of_porcupine_is_not_judged() {
    let folder = TempDir::new().unwrap();
    for (text, why) in [
        (r#"{"events": [{"Kind": false, "Value": {"f": "get"}}]}"#, "a ClientId that is a number"),
        (r#"{"events": [{"ClientId": 0, "Kind": 1, "Value": {"f": "get"}}]}"#, "a Kind: false for a call"),
        (r#"{"events": [{"ClientId": 0, "Kind": false, "Value": {"value": 3}}]}"#, "a Value with an f"),
        (r#"{"events": []}"#, "there are no operations"),
    ] {
        let file = folder.path().join("no.json");
        fs::write(&file, text).unwrap();
        let told = output(&["check", "--model", "kv", file.to_str().unwrap()]);
        assert_eq!((told.status.code(), stdout(&told)), (Some(3), String::new()), "{text}");
        assert!(stderr(&told).contains("line 1: ") && stderr(&told).contains(why), "{}", stderr(&told));
    }
}
