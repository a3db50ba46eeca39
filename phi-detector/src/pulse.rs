use quorate_machine::Time;

use crate::Bug;

/// Which heartbeat of which life of its sender one is.
///
/// A relayed, repeated or late heartbeat says nothing new, and a detector that takes it for news trusts the dead. With a stamp it
/// is told apart: only a heartbeat with a later stamp than all before it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stamp {
    /// The sender's life: greater after each restart.
    pub generation: u64,
    /// The number of the heartbeat in that life: one greater with each.
    pub sequence: u64,
}

/// What a heartbeat was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// The first one that was heard of this sender.
    First,
    /// The next one, and so many between are missing (0 if heartbeats are not numbered).
    Next {
        /// How many numbers were left out.
        missed: u32,
    },
    /// The first one of a new life: what was learned of the old one is forgotten.
    Restarted,
    /// One that is no news: repeated, overtaken, relayed, or of a former life. It changes nothing.
    Stale,
}

/// When a peer was last heard, and what it said it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// When the silence began, on the clock that the caller measures silences with.
    pub(crate) last: u64,
    pub(crate) stamp: Stamp,
    pub(crate) heard: Heard,
}

/// What the last heartbeat was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Heard {
    /// There was none.
    #[default]
    Never,
    /// There was one without a stamp, and none with.
    Plain,
    /// There was one with a stamp.
    Stamped,
}

impl Pulse {
    /// Takes note of a heartbeat, and says what it was and how long the silence before it was.
    pub(crate) fn hear(&mut self, now: Time, stamp: Option<Stamp>) -> (Beat, u64) {
        let beat = self.judge(stamp);
        if beat == Beat::Stale {
            return (beat, 0);
        }
        let interval = now.as_nanos().saturating_sub(self.last);
        self.last =
            if Bug::ClockGoesBack.is_planted() { now.as_nanos() } else { self.last.max(now.as_nanos()) };
        if let Some(stamp) = stamp {
            (self.stamp, self.heard) = (stamp, Heard::Stamped);
        } else if self.heard == Heard::Never {
            self.heard = Heard::Plain;
        }
        (beat, interval)
    }

    /// What a heartbeat with this stamp is, after all before it.
    fn judge(&self, stamp: Option<Stamp>) -> Beat {
        let Some(stamp) = stamp.filter(|_| self.heard == Heard::Stamped) else {
            return if self.heard == Heard::Never { Beat::First } else { Beat::Next { missed: 0 } };
        };
        if stamp <= self.stamp {
            let trusted = Bug::StaleHeartbeatTrusted.is_planted();
            return if trusted { Beat::Next { missed: 0 } } else { Beat::Stale };
        }
        if stamp.generation > self.stamp.generation {
            let is_interval = Bug::RestartIsAnInterval.is_planted();
            return if is_interval { Beat::Next { missed: 0 } } else { Beat::Restarted };
        }
        let missed = stamp.sequence - self.stamp.sequence - 1;
        Beat::Next { missed: u32::try_from(missed).unwrap_or(u32::MAX) }
    }

    /// How long it has been silent.
    pub(crate) const fn silence(&self, now: Time) -> u64 {
        now.as_nanos().saturating_sub(self.last)
    }
}
