//! Classic mistakes, one line each at the place where it matters; compiled in only under `--cfg quorate_bugs`.
//!
//! Models are values without a configuration that could carry the mistake, so it is planted for the thread. A monitor, which is
//! a machine, plants what its own configuration names.

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A classic mistake in suspecting somebody.
        #[cfg_attr(not(quorate_bugs), expect(unreachable_pub, reason = "public in the other configuration"))]
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
    // Models.
    /// The mean is heartbeats per time, not time per heartbeat.
    MeanInverted,
    /// How many intervals there are is read off where the next one goes.
    CursorIsLength,
    /// The probability is computed before its logarithm, so that φ is infinite where the probability is below what a float
    /// can be.
    TailUnderflows,
    /// φ counts factors of e, not of ten.
    PhiInNats,
    /// A heartbeat that follows on lost ones is late by as many intervals.
    LostAreForgotten,
    /// Where an old arrival leaves, what it said of all later ones stays.
    OldestLeavesAlone,
    /// The earlier of two expectations is what counts.
    EarlierWindowWins,
    /// Heartbeats are late, but never lost.
    LossIsNoRisk,
    /// An interval that is far longer than the others is one of them.
    BodyTakesOutliers,
    /// What leaves the window leaves the body, wherever it was counted.
    OutliersLeaveTheBody,
    /// What was not seen yet has no probability.
    NothingIsUnseen,
    /// A run of lost heartbeats is one lost heartbeat.
    RunIsOneLoss,

    // Detectors.
    /// A heartbeat that is older than the last one is taken for news.
    StaleHeartbeatTrusted,
    /// A heartbeat of a new life of the sender is one interval after the last of the old life.
    RestartIsAnInterval,
    /// A clock that goes backwards takes the last heartbeat along.
    ClockGoesBack,
    /// The time from an excuse to the next heartbeat is an interval.
    ExcuseIsLearned,

    // Measuring them.
    /// A peer counts as alive after its crash, so that to suspect it is a mistake for ever, or accuracy is flattered.
    AliveAfterCrash,
    /// The first suspicion after a crash is the detection, though a heartbeat on its way undid it.
    DetectedAtOnce,
    /// Mistakes recur after the end of the last one, not after its beginning.
    RecurrenceFromTrust,
    /// The model is asked about an interval that it has learned already.
    JudgedInHindsight,
    /// A heartbeat that is no news counts as one that was in time.
    StaleIsATrial,
    /// Both limits have all of the risk.
    RiskTakenTwice,

    // Monitors.
    /// The monitor's own pause is one long interval of every peer.
    PauseIsAnInterval,
    /// The monitor's own pause is silence of every peer.
    PauseIgnored,
    /// A peer is forgotten by name alone.
    ForgottenIsTold,
    /// Who is watched in the place of a forgotten peer is taken to have sent that one's heartbeats.
    PlaceIsNotCleared,
    /// Whoever is watched again, although it is watched already, begins anew.
    WatchedAnew,
    /// Of a peer that was away nothing is learned, however often it is.
    AwayIsNeverLearned,
    /// What is due earlier than before is looked at when it would have been.
    EarlierIgnored,
    /// That somebody was heard is noticed when it would have been too late.
    CorrectedWhenDue,
    /// Heartbeats leave before it is on disk which life they are of.
    BeatsBeforeDurable,
    /// A node that was away sends all heartbeats that it has missed.
    MissedBeatsMadeUp,
    /// Whoever comes when its time of the round is over is sent a heartbeat at once, and the next one less than a beat later.
    JoinsAtOnce,
    /// Losses of a made-up trace come one by one, whatever was lost before.
    LossForgets,
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
        /// Makes this thread's detectors make this mistake from now on; `None` makes them whole again.
        pub fn plant(bug: Option<Self>) {
            PLANTED.set(bug);
        }

        /// The mistake that this thread's detectors make.
        pub fn planted() -> Option<Self> {
            PLANTED.get()
        }

        pub(crate) fn is_planted(self) -> bool {
            PLANTED.get() == Some(self)
        }
    }

    /// Makes this thread's detectors make a mistake as long as it lives: for a step of a machine that has it configured.
    pub(crate) struct Planted(Option<Bug>);

    impl Planted {
        pub(crate) fn new(bug: Bug) -> Self {
            Self(PLANTED.replace(Some(bug)))
        }
    }

    impl Drop for Planted {
        fn drop(&mut self) {
            PLANTED.set(self.0);
        }
    }
}

#[cfg(quorate_bugs)]
pub(crate) use planted::Planted;

#[cfg(not(quorate_bugs))]
impl Bug {
    #[expect(clippy::unused_self, reason = "without the mistakes there is nothing to ask")]
    pub(crate) const fn is_planted(self) -> bool {
        false
    }
}
