//! `quorate restore`: a dump back into an empty store.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::Args;

use crate::{
    dump,
    problem::Problem,
    terminal::{self, count},
    units,
};

const EXAMPLES: &str = "\
Examples:
  quorate restore store.quorate                      into the cluster of `quorate cluster`
  quorate restore store.quorate --client 8001        into the cluster of this node

The file is checked as a whole before anything is written. The store must be empty; FLUSHALL empties it.";

/// Put the keys and values of a dump into an empty store
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The file that `quorate dump` wrote
    file: PathBuf,
    /// Where a node's clients connect
    #[arg(long, value_name = "ADDRESS", value_parser = units::address, default_value = "127.0.0.1:7001")]
    client: SocketAddr,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Problem> {
    let Options { file, client } = &options;
    let summary = quorate_kv::dump::restore(*client, file).await.map_err(|error| dump::explain(&error))?;
    let (keys, bytes) = (count(summary.keys), count(summary.bytes));
    terminal::say(format_args!(
        "{keys} keys ({bytes} bytes of keys and values) are restored from {}",
        file.display()
    ));
    Ok(ExitCode::SUCCESS)
}
