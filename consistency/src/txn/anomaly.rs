use core::fmt;

use super::model::{Model, Models};

/// What can be wrong with a history of transactions, by Adya's names (*Weak Consistency*, MIT 1999, chapters 3 and 4) and
/// those of Elle (Kingsbury and Alvaro, VLDB 2020, §4 to §6).
///
/// A transaction *ww*-depends on whose version it overwrites and *wr*-depends on whose version it reads; whoever overwrites
/// what it read *rw*-depends (anti-depends) on it. The variants of sessions need the order in which processes ran their own
/// transactions, too, and those of real time that one transaction ended before another began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Anomaly {
    /// A read that does not fit what its own transaction did before.
    Internal,
    /// A read of what its own transaction writes only later.
    FutureRead,
    /// A value that nobody wrote.
    GarbageRead,
    /// A value is twice in a list, although it was appended once.
    DuplicateElements,
    /// Two reads of a key that are not beginnings of one order, or one that is not in the order of a transaction's own appends.
    IncompatibleOrder,
    /// The versions of a key would come before themselves.
    CyclicVersions,
    /// Aborted read: a value of a transaction that aborted.
    G1a,
    /// Intermediate read: a version that its own transaction went on to change.
    G1b,
    /// A version of a transaction that aborted was the base of a committed one.
    DirtyUpdate,
    /// Two transactions changed one version of a key that both had read.
    LostUpdate,
    /// Write cycle: ww alone.
    G0,
    /// The same, of a session.
    G0Process,
    /// The same, in real time.
    G0Realtime,
    /// Circular information flow: ww and wr.
    G1c,
    /// The same, of a session.
    G1cProcess,
    /// The same, in real time.
    G1cRealtime,
    /// Read skew: a cycle with one rw.
    GSingle,
    /// The same, of a session.
    GSingleProcess,
    /// The same, in real time.
    GSingleRealtime,
    /// A cycle with several rw, of which no two follow one another.
    GNonadjacent,
    /// The same, of a session.
    GNonadjacentProcess,
    /// The same, in real time.
    GNonadjacentRealtime,
    /// Write skew and its like: a cycle with several rw, of which two follow one another.
    G2Item,
    /// The same, of a session.
    G2ItemProcess,
    /// The same, in real time.
    G2ItemRealtime,
}

/// Names, and the weakest models that rule each out.
const TABLE: [(Anomaly, &str, &[Model]); 25] = {
    use Anomaly as A;
    use Model as M;
    [
        (A::Internal, "internal", &[M::ReadAtomic]),
        (A::FutureRead, "future-read", &[M::ReadAtomic]),
        (A::GarbageRead, "garbage-read", &[M::ReadCommitted]),
        (A::DuplicateElements, "duplicate-elements", &[M::ReadUncommitted]),
        (A::IncompatibleOrder, "incompatible-order", &[M::ReadCommitted]),
        (A::CyclicVersions, "cyclic-versions", &[M::ReadCommitted]),
        (A::G1a, "G1a", &[M::ReadCommitted]),
        (A::G1b, "G1b", &[M::ReadCommitted]),
        (A::DirtyUpdate, "dirty-update", &[M::ReadCommitted]),
        (A::LostUpdate, "lost-update", &[M::CursorStability]),
        (A::G0, "G0", &[M::ReadUncommitted]),
        (A::G0Process, "G0-process", &[M::StrongSessionReadUncommitted]),
        (A::G0Realtime, "G0-realtime", &[M::StrongReadUncommitted]),
        (A::G1c, "G1c", &[M::ReadCommitted]),
        (A::G1cProcess, "G1c-process", &[M::StrongSessionReadCommitted]),
        (A::G1cRealtime, "G1c-realtime", &[M::StrongReadCommitted]),
        (A::GSingle, "G-single", &[M::ConsistentView, M::RepeatableRead]),
        (A::GSingleProcess, "G-single-process", &[M::StrongSessionConsistentView]),
        (A::GSingleRealtime, "G-single-realtime", &[M::StrongConsistentView]),
        (A::GNonadjacent, "G-nonadjacent", &[M::SnapshotIsolation, M::RepeatableRead]),
        (A::GNonadjacentProcess, "G-nonadjacent-process", &[M::StrongSessionSnapshotIsolation]),
        (A::GNonadjacentRealtime, "G-nonadjacent-realtime", &[M::StrongSnapshotIsolation]),
        (A::G2Item, "G2-item", &[M::RepeatableRead]),
        (A::G2ItemProcess, "G2-item-process", &[M::StrongSessionSerializable]),
        (A::G2ItemRealtime, "G2-item-realtime", &[M::StrictSerializable]),
    ]
};

impl Anomaly {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(anomaly, ..)| *anomaly)
    }

    /// Its usual name, like `G-single-realtime`.
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The weakest models that rule it out.
    pub fn weakest_violated(self) -> Models {
        TABLE[self as usize].2.iter().copied().collect()
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
