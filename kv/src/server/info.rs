//! What INFO and CONFIG GET say.

use core::fmt::Write as _;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use quorate_raft::{Role, Status};

use super::Shared;
use crate::{
    core::{Core, Counters},
    glob,
    reply::Reply,
    store::Usage,
    wall,
};

/// The version of Redis whose commands and replies these are.
pub(super) const REDIS_VERSION: &str = "7.0.0";

/// What a node knows of itself at one moment.
struct Snapshot {
    raft: Status,
    applied: u64,
    usage: Usage,
    log_time_ms: u64,
    memory_bytes_max: u64,
    outstanding: usize,
    counters: Counters,
}

/// A section's name, and how it is written.
type Section = (&'static str, fn(&mut String, &Shared, &Snapshot) -> core::fmt::Result);

const SECTIONS: [Section; 6] = [
    ("Server", server),
    ("Clients", clients),
    ("Memory", memory),
    ("Stats", stats),
    ("Replication", replication),
    ("Keyspace", keyspace),
];

/// INFO: these sections, or all.
pub(super) async fn info(shared: &Shared, wanted: &[Bytes]) -> Reply {
    let Some(snapshot) = Snapshot::take(shared).await else { return stopped() };
    let all = wanted.is_empty()
        || wanted.iter().any(|name| {
            [b"all".as_slice(), b"default", b"everything"].iter().any(|all| name.eq_ignore_ascii_case(all))
        });
    let mut text = String::new();
    for (name, section) in SECTIONS {
        if all || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name.as_bytes())) {
            let gap = if text.is_empty() { "" } else { "\r\n" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{gap}# {name}\r\n");
            let _ = section(&mut text, shared, &snapshot);
        }
    }
    Reply::bulk(text)
}

/// CONFIG GET: the settings that some pattern matches.
pub(super) async fn config(shared: &Shared, patterns: &[Bytes]) -> Reply {
    let Some(snapshot) = Snapshot::take(shared).await else { return stopped() };
    let settings = [
        ("appendfsync", "always".to_owned()),
        ("appendonly", "yes".to_owned()),
        ("bind", shared.address.ip().to_string()),
        ("databases", "1".to_owned()),
        ("maxclients", shared.limits.connections_max.to_string()),
        ("maxmemory", snapshot.memory_bytes_max.to_string()),
        ("maxmemory-policy", "noeviction".to_owned()),
        ("port", shared.address.port().to_string()),
        ("proto-max-bulk-len", shared.limits.command_bytes_max.to_string()),
        ("save", String::new()),
        ("timeout", "0".to_owned()),
    ];
    let matches = |name: &str| {
        patterns.iter().any(|pattern| glob::matches(&pattern.to_ascii_lowercase(), name.as_bytes()))
    };
    let matching = settings.into_iter().filter(|(name, _)| matches(name));
    Reply::Map(matching.map(|(name, value)| (Reply::bulk(name), Reply::bulk(value))).collect())
}

impl Snapshot {
    async fn take(shared: &Shared) -> Option<Self> {
        let look = |core: &Core, _: &super::Desk| Self {
            raft: core.raft().status(),
            applied: core.applied().0,
            usage: core.store().usage(),
            log_time_ms: core.store().log_time_ms(),
            memory_bytes_max: core.memory_bytes_max(),
            outstanding: core.outstanding(),
            counters: core.counters(),
        };
        shared.handle.inspect(look).await.ok()
    }
}

fn stopped() -> Reply {
    Reply::error(super::STOPPED)
}

fn server(text: &mut String, shared: &Shared, _: &Snapshot) -> core::fmt::Result {
    write!(text, "redis_version:{REDIS_VERSION}\r\nquorate_version:{}\r\n", env!("CARGO_PKG_VERSION"))?;
    write!(text, "redis_mode:standalone\r\nprocess_id:{}\r\n", std::process::id())?;
    write!(text, "tcp_port:{}\r\n", shared.address.port())?;
    write!(text, "server_time_usec:{}\r\n", wall::since_epoch().as_micros())?;
    write!(text, "uptime_in_seconds:{}\r\n", shared.started.elapsed().as_secs())
}

fn clients(text: &mut String, shared: &Shared, snapshot: &Snapshot) -> core::fmt::Result {
    write!(text, "connected_clients:{}\r\n", shared.counters.connected.load(Ordering::Relaxed))?;
    write!(text, "maxclients:{}\r\n", shared.limits.connections_max)?;
    write!(text, "blocked_clients:{}\r\n", snapshot.outstanding)
}

fn memory(text: &mut String, _: &Shared, snapshot: &Snapshot) -> core::fmt::Result {
    write!(text, "used_memory:{}\r\n", snapshot.usage.bytes)?;
    write!(text, "maxmemory:{}\r\nmaxmemory_policy:noeviction\r\n", snapshot.memory_bytes_max)?;
    write!(text, "log_bytes:{}\r\n", snapshot.raft.log_bytes)
}

fn stats(text: &mut String, shared: &Shared, snapshot: &Snapshot) -> core::fmt::Result {
    let (counters, core) = (&shared.counters, &snapshot.counters);
    write!(text, "total_connections_received:{}\r\n", counters.accepted.load(Ordering::Relaxed))?;
    write!(text, "rejected_connections:{}\r\n", counters.rejected.load(Ordering::Relaxed))?;
    write!(text, "total_commands_processed:{}\r\n", counters.commands.load(Ordering::Relaxed))?;
    write!(text, "applied_entries:{}\r\napplied_operations:{}\r\n", core.entries, core.operations)?;
    write!(text, "answered_queries:{}\r\nretried_commands:{}\r\n", core.queries, core.retries)?;
    write!(text, "snapshots_taken:{}\r\nsnapshots_restored:{}\r\n", core.compactions, core.restores)
}

fn replication(text: &mut String, _: &Shared, snapshot: &Snapshot) -> core::fmt::Result {
    let raft = &snapshot.raft;
    // Clients look here for where they may write: on any node.
    write!(text, "role:master\r\nconnected_slaves:0\r\n")?;
    let role = match raft.role {
        Role::Follower => "follower",
        Role::PreCandidate => "pre-candidate",
        Role::Candidate => "candidate",
        Role::Leader => "leader",
    };
    write!(text, "raft_id:{}\r\nraft_role:{role}\r\nraft_term:{}\r\n", raft.id.0, raft.term.0)?;
    write!(text, "raft_leader:{}\r\n", raft.leader.map_or_else(|| "none".to_owned(), |id| id.0.to_string()))?;
    write!(text, "raft_committed:{}\r\nraft_applied:{}\r\n", raft.committed.0, snapshot.applied)?;
    write!(text, "raft_first:{}\r\nraft_last:{}\r\n", raft.first.0, raft.last.index.0)?;
    write!(text, "raft_durable:{}\r\nraft_snapshot:{}\r\n", raft.durable.0, raft.snapshot.index.0)?;
    write!(text, "raft_log_entries:{}\r\n", raft.last.index.next().distance_from(raft.first))
}

fn keyspace(text: &mut String, _: &Shared, snapshot: &Snapshot) -> core::fmt::Result {
    let Usage { keys, keys_with_end, .. } = snapshot.usage;
    if keys > 0 {
        write!(text, "db0:keys={keys},expires={keys_with_end},avg_ttl=0\r\n")?;
    }
    write!(text, "log_time_ms:{}\r\n", snapshot.log_time_ms)
}
