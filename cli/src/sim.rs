//! The simulator as a command: our machines among lost messages, crashes and lying clocks, with their invariants checked
//! after every step.

mod explore;
mod export;
mod machines;
mod mix;
mod plans;
mod summary;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use quorate_sim::explore::Scope;

use self::{machines::Kind, mix::Mix};
use crate::problem::Problem;

const EXAMPLES: &str = "\
Each seed is a plan: how many nodes, when what breaks, what clients ask. A run is a function of its plan, is done twice, \
and both must agree. After every step the machine's invariants are checked; after the faults have healed the cluster must \
come to rest. The first plan that fails is made smaller, printed, and saved, with the command that replays it.

Exit codes: 0 nothing was violated, 1 something was, 130 interrupted (what was covered so far is told).

Examples:
  quorate sim raft                                        a thousand simulated clusters
  quorate sim raft --seeds 100000 --nodes 5               a long look at clusters of five
  quorate sim kv --mix swizzle --json                     one generator, and a summary for programs
  quorate sim raft --plan raft-17.plan --html run.html    replays a plan, and draws what happened
  quorate sim raft --explore 'nodes 3, wakes 2, crashes 1'
                                                          every order of events in a small world";

/// Run an algorithm in the simulator, with crashes, cuts, loss and lies of the clock
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// What to run: the replicated log, or a whole node of the store
    #[arg(value_enum)]
    machine: Name,
    /// How many plans to run
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    first: u64,
    /// Where plans come from: what the machine's own tests use, the simulator's mix, or one generator of it
    #[arg(long, value_enum, default_value_t = Mix::Default)]
    mix: Mix,
    /// How many nodes; as each plan says, if it is left out
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=9))]
    nodes: Option<u8>,
    /// How many threads share the work
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=256))]
    threads: u64,
    /// Run this plan instead, as it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "first", "mix", "nodes"])]
    plan: Option<PathBuf>,
    /// How many runs may be spent on making a plan that fails smaller; 0 leaves it as it is. If it is left out, plans made
    /// here are shrunk in 2,000 runs, and a plan from a file is not
    #[arg(long, value_name = "RUNS", num_args = 0..=1, default_missing_value = "2000")]
    shrink: Option<u64>,
    /// Draw the run that failed, or the first one, on a page for a browser
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write what clients did and saw in that run: .edn for Jepsen's checkers, .json for porcupine; or, as .log, who knew
    /// what when for `ShiViz`
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Explore every order of events in a world of this scope instead
    #[arg(long, value_name = "SCOPE", conflicts_with_all = ["seeds", "first", "mix", "nodes", "plan", "html", "export", "shrink"])]
    explore: Option<Scope>,
    /// Summarise in JSON
    #[arg(long)]
    json: bool,
}

/// The machines that can be run.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    Raft,
    Kv,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Problem> {
    match options.machine {
        Name::Raft => run_kind(&machines::raft(), options),
        Name::Kv => run_kind(&machines::kv(), options),
    }
}

fn run_kind<K: Kind>(kind: &K, options: &Options) -> Result<ExitCode, Problem> {
    match &options.explore {
        Some(scope) => kind.explore(scope, options.json),
        None => plans::run(kind, options),
    }
}
