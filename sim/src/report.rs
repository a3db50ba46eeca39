use core::{fmt, ops::AddAssign, time::Duration};

use crate::{plan::Expect, recording::Recording};

/// What one run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Equal for equal runs: a hash over every step and the final states.
    pub fingerprint: u64,
    /// How many inputs the machines were fed.
    pub events: u64,
    /// How much virtual time passed.
    pub virtual_time: Duration,
    /// How it ended.
    pub verdict: Verdict,
    /// Why, at length, in several lines: of a history that no order explains.
    pub explanation: Option<String>,
    /// What the run reached.
    pub counters: Counters,
    /// How often each of the subject's [marks](crate::Subject::marks) was hit.
    pub marks: Marks,
    /// The latest moments; empty unless asked for.
    pub recording: Recording,
}

/// Rare things that a whole suite must have met, and how often it has: the test of the test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks(Vec<(&'static str, u64)>);

impl Marks {
    /// These marks, none of them hit.
    pub fn new(names: &[&'static str]) -> Self {
        Self(names.iter().map(|name| (*name, 0)).collect())
    }

    /// This rare thing happened. A name that the subject does not declare is added.
    pub fn hit(&mut self, name: &'static str) {
        self.count(name, 1);
    }

    /// Names and counts, as declared.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().copied()
    }

    /// Those that were never hit.
    pub fn missed(&self) -> Vec<&'static str> {
        self.iter().filter(|(_, count)| *count == 0).map(|(name, _)| name).collect()
    }

    fn count(&mut self, name: &'static str, times: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += times,
            None => self.0.push((name, times)),
        }
    }
}

impl AddAssign<&Self> for Marks {
    fn add_assign(&mut self, other: &Self) {
        other.iter().for_each(|(name, count)| self.count(name, count));
    }
}

impl fmt::Display for Marks {
    /// One `name count` per line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|(name, count)| writeln!(f, "  {name:<62}{count:>12}"))
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything held, and the core got where it must get.
    Passed,
    /// Something that must hold did not.
    Violated {
        /// Which invariant.
        invariant: &'static str,
        /// After how many inputs.
        at: u64,
        /// How.
        why: String,
    },
    /// Whether something holds that must hold could not be told: its search was given up.
    Undecided {
        /// Which invariant.
        invariant: &'static str,
        /// Why not.
        why: String,
    },
    /// The healed core did not get where it must get.
    Stuck {
        /// Who says so: an invariant, or `at rest` for the subject itself.
        invariant: &'static str,
        /// What is missing.
        why: String,
    },
    /// The plan destroyed more copies than the machine claims to survive: nobody can be blamed for not going on.
    Unrecoverable {
        /// What was destroyed.
        why: String,
    },
}

impl Verdict {
    /// Whether everything held.
    pub const fn is_passed(&self) -> bool {
        matches!(self, Self::Passed)
    }

    /// Whether this is how the plan says that it ends.
    pub const fn meets(&self, expect: Expect) -> bool {
        match expect {
            Expect::Passed => matches!(self, Self::Passed),
            Expect::Unrecoverable => matches!(self, Self::Unrecoverable { .. }),
        }
    }

    /// What was violated, is stuck or could not be decided.
    pub const fn invariant(&self) -> Option<&'static str> {
        match self {
            Self::Passed => None,
            Self::Violated { invariant, .. }
            | Self::Stuck { invariant, .. }
            | Self::Undecided { invariant, .. } => Some(invariant),
            Self::Unrecoverable { .. } => Some("recoverable"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Violated { invariant, at, why } => {
                write!(f, "violated after {at} events: {invariant}: {why}")
            }
            Self::Undecided { invariant, why } => write!(f, "undecided: {invariant}: {why}"),
            Self::Stuck { invariant, why } => write!(f, "stuck: {invariant}: {why}"),
            Self::Unrecoverable { why } => write!(f, "unrecoverable: {why}"),
        }
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How often things happened: what a run, or a whole check, has reached.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counters { $($(#[$doc])* pub $name: u64,)* }

        impl Counters {
            /// Names and counts, in the order of declaration.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)*].into_iter()
            }
        }

        impl AddAssign for Counters {
            fn add_assign(&mut self, other: Self) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

counters! {
    /// Messages handed to the network.
    sent,
    /// Messages that arrived, copies included.
    delivered,
    /// Messages lost by chance.
    lost,
    /// Messages that met a cut.
    cut,
    /// Messages that came twice.
    duplicated,
    /// Old messages that came again.
    replayed,
    /// Messages that took unusually long.
    spiked,
    /// Messages dropped by a link that was full.
    overflowed,
    /// Messages that arrived damaged, and were thrown away.
    corrupted,
    /// Messages that reached a node that was down.
    missed,
    /// Messages to nodes that do not exist.
    stray,
    /// Client commands submitted.
    commands,
    /// Client commands for a node that was down.
    unreachable,
    /// Events told.
    told,
    /// Records handed to the disks.
    persisted,
    /// Syncs that ended.
    syncs,
    /// Crashes that lost nothing that was handed to the disk.
    crashes_losing_nothing,
    /// Crashes that lost a suffix of the unsynced records.
    crashes_losing_suffix,
    /// Crashes that lost all unsynced records.
    crashes_losing_all,
    /// Crashes that lost any of the unsynced records.
    crashes_losing_subset,
    /// Crashes that tore the last write.
    crashes_torn,
    /// Crashes that lost pages of the unsynced end.
    crashes_losing_pages,
    /// Records that crashes destroyed.
    records_lost,
    /// Crashes after which something was durable that the machine had never been told of.
    never_told,
    /// Crashes by an event trigger in the middle of a step's effects.
    crashes_mid_step,
    /// Recoveries from an image.
    restarts,
    /// Checkpoints taken.
    checkpoints,
    /// Checkpoints that replaced a journal.
    checkpoints_done,
    /// Pauses.
    pauses,
    /// Cuts and isolations.
    cuts,
    /// Clogs.
    clogs,
    /// Clock jumps forward.
    jumps,
    /// Clock jumps back.
    jumps_back,
    /// Spells of slow syncs.
    slowed,
    /// Processes that ended because their disk was full.
    filled,
    /// Disks that were wiped.
    wipes,
    /// Journals some of whose synced bits turned over.
    rots,
    /// Frames written over others.
    misdirections,
    /// Starts that found a damaged journal.
    damage_noticed,
    /// Starts that found a journal shorter than it should be, by damage that nothing could tell.
    damage_missed,
    /// Faults set off by an event rather than an instant.
    triggered,
    /// Events that say their node now leads.
    leaders,
}

impl fmt::Display for Counters {
    /// One `name count` per line; what never happened comes last, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in self.iter().filter(|(_, count)| *count > 0) {
            writeln!(f, "  {name:<62}{count:>12}")?;
        }
        let never: Vec<_> = self.iter().filter(|(_, count)| *count == 0).map(|(name, _)| name).collect();
        if never.is_empty() { Ok(()) } else { writeln!(f, "  never: {}", never.join(", ")) }
    }
}
