use super::need::{list, truth, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{Set, SetOp, SetRet},
};

/// `add V`, `remove V`, `contains V` that returns true or false, `read` that returns a set or a list.
impl Recorded for Set<Value> {
    fn op(&self, entry: &Entry) -> Result<SetOp<Value>, Mistake> {
        match entry.f.as_str() {
            "add" => Ok(SetOp::Add(entry.value.clone())),
            "remove" => Ok(SetOp::Remove(entry.value.clone())),
            "contains" => Ok(SetOp::Contains(entry.value.clone())),
            "read" => Ok(SetOp::Read),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &SetOp<Value>, entry: &Entry) -> Result<SetRet<Value>, Mistake> {
        match (op, &entry.value) {
            (SetOp::Add(_) | SetOp::Remove(_), _) => Ok(SetRet::Done),
            (SetOp::Contains(_), _) => truth(entry).map(SetRet::Contains),
            (SetOp::Read, Value::Set(elements)) => Ok(SetRet::Elements(elements.clone())),
            (SetOp::Read, _) => Ok(SetRet::Elements(list(entry)?.iter().cloned().collect())),
        }
    }

    fn shown(&self, state: &Self::State) -> Value {
        Value::Set(state.clone())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the set"
    }
}
