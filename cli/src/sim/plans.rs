//! Plans: run until one fails, all have passed, or somebody interrupts.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use quorate_sim::{Check, Failure, PICTURE_MOMENTS, Plan, Tally, run_recorded};

use super::{
    Options, export,
    machines::Kind,
    summary::{Outcome, Summary},
};
use crate::{
    interrupt::{self, Interrupt},
    problem::Problem,
    terminal::{self, count},
};

/// How many seeds are run between two looks at the progress bar.
const CHUNK_SEEDS: u64 = 50;
/// How many runs are spent on making a plan smaller.
const SHRINK_RUNS: u64 = 2_000;

pub(super) fn run<K: Kind>(kind: &K, options: &Options) -> Result<ExitCode, Problem> {
    let shrink_runs = options.shrink.unwrap_or(if options.plan.is_some() { 0 } else { SHRINK_RUNS });
    let check = Check { threads: options.threads, shrink_runs, environment: false, ..Check::default() };
    let begun = Instant::now();
    let (mut tally, outcome) = match &options.plan {
        Some(file) => run_plan(kind, &check, &read(file)?),
        None => run_seeds(kind, &check, options)?,
    };
    tally.elapsed = begun.elapsed();
    let mut summary = Summary::new(kind.name(), &tally, &outcome);
    if options.html.is_some() || options.export.is_some() {
        let plan = match (&outcome, &options.plan) {
            (Outcome::Failed(failure), _) => failure.plan.clone(),
            (_, Some(file)) => read(file)?,
            (_, None) => kind.plan(options.first, options.mix, options.nodes),
        };
        if let Some(file) = &options.html {
            write(file, &run_recorded(kind.subject(), &plan, PICTURE_MOMENTS).html(&plan))?;
        }
        if let Some(file) = &options.export {
            write(file, &export::export(kind.subject(), &plan, file)?)?;
        }
        summary.html.clone_from(&options.html);
        summary.exported.clone_from(&options.export);
    }
    if let Outcome::Failed(failure) = &outcome {
        summary.saved = save(kind.name(), failure).ok();
    }
    if options.json {
        summary.say_json()?;
    } else {
        summary.say(&tally, &outcome);
    }
    match outcome {
        Outcome::Passed => Ok(ExitCode::SUCCESS),
        Outcome::Interrupted => Ok(ExitCode::from(interrupt::EXIT_CODE)),
        Outcome::Failed(_) if options.json => Ok(ExitCode::FAILURE),
        Outcome::Failed(failure) => Err(problem(kind.name(), &failure, summary.saved.as_deref())),
    }
}

fn run_plan<K: Kind>(kind: &K, check: &Check, plan: &Plan) -> (Tally, Outcome) {
    match check.run_plan(kind.subject(), plan) {
        Ok(tally) => (tally, Outcome::Passed),
        Err(failure) => (Tally::default(), Outcome::Failed(failure)),
    }
}

fn run_seeds<K: Kind>(kind: &K, check: &Check, options: &Options) -> Result<(Tally, Outcome), Problem> {
    let interrupt = Interrupt::watch()?;
    terminal::remark(format_args!(
        "{} plans of {} on {} threads; Ctrl-C tells what is covered by then",
        count(options.seeds),
        kind.name(),
        options.threads
    ));
    let end = options.first.saturating_add(options.seeds);
    let bar = terminal::bar(options.seeds, "{bar:30} {pos}/{len} plans  {msg}  {eta} left");
    let (mut all, mut first, begun) = (Tally::default(), options.first, Instant::now());
    let outcome = loop {
        if first >= end {
            break Outcome::Passed;
        }
        if interrupt.is_noticed() {
            break Outcome::Interrupted;
        }
        let chunk = first..end.min(first.saturating_add(CHUNK_SEEDS));
        first = chunk.end;
        match check.run(kind.subject(), chunk, |seed| kind.plan(seed, options.mix, options.nodes)) {
            Ok(tally) => all += &tally,
            Err(failure) => break Outcome::Failed(failure),
        }
        all.elapsed = begun.elapsed();
        bar.set_position(all.plans);
        bar.set_message(format!("{} events/s", count(all.events_per_second())));
    };
    bar.finish_and_clear();
    Ok((all, outcome))
}

fn read(file: &Path) -> Result<Plan, Problem> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| Problem::new(format!("{shown}: {error}")))?;
    text.parse().map_err(|error| {
        Problem::new(format!("{shown}: {error}"))
            .hint("a plan is what `quorate sim` prints when it finds a violation")
    })
}

fn write(file: &Path, text: &str) -> Result<(), Problem> {
    fs::write(file, text).map_err(|error| Problem::new(format!("{}: {error}", file.display())))
}

fn problem(machine: &str, failure: &Failure, saved: Option<&Path>) -> Problem {
    let problem = Problem::new(format!("seed {}: {}", failure.seed, failure.verdict()));
    match saved {
        Some(file) => {
            problem.hint(format!("replay it with: quorate sim {machine} --plan {}", file.display()))
        }
        None => {
            problem.hint("save the plan above to replay it with --plan FILE (it could not be saved here)")
        }
    }
}

fn save(machine: &str, failure: &Failure) -> std::io::Result<PathBuf> {
    let file = PathBuf::from(format!("{machine}-{}.plan", failure.seed));
    fs::write(&file, failure.plan.to_string())?;
    Ok(file)
}
