use alloc::{collections::BTreeMap, format, string::String, string::ToString as _, vec::Vec};
use core::fmt::{self, Write as _};

use serde_json::{Value as Json, value::RawValue};

use super::{FormatError, Mistake, json, lines::Lines, sessions::Sessions};
use crate::txn::RegisterOp;

/// A list of sessions, each a list of transactions `{"events": [{"Write": {"variable": K, "version": V}}, …], "committed": true}`;
/// or an object that has it as its `data`. Events may be short, `["r", K, V]`. No version, and the version 0 unless somebody
/// writes it, is what a variable holds at first.
pub(super) fn read(text: &str) -> Result<Sessions, FormatError> {
    let mut lines = Lines::new(text);
    let at = |line: usize| move |error: serde_json::Error| json::syntax(line, &error);
    let (mut line, mut data) = (1, text);
    if text.trim_start().starts_with('{') {
        let whole: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(at(line))?;
        let inner = whole
            .get("data")
            .ok_or(FormatError { line, mistake: Mistake::Part("its sessions, as `data`") })?;
        (line, data) = (lines.of(inner.get()), inner.get());
    }
    let data: Vec<&RawValue> = serde_json::from_str(data).map_err(at(line))?;
    let mut sessions = Sessions::default();
    for (number, session) in (0..).zip(data) {
        let line = lines.of(session.get());
        let session: Vec<&RawValue> = serde_json::from_str(session.get()).map_err(at(line))?;
        for txn in session {
            let line = lines.of(txn.get());
            let txn: Json = serde_json::from_str(txn.get()).map_err(at(line))?;
            let (ops, is_committed) = transaction(&txn).map_err(|mistake| FormatError { line, mistake })?;
            if is_committed {
                sessions.add_whole(line, number, ops);
            } else {
                sessions.add_aborted(line, number, ops);
            }
        }
    }
    sessions.begin_with_zero();
    Ok(sessions)
}

fn transaction(txn: &Json) -> Result<(Vec<RegisterOp<u64, u64>>, bool), Mistake> {
    let events = txn.get("events").and_then(Json::as_array).ok_or(Mistake::Part("a list of `events`"))?;
    let committed = txn.get("committed").and_then(Json::as_bool);
    let committed = committed.ok_or(Mistake::Part("whether it has `committed`"))?;
    Ok((events.iter().map(event).collect::<Result<_, _>>()?, committed))
}

fn event(event: &Json) -> Result<RegisterOp<u64, u64>, Mistake> {
    let wrong = || Mistake::Unsupported(event.to_string());
    let (f, variable, version) = match event {
        Json::Array(parts) => match parts.as_slice() {
            [f, variable, version] => (f.as_str().ok_or_else(wrong)?, variable, version),
            _ => return Err(wrong()),
        },
        Json::Object(parts) if parts.len() == 1 => {
            let (name, fields) = parts.iter().next().ok_or_else(wrong)?;
            let field = |name| fields.get(name).ok_or_else(wrong);
            (name.as_str(), field("variable")?, field("version")?)
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
            return Err(wrong());
        }
    };
    let key = variable.as_u64().ok_or_else(wrong)?;
    match (f, version) {
        ("Write" | "w", version) => Ok(RegisterOp::Write(key, version.as_u64().ok_or_else(wrong)?)),
        ("Read" | "r", Json::Null) => Ok(RegisterOp::Read(key, None)),
        ("Read" | "r", version) => Ok(RegisterOp::Read(key, Some(version.as_u64().ok_or_else(wrong)?))),
        _ => Err(wrong()),
    }
}

/// A line for each transaction.
pub(super) fn write(sessions: &Sessions) -> Result<String, fmt::Error> {
    let mut text = String::from("[");
    for (nth, session) in sessions.by_session().iter().enumerate() {
        text.write_str(if nth > 0 { ",\n [" } else { "[" })?;
        for (nth, txn) in session.iter().enumerate() {
            text.write_str(if nth > 0 { ",\n  {\"events\": [" } else { "{\"events\": [" })?;
            for (nth, op) in txn.ops.iter().enumerate() {
                text.write_str(if nth > 0 { ", " } else { "" })?;
                let (f, key, version) = match op {
                    RegisterOp::Write(key, version) => ("Write", key, Some(version)),
                    RegisterOp::Read(key, version) => ("Read", key, version.as_ref()),
                };
                let version = version.map_or_else(|| "null".into(), |version| format!("{version}"));
                write!(text, "{{\"{f}\": {{\"variable\": {key}, \"version\": {version}}}}}")?;
            }
            write!(text, "], \"committed\": {}}}", !txn.is_aborted)?;
        }
        text.write_char(']')?;
    }
    text.write_str("]\n")?;
    Ok(text)
}
