//! What a node says of itself in INFO.

use std::{net::SocketAddr, time::Duration};

use serde::Serialize;

use crate::connection::Connection;

/// A node, as it sees itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NodeInfo {
    pub(crate) node: u64,
    pub(crate) role: String,
    pub(crate) term: u64,
    pub(crate) leader: Option<u64>,
    pub(crate) committed: u64,
    pub(crate) applied: u64,
    pub(crate) log_entries: u64,
    pub(crate) log_bytes: u64,
    pub(crate) keys: u64,
    pub(crate) clients: u64,
    pub(crate) uptime_seconds: u64,
    pub(crate) process: u64,
}

/// Asks a node.
pub(crate) async fn ask(address: SocketAddr, patience: Duration) -> Result<NodeInfo, String> {
    let mut connection = Connection::open(address, patience).await.map_err(|error| error.to_string())?;
    let reply = connection.call(&["INFO"]).await.map_err(|error| error.to_string())?;
    let text = reply.into_text().ok_or("it does not answer INFO")?;
    parse(&text).ok_or_else(|| "it is not a node of quorate".to_owned())
}

fn parse(text: &str) -> Option<NodeInfo> {
    let field = |name: &str| {
        text.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':')).map(str::to_owned)
    };
    let number = |name: &str| field(name)?.parse::<u64>().ok();
    Some(NodeInfo {
        node: number("raft_id")?,
        role: field("raft_role")?,
        term: number("raft_term")?,
        leader: number("raft_leader"),
        committed: number("raft_committed")?,
        applied: number("raft_applied")?,
        log_entries: number("raft_log_entries")?,
        log_bytes: number("log_bytes")?,
        keys: field("db0")
            .and_then(|db| db.strip_prefix("keys=")?.split(',').next()?.parse().ok())
            .unwrap_or(0),
        clients: number("connected_clients")?,
        uptime_seconds: number("uptime_in_seconds")?,
        process: number("process_id")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{NodeInfo, parse};

    #[test]
    fn fields_are_found_wherever_they_stand() {
        let text = "# Server\r\nprocess_id:9\r\nuptime_in_seconds:7\r\nconnected_clients:2\r\nlog_bytes:100\r\n\
                    raft_id:3\r\nraft_role:leader\r\nraft_term:4\r\nraft_leader:none\r\nraft_committed:12\r\n\
                    raft_applied:11\r\nraft_log_entries:5\r\ndb0:keys=6,expires=0,avg_ttl=0\r\n";
        let expected = NodeInfo {
            node: 3,
            role: "leader".into(),
            term: 4,
            leader: None,
            committed: 12,
            applied: 11,
            log_entries: 5,
            log_bytes: 100,
            keys: 6,
            clients: 2,
            uptime_seconds: 7,
            process: 9,
        };
        assert_eq!(parse(text), Some(expected));
        assert_eq!(parse("redis_version:7.0.0\r\n"), None);
    }
}
