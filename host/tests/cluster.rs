//! Three hosts on loopback in one process.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "tests of a driver meet the real world, and say what went wrong by panicking"
)]

mod common;

use common::{Cluster, run, soon, until};
use quorate_machine::Tag;

#[test]
fn three_hosts_commit_writes() {
    run(async {
        let mut cluster = Cluster::new(3);
        let mut nodes: Vec<_> = (1..=3).map(|node| cluster.start(node)).collect();
        for value in 1..=100 {
            assert_eq!(nodes[0].write(value).await.number, value);
        }
        for node in nodes {
            assert!(node.metrics.journal_syncs() > 0);
            node.stop().await;
        }
    });
}

#[test]
fn what_was_committed_is_there_after_a_restart_of_all() {
    run(async {
        let mut cluster = Cluster::new(3);
        let mut nodes: Vec<_> = (1..=3).map(|node| cluster.start(node)).collect();
        for value in 1..=10 {
            nodes[0].write(value).await;
        }
        for node in nodes {
            node.stop().await;
        }
        let mut nodes: Vec<_> = (1..=3).map(|node| cluster.start(node)).collect();
        assert_eq!((nodes[0].recovery.incarnation, nodes[0].recovery.records), (2, 10));
        assert_eq!(nodes[0].write(11).await.number, 11);
        for node in nodes {
            node.stop().await;
        }
    });
}

#[test]
fn a_minority_may_be_missing_and_catches_up() {
    run(async {
        let mut cluster = Cluster::new(3);
        drop(cluster.listener(3));
        let mut writer = cluster.start(1);
        let second = cluster.start(2);
        writer.write(1).await;
        until("a failed dial", || writer.metrics.dials_failed() > 1).await;
        second.stop().await;

        // Now the third is needed, and has been unreachable until now.
        let third = cluster.start(3);
        writer.write(2).await;
        until("a connection lost", || writer.metrics.connections_lost() > 0).await;
        let records = third.handle.inspect(|_, teller| teller.heard).await.unwrap();
        assert_eq!(records, 0, "only the writer hears events");

        // A connection once lost is made again.
        let made = writer.metrics.connections_made();
        let second = cluster.start(2);
        until("a connection made again", || writer.metrics.connections_made() > made).await;
        third.stop().await;
        writer.write(3).await;
        writer.stop().await;
        second.stop().await;
    });
}

#[test]
fn what_waits_for_a_dead_peer_is_bounded_and_counted() {
    run(async {
        let mut cluster = Cluster::new(2);
        cluster.limits.peer_queue_messages_max = 1;
        cluster.limits.backoff_min = std::time::Duration::from_secs(60);
        cluster.limits.backoff_max = std::time::Duration::from_secs(60);
        drop(cluster.listener(2));
        let writer = cluster.start(1);
        until("a failed dial", || writer.metrics.dials_failed() == 1).await;
        writer.handle.submit(Tag(1), 1).await.unwrap();
        until("a full queue", || writer.metrics.dropped_queue_full() >= 3).await;
        assert_eq!(writer.metrics.messages_sent(), 0);
        writer.stop().await;
    });
}

#[test]
fn stopping_does_what_was_submitted_and_takes_no_more() {
    run(async {
        let mut cluster = Cluster::new(1);
        let mut node = cluster.start(1);
        node.handle
            .enter(|teller, commands| {
                teller.pending = true;
                commands.submit(Tag(5), 5);
            })
            .await
            .unwrap();
        let handle = node.handle.clone();
        handle.stop();
        let event = soon("the answer", node.events.recv()).await.unwrap();
        assert!(matches!(event, common::Event::Written { tag: Tag(5), .. }), "{event:?}");
        node.stop().await;
        assert!(handle.submit(Tag(6), 6).await.is_err());
        assert_eq!(cluster.start(1).recovery.records, 1);
    });
}

#[test]
fn a_stopping_host_does_not_wait_for_ever() {
    run(async {
        let mut cluster = Cluster::new(2);
        cluster.limits.drain_max = std::time::Duration::from_millis(50);
        let node = cluster.start(1);
        // Without the second node nobody answers this.
        node.handle
            .enter(|teller, commands| {
                teller.pending = true;
                commands.submit(Tag(5), 5);
            })
            .await
            .unwrap();
        node.stop().await;
    });
}

#[test]
fn a_disk_that_is_behind_holds_commands_back_and_loses_none() {
    run(async {
        let mut cluster = Cluster::new(1);
        cluster.limits.journal_queue_bytes_max = 1;
        cluster.limits.commands_max = 2;
        let mut node = cluster.start(1);
        let handle = node.handle.clone();
        let submitting = tokio::spawn(async move {
            for value in 0..500 {
                handle.submit(Tag(value), value).await.unwrap();
            }
        });
        let mut answered = Vec::new();
        while answered.len() < 500 {
            answered.push(match soon("an answer", node.events.recv()).await.unwrap() {
                common::Event::Written { tag, .. } | common::Event::Refused { tag, .. } => tag,
            });
        }
        submitting.await.unwrap();
        answered.sort();
        assert!(answered.iter().copied().eq((0..500).map(Tag)), "an answer is missing or doubled");
        node.stop().await;
    });
}
