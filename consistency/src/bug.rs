//! Classic mistakes, one line each at the place where it matters; compiled in only under `--cfg quorate_bugs`.

use crate::options::Options;

/// A classic mistake in a checker of linearizability.
#[cfg_attr(not(quorate_bugs), expect(unreachable_pub, reason = "public in the other configuration"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bug {
    /// Whatever leaves the present state as it is, is put in order at once, as if it could not change another state.
    CommitsWhatChangesNothing,
    /// A pending operation takes a slot among those that returning ones leave, so that sets of pending ones mix with them.
    PendingReusesSlots,
    /// A pending operation must have taken effect in the end.
    PendingForced,
    /// A pending operation is never taken to have had an effect.
    PendingNeverTried,
    /// Of equal pending operations only the first can have had an effect.
    EqualPendingOnce,
    /// What was tried with more pending operations rules out what is tried with fewer, instead of the reverse.
    DominatedBySuperset,
    /// A pending write that nobody sees is left out, although a compare-and-set may have missed its value for it.
    UnseenLeftOut,
    /// What a compare-and-set has missed counts as seen by nobody.
    MissesOverlooked,
    /// What is shown later must contain what is held now, whatever is written between.
    LooksPastOthers,
    /// What is shown later rules out states without a word on which return nothing explains.
    LooksPastTheCulprit,
    /// The memo forgets which open operations are in the order already.
    MemoIgnoresOpen,
    /// The memo forgets how far the search was.
    MemoIgnoresPlace,
    /// The memo forgets the state.
    MemoIgnoresState,
    /// A read that cannot return is let go.
    ReadsLetGo,
    /// All keys are one object.
    KeysIgnored,
    /// A search that runs out of steps is taken for a success.
    BudgetMeansOk,
    /// Of the states after an operation only the first is followed.
    FirstStateOnly,
    /// The online mode takes an operation for done that turns out to have failed.
    OnlineKeepsFailed,
    /// Two values of a register that are held one right after the other are taken to be held at once.
    ZonesTouch,
    /// A value that need be held for one moment alone may be held while another is.
    BackwardZonesIgnored,
    /// What one read of a growing set has seen, a later one need not.
    GrowthForgets,
    /// What a read of a growing set has seen may be added after it.
    GrowthIgnoresTime,
    /// A value may be taken out of a queue or a stack twice.
    TakenTwice,
    /// A queue or a stack may be found empty at any time.
    NothingFoundAnywhere,
    /// What is put into a queue in one order may be taken out in another.
    TakesInAnyOrder,
    /// The value at the bottom of a stack may be popped before those above it.
    BottomPoppedAnytime,
    /// A dequeue or a pop of which nobody knows what it took has taken nothing.
    UnknownTakesIgnored,
    /// Of intervals that touch, one has ended before the other begins.
    TiesReturnFirst,
    /// What is owed in a search for a k-atomic order may come one write later than it must.
    DebtsPaidLate,
    /// A search for a k-atomic order takes what is left for independent although a write is owed.
    DebtsForgotten,
    /// Sequential consistency is judged key by key, as linearizability may be.
    SequentialByKey,
    /// The memo of the search for a sequential order forgets the state.
    SequentialMemoIgnoresState,
    /// What a process read is not before what it does then.
    ReadsFromIgnored,
    /// What a process did and saw is forgotten at its next operation.
    ProgramOrderIgnored,
    /// Reads of the first value are never checked.
    InitialReadsUnchecked,
    /// What nobody wrote may be read.
    ThinAirAllowed,
    /// What a process wrote itself does not hide what was there before.
    OwnWritesInvisible,
    /// Conflicts are compared two by two, not followed round a longer cycle.
    ConflictsOneStep,
    /// The closure of a process's view ends after one round, before what that has added is put in order.
    ClosureStopsEarly,
    /// A read that does not cover what an earlier one did is compared with the first read only.
    MonotonicReadsFirstOnly,
    /// Writes follow the last read of their session, not all of them.
    WritesFollowLastRead,
    /// A session that covers a later write of another need not cover the earlier ones.
    MonotonicWritesIgnored,
}

impl Options {
    #[cfg(quorate_bugs)]
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    #[cfg(not(quorate_bugs))]
    #[expect(clippy::unused_self, reason = "the other configuration asks the options")]
    pub(crate) const fn has(&self, _: Bug) -> bool {
        false
    }
}

/// The classic mistake that a checker without options makes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mistake(#[cfg(quorate_bugs)] pub(crate) Option<Bug>);

impl Mistake {
    #[cfg(quorate_bugs)]
    pub(crate) fn is(self, bug: Bug) -> bool {
        self.0 == Some(bug)
    }

    #[cfg(not(quorate_bugs))]
    #[expect(clippy::unused_self, reason = "the other configuration asks it")]
    pub(crate) const fn is(self, _: Bug) -> bool {
        false
    }
}

#[cfg(quorate_bugs)]
impl Bug {
    /// All of them.
    pub const ALL: [Self; 42] = [
        Self::CommitsWhatChangesNothing,
        Self::PendingReusesSlots,
        Self::PendingForced,
        Self::PendingNeverTried,
        Self::EqualPendingOnce,
        Self::DominatedBySuperset,
        Self::UnseenLeftOut,
        Self::MissesOverlooked,
        Self::MemoIgnoresOpen,
        Self::MemoIgnoresPlace,
        Self::MemoIgnoresState,
        Self::LooksPastOthers,
        Self::LooksPastTheCulprit,
        Self::ReadsLetGo,
        Self::KeysIgnored,
        Self::BudgetMeansOk,
        Self::FirstStateOnly,
        Self::OnlineKeepsFailed,
        Self::ZonesTouch,
        Self::BackwardZonesIgnored,
        Self::GrowthForgets,
        Self::GrowthIgnoresTime,
        Self::TakenTwice,
        Self::NothingFoundAnywhere,
        Self::TakesInAnyOrder,
        Self::BottomPoppedAnytime,
        Self::UnknownTakesIgnored,
        Self::TiesReturnFirst,
        Self::DebtsPaidLate,
        Self::DebtsForgotten,
        Self::SequentialByKey,
        Self::SequentialMemoIgnoresState,
        Self::ReadsFromIgnored,
        Self::ProgramOrderIgnored,
        Self::InitialReadsUnchecked,
        Self::ThinAirAllowed,
        Self::OwnWritesInvisible,
        Self::ConflictsOneStep,
        Self::ClosureStopsEarly,
        Self::MonotonicReadsFirstOnly,
        Self::WritesFollowLastRead,
        Self::MonotonicWritesIgnored,
    ];
}
