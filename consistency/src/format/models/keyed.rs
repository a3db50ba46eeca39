use alloc::string::String;

use super::need::{key, optional};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::Keyed,
};

/// The operations of the object, with a `:key` each, or with none if there is one.
impl<M: Recorded> Recorded for Keyed<Value, M> {
    fn op(&self, entry: &Entry) -> Result<(Value, M::Op), Mistake> {
        Ok((key(entry), self.each.op(entry)?))
    }

    fn ret(&self, (_, op): &(Value, M::Op), entry: &Entry) -> Result<M::Ret, Mistake> {
        self.each.ret(op, entry)
    }

    fn refused(&self, (_, op): &(Value, M::Op)) -> Option<M::Ret> {
        self.each.refused(op)
    }

    fn shown(&self, state: &M::State) -> Value {
        self.each.shown(state)
    }

    fn shown_key(&self, (key, inner): &(Value, M::Key)) -> Option<Value> {
        optional(key).or_else(|| self.each.shown_key(inner))
    }

    fn noun(&self) -> &'static str {
        self.each.noun()
    }

    fn holds(&self, state: &M::State) -> String {
        self.each.holds(state)
    }
}
