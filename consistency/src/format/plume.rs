use alloc::{borrow::ToOwned as _, string::String};
use core::fmt::{self, Write as _};

use super::{FormatError, Mistake, sessions::Sessions};
use crate::txn::RegisterOp;

/// A line for each operation. Whoever has the transaction −1 did not commit; 0 is what a key holds at first, unless somebody
/// writes it.
pub(super) fn read(text: &str) -> Result<Sessions, FormatError> {
    let mut sessions = Sessions::default();
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if content.is_empty() {
            continue;
        }
        let (operation, session, txn) =
            operation(content).map_err(|mistake| FormatError { line, mistake })?;
        match u64::try_from(txn) {
            Ok(txn) => sessions.add(line, session, txn, operation),
            Err(_) => sessions.add_aborted(line, session, [operation]),
        }
    }
    sessions.begin_with_zero();
    Ok(sessions)
}

fn operation(content: &str) -> Result<(RegisterOp<u64, u64>, u64, i64), Mistake> {
    let parts = content.strip_suffix(')').and_then(|content| content.split_once('('));
    let needs =
        || Mistake::Part("to be `w(KEY,VALUE,SESSION,TXN)` or `r(KEY,VALUE,SESSION,TXN)`, with numbers");
    let (f, numbers) = parts.ok_or_else(needs)?;
    let mut numbers = numbers.split(',').map(str::trim);
    let mut number = || numbers.next().and_then(|number| number.parse::<u64>().ok());
    let (key, value, session) = (number(), number(), number());
    let txn = numbers.next().and_then(|number| number.parse::<i64>().ok()).filter(|txn| *txn >= -1);
    let (Some(key), Some(value), Some(session), Some(txn), None) = (key, value, session, txn, numbers.next())
    else {
        return Err(needs());
    };
    match f {
        "w" => Ok((RegisterOp::Write(key, value), session, txn)),
        "r" => Ok((RegisterOp::Read(key, Some(value)), session, txn)),
        _ => Err(Mistake::UnknownOperation(f.to_owned())),
    }
}

pub(super) fn write(sessions: &Sessions) -> Result<String, fmt::Error> {
    let mut text = String::new();
    let mut next = 0_i64;
    for (nth, session) in (0_u64..).zip(sessions.by_session()) {
        for txn in session {
            let id = if txn.is_aborted { -1 } else { next };
            next += i64::from(!txn.is_aborted);
            for op in &txn.ops {
                let (f, key, value) = match op {
                    RegisterOp::Write(key, value) => ('w', key, *value),
                    RegisterOp::Read(key, value) => ('r', key, value.unwrap_or(0)),
                };
                writeln!(text, "{f}({key},{value},{nth},{id})")?;
            }
        }
    }
    Ok(text)
}
