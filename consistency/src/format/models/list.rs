use alloc::vec::Vec;

use super::need::{key, list, optional, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{List, ListOp, ListRet},
};

/// `append V`, `read` that returns a list; with a `:key` if there are several.
impl Recorded for List<Value, Value> {
    fn op(&self, entry: &Entry) -> Result<ListOp<Value, Value>, Mistake> {
        match entry.f.as_str() {
            "append" => Ok(ListOp::Append(key(entry), entry.value.clone())),
            "read" => Ok(ListOp::Read(key(entry))),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &ListOp<Value, Value>, entry: &Entry) -> Result<ListRet<Value>, Mistake> {
        match op {
            ListOp::Append(..) => Ok(ListRet::Appended),
            ListOp::Read(_) => list(entry).map(|list| ListRet::Elements(list.to_vec())),
        }
    }

    fn shown(&self, state: &Vec<Value>) -> Value {
        Value::List(state.clone())
    }

    fn shown_key(&self, key: &Value) -> Option<Value> {
        optional(key)
    }

    fn noun(&self) -> &'static str {
        "the list"
    }
}
