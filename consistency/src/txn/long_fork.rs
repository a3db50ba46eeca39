//! Keys that are written once each, read in groups: Jepsen's long fork workload. Sovran et al., *Transactional Storage for
//! Geo-Replicated Systems*, SOSP 2011, §3: what parallel snapshot isolation allows and snapshot isolation does not.

use alloc::{vec, vec::Vec};
use core::{
    fmt::{self, Display},
    hash::Hash,
};

use thiserror::Error;

use super::{
    bug::Bug,
    history::{History, RegisterOp, Status, TxnId},
    intern::{Interned, NONE, number},
    report::Options,
};

/// A history in which long forks cannot be sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoLongFork {
    /// A transaction is neither one write nor reads of keys, each once.
    #[error("{0} is neither one write nor reads of keys, each once")]
    Shape(TxnId),
    /// A key is written twice.
    #[error("{first} and {second} write one key")]
    WrittenTwice {
        /// Who wrote it first.
        first: TxnId,
        /// Who wrote it again.
        second: TxnId,
    },
    /// Two transactions read one key together with others, but not with the same.
    #[error("{one} and {other} read one key, but not the same keys, so that they cannot be compared")]
    OtherKeys {
        /// The one.
        one: TxnId,
        /// The other.
        other: TxnId,
    },
}

/// What is wrong with a history of keys that are written once each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LongForkFinding<K> {
    /// Two reads of a group disagree on which of two keys was written first.
    Fork {
        /// Who saw the first key written, and not the second.
        one: TxnId,
        /// Who saw the second key written, and not the first.
        other: TxnId,
        /// The key that the one saw.
        first: K,
        /// The key that the other saw.
        second: K,
    },
    /// A read saw what nobody wrote to the key, or a transaction that aborted.
    Garbage {
        /// Who read.
        reader: TxnId,
        /// The key.
        key: K,
    },
}

impl<K: Display> Display for LongForkFinding<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fork { one, other, first, second } => write!(
                f,
                "long-fork: {one} sees {first} written and {second} not, {other} sees {second} written and {first} not"
            ),
            Self::Garbage { reader, key } => {
                write!(f, "garbage-read: {reader} sees what was not written to {key}")
            }
        }
    }
}

/// Finds long forks in transactions that write one key each, or read all keys of a group.
///
/// Each key is written at most once, so that reads of a group that see one order of writes see ever more of its keys: of two
/// reads, one has seen all that the other has. What is found is real, and ruled out by prefix consistency and snapshot
/// isolation. For each group it takes time to sort its reads by how much they saw.
///
/// # Errors
/// If a transaction is of another shape, a key is written twice, or groups overlap.
pub fn check_long_fork<K: Clone + Hash + Eq, V: Hash + Eq>(
    history: &History<RegisterOp<K, V>>,
    options: Options,
) -> Result<Vec<LongForkFinding<K>>, NoLongFork> {
    let mut keys = Keys { interned: Interned::new(), writers: Vec::new() };
    let sights = keys.gather(history)?;
    let mut findings = keys.garbage(history, &sights);
    let mut groups = by_group(sights, keys.writers.len())?;
    for sights in &mut groups {
        if !options.has(Bug::SightsNotSorted) {
            sights.sort_by_key(Sight::seen);
        }
        for pair in sights.windows(2) {
            findings.extend(keys.fork(&pair[0], &pair[1]));
        }
    }
    Ok(findings)
}

struct Keys<'a, K, V> {
    interned: Interned<'a, K, V>,
    /// Who writes each key, and what.
    writers: Vec<Option<(u32, &'a V)>>,
}

/// What a transaction saw of the keys of a group, by rising keys.
struct Sight<'a, V> {
    txn: u32,
    values: Vec<(u32, Option<&'a V>)>,
}

impl<V> Sight<'_, V> {
    fn seen(&self) -> usize {
        self.values.iter().filter(|(_, value)| value.is_some()).count()
    }
}

