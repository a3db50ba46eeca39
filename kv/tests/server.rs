//! A node of one over a real loopback socket.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::needless_pass_by_value,
    reason = "a test fails by panicking, and quickcheck passes by value"
)]

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use quorate_host::Identity;
use quorate_kv::{Node, NodeConfig, dump, node::StartError};
use quorate_machine::NodeId;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn config(folder: &tempfile::TempDir) -> NodeConfig {
    let identity = Identity { cluster: "test".to_owned(), node: NodeId(1) };
    let peers = BTreeMap::from([(NodeId(1), any_port())]);
    NodeConfig::new(identity, folder.path().join("data"), any_port(), peers).unwrap()
}

async fn start(change: impl FnOnce(&mut NodeConfig)) -> (Node, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&folder);
    change(&mut config);
    (Node::start(config).await.unwrap(), folder)
}

/// Sends all of it and hears exactly that.
async fn expect(stream: &mut TcpStream, sent: &[u8], heard: &[u8]) {
    stream.write_all(sent).await.unwrap();
    let mut buffer = vec![0; heard.len()];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_exact(&mut buffer)).await;
    read.unwrap_or_else(|_| panic!("only heard {:?}", String::from_utf8_lossy(&buffer))).unwrap();
    assert_eq!(String::from_utf8_lossy(&buffer), String::from_utf8_lossy(heard));
}

async fn expect_end(stream: &mut TcpStream) {
    assert_eq!(stream.read(&mut [0; 64]).await.unwrap(), 0, "the server should have closed");
}

async fn connect(node: &Node) -> TcpStream {
    TcpStream::connect(node.client_address()).await.unwrap()
}

#[tokio::test]
async fn a_pipeline_is_carried_out_in_order() {
    let (node, _folder) = start(|_| {}).await;
    let mut client = connect(&node).await;
    let sent =
        b"SET a 1\r\nGET a\r\nINCR a\r\nINCR a\r\nGET a\r\nNOPE x\r\nPING\r\nMGET a b\r\nDEL a\r\nGET a\r\n";
    let heard = b"+OK\r\n$1\r\n1\r\n:2\r\n:3\r\n$1\r\n3\r\n\
        -ERR unknown command 'NOPE', with args beginning with: 'x' \r\n+PONG\r\n\
        *2\r\n$1\r\n3\r\n$-1\r\n:1\r\n$-1\r\n";
    expect(&mut client, sent, heard).await;
    node.stop().await.unwrap();
}

