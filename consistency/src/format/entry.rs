use alloc::{borrow::ToOwned as _, string::String};

use super::{FormatError, Mistake, Value};

/// One end of an operation, as it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line on which it begins, counted from one.
    pub line: usize,
    /// Who.
    pub process: u64,
    /// Which end.
    pub kind: Kind,
    /// The operation's name, like `read`.
    pub f: String,
    /// Its value: what was asked for, or what came back.
    pub value: Value,
    /// The key, if it stands beside the value.
    pub key: Option<Value>,
}

/// Which end of an operation an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It was asked for.
    Invoke,
    /// It was done.
    Ok,
    /// It was certainly not done.
    Fail,
    /// Nobody knows.
    Info,
}

impl Kind {
    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "invoke" => Some(Self::Invoke),
            "ok" => Some(Self::Ok),
            "fail" => Some(Self::Fail),
            "info" => Some(Self::Info),
            _ => None,
        }
    }
}

impl Entry {
    /// Whether there is an error instead of a value.
    pub const fn is_error(&self) -> bool {
        matches!(self.value, Value::Word(_))
    }

    /// The entry that a map is; `None` if it is one of the nemesis.
    pub(super) fn from_map(line: usize, map: &Value) -> Result<Option<Self>, FormatError> {
        let at = |mistake| FormatError { line, mistake };
        if !matches!(map, Value::Map(_)) {
            return Err(at(Mistake::Part("to be a map")));
        }
        let process = match map.get("process") {
            Some(Value::Int(process)) => u64::try_from(*process).ok(),
            Some(Value::Word(_) | Value::Text(_)) => return Ok(None),
            _ => None,
        };
        let process = process.ok_or_else(|| at(Mistake::Part("a :process that is a number")))?;
        let kind = map.get("type").and_then(Value::name).and_then(Kind::named);
        let kind = kind.ok_or_else(|| at(Mistake::Part("a :type: :invoke, :ok, :fail or :info")))?;
        let value = map.get("value").cloned().unwrap_or_default();
        // Elle's examples leave out what all of them are.
        let f = map.get("f").and_then(Value::name).or(value.list().map(|_| "txn"));
        let f = f.filter(|_| map.get("f").is_none_or(|f| f.name().is_some()));
        let f = f.ok_or_else(|| at(Mistake::Part("an :f, its operation")))?;
        Ok(Some(Self { line, process, kind, f: f.to_owned(), value, key: map.get("key").cloned() }))
    }
}
