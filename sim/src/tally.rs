use core::{fmt, ops::AddAssign, time::Duration};
use std::path::PathBuf;

use crate::{
    picture::PICTURE_MOMENTS,
    plan::Plan,
    report::{Counters, Marks, Report, Verdict},
    run::run_recorded,
    shrink::Size,
    subject::Subject,
};

/// What a check has reached.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Plans run.
    pub plans: u64,
    /// Inputs fed, second runs included.
    pub events: u64,
    /// Virtual time, second runs left out.
    pub virtual_time: Duration,
    /// Wall-clock time.
    pub elapsed: Duration,
    /// Equal for equal plans in whatever order: the sum of all fingerprints, second runs left out.
    pub fingerprint: u64,
    /// What happened, second runs left out.
    pub counters: Counters,
    /// How often each mark was hit, second runs left out.
    pub marks: Marks,
}

impl Tally {
    /// Inputs per second of wall-clock time.
    pub fn events_per_second(&self) -> u64 {
        let micros = self.elapsed.as_micros().max(1);
        u64::try_from(u128::from(self.events) * 1_000_000 / micros).unwrap_or(u64::MAX)
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        self.plans += other.plans;
        self.events += other.events;
        self.virtual_time += other.virtual_time;
        self.elapsed += other.elapsed;
        self.fingerprint = self.fingerprint.wrapping_add(other.fingerprint);
        self.counters += other.counters;
        self.marks += &other.marks;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plans, events, virtual_time, elapsed, fingerprint, counters, marks } = self;
        let speed = self.events_per_second();
        writeln!(
            f,
            "{plans} plans, {events} events, {virtual_time:.1?} of virtual time in {elapsed:.1?}: {speed} events/s"
        )?;
        writeln!(f, "fingerprint {fingerprint:016x}")?;
        counters.fmt(f)?;
        marks.fmt(f)
    }
}

/// A plan that did not pass.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed whose plan failed first.
    pub seed: u64,
    /// The plan, made smaller if that was asked for.
    pub plan: Plan,
    /// How large the plan of that seed is.
    pub before: Size,
    /// How large the plan is.
    pub after: Size,
    /// How many runs it took to make it smaller.
    pub runs: u64,
    /// What it came to, with its latest steps.
    pub report: Report,
    /// The command that runs the plan again.
    pub replay: String,
    /// The page that shows the run, if its plan was kept in a file.
    pub picture: Option<PathBuf>,
}

impl core::error::Error for Failure {}

impl Failure {
    /// The failing run as a page for a browser: see [`Report::html`]. It is run again for that, and longer remembered.
    pub fn html<S: Subject>(&self, subject: &S) -> String {
        let report = run_recorded(subject, &self.plan, PICTURE_MOMENTS);
        // A run that differs from time to time is shown with what it was blamed for.
        Report { verdict: self.report.verdict.clone(), ..report }.html(&self.plan)
    }

    /// How it ended.
    pub const fn verdict(&self) -> &Verdict {
        &self.report.verdict
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.report.verdict)?;
        self.report.recording.fmt(f)?;
        if let Some(explanation) = &self.report.explanation {
            writeln!(f, "{explanation}")?;
        }
        if self.after == self.before {
            writeln!(f, "plan: {}", self.after)?;
        } else {
            writeln!(
                f,
                "plan, in {} runs made smaller\n  from {}\n  to   {}",
                self.runs, self.before, self.after
            )?;
        }
        writeln!(f, "{}", self.plan)?;
        if let Some(picture) = &self.picture {
            writeln!(f, "picture: {}", picture.display())?;
        }
        write!(f, "replay: {}", self.replay)
    }
}
