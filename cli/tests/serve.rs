//! `quorate serve` stops when asked, and explains what keeps it from starting.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly, too")]

mod common;

use std::{fs, net::TcpListener, process::Output};

use common::{Nodes, content, free_ports, output, stderr};
use rustix::process::Signal;
use tempfile::TempDir;

/// A node alone in its cluster, that does not get as far as running.
fn refused(data: &str, port: u16, more: &[&str]) -> Output {
    let client = port.to_string();
    let peer = format!("1={}", port + 100);
    let mut arguments = vec!["serve", "--id", "1", "--data", data, "--client", &client, "--peer", &peer];
    arguments.extend(more);
    let output = output(&arguments);
    assert!(!output.status.success());
    output
}

fn assert_explains(output: &Output, what: &str, hint: &str) {
    let text = stderr(output);
    assert!(text.starts_with("error: ") && text.contains(what), "{what:?} is not in: {text}");
    assert!(text.contains(hint), "{hint:?} is not in: {text}");
    assert_eq!(text.lines().count(), 2, "a line that says what is wrong, and a line that helps: {text}");
}

/// The folder of a node that ran once.
fn used_folder() -> (TempDir, String) {
    let mut nodes = Nodes::start(1);
    assert_eq!(nodes.client(1).call(&["SET", "a", "1"]).as_deref(), Some("OK"));
    nodes.running(1).signal(Signal::TERM);
    assert!(nodes.running(1).wait().success());
    let data = nodes.data(1).to_str().unwrap().to_owned();
    (nodes.folder, data)
}

#[test]
fn sigterm_and_ctrl_c_stop_it_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut nodes = Nodes::start(1);
        assert_eq!(nodes.client(1).call(&["SET", "a", "1"]).as_deref(), Some("OK"));
        nodes.running(1).signal(signal);
        assert_eq!(nodes.running(1).wait().code(), Some(0));
        assert!(nodes.running(1).said().ends_with("stopped node=1\n"));
        nodes.restart(1);
        nodes.leader();
        assert_eq!(nodes.client(1).call(&["GET", "a"]).as_deref(), Some("1"));
    }
}

#[test]
fn a_busy_port_is_named_with_its_option() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(1));
    let data = folder.path().join("n1");
    let data = data.to_str().unwrap();
    let busy = TcpListener::bind(("127.0.0.1", port)).unwrap();
    assert_explains(&refused(data, port, &[]), &format!("127.0.0.1:{port} is in use"), "--client");
    drop(busy);
    let _busy = TcpListener::bind(("127.0.0.1", port + 100)).unwrap();
    assert_explains(&refused(data, port, &[]), &format!("127.0.0.1:{} is in use", port + 100), "--peer");
}

#[test]
fn other_addresses_than_loopback_are_refused() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(1));
    let data = folder.path().to_str().unwrap();
    let (peer, outside) = (format!("1={}", port + 100), format!("0.0.0.0:{port}"));
    let output = output(&["serve", "--id", "1", "--data", data, "--client", &outside, "--peer", &peer]);
    assert_eq!(output.status.code(), Some(1));
    assert_explains(
        &output,
        "is not a loopback address: traffic is neither authenticated nor encrypted",
        "127.0.0.1",
    );
}

#[test]
fn a_folder_in_use_is_refused() {
    let nodes = Nodes::start(1);
    let data = nodes.data(1);
    assert_explains(
        &refused(data.to_str().unwrap(), free_ports(1), &[]),
        "in use by another process",
        "running",
    );
}

#[test]
fn a_folder_with_other_files_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "dear to somebody").unwrap();
    let before = content(folder.path());
    let output = refused(folder.path().to_str().unwrap(), free_ports(1), &[]);
    assert_explains(&output, "thesis.tex", "--data");
    assert_eq!(content(folder.path()), before);
}

#[test]
fn a_folder_of_another_cluster_is_refused_and_left_alone() {
    let (_folder, data) = used_folder();
    let before = content(data.as_ref());
    let output = refused(&data, free_ports(1), &["--cluster-id", "elsewhere"]);
    assert_explains(&output, "belongs to node 1 of cluster \"quorate\"", "--id 1 --cluster-id quorate");
    assert_eq!(content(data.as_ref()), before);
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let (_folder, data) = used_folder();
    let file = format!("{data}/FORMAT");
    let text = fs::read_to_string(&file).unwrap();
    let newer = text.replacen('1', "9999", 1);
    assert_ne!(text, newer);
    fs::write(&file, newer).unwrap();
    let before = content(data.as_ref());
    assert_explains(&refused(&data, free_ports(1), &[]), "has format 9999", "nothing was changed");
    assert_eq!(content(data.as_ref()), before);
}

#[test]
fn a_file_in_place_of_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_explains(&refused(file.to_str().unwrap(), free_ports(1), &[]), "is not a folder", "--data");
    let below = file.join("n1");
    assert_explains(&refused(below.to_str().unwrap(), free_ports(1), &[]), "cannot be used", "--data");
}

#[test]
fn a_damaged_journal_is_named_with_the_offset() {
    let (_folder, data) = used_folder();
    let journal = content(data.as_ref())
        .into_iter()
        .find(|(path, _)| path.file_name().unwrap().to_string_lossy().starts_with("journal-"));
    let (path, mut bytes) = journal.unwrap();
    // In the first of many frames: those behind it say that it had been synced.
    let middle = bytes.len() / 3;
    bytes[middle] ^= 0x40;
    fs::write(&path, &bytes).unwrap();
    let output = refused(&data, free_ports(1), &[]);
    assert_explains(&output, "journal-", "must not go on");
    assert!(stderr(&output).contains("byte"), "{}", stderr(&output));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn wrong_arguments_are_explained() {
    let unknown = output(&["serve", "--nodes", "3"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("unexpected argument '--nodes'"), "{}", stderr(&unknown));
    assert!(stderr(&unknown).contains("--help"), "{}", stderr(&unknown));

    let address = output(&["serve", "--id", "1", "--data", "x", "--client", "nowhere", "--peer", "1=7101"]);
    assert_eq!(address.status.code(), Some(2));
    assert!(stderr(&address).contains("write an address as 127.0.0.1:7001"), "{}", stderr(&address));

    let missing = output(&["serve", "--id", "4", "--data", "x", "--client", "7001", "--peer", "1=7101"]);
    assert_explains(&missing, "where node 4 itself listens", "--peer 4=");

    let limits = ["--command-bytes-max", "8M"];
    let data = tempfile::tempdir().unwrap();
    let output = refused(data.path().to_str().unwrap(), free_ports(1), &limits);
    assert_explains(&output, "record_bytes_max", "--command-bytes-max must fit into --record-bytes-max");
}
