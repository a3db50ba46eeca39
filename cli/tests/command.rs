//! The commands of a user, against real nodes.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly, too")]

mod common;

use std::{
    io::Write as _,
    net::TcpListener,
    process::{Output, Stdio},
};

use common::{Client, Nodes, Running, eventually, free_ports, output, quorate, stderr, stdout};
use rustix::process::Signal;

/// A call that is told of all nodes.
fn told(nodes: &Nodes, command: &str, more: &[&str]) -> Output {
    let options = nodes.client_options();
    let mut arguments = vec![command];
    arguments.extend(options.iter().map(String::as_str));
    arguments.extend(more);
    output(&arguments)
}

#[test]
fn client_prints_replies_and_fails_on_errors() {
    let nodes = Nodes::start(1);
    let set = told(&nodes, "client", &["SET", "greeting", "hello world"]);
    assert_eq!((stdout(&set).as_str(), set.status.code()), ("OK\n", Some(0)));
    let get = told(&nodes, "client", &["GET", "greeting"]);
    assert_eq!((stdout(&get).as_str(), get.status.code()), ("hello world\n", Some(0)));
    let negative = told(&nodes, "client", &["INCRBY", "n", "-5"]);
    assert_eq!(stdout(&negative), "-5\n");
    let option = told(&nodes, "client", &["--colour", "GET", "greeting"]);
    assert_eq!(option.status.code(), Some(2));
    assert!(stderr(&option).contains("unexpected argument '--colour'"), "{}", stderr(&option));
    let wrong = told(&nodes, "client", &["INCR", "greeting"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(stdout(&wrong).starts_with("ERR value is not an integer"), "{}", stdout(&wrong));
}

#[test]
fn client_goes_on_to_a_node_that_can_be_reached() {
    let nodes = Nodes::start(1);
    let nobody = free_ports(1).to_string();
    let found = output(&["client", "--client", &nobody, "--client", &nodes.address(1), "PING"]);
    assert_eq!(stdout(&found), "PONG\n");
    let lost = output(&["client", "--client", &nobody, "PING"]);
    assert_eq!(lost.status.code(), Some(1));
    assert!(
        stderr(&lost).contains("connection refused") && stderr(&lost).contains("hint: "),
        "{}",
        stderr(&lost)
    );
}

#[test]
fn client_reads_commands_from_a_pipe() {
    let nodes = Nodes::start(1);
    let mut client = quorate(&["client", "--client", &nodes.address(1)]);
    let mut client =
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = b"SET k \"two words\"\n\nGET k\nMGET k none\nNOSUCH\nexit\nGET never\n";
    client.stdin.take().unwrap().write_all(lines).unwrap();
    let output = client.wait_with_output().unwrap();
    let text = stdout(&output);
    assert!(text.starts_with("OK\ntwo words\ntwo words\n\nERR unknown command"), "{text}");
    assert_eq!(text.lines().count(), 5);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn status_shows_who_leads_and_who_is_silent() {
    let mut nodes = Nodes::start(3);
    let leader = nodes.leader();
    let table = told(&nodes, "status", &[]);
    assert!(table.status.success(), "{}", stdout(&table));
    let text = stdout(&table);
    let line = text.lines().skip(1).find(|line| line.contains("leader")).unwrap();
    assert!(line.starts_with(&nodes.address(leader)), "{text}");

    nodes.kill(leader);
    let json = told(&nodes, "status", &["--json"]);
    assert_eq!(json.status.code(), Some(1));
    let nodes_told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    for (id, told) in nodes.ids().zip(nodes_told.as_array().unwrap()) {
        assert_eq!(told["address"], nodes.address(id));
        assert_eq!(told["node"].as_u64(), (id != leader).then_some(id.into()));
        assert_eq!(told["error"].is_string(), id == leader);
    }
}

#[test]
fn bench_measures() {
    let nodes = Nodes::start(3);
    let bench =
        told(&nodes, "bench", &["--seconds", "1", "--clients", "8", "--write-percent", "50", "--json"]);
    assert!(bench.status.success(), "{}", stderr(&bench));
    let summary: serde_json::Value = serde_json::from_slice(&bench.stdout).unwrap();
    assert!(summary["operations"].as_u64().unwrap() > 0, "{summary}");
    assert!(summary["p99_us"].as_u64() >= summary["p50_us"].as_u64(), "{summary}");
    assert!(summary["p50_us"].as_u64().unwrap() > 0, "{summary}");
    assert_eq!(summary["errors"], serde_json::json!({}));
    assert!(nodes.client(1).call(&["DBSIZE"]).unwrap().parse::<u64>().unwrap() > 0);

    let table = told(&nodes, "bench", &["--seconds", "1", "--clients", "2", "--pipeline", "10"]);
    for word in ["throughput", "op/s", "p99.9", "longest gap"] {
        assert!(stdout(&table).contains(word), "{word} is not in {}", stdout(&table));
    }
}

#[test]
fn bench_goes_on_to_the_next_node() {
    let nodes = Nodes::start(1);
    let nobody = free_ports(1).to_string();
    let only = nodes.address(1);
    let bench = output(&[
        "bench",
        "--client",
        &nobody,
        "--client",
        &only,
        "--clients",
        "1",
        "--seconds",
        "1",
        "--json",
    ]);
    let summary: serde_json::Value = serde_json::from_slice(&bench.stdout).unwrap();
    assert!(summary["operations"].as_u64().unwrap() > 0, "{summary}");
    assert_eq!(summary["errors"]["cannot connect: connection refused"], 1, "{summary}");
}

#[test]
fn bench_survives_the_leader() {
    let mut nodes = Nodes::start(3);
    let options = nodes.client_options();
    let mut arguments = vec!["bench", "--seconds", "3", "--clients", "6", "--json"];
    arguments.extend(options.iter().map(String::as_str));
    let mut bench = quorate(&arguments);
    let bench = bench.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let leader = nodes.leader();
    eventually("the bench to begin", || {
        (nodes.client(1).call(&["DBSIZE"])?.parse::<u64>().ok()? > 100).then_some(())
    });
    nodes.kill(leader);
    let output = bench.wait_with_output().unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!summary["errors"].as_object().unwrap().is_empty(), "{summary}");
    assert!(summary["longest_gap_us"].as_u64().unwrap() < 2_000_000, "{summary}");
}

#[test]
fn a_dump_is_restored_into_an_empty_store_only() {
    let nodes = Nodes::start(1);
    let file = nodes.folder.path().join("store.quorate");
    let file = file.to_str().unwrap();
    let client = ["--client", &nodes.address(1)];
    let dump = |command: &str| output(&[command, file, client[0], client[1]]);
    let long = "x".repeat(100_000);
    assert_eq!(nodes.client(1).call(&["MSET", "a", "1", "b", &long]).as_deref(), Some("OK"));

    let dumped = dump("dump");
    assert!(stdout(&dumped).starts_with("2 keys"), "{}{}", stdout(&dumped), stderr(&dumped));
    let full = dump("restore");
    assert_eq!(full.status.code(), Some(1));
    assert!(
        stderr(&full).contains("the store holds 2 keys") && stderr(&full).contains("FLUSHALL"),
        "{}",
        stderr(&full)
    );
    assert_eq!(nodes.client(1).call(&["FLUSHALL"]).as_deref(), Some("OK"));
    assert!(dump("restore").status.success());
    assert_eq!(nodes.client(1).call(&["GET", "b"]), Some(long));
}

/// `quorate cluster`, and the port of its first node.
fn cluster(folder: &std::path::Path, port: u16) -> Running {
    let (data, port) = (folder.join("data"), port.to_string());
    let command = quorate(&["cluster", "--port", &port, "--data", data.to_str().unwrap()]);
    let mut running = Running::start(command, folder.join(format!("log{port}")));
    running.wait_until_it_says("leads in term");
    running
}

fn pids(cluster: &Running) -> Vec<String> {
    let said = cluster.said();
    let pids = said.lines().filter(|line| line.starts_with("node "));
    pids.filter_map(|line| Some(line.split_once("pid ")?.1.split(' ').next()?.to_owned())).collect()
}

fn set(port: u16, key: &str) {
    eventually("a write", || (Client::open(port)?.call(&["SET", key, "1"])? == "OK").then_some(()));
}

#[test]
fn cluster_runs_tells_and_stops() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(3));
    let mut running = cluster(folder.path(), port);
    set(port + 1, "kept");
    let killed = pids(&running);
    assert_eq!(killed.len(), 3);
    let killed: i32 = killed.first().unwrap().parse().unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(killed).unwrap(), Signal::KILL).unwrap();
    running.wait_until_it_says("node 1 was killed (signal 9). To start it again:");
    running.wait_until_it_says(" serve --id 1 --data ");
    set(port + 1, "without it");

    running.signal(Signal::INT);
    assert_eq!(running.wait().code(), Some(0));
    assert!(running.said().ends_with("all nodes have stopped\n"), "{}", running.said());

    // Another run goes on with the data.
    let _running = cluster(folder.path(), port);
    assert_eq!(Client::open(port).unwrap().call(&["GET", "kept"]).as_deref(), Some("1"));
}

