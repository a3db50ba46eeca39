use alloc::vec::Vec;
use core::{fmt, hash::Hash};

use super::{
    graph::{Components, Edge, Graph},
    history::{History, RegisterOp, TxnId},
    intern::{Ambiguous, NONE},
    search::{Rule, Search},
    weak_axiom::{FORCED, READ, SESSION, causal_edges, read_atomic_edges, read_committed_edges},
    weak_input::WeakInput,
};

/// A level of isolation between reading anything and serializability: Biswas and Enea, *On the Complexity of Checking
/// Transactional Consistency*, OOPSLA 2019, §2.
///
/// There must be a total order of commits that extends the order of each session and comes after what was read. If a
/// transaction reads a key from t₁, then every other t₂ that writes this key and that it *sees* commits before t₁. What it
/// sees makes the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Whom the transaction has read from, earlier in its own order.
    ReadCommitted,
    /// Whom the transaction reads from at all, and whoever came before it in its session.
    ReadAtomic,
    /// Whatever leads to the transaction by reads and sessions in any number of steps.
    Causal,
}

impl Level {
    /// All of them, the weakest first.
    pub const ALL: [Self; 3] = [Self::ReadCommitted, Self::ReadAtomic, Self::Causal];
}

/// How to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeakOptions {
    /// How many edges may be looked at in order to find *short* cycles. Verdicts do not depend on it: where it is used up, the
    /// cycle that is shown is merely some cycle.
    pub edges_max: u64,
    /// The classic mistake to make.
    #[cfg(quorate_bugs)]
    pub bug: Option<super::Bug>,
}

impl Default for WeakOptions {
    fn default() -> Self {
        Self {
            edges_max: 1 << 28,
            #[cfg(quorate_bugs)]
            bug: None,
        }
    }
}

/// What is wrong with a history at a level. Places of operations are counted from zero inside their transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WeakViolation<K> {
    /// Nobody wrote what was read.
    ThinAir {
        /// Who read it.
        reader: TxnId,
        /// Which of its operations.
        op: usize,
        /// The key.
        key: K,
    },
    /// What was read was written by a transaction that aborted (Adya's G1a).
    AbortedRead {
        /// Who read it.
        reader: TxnId,
        /// Which of its operations.
        op: usize,
        /// The key.
        key: K,
        /// Who wrote it.
        writer: TxnId,
    },
    /// What was read was overwritten by the very transaction that wrote it (Adya's G1b).
    IntermediateRead {
        /// Who read it.
        reader: TxnId,
        /// Which of its operations.
        op: usize,
        /// The key.
        key: K,
        /// Who wrote it.
        writer: TxnId,
    },
    /// The reader wrote it itself, but later.
    FutureRead {
        /// Who read it.
        reader: TxnId,
        /// Which of its operations.
        op: usize,
        /// The key.
        key: K,
    },
    /// The reader had written the key before, and does not see its own last write.
    OwnWriteMissed {
        /// Who read it.
        reader: TxnId,
        /// Which of its operations.
        op: usize,
        /// The key.
        key: K,
    },
    /// The initial value was read, although the reader sees who overwrote it.
    InitialOverwritten {
        /// Who read it.
        reader: TxnId,
        /// Which of its operations.
        op: usize,
        /// The key.
        key: K,
        /// Who wrote the key.
        writer: TxnId,
    },
    /// Commits would have to be in a circle.
    Cycle(Vec<WeakStep<K>>),
}

/// One transaction commits before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakStep<K> {
    /// The earlier one.
    pub from: TxnId,
    /// The later one.
    pub to: TxnId,
    /// Why.
    pub why: Why<K>,
}

/// Why a transaction commits before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why<K> {
    /// It comes before it in their session.
    Session,
    /// The later one reads this key from it.
    Read(K),
    /// Both write this key, and a third transaction, which sees the earlier one, reads the key from the later one.
    Overwritten {
        /// The key.
        key: K,
        /// The third transaction.
        reader: TxnId,
    },
}

/// What a history came to at a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakReport<K> {
    /// The level.
    pub level: Level,
    /// An order of commits that explains the history, of all transactions that are known to have committed; `None` if
    /// there is none.
    pub order: Option<Vec<TxnId>>,
    /// Every read that is wrong, and for each knot of transactions that would have to commit before one another a short
    /// cycle. Empty if and only if there is an order.
    pub violations: Vec<WeakViolation<K>>,
}

/// Judges a history of registers at a level. The verdict is exact: there is an order of commits, or there is none.
///
/// As fast as is known to be possible (Møldrup and Pavlogiannis, *AWDIT: An Optimal Weak Database Isolation Tester*, PLDI 2025): O(n^1.5) for
/// read committed and read atomic, and O(n·k) times a binary search for causal, with n operations and k sessions.
///
/// # Errors
/// If a value is written to a key twice.
pub fn check_weak<K: Clone + Hash + Eq, V: Hash + Eq>(
    history: &History<RegisterOp<K, V>>,
    level: Level,
    options: WeakOptions,
) -> Result<WeakReport<K>, Ambiguous> {
    let mut input = WeakInput::new(history, options)?;
    let (order, violations) = weigh(&mut input, level, options);
    Ok(WeakReport { level, order, violations })
}