impl<'a, K: Clone + Hash + Eq, V: Hash + Eq> Keys<'a, K, V> {
    fn gather(&mut self, history: &'a History<RegisterOp<K, V>>) -> Result<Vec<Sight<'a, V>>, NoLongFork> {
        let mut sights = Vec::new();
        for (txn, transaction) in (0..).zip(history.transactions()) {
            if let [RegisterOp::Write(key, value)] = &transaction.ops[..] {
                let writer = self.writer(key);
                if let Some((first, _)) = *writer {
                    return Err(NoLongFork::WrittenTwice { first: TxnId(first), second: TxnId(txn) });
                }
                *writer = Some((txn, value));
                continue;
            }
            let mut values = Vec::with_capacity(transaction.ops.len());
            for operation in &transaction.ops {
                let RegisterOp::Read(key, value) = operation else {
                    return Err(NoLongFork::Shape(TxnId(txn)));
                };
                self.writer(key);
                values.push((self.interned.key(key), value.as_ref()));
            }
            values.sort_unstable_by_key(|(key, _)| *key);
            if values.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err(NoLongFork::Shape(TxnId(txn)));
            }
            if transaction.status == Status::Committed && !values.is_empty() {
                sights.push(Sight { txn, values });
            }
        }
        Ok(sights)
    }

    fn writer(&mut self, key: &'a K) -> &mut Option<(u32, &'a V)> {
        let key = self.interned.key(key) as usize;
        if self.writers.len() <= key {
            self.writers.push(None);
        }
        &mut self.writers[key]
    }

    fn name(&self, key: u32) -> K {
        self.interned.keys[key as usize].clone()
    }

    fn garbage(
        &self,
        history: &History<RegisterOp<K, V>>,
        sights: &[Sight<'a, V>],
    ) -> Vec<LongForkFinding<K>> {
        let is_written = |key: u32, value: &V| {
            let writer = self.writers[key as usize];
            writer.is_some_and(|(txn, written)| written == value && !history.is_aborted(txn))
        };
        let mut findings = Vec::new();
        for sight in sights {
            for (key, value) in &sight.values {
                if value.is_some_and(|value| !is_written(*key, value)) {
                    findings
                        .push(LongForkFinding::Garbage { reader: TxnId(sight.txn), key: self.name(*key) });
                }
            }
        }
        findings
    }

    /// Whether two reads saw a key each that the other did not.
    fn fork(&self, one: &Sight<'_, V>, other: &Sight<'_, V>) -> Option<LongForkFinding<K>> {
        let alone = |one: &Sight<'_, V>, other: &Sight<'_, V>| {
            let pairs = one.values.iter().zip(&other.values);
            let mut alone = pairs.filter(|((_, one), (_, other))| one.is_some() && other.is_none());
            alone.next().map(|((key, _), _)| *key)
        };
        let (first, second) = (self.name(alone(one, other)?), self.name(alone(other, one)?));
        Some(LongForkFinding::Fork { one: TxnId(one.txn), other: TxnId(other.txn), first, second })
    }
}

/// The reads of each group, a group being the keys that are read together.
fn by_group<V>(sights: Vec<Sight<'_, V>>, keys: usize) -> Result<Vec<Vec<Sight<'_, V>>>, NoLongFork> {
    let mut groups: Vec<Vec<Sight<'_, V>>> = Vec::new();
    let mut group_of = vec![NONE; keys];
    for sight in sights {
        let group = group_of[sight.values[0].0 as usize];
        let own: &[Sight<'_, V>] = groups.get(group as usize).map_or(&[], Vec::as_slice);
        let is_same = |first: &Sight<'_, V>| {
            first.values.len() == sight.values.len()
                && first.values.iter().zip(&sight.values).all(|((one, _), (other, _))| one == other)
        };
        if let Some(first) = own.first().filter(|first| !is_same(first)) {
            return Err(NoLongFork::OtherKeys { one: TxnId(first.txn), other: TxnId(sight.txn) });
        }
        if !own.is_empty() {
            groups[group as usize].push(sight);
            continue;
        }
        for (key, _) in &sight.values {
            let other = groups.get(group_of[*key as usize] as usize).and_then(|group| group.first());
            if let Some(other) = other {
                return Err(NoLongFork::OtherKeys { one: TxnId(other.txn), other: TxnId(sight.txn) });
            }
            group_of[*key as usize] = number(groups.len());
        }
        groups.push(vec![sight]);
    }
    Ok(groups)
}
