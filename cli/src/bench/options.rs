use std::{net::SocketAddr, time::Duration};

use clap::Args;

use crate::{client::DEFAULT_CLIENTS, units};

const EXAMPLES: &str = "\
Examples:
  quorate bench                                      64 clients write for ten seconds
  quorate bench --write-percent 0 --clients 8        eight clients read
  quorate bench --client 7001 --client 7002 --client 7003 --seconds 30
                                                     while it runs, kill -9 a node: the longest gap is the outage

Each client sends a request, or --pipeline many, and waits for the answer before the next. When its connection breaks or \
no answer comes in time, it goes on with the next node. Latencies are those of successful requests.";

/// Measure throughput, latency and outages
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Where a node's clients connect; the clients are spread over all of them
    #[arg(long = "client", value_name = "ADDRESS", value_parser = units::address, default_values = DEFAULT_CLIENTS)]
    pub(crate) clients: Vec<SocketAddr>,
    /// How many clients
    #[arg(
        long = "clients",
        value_name = "COUNT",
        default_value_t = 64,
        value_parser = clap::value_parser!(u64).range(1..=10_000)
    )]
    pub(crate) connections: u64,
    /// For how many seconds
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    /// How long a value is
    #[arg(long, value_name = "BYTES", default_value = "256", value_parser = units::bytes)]
    pub(crate) value_bytes: u64,
    /// How many of a hundred requests are writes (SET); the others are reads (GET)
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u64).range(0..=100))]
    pub(crate) write_percent: u64,
    /// From how many keys each request chooses one
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) keys: u64,
    /// How many requests a client sends at once
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) pipeline: u64,
    /// How long to wait for an answer before the connection is given up
    #[arg(long, value_name = "SPAN", default_value = "5s", value_parser = units::span)]
    pub(crate) timeout: Duration,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
