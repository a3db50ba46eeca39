use std::{fmt, path::Path, process::ExitCode};

use crate::terminal;

/// Why a command cannot go on, and what its user can do about it.
#[derive(Debug)]
pub(crate) struct Problem {
    what: String,
    hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self { what: what.to_string(), hint: None }
    }

    /// Of this file.
    pub(crate) fn of(self, file: &Path) -> Self {
        Self { what: format!("{}: {}", file.display(), self.what), ..self }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// As clap prints its own: a line that says what is wrong, then a line that helps.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The exit code of a command that has none of its own for what went wrong: 3, after saying it.
pub(crate) fn told(done: Result<ExitCode, Problem>) -> ExitCode {
    done.unwrap_or_else(|problem| {
        terminal::remark(problem);
        ExitCode::from(3)
    })
}

/// What is wrong with a file, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Mistake {
    pub(crate) fn of(&self, file: &Path) -> Problem {
        Problem::new(format!("line {}: {}", self.line, self.what)).of(file)
    }
}
