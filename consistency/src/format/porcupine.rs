//! Histories in porcupine's types, as Go's encoder writes them.

use alloc::{borrow::ToOwned as _, vec::Vec};

use super::{Entry, FormatError, Kind, Mistake, Value};

/// The entries of an object whose `events` are porcupine's: a call, and its return, are named by `f` and `value`, and where
/// there are several objects a `key`. `None` if it is no such object.
///
/// An operation of which nobody knows what became returns nothing, since each call of porcupine's needs a return.
pub(super) fn entries(line: usize, map: &Value) -> Option<Result<Vec<Entry>, FormatError>> {
    let events = map.get("events")?.list()?;
    let entries = events.iter().filter_map(|event| entry(line, event).transpose());
    Some(entries.collect::<Result<_, _>>().map_err(|mistake| FormatError { line, mistake }))
}

fn entry(line: usize, event: &Value) -> Result<Option<Entry>, Mistake> {
    let process = event.get("ClientId").and_then(Value::int).and_then(|client| u64::try_from(client).ok());
    let process = process.ok_or(Mistake::Part("a ClientId that is a number"))?;
    let kind = match event.get("Kind") {
        Some(Value::Bool(false)) => Kind::Invoke,
        Some(Value::Bool(true)) => Kind::Ok,
        _ => return Err(Mistake::Part("a Kind: false for a call, true for a return")),
    };
    let said = event.get("Value").unwrap_or(&Value::Nil);
    if kind == Kind::Ok && *said == Value::Nil {
        return Ok(None);
    }
    let f = said.get("f").and_then(Value::name).ok_or(Mistake::Part("a Value with an f, its operation"))?;
    let value = said.get("value").cloned().unwrap_or_default();
    Ok(Some(Entry { line, process, kind, f: f.to_owned(), value, key: said.get("key").cloned() }))
}
