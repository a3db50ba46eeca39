use thiserror::Error;

use crate::TextError;

/// Why a text is no log, and in which line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {mistake}")]
pub struct LogError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub mistake: LogMistake,
}

/// What can be wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogMistake {
    /// There are no events at all.
    #[error(
        "there are no events: each is a line of text and a line with a host and its clock, like `n1 {{\"n1\": 1}}`"
    )]
    Empty,
    /// A clock is not an object of JSON with counters.
    #[error(transparent)]
    Clock(#[from] TextError),
    /// A clock has no entry of its own host.
    #[error("the clock has no entry of its own host")]
    OwnHost,
    /// After the last text there is no host with its clock.
    #[error("no line with a host and its clock follows this text")]
    NoClock,
    /// The first line is an expression, and of neither of the forms that are known.
    #[error("this expression is neither text, line end, host, clock nor host, clock, line end, text")]
    Expression,
    /// The second line is a delimiter of executions that is more than plain text around one name.
    #[error("this delimiter is more than plain text around `(?<trace>.*)`")]
    Delimiter,
}
