//! `quorate phi`: how suspicious silences are, and how well that is known.

mod answer;
mod arrivals;
mod chart;
mod compare;
mod curve;
mod make;
mod model;
mod ping;
mod read;
mod summary;
mod watch;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::{in_runtime, problem};

const EXAMPLES: &str = "\
Examples:
  quorate phi read beats.txt                          when which φ was reached, and how often wrongly
  quorate phi read beats.txt --model akka --svg phi.svg   by another model, and drawn
  quorate phi read beats.txt --every 1s               φ each second
  quorate phi ping tcp:127.0.0.1:6379                 is it there? until Ctrl-C
  quorate phi answer udp:127.0.0.1:9999               what quorate phi ping udp:127.0.0.1:9999 can ask
  quorate phi compare beats.txt                       every model on the same heartbeats
  quorate phi make cloud --seed 7 > beats.txt         heartbeats like those of a crowded cloud

A file has a line for each heartbeat: the time at which it came, its number if they are numbered, and the sender's life if it \
restarts: 12.345 17 2. A line like 15.0 down says that the sender is known to be down from then on, and 20.0 end that nobody \
listened any longer; what follows a # is for people. φ is −log10 of the probability that a heartbeat comes later than this: a level \
of 3 is wrong once in 1000 heartbeats, if the model fits. Whether it does is what is measured.

The exit code is 0, 1 if nothing answered a ping, 3 if something cannot be read, reached or written; the error names \
the line.";

/// Suspect whoever is silent for too long: by files of heartbeats or live, with every model
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Read(read::Options),
    Ping(ping::Options),
    Answer(answer::Options),
    Compare(compare::Options),
    Make(make::Options),
}

pub(crate) fn run(options: &Options) -> ExitCode {
    let done = match &options.command {
        Command::Read(options) => read::run(options),
        Command::Ping(options) => in_runtime(ping::run(options)),
        Command::Answer(options) => in_runtime(answer::run(options)),
        Command::Compare(options) => compare::run(options),
        Command::Make(options) => make::run(options),
    };
    problem::told(done)
}
