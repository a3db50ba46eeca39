//! `quorate phi make`.

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, ValueEnum};
use quorate_machine::Time;
use quorate_phi_detector::trace::{Arrival, Trace, TraceConfig};

use super::arrivals::{Line, What};
use crate::{problem::Problem, units};

/// Make up heartbeats, to see what a detector makes of them
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    making: Making,
    /// Where they come from
    #[arg(value_name = "KIND")]
    kind: Kind,
}

/// How many, and which.
#[derive(Clone, Debug, Args)]
pub(super) struct Making {
    /// Equal seeds make equal heartbeats
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How many heartbeats come
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    heartbeats: usize,
    /// The sender crashes after this time
    #[arg(long, value_name = "SPAN", value_parser = units::span)]
    crash: Option<Duration>,
    /// Nobody listens any longer so long after the crash
    #[arg(long, value_name = "SPAN", default_value = "60s", value_parser = units::span)]
    end: Duration,
}

/// Networks that heartbeats come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Each 100 ms over a local network, hardly ever lost
    Lan,
    /// Each 100 ms over a wide area, lost in bursts
    Wan,
    /// Each second out of a crowded cloud: one in a hundred lost, and now and then a sender that stops
    Cloud,
    /// Each 100 ms with a jitter that changes
    Shifts,
}

impl Kind {
    fn trace(self, making: &Making) -> Result<Trace, Problem> {
        let config = match self {
            Self::Lan => TraceConfig::lan(),
            Self::Wan => TraceConfig::wan(),
            Self::Cloud => TraceConfig::cloud(),
            Self::Shifts => TraceConfig::shifting(),
        };
        let config = TraceConfig { crash: making.crash(), ..config };
        Trace::new(config, making.seed).map_err(Problem::new)
    }
}

impl Making {
    fn crash(&self) -> Option<Time> {
        self.crash.map(|after| Time::ZERO + after)
    }
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let lines = lines(options.kind, &options.making)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = lines.into_iter().try_for_each(|line| writeln!(out, "{line}"));
    match written.and_then(|()| out.flush()) {
        // A reader who has left is no reason to fail.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Problem::new(error)),
        Err(_) | Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

/// What is made, as a file says it. A crash is known once the last heartbeat that was on its way has come.
pub(super) fn lines(kind: Kind, making: &Making) -> Result<Vec<Line>, Problem> {
    let arrivals = kind.trace(making)?;
    let heartbeat = |arrival: Arrival| Line { at: arrival.at, what: What::Heartbeat(Some(arrival.stamp)) };
    let mut lines: Vec<_> = arrivals.take(making.heartbeats).map(heartbeat).collect();
    let last = lines.last().map_or(Time::ZERO, |line| line.at);
    if let Some(crash) = making.crash().filter(|_| lines.len() < making.heartbeats) {
        let down = crash.max(last);
        lines.push(Line { at: down, what: What::Down });
        lines.push(Line { at: down + making.end, what: What::End });
    }
    Ok(lines)
}
