//! Classic mistakes, one line each at the place where it matters; compiled in only under `--cfg quorate_bugs`.
//!
//! Values have no configuration that could carry the mistake, so it is planted for the thread.

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A classic mistake in a logical clock.
        #[cfg_attr(not(quorate_bugs), expect(unreachable_pub, reason = "public in the other configuration"))]
        #[cfg_attr(not(quorate_bugs), allow(dead_code, reason = "each feature makes its own"))]
        #[allow(dead_code, reason = "without a feature its mistakes have no place")]
        #[cfg_attr(not(quorate_bugs), allow(dead_code, reason = "some are mistakes of a feature"))]
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
    // Vector clocks.
    /// A merge keeps the smaller counter.
    MergeTakesMin,
    /// Equal clocks are reported as concurrent.
    EqualIsConcurrent,
    /// A member that has seen nothing of an actor is left out when what is stable is counted.
    StableIgnoresSilence,
    /// A message is delivered as soon as its sender's earlier ones have been.
    BufferDeliversEarly,

    // Causal broadcast.
    /// A message leaves before it is on disk, so that its sender may forget it and use its dot again.
    SendsBeforeDurable,
    /// A message is delivered whatever it follows.
    DeliversUnordered,
    /// What was lost is never asked for.
    NeverAsks,
    /// A restarted node counts from its snapshot on, whatever its store holds.
    CountsAnew,
    /// A digest of a former birth counts for the present one.
    HearsTheDead,
    /// What the snapshot includes is forgotten, although a member may lack it.
    PrunesUnstable,
    /// What was delivered before another's state was taken is not delivered again after it.
    InstallForgets,
    /// Another's state is taken although it takes back what was delivered.
    InstallTakesBack,
    /// A node that was removed still holds back what is stable.
    RemovedHoldBack,

    // Causal contexts.
    /// The floor of a context rises over a gap.
    ContextSkipsGap,
    /// A union takes in the other's floors alone.
    ContextUnionForgetsBlocks,
    /// What the other lacks below its latest event is not told.
    DiffLosesGaps,
    /// A sync takes in that writes have been seen, without their values.
    SyncLosesDot,
    /// A sync keeps what the other side has discarded.
    SiblingsInvent,
    /// A write does not overwrite what its context has seen.
    SiblingsKeepSeen,
    /// A replica that has forgotten its dots makes them again.
    AmnesiaUnnoticed,

    // Clocks that tell a time.
    /// A Lamport clock counts a message that it receives, and does not look at its time.
    LamportIgnoresReceived,
    /// The counter of a hybrid clock carries into its time.
    HlcCounterCarries,
    /// A hybrid clock goes on counting when time moves on.
    HlcKeepsCounter,
    /// A hybrid clock that starts again does not go on from its bound.
    HlcForgetsBound,
    /// A hybrid clock takes in a received stamp before it checks how far ahead that is.
    HlcAcceptsDrift,
    /// A hybrid clock refuses stamps from the past as it does those from the future.
    HlcRefusesThePast,
    /// A hybrid clock stamps what it receives as if nobody had sent it.
    HlcIgnoresRemote,

    // Interval tree clocks.
    /// Of a fork both get the same half.
    ItcForkOverlaps,
    /// Filling gaps is taken for an event, also where there are none to fill.
    ItcEventStandsStill,
    /// A join keeps one of the histories.
    ItcJoinLosesEvents,
    /// Of bytes that are not in normal form a stamp is made all the same.
    ItcDecodesAnyForm,

    // Bloom clocks.
    /// An event raises one counter less than there are hashes.
    BloomForgetsAHash,
    /// A merge keeps what was there.
    BloomMergeKeeps,

    // Bytes.
    /// Decoding reads a counter of zero as one.
    DecodeForgivesZero,
    /// Decoding takes actors in any order.
    DecodeUnsorted,
    /// Decoding takes numbers that are longer than they need to be.
    VarintNotMinimal,
    /// Decoding ignores what follows after a value.
    TrailingBytesAccepted,
    /// Decoding takes a block of a context that has no events.
    DecodeKeepsEmptyBlocks,
    /// Formats of `serde` for programs may hold the actors in any order.
    SerdeUnsorted,

    // Logs.
    /// A host need not count its events one by one.
    ShivizSkipsOwnTick,
    /// A clock need not hold all that what it has heard of knew.
    ShivizSkipsMerge,
    /// What a message told is told again by whomever its sender had heard from.
    ShivizTellsTwice,
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
        /// Makes this thread's clocks make this mistake from now on; `None` makes them whole again.
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
