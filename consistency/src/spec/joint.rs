use alloc::{collections::BTreeMap, vec::Vec};
use core::hash::Hash;

use super::Nondeterministic;

/// All keys of a specification as one object, judged together instead of key by key. It gives the same verdicts, slower:
/// linearizability is local. That makes it a check of a specification's `key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joint<S>(pub S);

impl<S: Nondeterministic<Key: Hash>> Nondeterministic for Joint<S> {
    type Op = S::Op;
    type Ret = S::Ret;
    /// What the keys hold that were touched.
    type State = BTreeMap<S::Key, S::State>;
    type Key = ();

    fn init(&self, (): &()) -> Self::State {
        BTreeMap::new()
    }

    fn step_all(&self, state: &Self::State, op: &S::Op, ret: Option<&S::Ret>, next: &mut Vec<Self::State>) {
        let key = self.0.key(op);
        let first = self.0.init(&key);
        let mut parts = Vec::new();
        self.0.step_all(state.get(&key).unwrap_or(&first), op, ret, &mut parts);
        next.extend(parts.into_iter().map(|part| {
            let mut whole = state.clone();
            // What was not touched and what is as it was at first are the same.
            if part == first {
                whole.remove(&key)
            } else {
                whole.insert(key.clone(), part)
            };
            whole
        }));
    }

    fn key(&self, _: &S::Op) {}

    fn is_read_only(&self, op: &S::Op, ret: Option<&S::Ret>) -> bool {
        self.0.is_read_only(op, ret)
    }

    fn same(&self, one: &S::Op, other: &S::Op) -> bool {
        self.0.same(one, other)
    }
}
