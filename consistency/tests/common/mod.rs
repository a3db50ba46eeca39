//! Histories that are right, histories that are changed, and an oracle that tries everything.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail loudly, too"
)]

pub mod accesses;
pub mod domains;
pub mod erased;
pub mod intervals;
pub mod once;
pub mod stale;
pub mod txn;
pub mod versions;

use std::collections::BTreeMap;

pub use quorate_consistency::generate::{
    Domain, HistoryOf, OpOf, RetOf, Rng, Shape, StateOf, changed, rebuild, right,
};
use quorate_consistency::{History, Nondeterministic, Outcome};

pub const SMALL: Shape = Shape { processes: 3, operations: 7, pending_percent: 15, failed_percent: 5 };

/// Tries every order of every subset that holds all operations that returned, by the definition of linearizability.
pub fn oracle<S: Nondeterministic>(spec: &S, history: &History<S::Op, S::Ret>) -> bool {
    let mut search = Oracle { spec, history, done: vec![false; history.operations().len()] };
    search.go(&BTreeMap::new())
}

struct Oracle<'a, S: Nondeterministic> {
    spec: &'a S,
    history: &'a History<S::Op, S::Ret>,
    done: Vec<bool>,
}

impl<S: Nondeterministic> Oracle<'_, S> {
    fn go(&mut self, states: &BTreeMap<S::Key, S::State>) -> bool {
        let operations = self.history.operations();
        if operations.iter().zip(&self.done).all(|(op, done)| *done || op.ret().is_none()) {
            return true;
        }
        for (at, operation) in operations.iter().enumerate() {
            // Another one has returned before this one was invoked.
            let is_late = operations.iter().zip(&self.done).any(|(other, done)| {
                !done && other.returned().is_some_and(|returned| returned < operation.called())
            });
            if self.done[at] || is_late || matches!(operation.outcome, Outcome::Failed) {
                continue;
            }
            let key = self.spec.key(&operation.op);
            let mut next = Vec::new();
            let before = states.get(&key).cloned().unwrap_or_else(|| self.spec.init(&key));
            self.spec.step_all(&before, &operation.op, operation.ret(), &mut next);
            self.done[at] = true;
            for state in next {
                let mut states = states.clone();
                states.insert(key.clone(), state);
                if self.go(&states) {
                    return true;
                }
            }
            self.done[at] = false;
        }
        false
    }
}
