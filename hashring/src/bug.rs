//! Classic mistakes, one line each at the place where it matters; compiled in only under `--cfg quorate_bugs`.
//!
//! Values have no configuration that could carry the mistake, so it is planted for the thread.

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A classic mistake in placing a key.
        #[cfg_attr(not(quorate_bugs), expect(unreachable_pub, reason = "public in the other configuration"))]
        #[allow(dead_code, reason = "without a feature its mistakes have no place")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Bug { $($(#[$doc])* $name,)* }

        #[cfg(quorate_bugs)]
        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

bugs! {
    /// Nodes whose tokens or scores are equal are told apart by where they happen to lie, not by their names.
    TieByIndex,
    /// A node comes twice among the preferences of a key.
    PreferTwice,
    /// The hashes after a key's first are made by a mixer that keeps most bits where they are.
    BiasedMixer,
    /// The name of a node and the number of its token run into each other.
    TokenNamesRunTogether,

    // Copies.
    /// A domain that must not be shared is shared rather than a copy left out.
    StrictShares,
    /// Some domains get all that is left over, as long as the key prefers them.
    EvenIsGreedy,
    /// A domain gets its share although it cannot take it.
    ShareIgnoresRoom,
    /// That copies are missing is not said.
    ShortfallHidden,
    /// Copies move up although each should keep its position.
    PositionsShift,

    // Bounded loads.
    /// A key goes to its first node, whatever that has.
    BoundUnchecked,
    /// The load that is about to come is not counted when it is asked who has room.
    CapacityOfNow,
    /// The load of a node that has left counts on.
    LoadOutlivesNode,
    /// A hash tag without anything in it is one.
    TagMayBeEmpty,
    /// Nodes that are written close the gaps that others have left.
    SerdeClosesGaps,
    /// A jump multiplies before it divides, and so rounds once where the paper rounds twice.
    JumpRoundsOnce,
    /// A bucket beyond the last is brought back by a division, where the paper draws again.
    JumpBackReduces,
    /// What was on a removed bucket goes to whoever stands at a position now, not when the bucket was removed.
    AnchorForgetsHistory,
    /// A chain of buckets that held one position is followed to its end, however long it is.
    AnchorChainUnguarded,
    /// What is written says which buckets are removed, not in which order.
    AnchorForgetsOrder,
    /// Who has seen an older state of a table may change it.
    StaleEpochAccepted,
    /// A rebalancing also moves slots of nodes that have no more than they shall have.
    RebalanceMovesTooMuch,
    /// Nodes take slots in the order of their indexes.
    MaglevFollowsIndex,
    /// A hash that is a token is on the node after.
    TokenOwnsNotItself,
    /// What lies after the last token is on its owner.
    WrapSkipped,
    /// A node that leaves or weighs less keeps its tokens.
    GhostTokens,
    /// How much a node wants a hash is said by numbers that are only combined, not mixed.
    HrwScoresUnmixed,
    /// Weights divide the distance to the greatest number, not its logarithm.
    HrwIsLinear,
    /// Copies stay where they are if no single move brings them where they are wanted.
    ChainsForgotten,
    /// Which replica owns a slot is left to chance.
    OwnersAsTheyCome,
    /// A key that a range begins with is looked for in the range before it.
    BoundaryGoesLeft,
    /// Ranges are merged that are not neighbours.
    MergeOfStrangers,
    /// Ranges are merged whenever they need not be split.
    MergeRateIsSplitRate,
    /// A range is split although one key has most of its load.
    HotKeySplit,
    /// A counter that is taken over for another key does not say that it has counted others.
    ErrorForgotten,
    /// ketama's tokens are counted in double precision.
    KetamaCountsInDouble,
    /// Tokens that come between others are not counted by the index.
    IndexMissesNewcomers,
    /// The first node by name gives to whoever comes, not who has the most.
    AllocateFromTheFirst,
    /// A plan leaves out the arc that goes through zero.
    PlanForgetsTheWrap,
    /// A copy is dropped before there is one in its place.
    WaveDropsFirst,
    /// Whoever goes on with a plan does again what is done.
    ProgressForgetsDone,
    /// What is read about who has a slot is believed.
    SerdeBelievesReplicas,
    /// Ranges are read in any order.
    SerdeUnsortedRanges,
}

#[cfg(quorate_bugs)]
mod planted {
    extern crate std;

    use super::Bug;
    use core::cell::Cell;

    std::thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    impl Bug {
        /// Makes this thread's placements make this mistake from now on; `None` makes them whole again.
        pub fn plant(bug: Option<Self>) {
            PLANTED.set(bug);
        }

        pub(crate) fn is_planted(self) -> bool {
            PLANTED.get() == Some(self)
        }
    }
}

#[cfg(not(quorate_bugs))]
impl Bug {
    #[expect(clippy::unused_self, reason = "without the mistakes there is nothing to ask")]
    pub(crate) const fn is_planted(self) -> bool {
        false
    }
}
