use alloc::vec::Vec;

use super::need::{key, need, number, optional, pair, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{Log, LogOp, LogRet},
};

/// `append V` that returns its offset, `read OFFSET` that returns `[OFFSET V]`, `len` that returns a number; with a `:key`
/// if there are several.
impl Recorded for Log<Value, Value> {
    fn op(&self, entry: &Entry) -> Result<LogOp<Value, Value>, Mistake> {
        match entry.f.as_str() {
            "append" => Ok(LogOp::Append(key(entry), entry.value.clone())),
            "read" => Ok(LogOp::Read(key(entry), offset(entry)?)),
            "len" => Ok(LogOp::Len(key(entry))),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &LogOp<Value, Value>, entry: &Entry) -> Result<LogRet<Value>, Mistake> {
        match op {
            LogOp::Append(..) | LogOp::Len(_) => offset(entry).map(LogRet::Offset),
            LogOp::Read(_, asked) => {
                let (offset, value) = pair(entry)?;
                let is_asked = offset.int().and_then(|offset| u64::try_from(offset).ok()) == Some(*asked);
                need(entry, "the offset it was invoked with", is_asked.then_some(()))?;
                Ok(LogRet::Value(optional(&value)))
            }
        }
    }

    fn shown(&self, state: &Vec<Value>) -> Value {
        Value::List(state.clone())
    }

    fn shown_key(&self, key: &Value) -> Option<Value> {
        optional(key)
    }

    fn noun(&self) -> &'static str {
        "the log"
    }
}

fn offset(entry: &Entry) -> Result<u64, Mistake> {
    let offset = u64::try_from(number(entry)?).ok();
    need(entry, "an offset", offset)
}
