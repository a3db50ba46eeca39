//! A run in the formats of other tools, by the ending of the file's name.

use std::path::Path;

use quorate_sim::{App, Observer, Plan, Run, Step, Subject, Verdict, View, export::Exported};

use crate::problem::Problem;

/// How many moments a log may hold.
const MOMENTS: usize = 1_000_000;

pub(super) fn export<S>(subject: &S, plan: &Plan, file: &Path) -> Result<String, Problem>
where
    S: Subject<App: App<S::Machine, Op: Exported>>,
{
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("log") => Ok(Run::new(subject, plan).recorded(MOMENTS).go().recording.shiviz()),
        Some("edn") => Ok(history(subject, plan, |view| view.history().jepsen())),
        Some("json") => Ok(history(subject, plan, |view| view.history().porcupine())),
        _ => Err(Problem::new(format!("{}: what format is that?", file.display()))
            .hint("a name that ends in .edn (Jepsen), .json (porcupine) or .log (ShiViz) tells")),
    }
}

/// What is written of the history once the run is over.
struct Writer<F> {
    write: F,
    text: String,
}

impl<S: Subject, F: Fn(&View<'_, S>) -> String> Observer<S> for Writer<F> {
    fn after(&mut self, _: &View<'_, S>, _: &Step<'_, S>) {}

    fn at_end(&mut self, view: &View<'_, S>, _: &Verdict) {
        self.text = (self.write)(view);
    }
}

fn history<S: Subject>(subject: &S, plan: &Plan, write: impl Fn(&View<'_, S>) -> String) -> String {
    let mut writer = Writer { write, text: String::new() };
    Run::new(subject, plan).observed(&mut writer).go();
    writer.text
}
