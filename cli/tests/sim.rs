//! `quorate sim` as its users run it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly, too")]

mod common;

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use common::{output, quorate, stderr, stdout};
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn it_tells_what_it_covered() {
    for machine in ["raft", "kv"] {
        let sim = output(&["sim", machine, "--seeds", "60", "--nodes", "3"]);
        assert!(sim.status.success(), "{}{}", stdout(&sim), stderr(&sim));
        assert!(stdout(&sim).starts_with("60 plans"), "{}", stdout(&sim));
        assert!(stdout(&sim).ends_with("no invariant was violated\n"), "{}", stdout(&sim));
    }
}

/// Which plans are run depends on the mix; what they come to, neither on the threads nor on who reads it.
#[test]
fn it_summarises_for_programs() {
    let fingerprint = |arguments: &[&str]| {
        let sim = output(&[&["sim", "raft", "--seeds", "20", "--json"], arguments].concat());
        assert!(sim.status.success(), "{}", stderr(&sim));
        let summary: serde_json::Value = serde_json::from_str(&stdout(&sim)).unwrap();
        assert_eq!((summary["outcome"].as_str(), summary["plans"].as_u64()), (Some("passed"), Some(20)));
        assert!(summary["counters"]["delivered"].as_u64().unwrap() > 100);
        summary["fingerprint"].as_str().unwrap().to_owned()
    };
    let usual = fingerprint(&["--threads", "1"]);
    assert_eq!(usual, fingerprint(&["--threads", "8"]));
    let mixes = ["all", "calm", "uniform", "swarm", "targeted", "swizzle", "ladder", "priority"];
    let mut all: Vec<_> = mixes.iter().map(|mix| fingerprint(&["--mix", mix])).collect();
    all.push(usual);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), mixes.len() + 1);
}

#[test]
fn it_draws_and_saves_a_plan_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("too-much.plan");
    let text = "quorate plan 2
seed 5
loss 1000ppm
fault at 500ms: wipe n1 down 1s
fault at 600ms: cut n1 -> n2 for 1s
fault at 700ms: wipe n2 down 1s
command 100ms n1 0
command 200ms n2 1
";
    std::fs::write(&plan, text).unwrap();
    let sim =
        quorate(&["sim", "raft", "--plan", plan.to_str().unwrap(), "--html", "run.html", "--shrink", "400"])
            .current_dir(&folder)
            .output()
            .unwrap();
    assert_eq!(sim.status.code(), Some(1));
    assert!(stderr(&sim).contains("--plan raft-5.plan"), "{}", stderr(&sim));
    assert!(
        stdout(&sim).contains("3 faults, 2 commands") && stdout(&sim).contains("2 faults, 0 commands"),
        "{}",
        stdout(&sim)
    );
    let page = std::fs::read_to_string(folder.path().join("run.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("unrecoverable: n1,n2 lost their disks"));
    let saved = std::fs::read_to_string(folder.path().join("raft-5.plan")).unwrap();
    assert!(saved.starts_with("quorate plan 2\n") && saved.matches("wipe").count() == 2, "{saved}");
}

#[test]
fn it_exports_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let exported = |machine: &str, name: &str| {
        let file = folder.path().join(name);
        let sim =
            output(&["sim", machine, "--seeds", "1", "--first", "3", "--export", file.to_str().unwrap()]);
        assert!(sim.status.success(), "{}", stderr(&sim));
        std::fs::read_to_string(file).unwrap()
    };
    assert!(exported("raft", "a.edn").starts_with("{:type :invoke, :f :"));
    assert!(exported("kv", "a.json").contains("\"ClientId\""));
    assert!(exported("raft", "a.log").contains("\nn1 {\"n1\": 1}"));
    let unknown = output(&["sim", "raft", "--seeds", "1", "--export", "a.txt"]);
    assert!(unknown.status.code() == Some(1) && stderr(&unknown).contains("hint: "), "{}", stderr(&unknown));
}

#[test]
fn it_explores_a_small_world() {
    let sim = output(&["sim", "raft", "--explore", "nodes 2, wakes 1, crashes 0", "--json"]);
    assert!(sim.status.success(), "{}", stderr(&sim));
    let summary: serde_json::Value = serde_json::from_str(&stdout(&sim)).unwrap();
    assert!(summary["closed"].as_bool().unwrap() && summary["states"].as_u64().unwrap() > 10, "{summary}");
    let wrong = output(&["sim", "raft", "--explore", "nodes 2, wishes 1"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("wishes"), "{}", stderr(&wrong));
}

#[test]
fn it_tells_on_ctrl_c_what_it_has_covered() {
    let mut sim = quorate(&["sim", "raft", "--seeds", "100000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(sim.stderr.as_mut().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("100,000,000 plans"), "{first}");
    kill_process(Pid::from_child(&sim), Signal::INT).unwrap();
    let told = sim.wait_with_output().unwrap();
    assert_eq!(told.status.code(), Some(130));
    assert!(stdout(&told).ends_with("interrupted: none was violated so far\n"), "{}", stdout(&told));
}

#[test]
fn it_refuses_what_is_no_plan() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no.plan");
    std::fs::write(&file, "to be or not to be").unwrap();
    let sim = output(&["sim", "raft", "--plan", file.to_str().unwrap()]);
    assert_eq!(sim.status.code(), Some(1));
    assert!(stderr(&sim).contains("no.plan") && stderr(&sim).contains("hint: "), "{}", stderr(&sim));
}
