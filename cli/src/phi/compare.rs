//! `quorate phi compare`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum as _};

use super::{
    arrivals::{self, Line, Unit},
    make::{self, Kind, Making},
    model::{Levels, Name, Parameters, levels},
    summary::{Level, Summary, number, span},
    watch::Watch,
};
use crate::{
    columns::{Align, aligned},
    problem::Problem,
    terminal,
};

/// Watch the same heartbeats with every model: what φ turns out to mean, how often each is mistaken, and how fast
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    parameters: Parameters,
    /// The values of φ that are compared
    #[arg(long, value_name = "PHI,…", default_value = "1,3,8", value_parser = levels)]
    levels: Levels,
    /// What times are counted in
    #[arg(long, value_name = "UNIT", default_value = "s")]
    unit: Unit,
    /// Make heartbeats up instead of reading them, as quorate phi make does
    #[arg(long, value_name = "KIND", conflicts_with = "file")]
    make: Option<Kind>,
    #[command(flatten)]
    making: Making,
    /// Print a line of JSON for each model
    #[arg(long)]
    json: bool,
    /// The times of the heartbeats; - is the standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let lines = options.lines()?;
    let mut summaries = Vec::new();
    for name in Name::value_variants() {
        summaries.push(options.watch(*name, &lines)?);
    }
    if summaries.iter().all(|summary| summary.heartbeats == 0) {
        return Err(Problem::new("there is no heartbeat"));
    }
    if options.json {
        for summary in &summaries {
            terminal::say(serde_json::to_string(summary).map_err(Problem::new)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    table(&summaries).iter().for_each(terminal::say);
    Ok(ExitCode::SUCCESS)
}

impl Options {
    fn lines(&self) -> Result<Vec<Line>, Problem> {
        if let Some(kind) = self.make {
            return make::lines(kind, &self.making);
        }
        let mut lines = Vec::new();
        arrivals::read(&self.file, self.unit, |line| lines.push(line))?;
        Ok(lines)
    }

    fn watch(&self, name: Name, lines: &[Line]) -> Result<Summary, Problem> {
        let mut watch = Watch::new(self.parameters.build(name)?, self.levels.0.clone(), None)?;
        for line in lines {
            watch.line(*line, &mut |_| ());
        }
        Ok(Summary::of(name.text(), &watch))
    }
}

fn table(summaries: &[Summary]) -> Vec<String> {
    let head = ["model", "φ", "measured φ", "95 %", "mistakes", "per hour", "lasting", "detected after"];
    let mut rows = vec![head.map(str::to_owned)];
    for summary in summaries {
        let mut name = summary.model.clone();
        for level in &summary.levels {
            rows.push(cells(std::mem::take(&mut name), level));
        }
    }
    let mut columns = [Align::Right; 8];
    columns[0] = Align::Left;
    let mut lines: Vec<_> = summaries.first().map(Summary::observed).into_iter().flatten().collect();
    lines.extend(aligned(columns, &rows));
    lines
}

fn cells(name: String, level: &Level) -> [String; 8] {
    [
        name,
        level.phi.to_string(),
        number(level.measured, 2),
        level.limits(),
        terminal::count(level.mistakes),
        number(level.mistakes_per_hour, 2),
        span(level.mistake_duration),
        level.detected(),
    ]
}
