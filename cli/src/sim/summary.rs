//! What a check came to, for people and for programs.

use std::{collections::BTreeMap, path::PathBuf};

use quorate_sim::{Failure, Tally};
use serde::Serialize;

use crate::{problem::Problem, terminal};

/// How a check ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Passed,
    Interrupted,
    Failed(Box<Failure>),
}

/// What is printed in JSON.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    machine: &'static str,
    outcome: &'static str,
    plans: u64,
    events: u64,
    events_per_second: u64,
    virtual_seconds: f64,
    elapsed_seconds: f64,
    fingerprint: String,
    counters: BTreeMap<&'static str, u64>,
    marks: BTreeMap<&'static str, u64>,
    failure: Option<FailureSummary>,
    pub(super) saved: Option<PathBuf>,
    pub(super) html: Option<PathBuf>,
    pub(super) exported: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct FailureSummary {
    seed: u64,
    invariant: Option<&'static str>,
    verdict: String,
    plan: String,
    size_before: String,
    size_after: String,
    play: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
}

impl Summary {
    pub(super) fn new(machine: &'static str, tally: &Tally, outcome: &Outcome) -> Self {
        Self {
            machine,
            outcome: match outcome {
                Outcome::Passed => "passed",
                Outcome::Interrupted => "interrupted",
                Outcome::Failed(_) => "failed",
            },
            plans: tally.plans,
            events: tally.events,
            events_per_second: tally.events_per_second(),
            virtual_seconds: tally.virtual_time.as_secs_f64(),
            elapsed_seconds: tally.elapsed.as_secs_f64(),
            fingerprint: format!("{:016x}", tally.fingerprint),
            counters: tally.counters.iter().collect(),
            marks: tally.marks.iter().collect(),
            failure: match outcome {
                Outcome::Failed(failure) => Some(FailureSummary::new(failure)),
                Outcome::Passed | Outcome::Interrupted => None,
            },
            saved: None,
            html: None,
            exported: None,
        }
    }

    pub(super) fn say_json(&self) -> Result<(), Problem> {
        let text = serde_json::to_string_pretty(self).map_err(Problem::new)?;
        terminal::say(text);
        Ok(())
    }

    pub(super) fn say(&self, tally: &Tally, outcome: &Outcome) {
        match outcome {
            Outcome::Passed => terminal::say(format_args!("{tally}\nno invariant was violated")),
            Outcome::Interrupted => {
                terminal::say(format_args!("{tally}\ninterrupted: none was violated so far"));
            }
            Outcome::Failed(failure) => {
                terminal::say(&failure.report.recording);
                if let Some(explanation) = &failure.report.explanation {
                    terminal::say(explanation);
                }
                terminal::say(format_args!("the plan, from {} to {}:\n", failure.before, failure.after));
                terminal::say(&failure.plan);
            }
        }
        if let Some(file) = &self.exported {
            terminal::say(format_args!("the run is exported to {}", file.display()));
        }
        if let Some(file) = &self.html {
            terminal::say(format_args!("the picture is in {}", file.display()));
        }
    }
}

impl FailureSummary {
    fn new(failure: &Failure) -> Self {
        Self {
            seed: failure.seed,
            invariant: failure.verdict().invariant(),
            verdict: failure.verdict().to_string(),
            plan: failure.plan.to_string(),
            size_before: failure.before.to_string(),
            size_after: failure.after.to_string(),
            play: failure.report.recording.play(usize::MAX),
            explanation: failure.report.explanation.clone(),
        }
    }
}
