use alloc::{collections::BTreeMap, vec, vec::Vec};

use thiserror::Error;

use crate::{
    history::{History, NEVER, OpId, Operation, Outcome},
    spec::Nondeterministic,
};

/// What a search came to. `K` is the key and `T` the state of the specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<K, T> {
    /// The history is linearizable: here is an order that explains it.
    Ok(Witness),
    /// It is not: here is where it went wrong.
    Violation(Counterexample<K, T>),
    /// The search has not come to an end.
    Unknown(Unknown),
}

impl<K, T> Verdict<K, T> {
    /// Whether the history is known to be linearizable.
    pub const fn is_ok(&self) -> bool {
        matches!(self, Self::Ok(_))
    }

    /// Whether the history is known not to be linearizable.
    pub const fn is_violation(&self) -> bool {
        matches!(self, Self::Violation(_))
    }

    /// `Some` of whether the history is linearizable, if that is known.
    pub const fn is_linearizable(&self) -> Option<bool> {
        match self {
            Self::Ok(_) => Some(true),
            Self::Violation(_) => Some(false),
            Self::Unknown(_) => None,
        }
    }
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// The steps were used up; more can be given.
    Steps,
    /// The memo of a key is full ([`Options::memo_entries_max`](crate::Options::memo_entries_max)).
    Memo,
    /// More operations of one key are open at once, pending ones included, than [`OPEN_MAX`](crate::OPEN_MAX).
    Open,
}

/// Why a history is not linearizable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample<K, T> {
    /// The key that is concerned.
    pub key: K,
    /// The operation whose return is the first that no order explains. What happened before it can be explained; with it,
    /// and with what the operations that were open then returned later, it cannot, whatever came after.
    pub op: OpId,
    /// The configurations in which it would have to return, at most [`SHOWN_MAX`](Self::SHOWN_MAX) of them; none if the
    /// violation was found [at once](crate::Spec::decide).
    pub configurations: Vec<Configuration<T>>,
    /// A longest order of operations of the key that explains what returned before: it leads to the first configuration.
    pub order: Vec<OpId>,
}

impl<K, T> Counterexample<K, T> {
    /// How many configurations are shown.
    pub const SHOWN_MAX: usize = 16;
}

/// One explanation of what had returned before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration<T> {
    /// The state that it leads to.
    pub state: T,
    /// The open operations that are not in its order yet.
    pub waiting: Vec<OpId>,
}

/// An order of operations that explains a history: every operation that returned and some of the pending ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    pub(crate) order: Vec<OpId>,
}

/// What is wrong with a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Flaw {
    /// It names an operation that is not in the history, that failed, or that it has named before.
    #[error("operation {op} is in the order although it may not be")]
    Superfluous {
        /// The operation.
        op: OpId,
    },
    /// It does not name an operation that returned.
    #[error("operation {op} returned and is not in the order")]
    Missing {
        /// The operation.
        op: OpId,
    },
    /// An operation comes after one that was invoked only when it had returned.
    #[error("operation {op} comes after one that was invoked after its return")]
    RealTime {
        /// The operation.
        op: OpId,
    },
    /// An operation comes after a later one of its own process.
    #[error("operation {op} comes after a later one of its own process")]
    ProgramOrder {
        /// The operation.
        op: OpId,
    },
    /// An operation cannot return what it returned after those before it.
    #[error("operation {op} cannot return what it returned where it is in the order")]
    Illegal {
        /// The operation.
        op: OpId,
    },
}

impl Witness {
    /// The operations in order.
    pub fn order(&self) -> &[OpId] {
        &self.order
    }

    /// Checks by the definition that this order explains the history; the search is not asked.
    ///
    /// # Errors
    /// The first flaw.
    pub fn verify<S: Nondeterministic>(
        &self,
        spec: &S,
        history: &History<S::Op, S::Ret>,
    ) -> Result<(), Flaw> {
        let mut latest_call = 0;
        self.explain(spec, history, |id, operation| {
            latest_call = latest_call.max(operation.called);
            if operation.returned < latest_call { Err(Flaw::RealTime { op: id }) } else { Ok(()) }
        })
    }

    /// Checks by the definition that this order explains the history sequentially, that is with each process's operations
    /// in theirs and without regard to time.
    ///
    /// # Errors
    /// The first flaw.
    pub fn verify_sequential<S: Nondeterministic>(
        &self,
        spec: &S,
        history: &History<S::Op, S::Ret>,
    ) -> Result<(), Flaw> {
        let mut latest: BTreeMap<u64, OpId> = BTreeMap::new();
        self.explain(spec, history, |id, operation| match latest.insert(operation.process, id) {
            Some(before) if before > id => Err(Flaw::ProgramOrder { op: id }),
            Some(_) | None => Ok(()),
        })
    }

    fn explain<S: Nondeterministic>(
        &self,
        spec: &S,
        history: &History<S::Op, S::Ret>,
        mut fits: impl FnMut(OpId, &Operation<S::Op, S::Ret>) -> Result<(), Flaw>,
    ) -> Result<(), Flaw> {
        let mut seen = vec![false; history.operations.len()];
        let mut states: BTreeMap<S::Key, Vec<S::State>> = BTreeMap::new();
        for id in self.order.iter().copied() {
            let known =
                history.get(id).filter(|op| !matches!(op.outcome, Outcome::Failed) && !seen[id.index()]);
            let Some(operation) = known else { return Err(Flaw::Superfluous { op: id }) };
            seen[id.index()] = true;
            fits(id, operation)?;
            let key = spec.key(&operation.op);
            let before = states.remove(&key).unwrap_or_else(|| vec![spec.init(&key)]);
            let mut after = Vec::new();
            for state in &before {
                let from = after.len();
                spec.step_all(state, &operation.op, operation.ret(), &mut after);
                for at in (from..after.len()).rev() {
                    if after[..at].contains(&after[at]) {
                        after.swap_remove(at);
                    }
                }
            }
            if after.is_empty() {
                return Err(Flaw::Illegal { op: id });
            }
            states.insert(key, after);
        }
        let missing = |(at, seen): (usize, &bool)| !seen && history.operations[at].returned != NEVER;
        match seen.iter().enumerate().position(missing) {
            Some(at) => Err(Flaw::Missing { op: OpId(u32::try_from(at).unwrap_or(NEVER)) }),
            None => Ok(()),
        }
    }
}
