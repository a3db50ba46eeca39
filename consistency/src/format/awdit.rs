use alloc::{borrow::ToOwned as _, string::String};
use core::fmt::{self, Write as _};

use super::{FormatError, Mistake, sessions::Sessions};
use crate::txn::RegisterOp;

/// A line for each operation, lines of `-` between transactions and of `=` between sessions. All of them committed.
pub(super) fn read(text: &str) -> Result<Sessions, FormatError> {
    let mut sessions = Sessions::default();
    let (mut session, mut txn) = (0, 0);
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if content.is_empty() {
            continue;
        }
        let is_of = |mark: char| content.len() >= 3 && content.chars().all(|c| c == mark);
        if is_of('=') || is_of('-') {
            txn += 1;
            session += u64::from(is_of('='));
            continue;
        }
        let operation = operation(content).map_err(|mistake| FormatError { line, mistake })?;
        sessions.add(line, session, txn, operation);
    }
    Ok(sessions)
}

fn operation(content: &str) -> Result<RegisterOp<u64, u64>, Mistake> {
    let mut words = content.split_whitespace();
    let f = words.next().unwrap_or("");
    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
    let (key, value, is_end) = (number(), number(), words.next().is_none());
    let (Some(key), Some(value), true) = (key, value, is_end) else {
        return Err(Mistake::Part("to be `w KEY VALUE` or `r KEY VALUE`, with numbers"));
    };
    match f {
        "w" => Ok(RegisterOp::Write(key, value)),
        "r" => Ok(RegisterOp::Read(key, Some(value))),
        _ => Err(Mistake::UnknownOperation(f.to_owned())),
    }
}

/// What did not commit, and reads of the first value, are left out: it has no words for them.
pub(super) fn write(sessions: &Sessions) -> Result<String, fmt::Error> {
    let mut text = String::new();
    for (nth, session) in sessions.by_session().iter().enumerate() {
        text.write_str(if nth > 0 { "=====\n" } else { "" })?;
        for (nth, txn) in session.iter().enumerate() {
            text.write_str(if nth > 0 { "-----\n" } else { "" })?;
            for op in &txn.ops {
                match op {
                    RegisterOp::Write(key, value) => writeln!(text, "w {key} {value}")?,
                    RegisterOp::Read(key, Some(value)) => writeln!(text, "r {key} {value}")?,
                    RegisterOp::Read(_, None) => {}
                }
            }
        }
    }
    Ok(text)
}