/// An order of commits, if there is one, and whatever is wrong.
pub(super) fn weigh<K: Clone>(
    input: &mut WeakInput<'_, K>,
    level: Level,
    options: WeakOptions,
) -> (Option<Vec<TxnId>>, Vec<WeakViolation<K>>) {
    let mut violations = core::mem::take(&mut input.violations);
    let input = &*input;
    let mut edges = input.observed();
    match level {
        Level::ReadCommitted => read_committed_edges(input, options, &mut edges, &mut violations),
        Level::ReadAtomic => read_atomic_edges(input, &mut edges, &mut violations),
        Level::Causal => {
            let graph = Graph::new(input.is_live.len(), &edges);
            let components = Components::new(&graph, u8::MAX, usize::MAX);
            // Without cycles only is there a past to speak of.
            if components.cyclic().next().is_none() {
                causal_edges(input, &graph, &components, options, &mut edges, &mut violations);
            }
        }
    }
    let graph = Graph::new(input.is_live.len(), &edges);
    let components = Components::new(&graph, u8::MAX, usize::MAX);
    let mut search = None;
    for nodes in components.cyclic() {
        let search = search.get_or_insert_with(|| Search::new(&graph, options.edges_max));
        let walk = search.shortest(nodes, &components, &Any, |_| true);
        let walk = walk.unwrap_or_else(|| some_cycle(&graph, &components, nodes));
        let steps = walk.iter().map(|place| input.explain(graph.edges[*place]));
        violations.push(WeakViolation::Cycle(steps.collect()));
    }
    let order = violations.is_empty().then(|| {
        let live = components.nodes.iter().rev().filter(|txn| input.is_live[**txn as usize]);
        live.map(|txn| TxnId(*txn)).collect()
    });
    (order, violations)
}

/// Every closed walk.
pub(super) struct Any;

impl Rule for Any {
    fn first(&self, _: u8) -> Option<u8> {
        Some(0)
    }

    fn next(&self, state: u8, _: u8) -> Option<u8> {
        Some(state)
    }

    fn closes(&self, _: u8) -> bool {
        true
    }
}

/// Follows edges inside a component until a node comes again.
pub(super) fn some_cycle(graph: &Graph, components: &Components, nodes: &[u32]) -> Vec<usize> {
    let mut walk: Vec<usize> = Vec::new();
    let mut at = nodes.first().copied().unwrap_or(NONE);
    let home = components.of.get(at as usize).copied();
    loop {
        if let Some(begin) = walk.iter().position(|place| graph.edges[*place].from == at) {
            return walk.split_off(begin);
        }
        let onward = |place: &usize| components.of.get(graph.edges[*place].to as usize).copied() == home;
        let Some(place) = graph.out(at).find(onward) else { return walk };
        at = graph.edges[place].to;
        walk.push(place);
    }
}

impl<K: Clone> WeakInput<'_, K> {
    /// What every level knows: sessions, and who read from whom.
    fn observed(&self) -> Vec<Edge> {
        let mut edges = Vec::with_capacity(self.seen.all.len() + self.before.len());
        for (txn, before) in (0..).zip(&self.before).filter(|(_, before)| **before != NONE) {
            edges.push(Edge { from: *before, to: txn, cause: 0, kind: SESSION });
        }
        for (cause, seen) in (0..).zip(&self.seen.all).filter(|(_, seen)| seen.writer != NONE) {
            edges.push(Edge { from: seen.writer, to: seen.reader, cause, kind: READ });
        }
        edges
    }

    fn explain(&self, edge: Edge) -> WeakStep<K> {
        let seen = self.seen.all.get(edge.cause as usize);
        let why = match (edge.kind, seen) {
            (READ, Some(seen)) => Why::Read(self.keys[seen.key as usize].clone()),
            (FORCED, Some(seen)) => {
                let key = self.keys[seen.key as usize].clone();
                Why::Overwritten { key, reader: TxnId(seen.reader) }
            }
            _ => Why::Session,
        };
        WeakStep { from: TxnId(edge.from), to: TxnId(edge.to), why }
    }
}

impl<K: fmt::Display> fmt::Display for WeakViolation<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ThinAir { reader, op, key } => {
                write!(f, "thin-air read: operation {op} of {reader} reads from {key} what nobody wrote")
            }
            Self::AbortedRead { reader, op, key, writer } => {
                write!(f, "aborted read: operation {op} of {reader} reads {key} from {writer}, which aborted")
            }
            Self::IntermediateRead { reader, op, key, writer } => write!(
                f,
                "intermediate read: operation {op} of {reader} reads of {key} what {writer} itself overwrote"
            ),
            Self::FutureRead { reader, op, key } => {
                write!(
                    f,
                    "future read: operation {op} of {reader} reads from {key} what {reader} wrote later"
                )
            }
            Self::OwnWriteMissed { reader, op, key } => {
                write!(
                    f,
                    "own write missed: operation {op} of {reader} does not read its own last write of {key}"
                )
            }
            Self::InitialOverwritten { reader, op, key, writer } => write!(
                f,
                "stale read: operation {op} of {reader} reads the initial value of {key}, although {reader} sees \
                 {writer}, which wrote it"
            ),
            Self::Cycle(steps) => {
                f.write_str("cycle of commits:")?;
                steps.iter().try_for_each(|step| write!(f, "\n  {step}"))
            }
        }
    }
}

impl<K: fmt::Display> fmt::Display for WeakStep<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, why } = self;
        write!(f, "{from} commits before {to}, since ")?;
        match why {
            Why::Session => f.write_str("it comes first in their session"),
            Why::Read(key) => write!(f, "{to} reads {key} from it"),
            Why::Overwritten { key, reader } => {
                write!(f, "both write {key}, and {reader}, which sees {from}, reads it from {to}")
            }
        }
    }
}
