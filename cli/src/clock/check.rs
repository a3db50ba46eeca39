use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use quorate_vclock::shiviz::{Broken, Execution};
use serde::Serialize;

use super::open;
use crate::{problem::Problem, terminal};

/// Check whether the clocks of a log could have happened: hosts count their events one by one, and know what led to them
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Print an object of JSON for each file, in a line of its own
    #[arg(long)]
    json: bool,
    /// Logs for ShiViz
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
}

/// How many broken rules of an execution are told to people.
const TOLD_MAX: usize = 20;

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    sound: bool,
    executions: Vec<Checked<'a>>,
}

#[derive(Serialize)]
struct Checked<'a> {
    label: &'a str,
    hosts: usize,
    events: usize,
    messages: usize,
    broken: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    line: usize,
    rule: String,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let (mut malformed, mut broken) = (false, false);
    for log in &options.logs {
        match check(log, options.json) {
            Ok(is_sound) => broken |= !is_sound,
            Err(problem) => {
                malformed = true;
                terminal::remark(problem);
            }
        }
    }
    match (malformed, broken) {
        (true, _) => ExitCode::from(3),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    }
}

fn check(file: &Path, json: bool) -> Result<bool, Problem> {
    let log = open(file)?;
    let executions: Vec<Checked<'_>> = log.executions.iter().map(Checked::new).collect();
    let sound = executions.iter().all(|execution| execution.broken.is_empty());
    let name = file.display().to_string();
    if json {
        let line = Line { file: &name, sound, executions };
        terminal::say(serde_json::to_string(&line).map_err(Problem::new)?);
        return Ok(sound);
    }
    terminal::say(format_args!("{name}\t{sound}"));
    for execution in &executions {
        execution.tell();
    }
    Ok(sound)
}

impl<'a> Checked<'a> {
    fn new(execution: &'a Execution) -> Self {
        let hosts: BTreeSet<&str> = execution.events.iter().map(|event| event.host.as_str()).collect();
        let told = |broken: Broken| Told { line: broken.line, rule: broken.rule.to_string() };
        Self {
            label: &execution.label,
            hosts: hosts.len(),
            events: execution.events.len(),
            messages: execution.messages().len(),
            broken: execution.check().into_iter().map(told).collect(),
        }
    }

    fn tell(&self) {
        let Self { label, hosts, events, messages, broken } = self;
        let of = if label.is_empty() { String::new() } else { format!("{label}: ") };
        let (events, hosts) = (counted(*events, "event"), counted(*hosts, "host"));
        terminal::say(format_args!("  {of}{events} at {hosts}, {}", counted(*messages, "message")));
        for Told { line, rule } in broken.iter().take(TOLD_MAX) {
            terminal::say(format_args!("  line {line}: {rule}"));
        }
        if let Some(more) = broken.len().checked_sub(TOLD_MAX).filter(|more| *more > 0) {
            terminal::say(format_args!("  and {more} more; --json has all of them"));
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {what}{ending}", terminal::count(number as u64))
}
