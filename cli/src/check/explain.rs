//! What is told of a violation beyond the verdict: reasons and a timeline, a page, and the part of the history that proves it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use quorate_consistency::{
    Counterexample, Explanation, Minimizer,
    format::{Case, Entry, Format, ObjectKey, ObjectState, write},
};

use super::watch::Watch;
use crate::{problem::Problem, terminal};

/// How wide a timeline is.
const COLUMNS: usize = 116;
/// How many operations a page shows.
const OPERATIONS_MAX: usize = 200;
/// How many reasons are told of a state.
const REASONS_MAX: usize = 12;

/// Files to write.
#[derive(Debug, Args)]
pub(super) struct Outputs {
    /// Draw the violation as a page to open in a browser; of one history
    #[arg(long, value_name = "OUT")]
    html: Option<PathBuf>,
    /// Write the part of the history that is enough to see the violation, in its format; of one history
    #[arg(long, value_name = "OUT")]
    minimize: Option<PathBuf>,
}

/// What to find out of a violation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// In which format the part is written that proves it, if it is.
    pub(super) minimized: Option<Format>,
    pub(super) steps: u64,
    pub(super) watch: &'a Watch,
}

#[derive(Debug)]
pub(super) struct Explained {
    explanation: Explanation,
    small: Option<Small>,
}

/// The part that proves it.
#[derive(Debug)]
struct Small {
    text: String,
    remark: String,
}

impl Outputs {
    /// Refuses what cannot be written.
    pub(super) fn check(
        &self,
        files: &[PathBuf],
        is_of_object: bool,
        has_anomalies: bool,
    ) -> Result<(), Problem> {
        let is_wanted = self.html.is_some() || self.minimize.is_some();
        if self.html.is_some() && !is_of_object && !has_anomalies {
            return Err(Problem::new("--html is for linearizability, and for anomalies of lists and registers")
                .hint("use a --model such as register or kv with it, or list-append, or rw-register without --level"));
        }
        if self.minimize.is_some() && !is_of_object {
            return Err(Problem::new("--minimize is for objects that are judged for linearizability")
                .hint("use a --model such as register or kv with it"));
        }
        if is_wanted && files.len() != 1 {
            let problem = Problem::new(format!("{} histories would be written to one file", files.len()));
            return Err(problem.hint("give --html and --minimize one history at a time"));
        }
        Ok(())
    }

    pub(super) fn wanted<'a>(&self, format: Format, steps: u64, watch: &'a Watch) -> Wanted<'a> {
        Wanted { minimized: self.minimize.as_ref().map(|_| format), steps, watch }
    }

    pub(super) const fn is_drawn(&self) -> bool {
        self.html.is_some()
    }

    /// Writes the page of anomalies, if it is wanted and there are any.
    pub(super) fn write_page(&self, page: Option<&str>) -> Result<(), Problem> {
        match (&self.html, page) {
            (Some(out), Some(page)) => put(out, page),
            (Some(out), None) => {
                terminal::remark(format_args!("no anomaly was found: {} is not written", out.display()));
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    /// Writes what is wanted, if there is a violation.
    pub(super) fn write(&self, history: &Path, explained: Option<&Explained>) -> Result<(), Problem> {
        for out in [&self.html, &self.minimize].into_iter().flatten().filter(|_| explained.is_none()) {
            terminal::remark(format_args!("no violation was found: {} is not written", out.display()));
        }
        let Some(Explained { explanation, small }) = explained else { return Ok(()) };
        if let Some(out) = &self.html {
            put(out, &explanation.page(&history.display().to_string()))?;
        }
        if let (Some(out), Some(small)) = (&self.minimize, small) {
            put(out, &small.text)?;
            terminal::remark(format_args!("{}: {}", out.display(), small.remark));
        }
        Ok(())
    }
}

fn put(out: &Path, text: &str) -> Result<(), Problem> {
    fs::write(out, text).map_err(|error| Problem::new(format!("{}: {error}", out.display())))
}

impl Explained {
    /// `None` if the counterexample is not of this history.
    pub(super) fn new(
        entries: &[Entry],
        case: &Case<'_>,
        found: &Counterexample<ObjectKey, ObjectState>,
        wanted: Wanted<'_>,
    ) -> Option<Self> {
        let explanation = case.explain(found, OPERATIONS_MAX)?;
        let small = wanted.minimized.map(|format| {
            let mut minimizer = Minimizer::default();
            minimizer.steps_max = minimizer.steps_max.min(wanted.steps);
            let small = case.minimize(&minimizer, found);
            let ends = small.kept.iter().filter_map(|id| case.places_of(*id));
            let mut kept: Vec<usize> =
                ends.flat_map(|(called, ended)| [Some(called), ended]).flatten().collect();
            kept.sort_unstable();
            let kept: Vec<_> = kept.into_iter().filter_map(|at| entries.get(at)).cloned().collect();
            let known =
                if small.is_minimal { "all of them are needed" } else { "more steps might find fewer" };
            let (few, all) = (small.kept.len(), case.history().operations().len());
            let remark = format!("{few} of {all} operations are enough to see the violation; {known}");
            Small { text: write(&kept, format), remark }
        });
        Some(Self { explanation, small })
    }

    /// Why nothing that is open leads to the return, where the object is in the state of this place.
    pub(super) fn reasons(&self, situation: usize) -> Vec<String> {
        let Some(situation) = self.explanation.situations.get(situation) else { return Vec::new() };
        let tell = |candidate: &quorate_consistency::explain::Candidate| {
            self.explanation.tell(candidate.operation, &candidate.next)
        };
        let mut reasons: Vec<_> = situation.candidates.iter().take(REASONS_MAX).map(tell).collect();
        let more = situation.candidates.len().saturating_sub(REASONS_MAX);
        if more > 0 {
            reasons.push(format!("… and {more} more"));
        }
        reasons
    }

    pub(super) fn timeline(&self) -> Vec<String> {
        self.explanation.timeline(COLUMNS).lines().map(str::to_owned).collect()
    }
}
