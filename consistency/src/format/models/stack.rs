use alloc::vec::Vec;

use super::need::{optional, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{Stack, StackOp, StackRet},
};

/// `push V`, `pop` that returns a value, or `nil` if it found nothing.
impl Recorded for Stack<Value> {
    fn op(&self, entry: &Entry) -> Result<StackOp<Value>, Mistake> {
        match entry.f.as_str() {
            "push" => Ok(StackOp::Push(entry.value.clone())),
            "pop" => Ok(StackOp::Pop),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &StackOp<Value>, entry: &Entry) -> Result<StackRet<Value>, Mistake> {
        Ok(match op {
            StackOp::Push(_) => StackRet::Pushed,
            StackOp::Pop => StackRet::Popped(optional(&entry.value)),
        })
    }

    fn shown(&self, state: &Vec<Value>) -> Value {
        Value::List(state.clone())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the stack"
    }
}
