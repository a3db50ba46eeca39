use super::need::{NUMBER, need, number, pair, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{Counter, CounterOp, CounterRet},
};

/// `add N`, `read`; also `add-and-get N` that returns `[N SUM]` or the sum.
impl Recorded for Counter {
    fn op(&self, entry: &Entry) -> Result<CounterOp, Mistake> {
        match entry.f.as_str() {
            "add" | "add-and-get" => number(entry).map(CounterOp::Add),
            "read" => Ok(CounterOp::Read),
            _ => unknown(entry),
        }
    }

    fn ret(&self, _: &CounterOp, entry: &Entry) -> Result<CounterRet, Mistake> {
        match (entry.f.as_str(), &entry.value) {
            ("add", _) => Ok(CounterRet::Added),
            ("add-and-get", Value::List(_)) => {
                need(entry, NUMBER, pair(entry)?.1.int()).map(CounterRet::Value)
            }
            _ => number(entry).map(CounterRet::Value),
        }
    }

    fn shown(&self, state: &i64) -> Value {
        Value::Int(*state)
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the counter"
    }
}
