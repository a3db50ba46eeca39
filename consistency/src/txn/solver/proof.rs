use alloc::vec::Vec;
use core::fmt;

use crate::txn::{history::TxnId, isolation::Isolation, weak::WeakViolation};

/// A moment of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The transaction.
    pub txn: TxnId,
    /// Which of its moments.
    pub point: Point,
}

/// Which moment of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// That at which it takes its snapshot.
    Start,
    /// That at which what it writes appears.
    Commit,
    /// The only one, at a level without snapshots.
    Whole,
}

/// One moment comes before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofStep<K> {
    /// The earlier one.
    pub from: Moment,
    /// The later one.
    pub to: Moment,
    /// Why.
    pub reason: Reason<K>,
}

/// Why a moment comes before another. The last four but one need a premise, the [`Lemma`] for the step says which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason<K> {
    /// A transaction starts before it commits.
    Within,
    /// It comes before it in their session.
    Session,
    /// It had ended when the other was invoked.
    RealTime,
    /// The later one reads this key from the earlier one.
    Read(K),
    /// The earlier one reads the initial value of this key, and the later one writes it.
    Initial(K),
    /// Both write this key, and a third one reads it from the later one. Premise: the earlier one commits before that reads.
    Version {
        /// The key.
        key: K,
        /// The third one.
        reader: TxnId,
    },
    /// The earlier one reads this key from a third one, and the later one writes it. Premise: the third one commits
    /// before the later one does.
    Unseen {
        /// The key.
        key: K,
        /// The third one.
        writer: TxnId,
    },
    /// Both write this key, and those that do exclude each other. Premise: the earlier one starts before the later one
    /// commits.
    Conflict(K),
    /// It is one of two cases.
    Supposed,
}

/// A step, and the steps that lead to its premise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lemma<K> {
    /// What is concluded.
    pub step: ProofStep<K>,
    /// From where the premise begins to where it ends, one after the other.
    pub since: Vec<ProofStep<K>>,
}

/// Why there is no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof<K> {
    /// Whatever is concluded, each after what it rests on.
    pub lemmas: Vec<Lemma<K>>,
    /// Moments that would have to come one after the other in a circle.
    pub cycle: Vec<ProofStep<K>>,
}

/// Why a history is not at a level.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refutation<K> {
    /// It is not even causally consistent.
    NotCausal(Vec<WeakViolation<K>>),
    /// What is known leads to a circle.
    Forced(Proof<K>),
    /// Of two that write one key either comes first, and both lead to a circle.
    EitherWay {
        /// One of them.
        one: TxnId,
        /// The other.
        other: TxnId,
        /// That the one comes first leads to this.
        forwards: Proof<K>,
        /// That the other does leads to this.
        backwards: Proof<K>,
    },
    /// Each way to order these leads to a circle, and there is no shorter reason: all have been tried.
    Exhausted {
        /// The transactions whose order has been tried, by their names.
        txns: Vec<TxnId>,
        /// How often a circle was found.
        circles: u64,
    },
}

/// What a history came to at a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Solution<K> {
    /// It is at the level: here is an order that explains it.
    Holds(super::CommitOrder),
    /// It is not: here is why.
    Violated(Refutation<K>),
    /// That is not known.
    Unknown(Unresolved),
}

impl<K> Solution<K> {
    /// `Some` of whether the history is at the level, if that is known.
    pub const fn holds(&self) -> Option<bool> {
        match self {
            Self::Holds(_) => Some(true),
            Self::Violated(_) => Some(false),
            Self::Unknown(_) => None,
        }
    }
}

/// Why it is not known whether a history is at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unresolved {
    /// The steps were used up; more can be given.
    Steps,
    /// The history has too many moments for its chains ([`SolverOptions::cells_max`](super::SolverOptions::cells_max)).
    Cells,
    /// Too many pairs of writers are in no order ([`SolverOptions::pairs_max`](super::SolverOptions::pairs_max)).
    Pairs,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Steps => "the steps were used up",
            Self::Cells => "there are too many transactions for so many sessions",
            Self::Pairs => "too many pairs of writers are in no order",
        })
    }
}

impl<K: fmt::Display> fmt::Display for ProofStep<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from.txn, self.to.txn);
        let verb = |point: Point| if point == Point::Start { "starts" } else { "commits" };
        if let Reason::Within = self.reason {
            return write!(f, "{from} starts before it commits");
        }
        if self.to.point == Point::Whole {
            write!(f, "{from} comes before {to}, since ")?;
        } else {
            write!(f, "{from} {} before {to} {}, since ", verb(self.from.point), verb(self.to.point))?;
        }
        match &self.reason {
            Reason::Within => Ok(()),
            Reason::Session => f.write_str("it comes first in their session"),
            Reason::RealTime => write!(f, "it had ended when {to} was invoked"),
            Reason::Read(key) => write!(f, "{to} reads {key} from it"),
            Reason::Initial(key) => write!(f, "it reads the initial value of {key}, which {to} writes"),
            Reason::Version { key, reader } => {
                write!(f, "both write {key}, and {reader}, which sees {from}, reads it from {to}")
            }
            Reason::Unseen { key, writer } => {
                write!(f, "it reads {key} from {writer}, and {to}, which commits after {writer}, writes it")
            }
            Reason::Conflict(key) => {
                write!(f, "both write {key}, and {from} has started when {to} commits")
            }
            Reason::Supposed => f.write_str("that is supposed"),
        }
    }
}

impl<K: fmt::Display> fmt::Display for Proof<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for lemma in &self.lemmas {
            writeln!(f, "  {}:", lemma.step)?;
            lemma.since.iter().try_for_each(|step| writeln!(f, "    {step}"))?;
        }
        let indent = if self.lemmas.is_empty() { "  " } else { "    " };
        if !self.lemmas.is_empty() {
            f.write_str("  so that there is a circle:\n")?;
        }
        self.cycle
            .iter()
            .enumerate()
            .try_for_each(|(at, step)| write!(f, "{}{indent}{step}", if at == 0 { "" } else { "\n" }))
    }
}

impl<K: fmt::Display> fmt::Display for Refutation<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCausal(violations) => {
                f.write_str("not even causal:")?;
                violations.iter().try_for_each(|violation| write!(f, "\n{violation}"))
            }
            Self::Forced(proof) => write!(f, "no order is possible:\n{proof}"),
            Self::EitherWay { one, other, forwards, backwards } => write!(
                f,
                "no order is possible, since of {one} and {other} either comes first.\n\
                 If {one} does:\n{forwards}\nIf {other} does:\n{backwards}"
            ),
            Self::Exhausted { txns, circles } => {
                write!(f, "no order is possible: all orders of ")?;
                for (at, txn) in txns.iter().enumerate() {
                    write!(f, "{}{txn}", if at == 0 { "" } else { ", " })?;
                }
                write!(f, " were tried, and led to {circles} circles")
            }
        }
    }
}

/// What each level makes of the moments of a transaction.
pub(super) const fn points(isolation: Isolation, is_start: bool) -> Point {
    match (isolation.has_snapshots(), is_start) {
        (false, _) => Point::Whole,
        (true, true) => Point::Start,
        (true, false) => Point::Commit,
    }
}
