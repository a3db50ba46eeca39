use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use quorate_host::Identity;
use quorate_kv::NodeConfig;
use quorate_machine::NodeId;

use crate::{problem::Problem, units};

const EXAMPLES: &str = "\
A cluster of three, each line in a terminal of its own:
  quorate serve --id 1 --data n1 --client 7001 --peer 1=7101 --peer 2=7102 --peer 3=7103
  quorate serve --id 2 --data n2 --client 7002 --peer 1=7101 --peer 2=7102 --peer 3=7103
  quorate serve --id 3 --data n3 --client 7003 --peer 1=7101 --peer 2=7102 --peer 3=7103

It prints `ready …` once clients can connect and `role …` when its role changes. Ctrl-C or SIGTERM: it answers what \
it was asked, syncs, and stops with exit code 0. An address is 127.0.0.1:PORT or PORT; only loopback can be used, since \
there is neither authentication nor encryption yet. Sizes are in bytes or with K, M, G; spans are 250ms, 2s, 1m.";

/// Run one node in this process
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The node's number in its cluster
    #[arg(long, value_name = "NUMBER")]
    pub(crate) id: u64,
    /// The folder for its data, made if it is not there
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// Where clients connect
    #[arg(long, value_name = "ADDRESS", value_parser = units::address)]
    pub(crate) client: SocketAddr,
    /// Where a node listens for the others; once for each node, this one included
    #[arg(long = "peer", value_name = "NUMBER=ADDRESS", value_parser = units::numbered, required = true)]
    pub(crate) peers: Vec<(u64, SocketAddr)>,
    /// Where to serve metrics as Prometheus text, at /metrics
    #[arg(long, value_name = "ADDRESS", value_parser = units::address)]
    pub(crate) metrics: Option<SocketAddr>,
    /// The cluster's name; nodes of other clusters are refused
    #[arg(long, value_name = "NAME", default_value = "quorate")]
    pub(crate) cluster_id: String,
    /// What to log on standard error: error, warn, info, debug, or by crate as in `warn,quorate_host=debug`
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    pub(crate) log: String,
    /// Stop when standard input ends, so that the node does not outlive the program that started it
    #[arg(long)]
    pub(crate) until_stdin_closes: bool,
    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitOptions {
    /// How many clients may be connected at once
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    connections_max: usize,
    /// The longest command, in bytes
    #[arg(long, value_name = "BYTES", default_value = "1000000", value_parser = units::bytes)]
    command_bytes_max: u64,
    /// The longest record of the journal and message to a peer, in bytes; more than the longest command
    #[arg(long, value_name = "BYTES", default_value = "4M", value_parser = units::bytes)]
    record_bytes_max: u64,
    /// The longest frame accepted from a peer, in bytes; no less than the longest record
    #[arg(long, value_name = "BYTES", default_value = "8M", value_parser = units::bytes)]
    frame_bytes_max: u64,
    /// How much memory keys and values may take; writes that need more are refused
    #[arg(long, value_name = "BYTES", default_value = "4G", value_parser = units::bytes)]
    memory_bytes_max: u64,
    /// How many bytes of log are kept in memory at most; at least twice the next
    #[arg(long, value_name = "BYTES", default_value = "256M", value_parser = units::bytes)]
    log_bytes_max: u64,
    /// After how many bytes of log a snapshot replaces it
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = units::bytes)]
    snapshot_log_bytes_min: u64,
    /// From which length the journal on disk is compacted
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = units::bytes)]
    checkpoint_bytes_min: u64,
    /// How long followers do without a leader before they elect one, up to twice as long by chance
    #[arg(long, value_name = "SPAN", default_value = "300ms", value_parser = units::span)]
    election_timeout: Duration,
    /// How often an idle leader makes itself heard; at most half of the above
    #[arg(long, value_name = "SPAN", default_value = "50ms", value_parser = units::span)]
    heartbeat: Duration,
    /// How long a command may wait before its outcome is reported as unknown, or it is refused
    #[arg(long, value_name = "SPAN", default_value = "3s", value_parser = units::span)]
    outcome_timeout: Duration,
}

/// What a log entry takes besides one command, and a batch besides one entry, at most.
const ROOM_BYTES: usize = 4096;

impl Options {
    pub(crate) fn config(&self) -> Result<NodeConfig, Problem> {
        let identity = Identity { cluster: self.cluster_id.clone(), node: NodeId(self.id) };
        let peers = self.address_book()?;
        let mut config =
            NodeConfig::new(identity, self.data.clone(), self.client, peers).map_err(Problem::new)?;
        config.metrics = self.metrics;
        self.limits.apply(&mut config)?;
        config.core.raft.validate().map_err(Problem::new)?;
        config.core.validate().map_err(Problem::new)?;
        config.host.check().map_err(Problem::new)?;
        config.validate().map_err(|error| {
            Problem::new(error)
                .hint("--command-bytes-max must fit into --record-bytes-max, that into --frame-bytes-max")
        })?;
        Ok(config)
    }

    fn address_book(&self) -> Result<BTreeMap<NodeId, SocketAddr>, Problem> {
        let mut book = BTreeMap::new();
        for (number, address) in &self.peers {
            if book.insert(NodeId(*number), *address).is_some() {
                return Err(Problem::new(format!("--peer names node {number} twice")));
            }
        }
        if !book.contains_key(&NodeId(self.id)) {
            return Err(Problem::new(format!(
                "no --peer says where node {} itself listens for the others",
                self.id
            ))
            .hint(format!("add --peer {}=127.0.0.1:PORT, the same on every node", self.id)));
        }
        Ok(book)
    }
}

impl LimitOptions {
    fn apply(&self, config: &mut NodeConfig) -> Result<(), Problem> {
        let record_bytes_max = small("--record-bytes-max", self.record_bytes_max)?;
        config.host.record_bytes_max = record_bytes_max;
        config.host.message_bytes_max = record_bytes_max;
        config.host.frame_bytes_max = small("--frame-bytes-max", self.frame_bytes_max)?;
        config.host.checkpoint_bytes_min = self.checkpoint_bytes_min;
        config.clients.connections_max = self.connections_max;
        config.clients.command_bytes_max = small("--command-bytes-max", self.command_bytes_max)? as usize;
        config.core.memory_bytes_max = self.memory_bytes_max;
        config.core.snapshot_log_bytes_min = self.snapshot_log_bytes_min;
        config.core.give_up_after = self.outcome_timeout;
        let raft = &mut config.core.raft;
        raft.proposal_bytes_max = raft.proposal_bytes_max.max(config.clients.command_bytes_max + ROOM_BYTES);
        raft.batch_bytes_max = raft.batch_bytes_max.max(raft.proposal_bytes_max + ROOM_BYTES);
        raft.log_bytes_max = usize::try_from(self.log_bytes_max).unwrap_or(usize::MAX);
        raft.election_timeout = self.election_timeout;
        raft.heartbeat = self.heartbeat;
        raft.outcome_timeout = self.outcome_timeout;
        Ok(())
    }
}

fn small(option: &str, bytes: u64) -> Result<u32, Problem> {
    u32::try_from(bytes)
        .map_err(|_| Problem::new(format!("{option} is {bytes} bytes, at most {} are possible", u32::MAX)))
}
