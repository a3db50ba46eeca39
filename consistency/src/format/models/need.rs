//! What an operation needs of the entry that it is read from.

use crate::format::{Entry, Mistake, Value};

pub(super) fn unknown<T>(entry: &Entry) -> Result<T, Mistake> {
    Err(Mistake::UnknownOperation(entry.f.clone()))
}

/// What the entry holds, if it is what the operation needs.
pub(super) fn need<T>(entry: &Entry, needs: &'static str, value: Option<T>) -> Result<T, Mistake> {
    value.ok_or_else(|| Mistake::WrongValue { f: entry.f.clone(), needs })
}

pub(super) const NUMBER: &str = "a number";
pub(super) const LIST: &str = "a list";

pub(super) fn number(entry: &Entry) -> Result<i64, Mistake> {
    need(entry, NUMBER, entry.value.int())
}

pub(super) fn list(entry: &Entry) -> Result<&[Value], Mistake> {
    need(entry, LIST, entry.value.list())
}

pub(super) fn pair(entry: &Entry) -> Result<(Value, Value), Mistake> {
    let pair = entry.value.list().and_then(|list| <&[Value; 2]>::try_from(list).ok());
    need(entry, "a pair", pair).map(|[one, other]| (one.clone(), other.clone()))
}

pub(super) fn truth(entry: &Entry) -> Result<bool, Mistake> {
    need(entry, "true or false", if let Value::Bool(truth) = entry.value { Some(truth) } else { None })
}

/// `nil` stands for nothing.
pub(super) fn optional(value: &Value) -> Option<Value> {
    (*value != Value::Nil).then(|| value.clone())
}

/// The key beside the value, or `nil` where there is one object only.
pub(super) fn key(entry: &Entry) -> Value {
    entry.key.clone().unwrap_or_default()
}
