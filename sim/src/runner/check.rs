use core::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};
use std::{path::Path, thread, time::Instant};

use crate::{
    plan::Plan,
    report::{Report, Verdict},
    run::{run, run_recorded},
    runner::environment::{Wanted, keep_picture, keep_plan, replay},
    shrink::{Shrunk, shrink},
    subject::Subject,
    tally::{Failure, Tally},
};

/// Runs the plan of every seed, twice, on two threads, and shrinks the first that does not pass.
///
/// `SIM_PLAN=FILE` in the environment runs that plan instead, as it is, and `SIM_SEED=N` that seed.
///
/// # Errors
/// The failure of the lowest seed that fails. Its plan is in a file, which its last line replays.
pub fn check<S: Subject>(
    subject: &S,
    seeds: Range<u64>,
    plan: impl Fn(u64) -> Plan + Sync,
) -> Result<Tally, Box<Failure>> {
    Check::default().run(subject, seeds, plan)
}

/// How to check many plans.
#[derive(Clone, Debug)]
pub struct Check {
    /// Runs each plan twice and demands the same fingerprint.
    pub twice: bool,
    /// How many threads share the seeds.
    pub threads: u64,
    /// How many runs may be spent on making a failing plan smaller.
    pub shrink_runs: u64,
    /// How many of the latest steps a failure tells.
    pub trace_lines: usize,
    /// Whether `SIM_PLAN` and `SIM_SEED` are heeded, and a plan that fails is kept in a file.
    pub environment: bool,
}

impl Default for Check {
    fn default() -> Self {
        Self { twice: true, threads: 2, shrink_runs: 2_000, trace_lines: 30, environment: true }
    }
}

impl Check {
    /// Like [`check`].
    ///
    /// # Errors
    /// The failure of the lowest seed that fails.
    pub fn run<S: Subject>(
        &self,
        subject: &S,
        seeds: Range<u64>,
        plan: impl Fn(u64) -> Plan + Sync,
    ) -> Result<Tally, Box<Failure>> {
        let begun = Instant::now();
        let wanted = if self.environment { Wanted::from_environment() } else { Wanted::Everything };
        let mut tally = match wanted {
            Wanted::Plan(file, plan) => self.run_file(subject, &plan, &file),
            Wanted::Seed(seed) => self.run_plan(subject, &plan(seed)),
            Wanted::Everything => self.run_all(subject, seeds, &plan),
        }?;
        tally.elapsed = begun.elapsed();
        Ok(tally)
    }

    /// Runs one plan.
    ///
    /// # Errors
    /// If it does not pass.
    pub fn run_plan<S: Subject>(&self, subject: &S, plan: &Plan) -> Result<Tally, Box<Failure>> {
        let mut tally = Tally::default();
        match self.try_plan(subject, plan, &mut tally) {
            Ok(()) => Ok(tally),
            Err(verdict) => Err(self.failure(subject, plan, &verdict)),
        }
    }

    fn run_all<S: Subject>(
        &self,
        subject: &S,
        seeds: Range<u64>,
        plan: &(impl Fn(u64) -> Plan + Sync),
    ) -> Result<Tally, Box<Failure>> {
        let lowest = AtomicU64::new(u64::MAX);
        let threads = self.threads.max(1);
        let tallies: Vec<Tally> = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|first| {
                    let (seeds, lowest) = (seeds.clone(), &lowest);
                    scope.spawn(move || self.work(subject, seeds, first, plan, lowest))
                })
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let seed = lowest.into_inner();
        if seed < u64::MAX {
            let plan = plan(seed);
            let mut tally = Tally::default();
            if let Err(verdict) = self.try_plan(subject, &plan, &mut tally) {
                return Err(self.failure(subject, &plan, &verdict));
            }
        }
        let mut all = Tally::default();
        for tally in &tallies {
            all += tally;
        }
        Ok(all)
    }

    /// Every `threads`-th seed, until one fails here or a lower one elsewhere: so the lowest is always found.
    fn work<S: Subject>(
        &self,
        subject: &S,
        seeds: Range<u64>,
        first: u64,
        plan: &(impl Fn(u64) -> Plan + Sync),
        lowest: &AtomicU64,
    ) -> Tally {
        let mut tally = Tally::default();
        let stride = usize::try_from(self.threads.max(1)).unwrap_or(1);
        for seed in (seeds.start.saturating_add(first)..seeds.end).step_by(stride) {
            if seed > lowest.load(Ordering::Relaxed) {
                break;
            }
            if self.try_plan(subject, &plan(seed), &mut tally).is_err() {
                lowest.fetch_min(seed, Ordering::Relaxed);
                break;
            }
        }
        tally
    }

    fn try_plan<S: Subject>(&self, subject: &S, plan: &Plan, tally: &mut Tally) -> Result<(), Verdict> {
        let report = run(subject, plan);
        tally.plans += 1;
        tally.events += report.events;
        tally.virtual_time += report.virtual_time;
        tally.counters += report.counters;
        tally.marks += &report.marks;
        tally.fingerprint = tally.fingerprint.wrapping_add(report.fingerprint);
        if !report.verdict.meets(plan.expect) {
            return Err(report.verdict);
        }
        if self.twice {
            let again = run(subject, plan);
            tally.events += again.events;
            same(&report, &again)?;
        }
        Ok(())
    }

    /// Runs the plan of a file, which is to fail as it is.
    pub(super) fn run_file<S: Subject>(
        &self,
        subject: &S,
        plan: &Plan,
        file: &Path,
    ) -> Result<Tally, Box<Failure>> {
        let check = Self { shrink_runs: 0, environment: false, ..self.clone() };
        check.run_plan(subject, plan).map_err(|mut failure| {
            failure.replay = replay(Some(file));
            failure
        })
    }

    fn failure<S: Subject>(&self, subject: &S, plan: &Plan, verdict: &Verdict) -> Box<Failure> {
        // What differs from run to run cannot be told by running it again.
        let runs = if verdict.invariant() == Some(NOT_DETERMINISTIC) { 0 } else { self.shrink_runs };
        let Shrunk { plan: smaller, runs, before, after } = shrink(subject, plan, verdict, runs);
        let mut report = run_recorded(subject, &smaller, self.trace_lines);
        if verdict.invariant() == Some(NOT_DETERMINISTIC) {
            report.verdict = verdict.clone();
        }
        let file = if self.environment { keep_plan(plan.seed, &smaller) } else { None };
        let replay = replay(file.as_deref());
        let seed = plan.seed;
        let mut failure = Failure { seed, plan: smaller, before, after, runs, report, replay, picture: None };
        failure.picture = file.and_then(|file| keep_picture(&file, &failure.html(subject)));
        Box::new(failure)
    }
}

/// Says that two runs of one plan differ.
pub(super) const NOT_DETERMINISTIC: &str = "deterministic";

fn same(first: &Report, second: &Report) -> Result<(), Verdict> {
    if first == second {
        return Ok(());
    }
    let why = format!("two runs have the fingerprints {:x} and {:x}", first.fingerprint, second.fingerprint);
    Err(Verdict::Violated { invariant: NOT_DETERMINISTIC, at: first.events, why })
}
