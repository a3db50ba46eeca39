use core::fmt;

/// What a database may promise about transactions.
///
/// As in Elle, and unlike in [`Level`](super::Level), no model knows of sessions or of real time unless its name says so: those
/// of sessions (`StrongSession…`) also keep the order of each process, the strong ones that of real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Model {
    /// Adya's PL-1.
    ReadUncommitted,
    /// Adya's PL-2.
    ReadCommitted,
    /// Adya's PL-CS: no update is lost.
    CursorStability,
    /// Cerone, Bernardi and Gotsman, CONCUR 2015.
    ReadAtomic,
    /// Cerone, Bernardi and Gotsman, CONCUR 2015.
    Causal,
    /// Adya's PL-2+: what is read together was true together.
    ConsistentView,
    /// Sovran et al., SOSP 2011.
    ParallelSnapshotIsolation,
    /// Burckhardt et al., ECOOP 2015.
    Prefix,
    /// Adya's PL-SI, without the order of starts in real time.
    SnapshotIsolation,
    /// Adya's PL-2.99.
    RepeatableRead,
    /// Adya's PL-3.
    Serializable,
    /// With the order of each session.
    StrongSessionReadUncommitted,
    /// With the order of each session.
    StrongSessionReadCommitted,
    /// With the order of each session.
    StrongSessionConsistentView,
    /// With the order of each session (Daudjee and Salem, VLDB 2006).
    StrongSessionSnapshotIsolation,
    /// With the order of each session (Daudjee and Salem, ICDE 2004).
    StrongSessionSerializable,
    /// In real time.
    StrongReadUncommitted,
    /// In real time.
    StrongReadCommitted,
    /// In real time.
    StrongConsistentView,
    /// In real time.
    StrongSnapshotIsolation,
    /// Serializable in real time (Papadimitriou, JACM 1979).
    StrictSerializable,
}

/// Names, and the strongest of the models that are weaker. Those come first in the table.
const TABLE: [(Model, &str, &[Model]); 21] = {
    use Model as M;
    [
        (M::ReadUncommitted, "read-uncommitted", &[]),
        (M::ReadCommitted, "read-committed", &[M::ReadUncommitted]),
        (M::CursorStability, "cursor-stability", &[M::ReadCommitted]),
        (M::ReadAtomic, "read-atomic", &[M::ReadCommitted]),
        (M::Causal, "causal", &[M::ReadAtomic]),
        (M::ConsistentView, "consistent-view", &[M::CursorStability]),
        (M::ParallelSnapshotIsolation, "parallel-snapshot-isolation", &[M::Causal, M::ConsistentView]),
        (M::Prefix, "prefix", &[M::Causal]),
        (M::SnapshotIsolation, "snapshot-isolation", &[M::ParallelSnapshotIsolation, M::Prefix]),
        (M::RepeatableRead, "repeatable-read", &[M::CursorStability]),
        (M::Serializable, "serializable", &[M::SnapshotIsolation, M::RepeatableRead]),
        (M::StrongSessionReadUncommitted, "strong-session-read-uncommitted", &[M::ReadUncommitted]),
        (
            M::StrongSessionReadCommitted,
            "strong-session-read-committed",
            &[M::ReadCommitted, M::StrongSessionReadUncommitted],
        ),
        (
            M::StrongSessionConsistentView,
            "strong-session-consistent-view",
            &[M::ConsistentView, M::StrongSessionReadCommitted],
        ),
        (
            M::StrongSessionSnapshotIsolation,
            "strong-session-snapshot-isolation",
            &[M::SnapshotIsolation, M::StrongSessionConsistentView],
        ),
        (
            M::StrongSessionSerializable,
            "strong-session-serializable",
            &[M::Serializable, M::StrongSessionSnapshotIsolation],
        ),
        (M::StrongReadUncommitted, "strong-read-uncommitted", &[M::StrongSessionReadUncommitted]),
        (
            M::StrongReadCommitted,
            "strong-read-committed",
            &[M::StrongSessionReadCommitted, M::StrongReadUncommitted],
        ),
        (
            M::StrongConsistentView,
            "strong-consistent-view",
            &[M::StrongSessionConsistentView, M::StrongReadCommitted],
        ),
        (
            M::StrongSnapshotIsolation,
            "strong-snapshot-isolation",
            &[M::StrongSessionSnapshotIsolation, M::StrongConsistentView],
        ),
        (
            M::StrictSerializable,
            "strict-serializable",
            &[M::StrongSessionSerializable, M::StrongSnapshotIsolation],
        ),
    ]
};

/// Each model with all that are weaker.
const WEAKER: [Models; TABLE.len()] = {
    let mut weaker = [Models::NONE; TABLE.len()];
    let mut at = 0;
    while at < TABLE.len() {
        let mut set = Models::NONE.with(TABLE[at].0);
        let mut nth = 0;
        while nth < TABLE[at].2.len() {
            set = set.union(weaker[TABLE[at].2[nth] as usize]);
            nth += 1;
        }
        weaker[at] = set;
        at += 1;
    }
    weaker
};

impl Model {
    /// All of them, each after those that are weaker.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(model, ..)| *model)
    }

    /// Its usual name, like `snapshot-isolation`.
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The model of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|model| model.name() == name)
    }

    /// Whether every history that this model allows is allowed by the other, too.
    pub const fn implies(self, other: Self) -> bool {
        WEAKER[self as usize].has(other)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Models(u32);

impl Models {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn with(self, model: Model) -> Self {
        Self(self.0 | 1 << model as u32)
    }

    /// All that are in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether this one is among them.
    pub const fn has(self, model: Model) -> bool {
        self.0 >> model as u32 & 1 == 1
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The models, the weaker first.
    pub fn iter(self) -> impl Iterator<Item = Model> {
        Model::all().filter(move |model| self.has(*model))
    }

    /// These and all that are stronger than one of them: what is violated along with them.
    #[must_use]
    pub fn and_stronger(self) -> Self {
        Model::all().filter(|model| self.iter().any(|weaker| model.implies(weaker))).collect()
    }

    /// Those of them that are stronger than no other of them.
    #[must_use]
    pub fn weakest(self) -> Self {
        let is_weakest = |model: &Model| !self.iter().any(|other| other != *model && model.implies(other));
        self.iter().filter(is_weakest).collect()
    }

    /// Those of them that are weaker than no other of them.
    #[must_use]
    pub fn strongest(self) -> Self {
        let is_strongest = |model: &Model| !self.iter().any(|other| other != *model && other.implies(*model));
        self.iter().filter(is_strongest).collect()
    }
}

impl FromIterator<Model> for Models {
    fn from_iter<I: IntoIterator<Item = Model>>(models: I) -> Self {
        models.into_iter().fold(Self::NONE, Self::with)
    }
}
