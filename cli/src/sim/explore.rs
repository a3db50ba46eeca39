//! Exploration: every order of events in a small world.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    time::{Duration, Instant},
};

use quorate_sim::explore::{Exploration, Explored, Scope, explore};
use serde::Serialize;

use crate::{
    problem::Problem,
    terminal::{self, count, span},
};

/// What is printed in JSON.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    machine: &'static str,
    scope: String,
    closed: bool,
    states: u64,
    states_per_second: u64,
    transitions: u64,
    node_states: u64,
    depth: u32,
    elapsed_seconds: f64,
    coverage: BTreeMap<&'static str, u64>,
    violated: Option<&'a str>,
    why: Option<&'a str>,
    play: &'a [String],
}

pub(super) fn run<S: Explored>(
    machine: &'static str,
    subject: &S,
    scope: &Scope,
    json: bool,
) -> Result<ExitCode, Problem> {
    let begun = Instant::now();
    let exploration = explore(subject, scope);
    let took = begun.elapsed();
    if json {
        let text =
            serde_json::to_string_pretty(&summary(machine, &exploration, took)).map_err(Problem::new)?;
        terminal::say(text);
    } else {
        terminal::say(&exploration);
        terminal::say(format_args!("{} states/s in {}", count(rate(&exploration, took)), span(took)));
    }
    Ok(if exploration.counterexample.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary<'a>(machine: &'static str, exploration: &'a Exploration, took: Duration) -> Summary<'a> {
    let counterexample = exploration.counterexample.as_ref();
    Summary {
        machine,
        scope: exploration.scope.to_string(),
        closed: exploration.closed,
        states: exploration.states,
        states_per_second: rate(exploration, took),
        transitions: exploration.transitions,
        node_states: exploration.node_states,
        depth: exploration.depth,
        elapsed_seconds: took.as_secs_f64(),
        coverage: exploration.coverage.iter().collect(),
        violated: counterexample.map(|counterexample| counterexample.breach.invariant),
        why: counterexample.map(|counterexample| counterexample.breach.why.as_str()),
        play: counterexample.map(|counterexample| counterexample.play.as_slice()).unwrap_or_default(),
    }
}

fn rate(exploration: &Exploration, took: Duration) -> u64 {
    let micros = took.as_micros().max(1);
    u64::try_from(u128::from(exploration.states) * 1_000_000 / micros).unwrap_or(u64::MAX)
}
