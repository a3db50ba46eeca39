//! Who may speak to a host, and what happens to those who may not.

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

use std::net::SocketAddr;

use common::{Cluster, Node, loopback, run, soon, until};
use quorate_host::{AddressError, Config, Identity, Listener, OpenError};
use quorate_machine::NodeId;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A host for which only the connection to `target` matters, under whatever name.
fn caller(cluster: &Cluster, name: &str, node: u64, target: (u64, SocketAddr)) -> Node {
    let folder = cluster.folder.path().join(format!("caller-{name}-{node}"));
    let config = Config {
        identity: Identity { cluster: name.into(), node: NodeId(node) },
        data: folder,
        peers: [(NodeId(target.0), target.1)].into(),
        ..cluster.config(1)
    };
    cluster.open_with(config, Listener::bind(loopback()).unwrap()).unwrap().start()
}

#[test]
fn strangers_foreign_clusters_and_the_misled_are_refused_and_counted() {
    run(async {
        let mut cluster = Cluster::new(2);
        let node = cluster.start(1);
        let address = cluster.addresses[&NodeId(1)];

        let stranger = caller(&cluster, common::CLUSTER, 9, (1, address));
        until("a stranger refused", || node.metrics.refused_stranger() > 0).await;
        until("the stranger to notice", || stranger.metrics.dials_failed() > 0).await;
        stranger.stop().await;

        let foreign = caller(&cluster, "elsewhere", 2, (1, address));
        until("a foreign cluster refused", || node.metrics.refused_cluster() > 0).await;
        foreign.stop().await;

        let misled = caller(&cluster, common::CLUSTER, 2, (3, address));
        until("a wrong target refused", || node.metrics.refused_target() > 0).await;
        misled.stop().await;

        let mut garbage = TcpStream::connect(address).await.unwrap();
        garbage.write_all(b"GET / HTTP/1.1\r\nHost: example\r\n\r\n").await.unwrap();
        until("garbage refused", || node.metrics.refused_malformed() > 0).await;

        assert_eq!(node.metrics.connections_accepted(), 0);
        node.stop().await;
    });
}

/// Accepts one connection from a host, answers nothing, and gives back its introduction.
async fn overhear(cluster: &Cluster) -> Vec<u8> {
    let listener = TcpListener::bind(loopback()).await.unwrap();
    let node = caller(cluster, common::CLUSTER, 2, (1, listener.local_addr().unwrap()));
    let (mut stream, _) = soon("a call", listener.accept()).await.unwrap();
    let mut introduction = vec![0; 1024];
    let length = soon("an introduction", stream.read(&mut introduction)).await.unwrap();
    introduction.truncate(length);
    node.stop().await;
    introduction
}

async fn connect(address: SocketAddr, introduction: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(introduction).await.unwrap();
    stream
}

/// Reads until the other side closes.
async fn closed(mut stream: TcpStream) {
    let mut rest = Vec::new();
    let _ = soon("the connection to be closed", stream.read_to_end(&mut rest)).await;
}

#[test]
fn the_newest_connection_and_the_newest_incarnation_win() {
    run(async {
        let mut cluster = Cluster::new(2);
        let node = cluster.start(1);
        let address = cluster.addresses[&NodeId(1)];
        let (older, newer) = (overhear(&cluster).await, overhear(&cluster).await);

        let first = connect(address, &older).await;
        until("the first connection", || node.metrics.connections_accepted() == 1).await;
        let again = connect(address, &older).await;
        until("its successor", || node.metrics.connections_accepted() == 2).await;
        closed(first).await;
        let restarted = connect(address, &newer).await;
        until("the restarted peer", || node.metrics.connections_accepted() == 3).await;
        closed(again).await;

        closed(connect(address, &older).await).await;
        assert_eq!((node.metrics.refused_stale(), node.metrics.connections_accepted()), (1, 3));
        assert_eq!(node.metrics.connections_closed(), 2, "the newest connection is not touched");
        drop(restarted);
        node.stop().await;
    });
}

#[test]
fn a_bad_frame_ends_its_connection_and_is_counted() {
    run(async {
        let mut cluster = Cluster::new(2);
        let node = cluster.start(1);
        let introduction = overhear(&cluster).await;
        let mut stream = connect(cluster.addresses[&NodeId(1)], &introduction).await;
        until("the connection", || node.metrics.connections_accepted() == 1).await;
        stream.write_all(&[0xEE; 64]).await.unwrap();
        closed(stream).await;
        assert_eq!(node.metrics.frames_bad(), 1);
        node.stop().await;
    });
}

#[test]
fn connections_are_limited() {
    run(async {
        let mut cluster = Cluster::new(2);
        cluster.limits.connections_max = 1;
        let node = cluster.start(1);
        let address = cluster.addresses[&NodeId(1)];
        let silent = TcpStream::connect(address).await.unwrap();
        let crowd = TcpStream::connect(address).await.unwrap();
        until("one too many", || node.metrics.refused_crowded() == 1).await;
        closed(crowd).await;
        drop(silent);
        node.stop().await;
    });
}

#[test]
fn only_loopback_is_bound_or_dialled() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let error = Listener::bind(everywhere).unwrap_err();
    assert!(matches!(error, AddressError::NotLoopback { address } if address == everywhere));
    assert!(error.to_string().contains("neither authenticated nor encrypted"), "{error}");

    let mut cluster = Cluster::new(1);
    cluster.addresses.insert(NodeId(2), "192.0.2.1:7102".parse().unwrap());
    assert!(matches!(cluster.open(1), Err(OpenError::Address(AddressError::NotLoopback { .. }))));
    assert!(!cluster.data(1).exists());
}

#[test]
fn metrics_are_served_on_one_path() {
    run(async {
        let mut cluster = Cluster::new(1);
        let mut node = cluster.start(1);
        node.write(1).await;
        let listener = Listener::bind(loopback()).unwrap();
        let address = listener.address();
        let metrics = std::sync::Arc::clone(&node.metrics);
        let server = tokio::spawn(quorate_host::serve_metrics(listener, move || metrics.prometheus()));

        let page = get(address, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert!(page.contains("\nquorate_journal_records_total 1\n"), "{page}");
        assert!(get(address, "GET /else HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 404"));
        assert!(get(address, "POST /metrics HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 405"));
        assert!(get(address, &"x".repeat(4096)).await.starts_with("HTTP/1.1 431"));
        server.abort();
        node.stop().await;
    });
}

async fn get(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    soon("a page", stream.read_to_string(&mut page)).await.unwrap();
    page
}
