//! Classic mistakes, one line each at the place where it matters; compiled in only under `--cfg quorate_bugs`.

use super::{bank::Bank, report::Options, solver::SolverOptions, weak::WeakOptions};

/// A classic mistake in a checker of isolation.
#[cfg_attr(not(quorate_bugs), expect(unreachable_pub, reason = "public in the other configuration"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bug {
    /// Registers: what an aborted transaction wrote may be read.
    AbortedReadsIgnored,
    /// Registers: sessions have no order.
    SessionOrderIgnored,
    /// Registers: what a transaction has read before does not matter to what it reads later.
    EarlierReadsIgnored,
    /// Registers: whoever leads to a reader does not matter to what it reads.
    CausalPastIgnored,
    /// Lists: nobody depends on whoever did not see what it wrote.
    AntiDependenciesDropped,
    /// Lists: the order of versions is that of the longest read, backwards.
    VersionsReversed,
    /// Lists: appends that nobody has read are in no order.
    UnseenAppendsIgnored,
    /// Lists: that an append is of a transaction that aborted does not matter.
    AbortedAppendsIgnored,
    /// Lists: an order that was read need not be a beginning of the longest one.
    OrdersNotCompared,
    /// Lists: who ended before who began is remembered of the last to end alone.
    FrontierDropsAnEdge,
    /// Lists: of two anti-dependencies in a row the second is taken for the first.
    AdjacencyIgnored,
    /// Lists: knots are sought among the first half of the transactions only.
    ComponentsStopEarly,
    /// Registers that depend on one another: the initial version need not be the first.
    InitialNotFirst,
    /// The same: what a transaction reads of a key does not come before what it writes there.
    WritesDoNotFollowReads,
    /// The same: what follows from the rest of the order of versions is taken for a next version, too.
    VersionsNotReduced,
    /// The same: an order of versions that contradicts itself is believed.
    CyclicVersionsTrusted,
    /// The same: a key has one session, whoever reads and writes it.
    SessionsMixed,
    /// The same: a transaction may see something else than it did or saw before.
    OwnReadsNotCompared,
    /// The same: that a write is of a transaction that aborted does not matter.
    AbortedWritesIgnored,
    /// The same: that a transaction went on to write the key again does not matter.
    LaterWritesIgnored,
    /// Banks: what balances come to together does not matter.
    TotalNotCompared,
    /// Banks: a balance may be negative.
    DebtsForgiven,
    /// Long forks: reads are compared as they come, not by how much they have seen.
    SightsNotSorted,
    /// Solver: who ended before whom does not matter.
    RealTimeIgnored,
    /// Solver: a version may be overwritten before it is read.
    ReadersMayBeOverwritten,
    /// Solver: transactions that write one key may overlap where they exclude each other.
    ConflictsIgnored,
    /// Solver: pairs of writers whom nobody reads are left open where writers exclude each other.
    UnreadPairsLeftOpen,
    /// Solver: once one order of a pair is refuted, there is none.
    OneOrderTried,
    /// Solver: what is refuted under suppositions is refuted without them.
    SuppositionsForgotten,
    /// Solver: a guess is right although somebody had to overwrite what was still to be read.
    GuessTrusted,
    /// Mini-transactions: who reads a version may read it after the next one is written.
    RevealedReadersIgnored,
    /// Mini-transactions: two may overwrite the same version.
    ForksIgnored,
}

#[cfg(quorate_bugs)]
impl Bug {
    /// All of them.
    pub const ALL: [Self; 32] = [
        Self::AbortedReadsIgnored,
        Self::SessionOrderIgnored,
        Self::EarlierReadsIgnored,
        Self::CausalPastIgnored,
        Self::AntiDependenciesDropped,
        Self::VersionsReversed,
        Self::UnseenAppendsIgnored,
        Self::AbortedAppendsIgnored,
        Self::OrdersNotCompared,
        Self::FrontierDropsAnEdge,
        Self::AdjacencyIgnored,
        Self::ComponentsStopEarly,
        Self::InitialNotFirst,
        Self::WritesDoNotFollowReads,
        Self::VersionsNotReduced,
        Self::CyclicVersionsTrusted,
        Self::SessionsMixed,
        Self::OwnReadsNotCompared,
        Self::AbortedWritesIgnored,
        Self::LaterWritesIgnored,
        Self::TotalNotCompared,
        Self::DebtsForgiven,
        Self::SightsNotSorted,
        Self::RealTimeIgnored,
        Self::ReadersMayBeOverwritten,
        Self::ConflictsIgnored,
        Self::UnreadPairsLeftOpen,
        Self::OneOrderTried,
        Self::SuppositionsForgotten,
        Self::GuessTrusted,
        Self::RevealedReadersIgnored,
        Self::ForksIgnored,
    ];
}

macro_rules! has {
    ($options:ty $(, $of:ident)?) => {
        impl$(<$of>)? $options {
            #[cfg(quorate_bugs)]
            pub(in crate::txn) fn has(&self, bug: Bug) -> bool {
                self.bug == Some(bug)
            }

            #[cfg(not(quorate_bugs))]
            pub(in crate::txn) const fn has(&self, _: Bug) -> bool {
                false
            }
        }
    };
}

has!(Options);
has!(WeakOptions);
has!(Bank<A>, A);
has!(SolverOptions);
