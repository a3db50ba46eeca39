//! `quorate phi`, on heartbeats as people write them down, and on processes that are killed.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::common::{output, quorate, stderr, stdout};

/// What a call says that goes well.
fn said(arguments: &[&str]) -> String {
    let output = output(&[&["phi"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A heartbeat each second from 1 to 100 s, but 50 comes twice and 51 late; then the sender is down.
fn regular() -> String {
    let line = |second| match second {
        0 => "# from a test".to_owned(),
        50 => "50 50\n50.2 50 # again".to_owned(),
        51 => "52.5 51".to_owned(),
        52 => "52.6 52".to_owned(),
        101 => "100.5 down\n130 end".to_owned(),
        _ => format!("{second} {second}"),
    };
    (0..=101).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn crossings_are_told_to_the_instant_and_the_account_is_kept() {
    let folder = TempDir::new().unwrap();
    let (file, svg) = (folder.path().join("beats.txt"), folder.path().join("phi.svg"));
    fs::write(&file, regular()).unwrap();
    let arguments =
        ["--model", "timeout", "--timeout", "2s", "--levels", "1,2", "--svg", svg.to_str().unwrap()];
    let told = lines(&said(&[&["read", "--json", file.to_str().unwrap()], &arguments[..]].concat()));
    let reached: Vec<_> =
        told.iter().filter_map(|line| Some((line["at"].as_f64()?, line["reached"].as_f64()?))).collect();
    assert_eq!(reached, [(52.0, 1.0), (102.0, 1.0), (104.0, 2.0)]);
    let trusted: Vec<_> =
        told.iter().filter(|line| line["trusted"] == true).map(|line| &line["at"]).collect();
    assert_eq!(trusted, [52.5]);

    let summary = told.last().unwrap();
    assert_eq!((&summary["heartbeats"], &summary["stale"]), (&100.into(), &1.into()));
    assert_eq!(summary["doubted"], false);
    let level = &summary["levels"][0];
    assert_eq!((&level["late"], &level["of"], &level["mistakes"]), (&1.into(), &99.into(), &1.into()));
    assert_eq!((&level["mistake_duration"], &level["detection_time"]), (&0.5.into(), &1.5.into()));
    assert_eq!(
        (&summary["levels"][1]["mistakes"], &summary["levels"][1]["detection_time"]),
        (&0.into(), &3.5.into())
    );
    let svg = fs::read_to_string(svg).unwrap();
    assert!(
        svg.starts_with("<svg ") && svg.contains("<polyline") && svg.contains("timeout: 100 heartbeats"),
        "{svg}"
    );

    fs::write(&file, regular().replace("100.5 down", "")).unwrap();
    let told = said(&["read", "--quiet", "--model", "timeout", file.to_str().unwrap()]);
    assert!(
        told.ends_with("it is silent now, which counts as a mistake: nothing says that it is down\n"),
        "{told}"
    );
}

#[test]
fn phi_is_told_over_time() {
    let mut piped = quorate(&[
        "phi",
        "read",
        "--model",
        "timeout",
        "--timeout",
        "1s",
        "--levels",
        "9",
        "--every",
        "500ms",
        "-",
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    piped.stdin.take().unwrap().write_all(b"10\n11\n12 end\n").unwrap();
    let told = stdout(&piped.wait_with_output().unwrap());
    let phis: Vec<_> = told.lines().filter_map(|line| line.trim().split_once("  φ ")).collect();
    assert_eq!(phis, [("10.500", "0.500"), ("11.000", "1.000"), ("11.500", "0.500"), ("12.000", "1.000")]);
    assert!(!told.contains("it is silent now"), "{told}");
}

#[test]
fn every_model_watches_the_same_heartbeats() {
    let folder = TempDir::new().unwrap();
    let made = ["wan", "--seed", "3", "--heartbeats", "4000", "--crash", "300s"];
    let text = said(&[&["make"], &made[..]].concat());
    assert!(text.lines().count() > 2900 && text.contains(" down\n") && text.ends_with(" end\n"), "{text}");
    let file = folder.path().join("wan.txt");
    fs::write(&file, &text).unwrap();

    let settings = ["--interval", "100ms", "--levels", "1,4"];
    let read = said(&[&["compare", "--json", file.to_str().unwrap()], &settings[..]].concat());
    let made =
        ["compare", "--json", "--make", "wan", "--seed", "3", "--heartbeats", "4000", "--crash", "300s"];
    assert_eq!(said(&[&made, &settings[..]].concat()), read, "made and read are the same");
    let models = lines(&read);
    assert_eq!(models.len(), 10);
    for model in models {
        let [first, fourth] = [0, 1].map(|level| &model["levels"][level]);
        assert_eq!(first["crashes_detected"], 1, "{model}");
        assert!(first["mistakes"].as_u64() >= fourth["mistakes"].as_u64(), "{model}");
        assert!(first["detection_time"].as_f64() <= fourth["detection_time"].as_f64(), "{model}");
    }
    let table = said(&["compare", "--make", "lan", "--heartbeats", "500"]);
    assert!(table.starts_with("500 heartbeats in ") && table.contains("\nnormal "), "{table}");
}

/// A process that answers, until it is dropped.
struct Answering {
    process: Child,
    address: String,
}

impl Answering {
    fn start(at: &str) -> Self {
        let mut process = quorate(&["phi", "answer", at]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_once(' ').unwrap().0.to_owned();
        Self { process, address }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Whoever answers is trusted until it is killed; then every level is reached, once each, in order.
#[test]
fn a_killed_process_is_noticed() {
    for transport in ["tcp", "udp"] {
        let answering = Answering::start(&format!("{transport}:127.0.0.1:0"));
        let levels = ["--model", "exponential", "--interval", "20ms", "--levels", "5,8,40"];
        let arguments = [&["phi", "ping", "--json", &answering.address], &levels[..]].concat();
        let mut ping =
            quorate(&[&arguments[..], &["--every", "20ms"]].concat()).stdout(Stdio::piped()).spawn().unwrap();
        let mut answering = Some(answering);
        let (mut reached, mut samples) = (Vec::new(), 0);
        for line in BufReader::new(ping.stdout.take().unwrap()).lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            samples += usize::from(line.get("phi").is_some());
            if samples == 25 {
                drop(answering.take());
            }
            if answering.is_none() {
                reached.extend(line["reached"].as_f64());
            }
            if line["reached"] == 40.0 {
                break;
            }
        }
        ping.kill().unwrap();
        ping.wait().unwrap();
        let last: Vec<_> = reached.iter().rev().take(3).rev().copied().collect();
        assert_eq!(last, [5.0, 8.0, 40.0], "{transport}: {reached:?}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("beats.txt");
    let file = file.to_str().unwrap();
    for (text, what) in [
        (
            "1\n2\nsoon\n",
            "line 3: \"soon\" is no time; it is a number like 12.345\nhint: a line has the time",
        ),
        ("", "there is no heartbeat"),
        ("# nothing\n", "there is no heartbeat"),
        ("1 2 3 4\n", "line 1: there is something after the end: \"4\""),
    ] {
        fs::write(file, text).unwrap();
        let told = output(&["phi", "read", file]);
        assert_eq!(told.status.code(), Some(3));
        assert!(stderr(&told).contains(what), "{}", stderr(&told));
    }
    fs::write(file, "1\n").unwrap();
    for (arguments, what) in [
        (&["read", file, "--window", "0"][..], "a window has from 1 to 4096 samples"),
        (&["read", file, "--min-deviation", "0ms"], "the least deviation is above zero"),
        (&["read", file, "--interval", "0ms"], "the first interval is above zero"),
        (&["read", file, "--every", "0ms"], "--every needs a span above zero"),
        (&["read", "/nowhere/beats"], "/nowhere/beats: No such file"),
        (&["ping", "udp:127.0.0.1:1", "--interval", "0ms"], "above zero"),
    ] {
        let told = output(&[&["phi"], arguments].concat());
        assert_eq!(told.status.code(), Some(3), "{arguments:?}: {}", stderr(&told));
        assert!(stderr(&told).contains(what), "{arguments:?}: {}", stderr(&told));
    }
    for wrong in ["3,1", "0", "nan", "1e7"] {
        let told = output(&["phi", "read", file, "--levels", wrong]);
        assert_eq!(told.status.code(), Some(2), "{wrong}");
    }
    let unheard = output(&["phi", "ping", "tcp:127.0.0.1:1", "--interval", "1ms", "--count", "3"]);
    assert_eq!((unheard.status.code(), stderr(&unheard).as_str()), (Some(1), "nothing answered\n"));
}
