//! `quorate phi read`.

use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use quorate_phi_detector::Threshold;

use super::{
    arrivals::{self, Unit},
    chart::Chart,
    model::{Levels, Name, Parameters, levels},
    summary::{self, Summary},
    watch::{Told, Watch},
};
use crate::{problem::Problem, terminal, units};

/// Say when silences became suspicious, how often that was a mistake, and how fast crashes were noticed
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) watching: Watching,
    /// What times are counted in
    #[arg(long, value_name = "UNIT", default_value = "s")]
    unit: Unit,
    /// The times of the heartbeats; - is the standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

/// How somebody is watched, and what is said of it.
#[derive(Debug, Args)]
pub(super) struct Watching {
    /// What is assumed of heartbeats
    #[arg(long, value_name = "NAME", default_value = "normal")]
    pub(super) model: Name,
    #[command(flatten)]
    pub(super) parameters: Parameters,
    /// The values of φ at which something is said
    #[arg(long, value_name = "PHI,…", default_value = "1,3,8", value_parser = levels)]
    pub(super) levels: Levels,
    /// Say φ so often
    #[arg(long, value_name = "SPAN", value_parser = units::span)]
    every: Option<Duration>,
    /// Say only what is known in the end
    #[arg(long)]
    quiet: bool,
    /// Draw φ over time and the histogram of the intervals
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print lines of JSON, the last of which says what is known in the end
    #[arg(long)]
    json: bool,
}

impl Watching {
    pub(super) fn watch(&self) -> Result<Watch, Problem> {
        if self.every.is_some_and(|every| every.is_zero()) {
            return Err(Problem::new("--every needs a span above zero"));
        }
        Watch::new(self.parameters.build(self.model)?, self.levels.0.clone(), self.every)
    }

    pub(super) fn tell(&self, told: &Told) {
        match (self.quiet, self.json) {
            (true, _) => {}
            (false, true) => terminal::say(summary::object(told)),
            (false, false) => terminal::say(summary::line(told)),
        }
    }

    /// Says and draws what is known in the end.
    pub(super) fn conclude(&self, mut watch: Watch) -> Result<(), Problem> {
        watch.finish();
        let summary = Summary::of(self.model.text(), &watch);
        if self.json {
            terminal::say(serde_json::to_string(&summary).map_err(Problem::new)?);
        } else {
            summary.lines().iter().for_each(terminal::say);
        }
        let Some(out) = &self.svg else { return Ok(()) };
        let levels: Vec<_> = self.levels.0.iter().map(Threshold::phi).collect();
        let chart = Chart {
            title: &summary.title(),
            levels: &levels,
            curve: &watch.curve,
            intervals: &watch.intervals,
        };
        let drawn = chart.draw().map_err(Problem::new)?;
        fs::write(out, drawn).map_err(|error| Problem::new(error).of(out))
    }
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let mut watch = options.watching.watch()?;
    arrivals::read(&options.file, options.unit, |line| {
        watch.line(line, &mut |told| options.watching.tell(&told));
    })?;
    if watch.heartbeats == 0 {
        return Err(Problem::new("there is no heartbeat").of(&options.file));
    }
    options.watching.conclude(watch)?;
    Ok(ExitCode::SUCCESS)
}
