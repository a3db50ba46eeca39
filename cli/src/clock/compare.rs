use std::process::ExitCode;

use clap::Args;
use quorate_vclock::{Causality, DotRange, VClock};
use serde::Serialize;

use crate::{problem::Problem, terminal};

/// Say how two vector clocks are related, and which entries decide that
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Print an object of JSON
    #[arg(long)]
    json: bool,
    /// A clock, like {a:1, b:2}
    #[arg(value_name = "LEFT", allow_hyphen_values = true)]
    left: String,
    /// Another one
    #[arg(value_name = "RIGHT", allow_hyphen_values = true)]
    right: String,
}

#[derive(Serialize)]
struct Compared<'a> {
    relation: Causality,
    left: &'a VClock<String>,
    right: &'a VClock<String>,
    /// What the right one has seen, and the left one has not.
    left_lacks: Vec<DotRange<&'a String>>,
    /// The other way round.
    right_lacks: Vec<DotRange<&'a String>>,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let left = read("first", &options.left)?;
    let right = read("second", &options.right)?;
    let compared = Compared {
        relation: left.compare(&right),
        left_lacks: right.diff(&left).collect(),
        right_lacks: left.diff(&right).collect(),
        left: &left,
        right: &right,
    };
    if options.json {
        terminal::say(serde_json::to_string(&compared).map_err(Problem::new)?);
    } else {
        compared.lines().iter().for_each(terminal::say);
    }
    Ok(ExitCode::SUCCESS)
}

fn read(which: &str, text: &str) -> Result<VClock<String>, Problem> {
    text.parse().map_err(|error| {
        Problem::new(format!("the {which} clock: {error}: {text:?}"))
            .hint("a clock is like {a:1, b:2}, {\"a\": 1, \"b\": 2}, a:1 b:2, or {} if it has seen nothing")
    })
}

impl Compared<'_> {
    /// Lines for people: the relation and what it means, then what decides it.
    fn lines(&self) -> Vec<String> {
        let Self { relation, left, right, left_lacks, right_lacks } = self;
        let meaning = match relation {
            Causality::Equal => "they have seen the same events",
            Causality::Before => "whatever the first has seen, the second has seen, and more",
            Causality::After => "whatever the second has seen, the first has seen, and more",
            Causality::Concurrent => {
                "each has seen what the other has not, so neither can have led to the other"
            }
        };
        let mut lines = vec![format!("{relation}: {meaning}")];
        if *relation == Causality::Equal {
            lines.push(format!("  each has {}", events(left.total())));
        }
        lines.extend(right_lacks.iter().map(|range| told("first", "second", range, right)));
        lines.extend(left_lacks.iter().map(|range| told("second", "first", range, left)));
        lines
    }
}

fn events(count: u128) -> String {
    match count {
        0 => "no events".to_owned(),
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    }
}

/// `the first has seen events 3 to 5 of a, and the second only 2`
fn told(has: &str, lacks: &str, range: &DotRange<&String>, lacking: &VClock<String>) -> String {
    let DotRange { actor, first, last } = range;
    let seen = if first == last { format!("event {first}") } else { format!("events {first} to {last}") };
    let held = match lacking.get(*actor) {
        0 => "none".to_owned(),
        1 => "only the first".to_owned(),
        held => format!("only the first {held}"),
    };
    format!("  the {has} has seen {seen} of {actor}, and the {lacks} {held}")
}
