use super::need::{need, number, optional, truth, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{Bag, BagOp, BagRet},
};

/// `add V`, `remove V` that returns true or false, `count V` that returns a number.
impl Recorded for Bag<Value> {
    fn op(&self, entry: &Entry) -> Result<BagOp<Value>, Mistake> {
        match entry.f.as_str() {
            "add" => Ok(BagOp::Add(entry.value.clone())),
            "remove" => Ok(BagOp::Remove(entry.value.clone())),
            "count" => Ok(BagOp::Count(entry.value.clone())),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &BagOp<Value>, entry: &Entry) -> Result<BagRet, Mistake> {
        match op {
            BagOp::Add(_) => Ok(BagRet::Added),
            BagOp::Remove(_) => truth(entry).map(BagRet::Removed),
            BagOp::Count(_) => {
                let count = u64::try_from(number(entry)?).ok();
                need(entry, "a count", count).map(BagRet::Count)
            }
        }
    }

    fn shown(&self, count: &u64) -> Value {
        Value::Int(i64::try_from(*count).unwrap_or(i64::MAX))
    }

    fn shown_key(&self, key: &Value) -> Option<Value> {
        optional(key)
    }

    fn noun(&self) -> &'static str {
        "the bag"
    }
}