#[tokio::test]
async fn both_protocol_versions_are_spoken() {
    let (node, _folder) = start(|_| {}).await;
    let mut client = connect(&node).await;
    expect(&mut client, b"GET a\r\nCONFIG GET save\r\n", b"$-1\r\n*2\r\n$4\r\nsave\r\n$0\r\n\r\n").await;
    expect(&mut client, b"HELLO 3\r\n", b"%7\r\n$6\r\nserver\r\n$7\r\nquorate\r\n").await;
    let rest = b"$7\r\nversion\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n\
        $4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n";
    expect(&mut client, b"", rest).await;
    expect(&mut client, b"GET a\r\nCONFIG GET save\r\n", b"_\r\n%1\r\n$4\r\nsave\r\n$0\r\n\r\n").await;
    expect(&mut client, b"RESET\r\nGET a\r\n", b"+RESET\r\n$-1\r\n").await;
    expect(&mut client, b"QUIT\r\nPING\r\n", b"+OK\r\n").await;
    expect_end(&mut client).await;
    node.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_not_resp_is_told_so_and_closed() {
    let cases: [(&[u8], &str); 9] = [
        (b"*x\r\n", "invalid multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*1\r\n:3\r\n", "expected '$', got ':'"),
        (b"*1\r\n\r\n", "expected '$', got ' '"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"SET \"a\r\n", "unbalanced quotes in request"),
        (b"ECHO 'a'b\r\n", "unbalanced quotes in request"),
        (b"*1\r\n$2000000\r\n", "a command is longer than 1000000 bytes"),
    ];
    let (node, _folder) = start(|_| {}).await;
    for (sent, reason) in cases {
        let mut client = connect(&node).await;
        let sent = [b"PING\n*0\r\n*-1\r\n", sent].concat();
        expect(&mut client, &sent, format!("+PONG\r\n-ERR Protocol error: {reason}\r\n").as_bytes()).await;
        expect_end(&mut client).await;
    }
    node.stop().await.unwrap();
}

#[tokio::test]
async fn one_client_too_many_is_turned_away() {
    let (node, _folder) = start(|config| config.clients.connections_max = 1).await;
    let mut first = connect(&node).await;
    expect(&mut first, b"PING\r\n", b"+PONG\r\n").await;
    let mut second = connect(&node).await;
    expect(&mut second, b"", b"-ERR max number of clients reached\r\n").await;
    expect_end(&mut second).await;
    expect(&mut first, b"PING\r\n", b"+PONG\r\n").await;
    node.stop().await.unwrap();
}

#[tokio::test]
async fn acknowledged_writes_survive_a_restart_and_a_dump_holds_them() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(config(&folder)).await.unwrap();
    let mut client = connect(&node).await;
    expect(&mut client, b"MSET a 1 b 2\r\nEXPIREAT b 9999999999\r\nAPPEND c x\r\n", b"+OK\r\n:1\r\n:1\r\n")
        .await;
    node.stop().await.unwrap();

    let node = Node::start(config(&folder)).await.unwrap();
    let mut client = connect(&node).await;
    expect(&mut client, b"MGET a b c\r\n", b"*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\nx\r\n").await;
    let file = folder.path().join("dump");
    let dumped = dump::dump(node.client_address(), &file).await.unwrap();
    assert_eq!((dumped.keys, dumped.bytes), (3, 6));

    let occupied = dump::restore(node.client_address(), &file).await.unwrap_err();
    assert!(matches!(occupied, dump::DumpError::NotEmpty { keys: 3 }), "{occupied}");
    expect(&mut client, b"FLUSHALL\r\n", b"+OK\r\n").await;
    assert_eq!(dump::restore(node.client_address(), &file).await.unwrap(), dumped);
    expect(
        &mut client,
        b"MGET a b c\r\nEXPIRETIME b\r\n",
        b"*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\nx\r\n:9999999999\r\n",
    )
    .await;

    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    expect(&mut client, b"FLUSHALL\r\n", b"+OK\r\n").await;
    assert!(dump::restore(node.client_address(), &file).await.is_err(), "a flipped bit goes unnoticed");
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes[..bytes.len() - 20]).unwrap();
    assert!(dump::restore(node.client_address(), &file).await.is_err(), "a missing end goes unnoticed");
    expect(&mut client, b"DBSIZE\r\n", b":0\r\n").await;
    node.stop().await.unwrap();
}

#[tokio::test]
async fn keys_end_while_nobody_writes() {
    let (node, _folder) = start(|_| {}).await;
    let mut client = connect(&node).await;
    expect(&mut client, b"SET a 1 PX 30\r\n", b"+OK\r\n").await;
    // Asking again and again is no write: only the leader's tick can end the key.
    loop {
        client.write_all(b"EXISTS a\r\n").await.unwrap();
        let mut reply = [0; 4];
        client.read_exact(&mut reply).await.unwrap();
        if &reply == b":0\r\n" {
            break;
        }
    }
    node.stop().await.unwrap();
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut outside = config(&folder);
    outside.client = SocketAddr::from(([0, 0, 0, 0], 0));
    let error = Node::start(outside).await.unwrap_err();
    assert!(matches!(error, StartError::Address(_)), "{error}");
    let mut large = config(&folder);
    large.clients.command_bytes_max = large.core.raft.proposal_bytes_max;
    let error = Node::start(large).await.unwrap_err();
    assert!(matches!(error, StartError::Limits(_)), "{error}");
    let mut narrow = config(&folder);
    narrow.host.record_bytes_max = 1024;
    let error = Node::start(narrow).await.unwrap_err();
    assert!(matches!(error, StartError::BatchTooLarge { .. }), "{error}");
    assert!(!folder.path().join("data").exists(), "the data folder was touched");
}
