use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

use thiserror::Error;

use crate::{
    parse::PlanError,
    plan::Plan,
    runner::check::Check,
    subject::Subject,
    tally::{Failure, Tally},
};

/// Runs every `*.plan` in the folder, by name; a folder that does not exist holds none.
///
/// # Errors
/// A plan that does not pass, or cannot be read.
pub fn replay_corpus<S: Subject>(subject: &S, folder: impl AsRef<Path>) -> Result<Tally, CorpusError> {
    let begun = Instant::now();
    let mut tally = Tally::default();
    for path in plans_in(folder.as_ref())? {
        let plan = read_plan(&path)?;
        let one = Check::default()
            .run_file(subject, &plan, &path)
            .map_err(|failure| CorpusError::Failed { path, failure })?;
        tally += &one;
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

pub(super) fn read_plan(path: &Path) -> Result<Plan, CorpusError> {
    let text =
        fs::read_to_string(path).map_err(|error| CorpusError::Unreadable { path: path.to_owned(), error })?;
    text.parse().map_err(|error| CorpusError::NotAPlan { path: path.to_owned(), error })
}
