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

    /// The entry of these fields; `None` if it is one of the nemesis, whose process is a name. Nothing but what an entry is made
    /// of is asked for: whatever else is written beside it may be of any kind.
    pub(super) fn from_fields(
        line: usize,
        mut field: impl FnMut(&str) -> Result<Option<Value>, Mistake>,
    ) -> Result<Option<Self>, FormatError> {
        let mut fields = || {
            let process = match field("process")? {
                Some(Value::Int(process)) => u64::try_from(process).ok(),
                Some(Value::Word(name) | Value::Text(name)) if name.parse::<f64>().is_err() => {
                    return Ok(None);
                }
                _ => None,
            };
            let process = process.ok_or(Mistake::Part("a :process that is a number"))?;
            let kind = field("type")?.as_ref().and_then(Value::name).and_then(Kind::named);
            let kind = kind.ok_or(Mistake::Part("a :type: :invoke, :ok, :fail or :info"))?;
            let value = field("value")?.unwrap_or_default();
            let f = match (field("f")?, &value) {
                (Some(Value::Word(f) | Value::Text(f)), _) => Some(f),
                // Elle's examples leave out what all of them are.
                (None, Value::List(_)) => Some("txn".to_owned()),
                _ => None,
            };
            let f = f.ok_or(Mistake::Part("an :f, its operation"))?;
            Ok(Some(Self { line, process, kind, f, value, key: field("key")? }))
        };
        fields().map_err(|mistake| FormatError { line, mistake })
    }
}
