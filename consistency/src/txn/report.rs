use alloc::vec::Vec;

use super::{
    anomaly::Anomaly,
    history::TxnId,
    model::{Model, Models},
};

/// How to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// How many edges may be looked at in order to name cycles. Beyond that a report is [truncated](Report::is_truncated):
    /// there is a cycle, but not every kind of it has been sought to the end.
    pub edges_max: u64,
    /// For registers: takes each key for sequentially consistent by itself, so that a process that came across two versions of
    /// it, one after the other, tells their order. What is then found is wrong with the isolation *or* with this assumption.
    pub sequential_keys: bool,
    /// For registers: takes each key for linearizable by itself, so that a transaction that ended before another began tells
    /// the order of the versions that they came across; where real time is not known, only the order of sessions does. What
    /// is then found is wrong with the isolation *or* with this assumption.
    pub linearizable_keys: bool,
    /// The classic mistake to make.
    #[cfg(quorate_bugs)]
    pub bug: Option<super::Bug>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            edges_max: 1 << 30,
            sequential_keys: false,
            linearizable_keys: false,
            #[cfg(quorate_bugs)]
            bug: None,
        }
    }
}

/// What a history came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report<K, V> {
    /// Everything that is wrong. Of cycles a short one for each kind in each knot of transactions that depend on one another;
    /// if there is one of its kind without sessions and real time, not those with them.
    pub findings: Vec<Finding<K, V>>,
    /// Whether the search for cycles ended early, so that kinds of them may be missing.
    pub is_truncated: bool,
}

impl<K, V> Report<K, V> {
    /// The kinds of what is wrong, each once, in the order of [`Anomaly`].
    pub fn anomalies(&self) -> Vec<Anomaly> {
        let mut anomalies: Vec<_> = self.findings.iter().map(|finding| finding.anomaly).collect();
        anomalies.sort_unstable();
        anomalies.dedup();
        anomalies
    }

    /// All models that this history rules out.
    pub fn violated(&self) -> Models {
        let direct = |models: Models, anomaly: Anomaly| models.union(anomaly.weakest_violated());
        self.anomalies().into_iter().fold(Models::NONE, direct).and_stronger()
    }

    /// The weakest of them: the database does not keep these, and it is not known whether it keeps weaker ones.
    pub fn weakest_violated(&self) -> Models {
        self.violated().weakest()
    }

    /// The strongest models that nothing was found against.
    pub fn strongest_not_violated(&self) -> Models {
        let violated = self.violated();
        Model::all().filter(|model| !violated.has(*model)).collect::<Models>().strongest()
    }

    /// Whether nothing was found that the model rules out. What is found is real; that nothing is found proves
    /// serializability for lists that were read to their end, and for others, and for registers whose versions are in no
    /// order that is known, that it was not seen to be violated.
    /// `None` if the report is truncated and nothing was found.
    pub fn holds(&self, model: Model) -> Option<bool> {
        match (self.violated().has(model), self.is_truncated) {
            (true, _) => Some(false),
            (false, true) => None,
            (false, false) => Some(true),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<K, V> {
    /// What kind of thing.
    pub anomaly: Anomaly,
    /// Where it shows.
    pub evidence: Evidence<K, V>,
}

/// Where an anomaly shows. Places of operations are counted from zero inside their transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence<K, V> {
    /// In one read.
    Read {
        /// Who read.
        reader: TxnId,
        /// Which of its operations.
        op: usize,
        /// The key.
        key: K,
        /// The value that is wrong; `None` if it is the whole.
        value: Option<V>,
        /// Who wrote that value, if that is another.
        writer: Option<TxnId>,
    },
    /// In two reads together, each by its transaction and the place among its operations.
    Reads {
        /// The key.
        key: K,
        /// The longer one.
        one: (TxnId, usize),
        /// The other.
        other: (TxnId, usize),
    },
    /// In two appends of one transaction, of which the longest read shows the second without the first before it.
    Appends {
        /// The transaction.
        txn: TxnId,
        /// The key.
        key: K,
        /// The first.
        one: V,
        /// The second.
        other: V,
    },
    /// In two transactions that changed a key: for a dirty update, one that aborted and one that built on it; for a lost
    /// update, two that built on the same.
    Updates {
        /// The key.
        key: K,
        /// The one.
        one: TxnId,
        /// The other.
        other: TxnId,
    },
    /// In an order of the versions of a key that contradicts itself.
    Versions {
        /// The key.
        key: K,
        /// The values, each of which would come before the next, and the last before the first; `None` is the initial one.
        versions: Vec<Option<V>>,
    },
    /// In a cycle of dependencies; each step begins where the last one ended.
    Cycle(Vec<Step<K, V>>),
}

/// One transaction comes before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<K, V> {
    /// The earlier one.
    pub from: TxnId,
    /// The later one.
    pub to: TxnId,
    /// Why.
    pub why: Dependency<K, V>,
}

/// Why a transaction comes before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dependency<K, V> {
    /// ww: the later one wrote the next version.
    Ww {
        /// The key.
        key: K,
        /// What the earlier one wrote or appended.
        before: V,
        /// What the later one wrote or appended to it.
        after: V,
    },
    /// wr: the later one saw the version of the earlier one.
    Wr {
        /// The key.
        key: K,
        /// What the earlier one wrote or appended.
        value: V,
    },
    /// rw: the earlier one saw what was there before the later one wrote.
    Rw {
        /// The key.
        key: K,
        /// What the later one wrote or appended.
        value: V,
    },
    /// They are of one process, in this order.
    Process,
    /// The earlier one had ended when the later one was invoked.
    Realtime,
}

#[cfg(feature = "pages")]
impl<K, V> Dependency<K, V> {
    pub(super) const fn key(&self) -> Option<&K> {
        match self {
            Self::Ww { key, .. } | Self::Wr { key, .. } | Self::Rw { key, .. } => Some(key),
            Self::Process | Self::Realtime => None,
        }
    }
}
