use alloc::{borrow::ToOwned as _, string::String};

use super::need::{need, optional, pair, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{Kv, KvOp, KvRet},
};

/// `get`, `put V`, `append V`, `delete`, `cas [FROM TO]`, with a `:key` each.
impl Recorded for Kv<Value> {
    fn op(&self, entry: &Entry) -> Result<KvOp<Value>, Mistake> {
        let key = need(entry, "a :key", entry.key.clone())?;
        let string = || need(entry, "a string", text(&entry.value));
        match entry.f.as_str() {
            "get" => Ok(KvOp::Get(key)),
            "put" => Ok(KvOp::Put(key, string()?)),
            "append" => Ok(KvOp::Append(key, string()?)),
            "delete" => Ok(KvOp::Delete(key)),
            "cas" => {
                let needs = "a pair of strings, or of nil and one";
                let (from, to) = pair(entry)?;
                let (before, to) = (text(&from), need(entry, needs, text(&to))?);
                need(entry, needs, (before.is_some() || from == Value::Nil).then_some(()))?;
                Ok(KvOp::Cas { key, from: before, to })
            }
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &KvOp<Value>, entry: &Entry) -> Result<KvRet, Mistake> {
        match (op, &entry.value) {
            (KvOp::Get(_), Value::Nil) => Ok(KvRet::Value(None)),
            (KvOp::Get(_), value) => Ok(KvRet::Value(Some(need(entry, "a string", text(value))?))),
            (KvOp::Put(..) | KvOp::Append(..) | KvOp::Delete(_), _) => Ok(KvRet::Done),
            (KvOp::Cas { .. }, _) => Ok(KvRet::Swapped(true)),
        }
    }

    fn refused(&self, op: &KvOp<Value>) -> Option<KvRet> {
        matches!(op, KvOp::Cas { .. }).then_some(KvRet::Swapped(false))
    }

    fn shown(&self, state: &Option<String>) -> Value {
        state.clone().map_or(Value::Nil, Value::Text)
    }

    fn shown_key(&self, key: &Value) -> Option<Value> {
        optional(key)
    }

    fn noun(&self) -> &'static str {
        "the key"
    }
}

fn text(value: &Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text.to_owned()) } else { None }
}
