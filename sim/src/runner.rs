//! The only part that meets the real world: threads, the wall clock, the environment, files.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "runs are pure; what runs them counts seconds, uses both cores and is told what to replay"
)]

use core::{
    fmt,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use thiserror::Error;

use crate::{
    parse::PlanError,
    plan::Plan,
    report::{Report, Verdict},
    run::{run, run_recorded},
    shrink::shrink,
    subject::Subject,
    tally::{Failure, Tally},
};

/// Runs the plan of every seed, twice, on two threads, and shrinks the first that does not pass.
///
/// `SIM_PLAN=FILE` in the environment runs that plan instead, and `SIM_SEED=N` that seed.
///
/// # Errors
/// The failure of the lowest seed that fails.
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
    /// Whether `SIM_PLAN` and `SIM_SEED` are heeded.
    pub environment: bool,
}

impl Default for Check {
    fn default() -> Self {
        Self { twice: true, threads: 2, shrink_runs: 2_000, trace_lines: 40, environment: true }
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
            Wanted::Plan(plan) => self.run_plan(subject, &plan),
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
            all.add(tally);
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

    fn failure<S: Subject>(&self, subject: &S, plan: &Plan, verdict: &Verdict) -> Box<Failure> {
        let seed = plan.seed;
        let first_size = plan.faults.len() + plan.commands.len();
        // What differs from run to run cannot be told by running it again.
        let (plan, report) = if verdict.invariant() == Some(NOT_DETERMINISTIC) {
            let report = run_recorded(subject, plan, self.trace_lines);
            (plan.clone(), Report { verdict: verdict.clone(), ..report })
        } else {
            let plan = shrink(subject, plan, verdict, self.shrink_runs);
            let report = run_recorded(subject, &plan, self.trace_lines);
            (plan, report)
        };
        Box::new(Failure {
            seed,
            plan,
            first_size,
            report,
            test: thread::current().name().map(str::to_owned),
        })
    }
}

const NOT_DETERMINISTIC: &str = "deterministic";

fn same(first: &Report, second: &Report) -> Result<(), Verdict> {
    if first == second {
        return Ok(());
    }
    let why = format!("two runs have the fingerprints {:x} and {:x}", first.fingerprint, second.fingerprint);
    Err(Verdict::Violated { invariant: NOT_DETERMINISTIC, at: first.events, why })
}

enum Wanted {
    Plan(Box<Plan>),
    Seed(u64),
    Everything,
}

impl Wanted {
    #[expect(
        clippy::panic,
        reason = "a replay that was asked for and cannot be read must not pass as a green test"
    )]
    fn from_environment() -> Self {
        if let Ok(path) = env::var("SIM_PLAN") {
            return match read_plan(Path::new(&path)) {
                Ok(plan) => Self::Plan(Box::new(plan)),
                Err(error) => panic!("SIM_PLAN: {error}"),
            };
        }
        match env::var("SIM_SEED").map(|seed| seed.parse()) {
            Ok(Ok(seed)) => Self::Seed(seed),
            Ok(Err(error)) => panic!("SIM_SEED: {error}"),
            Err(_) => Self::Everything,
        }
    }
}

/// Which seed alone the laws are to be tried under.
#[expect(
    clippy::panic,
    reason = "a replay that was asked for and cannot be read must not pass as a green test"
)]
pub(crate) fn laws_seed() -> Option<u64> {
    let seed = env::var("LAWS_SEED").ok()?;
    match seed.parse() {
        Ok(seed) => Some(seed),
        Err(error) => panic!("LAWS_SEED: {error}"),
    }
}

/// What a file of golden bytes holds, nothing if there is none. With `LAWS_BLESS` in the environment it is given the new
/// text first.
pub(crate) fn golden(file: &Path, new: Option<&str>) -> io::Result<String> {
    if let Some(new) = new.filter(|_| env::var_os("LAWS_BLESS").is_some()) {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, new)?;
    }
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

/// Tells whoever reads the output of a test.
#[expect(clippy::print_stdout, reason = "laws run as tests, and a claim that is not made must be seen")]
pub(crate) fn say(what: fmt::Arguments<'_>) {
    println!("{what}");
}

/// Runs every `*.plan` in the folder, by name; a folder that does not exist holds none.
///
/// # Errors
/// A plan that does not pass, or cannot be read.
pub fn replay_corpus<S: Subject>(subject: &S, folder: impl AsRef<Path>) -> Result<Tally, CorpusError> {
    let begun = Instant::now();
    let mut tally = Tally::default();
    for path in plans_in(folder.as_ref())? {
        let plan = read_plan(&path)?;
        let one = Check { shrink_runs: 0, ..Check::default() }
            .run_plan(subject, &plan)
            .map_err(|failure| CorpusError::Failed { path, failure })?;
        tally.add(&one);
    }
    tally.elapsed = begun.elapsed();
    Ok(tally)
}

/// Why a corpus was not replayed to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// A plan did not pass.
    #[error("{}: {failure}", path.display())]
    Failed {
        /// Which file.
        path: PathBuf,
        /// What happened.
        failure: Box<Failure>,
    },
    /// A file could not be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file is not a plan.
    #[error("{}: {error}", path.display())]
    NotAPlan {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: PlanError,
    },
}

fn plans_in(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(CorpusError::Unreadable { path: folder.to_owned(), error }),
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "plan"))
        .collect();
    paths.sort();
    Ok(paths)
}

fn read_plan(path: &Path) -> Result<Plan, CorpusError> {
    let text =
        fs::read_to_string(path).map_err(|error| CorpusError::Unreadable { path: path.to_owned(), error })?;
    text.parse().map_err(|error| CorpusError::NotAPlan { path: path.to_owned(), error })
}
