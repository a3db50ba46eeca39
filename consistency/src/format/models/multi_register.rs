use alloc::vec::Vec;

use super::need::{list, need, optional, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{Access, MultiRegister},
};

/// `txn [[:r K nil] [:w K V] …]`, or `read` and `write` with one of those maps of keys and values that Knossos uses.
impl Recorded for MultiRegister<Value, Value> {
    fn op(&self, entry: &Entry) -> Result<Vec<Access<Value, Value>>, Mistake> {
        match (entry.f.as_str(), &entry.value) {
            ("txn", _) => {
                list(entry)?.iter().map(|part| access(entry, part).map(|(access, _)| access)).collect()
            }
            ("read", Value::Map(map)) => Ok(map.iter().map(|(key, _)| Access::Read(key.clone())).collect()),
            ("write", Value::Map(map)) => {
                Ok(map.iter().map(|(key, value)| Access::Write(key.clone(), value.clone())).collect())
            }
            ("read" | "write", _) => need(entry, "a map", None),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &Vec<Access<Value, Value>>, entry: &Entry) -> Result<Vec<Option<Value>>, Mistake> {
        let parts: Vec<(Access<Value, Value>, Option<Value>)> = match (entry.f.as_str(), &entry.value) {
            ("txn", _) => list(entry)?.iter().map(|part| access(entry, part)).collect::<Result<_, _>>()?,
            ("read", Value::Map(map)) => {
                map.iter().map(|(key, value)| (Access::Read(key.clone()), optional(value))).collect()
            }
            _ => op.iter().map(|access| (access.clone(), None)).collect(),
        };
        let is_same =
            parts.len() == op.len() && parts.iter().zip(op).all(|((part, _), access)| part == access);
        need(entry, "what it was invoked with", is_same.then_some(()))?;
        let seen = |(access, seen)| matches!(access, Access::Read(_)).then_some(seen);
        Ok(parts.into_iter().filter_map(seen).collect())
    }

    fn shown(&self, state: &Self::State) -> Value {
        Value::Map(state.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the multi-register"
    }
}

/// `[:r K V]` or `[:w K V]`, and what was read.
fn access(entry: &Entry, part: &Value) -> Result<(Access<Value, Value>, Option<Value>), Mistake> {
    let needs = "a list of [:r KEY VALUE] and [:w KEY VALUE]";
    let [f, key, value] =
        need(entry, needs, part.list().and_then(|part| <&[Value; 3]>::try_from(part).ok()))?;
    match f.name() {
        Some("r" | "read") => Ok((Access::Read(key.clone()), optional(value))),
        Some("w" | "write") => Ok((Access::Write(key.clone(), value.clone()), None)),
        _ => need(entry, needs, None),
    }
}
