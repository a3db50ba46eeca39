//! `quorate dump`: the store to a file.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::Args;
use quorate_kv::dump::DumpError;

use crate::{
    problem::Problem,
    terminal::{self, count},
    units,
};

const EXAMPLES: &str = "\
Examples:
  quorate dump store.quorate                         from the first node of `quorate cluster`
  quorate dump store.quorate --client 7002           from this node

The file holds every key, value and expiry as they were at one moment, with checksums; every node can give it. A file of \
this name is replaced once the dump is whole.";

/// Write all keys and values to a file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The file
    file: PathBuf,
    /// Where a node's clients connect
    #[arg(long, value_name = "ADDRESS", value_parser = units::address, default_value = "127.0.0.1:7001")]
    client: SocketAddr,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Problem> {
    let Options { file, client } = &options;
    let summary = quorate_kv::dump::dump(*client, file).await.map_err(|error| explain(&error))?;
    let (keys, bytes) = (count(summary.keys), count(summary.bytes));
    terminal::say(format_args!("{keys} keys ({bytes} bytes of keys and values) are in {}", file.display()));
    Ok(ExitCode::SUCCESS)
}

/// For restoring, too.
pub(crate) fn explain(error: &DumpError) -> Problem {
    let problem = Problem::new(error);
    match error {
        DumpError::Connection { .. } => problem
            .hint("is the node running? --client ADDRESS says where; a restore may have been done in part"),
        DumpError::Answer => problem.hint("is this the address of a node of quorate?"),
        DumpError::NotEmpty { .. } => problem.hint("FLUSHALL empties it: `quorate client FLUSHALL`"),
        DumpError::NotADump { .. } | DumpError::Damaged { .. } => problem.hint("nothing was restored"),
        _ => problem,
    }
}