#[test]
fn nodes_do_not_outlive_their_cluster() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(3));
    let running = cluster(folder.path(), port);
    set(port, "a");
    running.signal(Signal::KILL);
    eventually("the end of all nodes", || (0..3).all(|nth| Client::open(port + nth).is_none()).then_some(()));
}

#[test]
fn cluster_explains_busy_ports_and_other_members() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(3));
    let data = folder.path().to_str().unwrap();
    let busy = TcpListener::bind(("127.0.0.1", port + 101)).unwrap();
    let refused = output(&["cluster", "--port", &port.to_string(), "--data", data]);
    assert_eq!(refused.status.code(), Some(1));
    let needle = format!("127.0.0.1:{} is in use by another program; node 2 needs it", port + 101);
    assert!(
        stderr(&refused).contains(&needle) && stderr(&refused).contains("--port"),
        "{}",
        stderr(&refused)
    );
    drop(busy);

    (1..=3).for_each(|id| std::fs::create_dir(folder.path().join(format!("n{id}"))).unwrap());
    let refused = output(&["cluster", "--nodes", "5", "--port", &port.to_string(), "--data", data]);
    assert!(stderr(&refused).contains("use --nodes 3"), "{}", stderr(&refused));
}

#[test]
fn the_demo_ends_by_itself_with_a_verdict() {
    let demo = output(&["demo"]);
    assert!(demo.status.success(), "{}{}", stdout(&demo), stderr(&demo));
    assert!(stdout(&demo).contains("is linearizable"), "{}", stdout(&demo));
}
