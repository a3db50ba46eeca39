use alloc::{borrow::ToOwned as _, string::String};

use super::need::unknown;
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{Mutex, MutexOp},
};

/// `acquire`, `release`.
impl Recorded for Mutex {
    fn op(&self, entry: &Entry) -> Result<MutexOp, Mistake> {
        match entry.f.as_str() {
            "acquire" => Ok(MutexOp::Acquire),
            "release" => Ok(MutexOp::Release),
            _ => unknown(entry),
        }
    }

    fn ret(&self, _: &MutexOp, _: &Entry) -> Result<(), Mistake> {
        Ok(())
    }

    fn shown(&self, held: &bool) -> Value {
        Value::Word(if *held { "held" } else { "free" }.to_owned())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn holds(&self, held: &bool) -> String {
        if *held { "the mutex is held" } else { "the mutex is free" }.to_owned()
    }
}
