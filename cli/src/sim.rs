//! `quorate sim`: a machine under the simulator, with faults, and with its invariants checked after every step.

/// The cluster that raft's own tests run.
#[path = "../../raft/tests/cluster/mod.rs"]
mod cluster;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Args, Subcommand};
use quorate_sim::{Bounds, Check, Failure, Plan, Tally, generate};

use self::cluster::Cluster;
use crate::{
    problem::Problem,
    terminal::{self, count},
};

const EXAMPLES: &str = "\
Examples:
  quorate sim raft                                   a thousand simulated clusters
  quorate sim raft --seeds 100000 --nodes 5          a long look at clusters of five
  quorate sim raft --plan raft-17.plan               replays a plan that failed";

/// Run an algorithm in the simulator, with crashes, cuts, loss and lies of the clock
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    subject: SubjectOptions,
}

#[derive(Debug, Subcommand)]
enum SubjectOptions {
    Raft(RaftOptions),
}

const RAFT_EXAMPLES: &str = "\
Each seed is a plan: how many nodes, when what breaks, what clients ask. A run is a function of its plan, is done twice, \
and both must agree. After every step the invariants of Raft are checked; after the faults have healed the cluster must \
come to rest. The first plan that fails is made smaller, printed, and saved, with the command that replays it. The exit \
code is 1 then.";

/// Run simulated Raft clusters
#[derive(Debug, Args)]
#[command(after_help = RAFT_EXAMPLES)]
struct RaftOptions {
    /// How many plans to run
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    first: u64,
    /// How many nodes; one to five, as each plan says, if it is left out
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=9))]
    nodes: Option<u8>,
    /// How many threads share the work
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=256))]
    threads: u64,
    /// Run this plan instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "first", "nodes"])]
    plan: Option<PathBuf>,
}

/// How many seeds are run between two looks at the progress bar.
const CHUNK_SEEDS: u64 = 50;

pub(crate) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let SubjectOptions::Raft(options) = &options.subject;
    let check = Check { threads: options.threads, environment: false, ..Check::default() };
    let begun = Instant::now();
    let outcome = match &options.plan {
        Some(file) => check.run_plan(&Cluster::default(), &read(file)?),
        None => run_seeds(options, &check),
    };
    match outcome {
        Ok(mut tally) => {
            tally.elapsed = begun.elapsed();
            terminal::say(format_args!("{tally}\nno invariant was violated"));
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => Err(tell(&failure)),
    }
}

fn run_seeds(options: &RaftOptions, check: &Check) -> Result<Tally, Box<Failure>> {
    let end = options.first.saturating_add(options.seeds);
    let bar = terminal::bar(options.seeds, "{bar:30} {pos}/{len} plans  {msg}  {eta} left");
    let mut all = Tally::default();
    let mut first = options.first;
    while first < end {
        let chunk = first..end.min(first.saturating_add(CHUNK_SEEDS));
        first = chunk.end;
        let tally = check.run(&Cluster::default(), chunk, |seed| plan(seed, options.nodes))?;
        add(&mut all, &tally);
        bar.set_position(all.plans);
        bar.set_message(format!("{} events/s", count(all.events_per_second())));
    }
    bar.finish_and_clear();
    Ok(all)
}

fn plan(seed: u64, nodes: Option<u8>) -> Plan {
    let Some(nodes) = nodes else { return cluster::plans::plan(seed) };
    generate::mix(seed, &Bounds { nodes: nodes..=nodes, ..Bounds::default() })
}

fn add(all: &mut Tally, tally: &Tally) {
    all.plans += tally.plans;
    all.events += tally.events;
    all.virtual_time += tally.virtual_time;
    all.elapsed += tally.elapsed.max(Duration::from_nanos(1));
    all.counters += tally.counters;
}

fn read(file: &Path) -> Result<Plan, Problem> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| Problem::new(format!("{shown}: {error}")))?;
    text.parse().map_err(|error| {
        Problem::new(format!("{shown}: {error}"))
            .hint("a plan is what `quorate sim` prints when it finds a violation")
    })
}

/// The story of a failure, with its plan in a file that replays it.
fn tell(failure: &Failure) -> Problem {
    terminal::say(&failure.report.recording);
    terminal::say(format_args!(
        "\nthe plan, made smaller\n  from {}\n  to   {}:\n",
        failure.before, failure.after
    ));
    terminal::say(&failure.plan);
    let problem = Problem::new(format!("seed {}: {}", failure.seed, failure.verdict()));
    match save(failure) {
        Ok(file) => problem.hint(format!("replay it with: quorate sim raft --plan {}", file.display())),
        Err(error) => problem
            .hint(format!("save the plan above to replay it with --plan FILE (saving failed: {error})")),
    }
}

fn save(failure: &Failure) -> io::Result<PathBuf> {
    let file = PathBuf::from(format!("raft-{}.plan", failure.seed));
    fs::write(&file, failure.plan.to_string())?;
    Ok(file)
}
