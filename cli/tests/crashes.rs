//! Nodes are killed, and start again. Whatever was acknowledged stays.

#![allow(clippy::disallowed_methods, reason = "clients of their own threads, against real processes")]

mod common;

use common::{Client, Nodes, eventually};

/// Asks a node until it does it; the tests that use it write the same value again and again, which harms nothing.
fn set(nodes: &Nodes, id: u16, key: &str, value: &str) {
    eventually(&format!("SET {key} through node {id}"), || {
        (Client::open(nodes.client_port(id))?.call(&["SET", key, value])? == "OK").then_some(())
    });
}

#[test]
fn what_one_node_is_told_the_others_know() {
    let nodes = Nodes::start(3);
    for id in nodes.ids() {
        let key = format!("from{id}");
        assert_eq!(nodes.client(id).call(&["SET", &key, "value"]).as_deref(), Some("OK"));
        for other in nodes.ids() {
            assert_eq!(
                nodes.client(other).call(&["GET", &key]).as_deref(),
                Some("value"),
                "{key} at {other}"
            );
        }
    }
    assert_eq!(nodes.client(1).call(&["GET", "nothing"]).as_deref(), Some("(nil)"));
}

#[test]
fn writes_go_on_without_the_leader_and_it_rejoins() {
    let mut nodes = Nodes::start(3);
    set(&nodes, 1, "before", "1");
    let leader = nodes.leader();
    nodes.kill(leader);
    let survivor = nodes.ids().find(|id| *id != leader).unwrap();
    set(&nodes, survivor, "meanwhile", "2");
    assert_ne!(nodes.leader(), leader);

    nodes.restart(leader);
    assert_eq!(nodes.client(leader).call(&["GET", "before"]).as_deref(), Some("1"));
    assert_eq!(nodes.client(leader).call(&["GET", "meanwhile"]).as_deref(), Some("2"));
    // It is needed again: without it there is no majority.
    let other = nodes.ids().find(|id| *id != leader && *id != survivor).unwrap();
    nodes.kill(other);
    set(&nodes, leader, "after", "3");
    assert_eq!(nodes.client(survivor).call(&["GET", "after"]).as_deref(), Some("3"));
}

#[test]
fn killing_all_nodes_loses_no_acknowledged_write() {
    let mut nodes = Nodes::start(3);
    let writers: Vec<_> = nodes
        .ids()
        .map(|id| {
            let mut client = nodes.client(id);
            std::thread::spawn(move || {
                let mut acknowledged = 0_u32;
                // Until the connection breaks, because the node is killed.
                while let Some(reply) = client.call(&["SET", &format!("w{id}:{acknowledged}"), "kept"]) {
                    assert_eq!(reply, "OK");
                    acknowledged += 1;
                }
                acknowledged
            })
        })
        .collect();
    eventually("a few hundred writes", || {
        let keys: u32 = nodes.client(1).call(&["DBSIZE"])?.parse().ok()?;
        (keys >= 600).then_some(())
    });
    nodes.ids().for_each(|id| nodes.kill(id));
    let acknowledged: Vec<u32> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();

    nodes.ids().for_each(|id| nodes.restart(id));
    nodes.leader();
    let mut client = nodes.client(2);
    for (id, count) in nodes.ids().zip(&acknowledged) {
        assert!(*count > 0, "writer {id} wrote nothing");
        for nth in 0..*count {
            let key = format!("w{id}:{nth}");
            assert_eq!(
                client.call(&["GET", &key]).as_deref(),
                Some("kept"),
                "{key} of {acknowledged:?} is lost"
            );
        }
    }
}

#[test]
fn without_a_majority_nothing_is_acknowledged() {
    let mut nodes = Nodes::start(3);
    set(&nodes, 3, "before", "1");
    let leader = nodes.leader();
    let lonely = nodes.ids().find(|id| *id != leader).unwrap();
    nodes.ids().filter(|id| *id != lonely).for_each(|id| nodes.kill(id));
    let reply = nodes.client(lonely).call(&["SET", "lonely", "1"]).unwrap();
    // It may have been forwarded to a leader that it has not missed yet.
    assert!(reply.starts_with("-CLUSTERDOWN") || reply.starts_with("-UNKNOWN"), "{reply}");
}
