//! `quorate ring`: where keys are, how evenly, and what a change of the nodes moves.

mod algorithm;
mod balance;
mod compare;
mod copies;
mod measure;
mod nodes;
mod picture;
mod place;
mod plan;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::problem;

const EXAMPLES: &str = "\
Examples:
  quorate ring place caches.txt user:42 user:43          the node of each key
  cut -f1 keys.tsv | quorate ring place caches.txt       keys from a pipe, one in a line
  quorate ring place nodes.toml user:42 --copies 3 --even 0   three copies, evenly over the widest failure domains
  quorate ring plan before.txt after.txt                 what moves from where to where, and in which order
  quorate ring balance caches.txt --svg shares.svg       what each node has beside what is fair
  quorate ring compare                                   every algorithm on one change: moved, balance, bytes, nanoseconds

A list has a line for each node: its name, and if need be weight=N and in=WIDEST/…/NARROWEST, the failure domains that it \
stands in; what follows a # is for people. A file that ends in .toml has [[node]] with name, weight and in = [\"WIDEST\", …]. \
Two programs place keys alike if they have the same nodes, algorithm, tokens and seed, whatever the order of the lists.

The exit code is 0, 1 if copies are missing, 3 if something cannot be read, made or written; the error names the line.";

/// Place keys on nodes; plan, measure and compare what a change of the nodes moves
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Place(place::Options),
    Plan(plan::Options),
    Balance(balance::Options),
    Compare(compare::Options),
}

pub(crate) fn run(options: &Options) -> ExitCode {
    let done = match &options.command {
        Command::Place(options) => place::run(options),
        Command::Plan(options) => plan::run(options),
        Command::Balance(options) => balance::run(options),
        Command::Compare(options) => compare::run(options),
    };
    problem::told(done)
}
