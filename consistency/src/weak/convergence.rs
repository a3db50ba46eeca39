use alloc::{collections::BTreeMap, vec::Vec};

use thiserror::Error;

use crate::{
    history::{History, OpId, Outcome},
    spec::{Access, RegisterRet},
};

/// Two processes whose last reads of a key see different values although nobody writes any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{one} and {other} see different values after the last write")]
pub struct Divergence {
    /// The last read of one process.
    pub one: OpId,
    /// The last read of another.
    pub other: OpId,
}

/// How much was judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Convergence {
    /// How many keys are read by two processes or more after the last write to them, and the same by all in the end.
    pub agreed: usize,
    /// How many keys are not: nothing is known of them.
    pub unread: usize,
    /// How many keys have a write of unknown outcome, so that there is no last write.
    pub unsettled: usize,
}

/// What is known of a key.
struct Known<V> {
    /// Where the last write returns; `None` if that never happens.
    quiet: Option<usize>,
    reads: BTreeMap<u64, (OpId, usize, V)>,
}

/// Eventual convergence, as far as a finite history can show it (Vogels, *Eventually Consistent*, CACM 2009): once the last
/// write to a key has returned, the processes' last reads of it, invoked after that, agree. Values need not be unique.
///
/// What is returned beside a [`Divergence`] is no proof: a history ends too early if replicas had no time to converge.
///
/// # Errors
/// Two reads that do not agree.
pub fn check_convergence<K: Ord, V: Eq>(
    history: &History<Access<K, V>, RegisterRet<V>>,
) -> Result<Convergence, Divergence> {
    let mut keys: BTreeMap<&K, Known<&V>> = BTreeMap::new();
    for (id, operation) in (0..).map(OpId).zip(history.operations()) {
        let (Access::Read(key) | Access::Write(key, _)) = &operation.op;
        let known = keys.entry(key).or_insert_with(|| Known { quiet: Some(0), reads: BTreeMap::new() });
        match (&operation.op, &operation.outcome) {
            (Access::Write(..), Outcome::Returned(_) | Outcome::Unknown) => {
                known.quiet = known.quiet.and_then(|quiet| Some(quiet.max(operation.returned()?)));
            }
            (Access::Read(_), Outcome::Returned(RegisterRet::Value(seen))) => {
                known.reads.insert(operation.process, (id, operation.called(), seen));
            }
            (Access::Write(..), Outcome::Failed) | (Access::Read(_), _) => {}
        }
    }
    let mut found = Convergence::default();
    for Known { quiet, reads } in keys.into_values() {
        let Some(quiet) = quiet else {
            found.unsettled += 1;
            continue;
        };
        let last: Vec<_> = reads.into_values().filter(|(_, called, _)| *called >= quiet).collect();
        let [(one, _, value), rest @ ..] = last.as_slice() else {
            found.unread += 1;
            continue;
        };
        if let Some((other, ..)) = rest.iter().find(|(_, _, seen)| seen != value) {
            return Err(Divergence { one: *one, other: *other });
        }
        let counted = if rest.is_empty() { &mut found.unread } else { &mut found.agreed };
        *counted += 1;
    }
    Ok(found)
}
