#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the command meets the real world: clocks, threads, processes"
)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "what this command has no words of its own for, replies and errors alike, is shown as it came"
)]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "nothing here is without std")]

mod arguments;
mod bench;
mod check;
mod client;
mod clock;
mod cluster;
mod columns;
mod connection;
mod demo;
mod display;
mod dump;
mod history;
mod info;
mod interrupt;
mod markup;
mod phi;
mod problem;
mod process;
mod recorded;
mod reply;
mod restore;
mod ring;
mod serve;
mod sim;
mod status;
mod terminal;
mod units;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    arguments::{Arguments, Command},
    problem::Problem,
};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(code) => code,
        Err(problem) => {
            terminal::remark(problem);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Problem> {
    match command {
        Command::Serve(options) => in_runtime(serve::run(options)),
        Command::Cluster(options) => in_runtime(cluster::run(options)),
        Command::Client(options) => client::run(&options),
        Command::Status(options) => in_runtime(status::run(options)),
        Command::Bench(options) => in_runtime(bench::run(options)),
        Command::Sim(options) => sim::run(&options),
        Command::Check(options) => check::run(&options),
        Command::History(options) => history::run(&options),
        Command::Clock(options) => Ok(clock::run(&options)),
        Command::Ring(options) => Ok(ring::run(&options)),
        Command::Phi(options) => Ok(phi::run(&options)),
        Command::Demo(options) => in_runtime(demo::run(options)),
        Command::Dump(options) => in_runtime(dump::run(options)),
        Command::Restore(options) => in_runtime(restore::run(options)),
    }
}

fn in_runtime(command: impl Future<Output = Result<ExitCode, Problem>>) -> Result<ExitCode, Problem> {
    runtime()?.block_on(command)
}

/// One thread is enough: what takes time here is disks and networks.
fn runtime() -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::new(format!("the runtime cannot be started: {error}")))
}
