use alloc::{collections::BTreeMap, vec::Vec};

use super::{Entry, FormatError, Kind, Mistake, Value};
use crate::{SessionAction, SessionOp};

/// What sessions did in a store that says which versions an answer covers, and where that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// What they did, in the order of their invocations.
    pub ops: Vec<SessionOp<Value, Value>>,
    /// For each operation the line of its invocation.
    pub lines: Vec<usize>,
}

/// The sessions that entries make: `write` that returns the version it installed, or is invoked with it, and `read` that returns
/// the list of all versions that its answer covers; with a `:key` each, or with none if versions are of the whole store. Reads
/// that did not return, and writes that failed or whose version nobody knows, are left out.
///
/// # Errors
/// Names the line of the first entry that is neither, or that does not fit those before it.
pub fn assemble_versions(entries: &[Entry]) -> Result<Versions, FormatError> {
    let mut open: BTreeMap<u64, usize> = BTreeMap::new();
    // By the places of their invocations.
    let mut done: BTreeMap<usize, Option<&Entry>> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        let at = |mistake| FormatError { line: entry.line, mistake };
        let process = entry.process;
        match entry.kind {
            Kind::Invoke if !matches!(&*entry.f, "read" | "write") => {
                return Err(at(Mistake::UnknownOperation(entry.f.clone())));
            }
            Kind::Invoke => {
                if open.insert(process, place).is_some() {
                    return Err(at(Mistake::Part("a process that has nothing open")));
                }
                done.insert(place, None);
            }
            Kind::Ok | Kind::Fail | Kind::Info => {
                let invoked = open.remove(&process).ok_or(Mistake::Part("a process that has something open"));
                let invoked = invoked.map_err(at)?;
                if entries[invoked].f != entry.f {
                    return Err(at(Mistake::OtherOperation));
                }
                match entry.kind {
                    Kind::Ok => drop(done.insert(invoked, Some(entry))),
                    Kind::Fail => drop(done.remove(&invoked)),
                    Kind::Info | Kind::Invoke => {}
                }
            }
        }
    }
    let mut versions = Versions { ops: Vec::new(), lines: Vec::new() };
    for (place, end) in done {
        let invoked = &entries[place];
        let Some(action) = action(invoked, end)? else { continue };
        let key = invoked.key.clone().unwrap_or_default();
        versions.ops.push(SessionOp { session: invoked.process, key, action });
        versions.lines.push(invoked.line);
    }
    Ok(versions)
}

fn action(invoked: &Entry, end: Option<&Entry>) -> Result<Option<SessionAction<Value>>, FormatError> {
    if invoked.f == "write" {
        let version = end.map_or(&invoked.value, |end| &end.value);
        return Ok((*version != Value::Nil).then(|| SessionAction::Wrote(version.clone())));
    }
    let Some(end) = end else { return Ok(None) };
    let seen = match &end.value {
        Value::List(versions) => versions.clone(),
        Value::Set(versions) => versions.iter().cloned().collect(),
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Word(_) | Value::Map(_) => {
            let mistake = Mistake::WrongValue { f: end.f.clone(), needs: "a list of versions" };
            return Err(FormatError { line: end.line, mistake });
        }
    };
    Ok(Some(SessionAction::Saw(seen)))
}
