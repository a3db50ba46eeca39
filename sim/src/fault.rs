use core::{fmt, time::Duration};

use quorate_machine::{NodeId, Time};

/// A set of the nodes n1 to n64.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NodeSet(u64);

impl NodeSet {
    /// No node.
    pub const EMPTY: Self = Self(0);

    /// The nodes n1 to `nodes`.
    pub fn first(nodes: u8) -> Self {
        (1..=u64::from(nodes)).map(NodeId).collect()
    }

    /// This set and `node`. Ids outside 1 to 64 cannot be members.
    #[must_use]
    pub const fn with(self, node: NodeId) -> Self {
        Self(self.0 | Self::bit(node))
    }

    /// This set without `node`.
    #[must_use]
    pub const fn without(self, node: NodeId) -> Self {
        Self(self.0 & !Self::bit(node))
    }

    /// Whether `node` is a member.
    pub const fn contains(self, node: NodeId) -> bool {
        self.0 & Self::bit(node) != 0
    }

    /// How many nodes.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, rising.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        (1..=64).map(NodeId).filter(move |node| self.contains(*node))
    }

    const fn bit(node: NodeId) -> u64 {
        if node.0 == 0 || node.0 > 64 { 0 } else { 1 << (node.0 - 1) }
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        nodes.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, node) in self.iter().enumerate() {
            write!(f, "{}{node}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

/// When a fault strikes. Counts run over the whole run, across restarts, and start at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// At an instant of the world's clock.
    At(Time),
    /// Right after the node's n-th record, ticketed or not, was handed to its disk: nothing of it is synced, and the
    /// effects that follow in the same step never happen if the fault is a crash.
    AfterPersist {
        /// Whose record.
        node: NodeId,
        /// Which one.
        nth: u64,
    },
    /// Right after the node's n-th message left.
    AfterSend {
        /// Whose message.
        node: NodeId,
        /// Which one.
        nth: u64,
    },
    /// Right after the node's n-th event was told.
    AfterEvent {
        /// Whose event.
        node: NodeId,
        /// Which one.
        nth: u64,
    },
    /// Right after the n-th event, on any node, that [`Subject::is_leader_event`](crate::Subject::is_leader_event)
    /// recognises.
    AfterLeader {
        /// Which one.
        nth: u64,
    },
}

/// Whom a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// This node.
    Node(NodeId),
    /// The node that set off the trigger. Nobody, if the trigger is an instant.
    It,
}

/// What a crash destroys of the records that were handed to the disk and not synced. What remains, but for
/// [`Loss::Subset`], is always a prefix that contains everything acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// All of it survives: durable, and the machine was never told.
    Nothing,
    /// A random suffix is lost.
    Suffix,
    /// Everything unsynced is lost.
    All,
    /// Any of the unsynced records are lost, whatever came before or after them: only for a machine that claims to
    /// survive what no driver may do to it.
    Subset,
    /// The write is torn: the journal ends in the middle of some unsynced record. Like `Suffix` for a subject that does
    /// not [encode](crate::Subject::encode) its records.
    Torn,
    /// Each page of the journal's unsynced end was written or was not, in any order. Like `Suffix` for a subject that
    /// does not encode its records.
    Pages,
}

/// What strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The process ends, and starts again from its disk.
    Crash {
        /// Whose process.
        who: Who,
        /// How long until it starts again.
        down: Duration,
        /// What its disk loses.
        loss: Loss,
    },
    /// The process does nothing, then meets its backlog in order and late: a long collection, a migrated guest.
    Pause {
        /// Whose process.
        who: Who,
        /// For how long.
        span: Duration,
    },
    /// No message passes from one set to the other.
    Cut {
        /// The senders.
        from: NodeSet,
        /// The receivers.
        to: NodeSet,
        /// Whether it holds in the other direction as well.
        both: bool,
        /// For how long.
        span: Duration,
    },
    /// No message passes from or to this node.
    Isolate {
        /// Which node.
        who: Who,
        /// For how long.
        span: Duration,
    },
    /// Messages are held back, and arrive together when it is over.
    Clog {
        /// The senders.
        from: NodeSet,
        /// The receivers.
        to: NodeSet,
        /// Whether it holds in the other direction as well.
        both: bool,
        /// For how long.
        span: Duration,
    },
    /// The node's clock jumps.
    Jump {
        /// Whose clock.
        who: Who,
        /// By how much.
        by: Duration,
        /// Whether it jumps back.
        back: bool,
    },
    /// Syncs that begin take this much longer.
    Slow {
        /// Whose disk.
        who: Who,
        /// By how much.
        by: Duration,
        /// For how long.
        span: Duration,
    },
    /// The disk is full: the next write fails and ends the process, which starts again when there is space.
    Full {
        /// Whose disk.
        who: Who,
        /// For how long.
        span: Duration,
    },
    /// The process ends, and its disk is gone. It stays down for ever, unless the subject
    /// [survives that](crate::Subject::survives_wipe).
    Wipe {
        /// Whose disk.
        who: Who,
        /// How long until a node that survives it starts again, with nothing.
        down: Duration,
    },
    /// A few synced bits of the journal turn over, which the next start finds out. The node then stays down for ever.
    Rot {
        /// Whose disk.
        who: Who,
    },
    /// A frame of the journal was written over another one, which the next start finds out. The node then stays down for
    /// ever.
    Misdirect {
        /// Whose disk.
        who: Who,
    },
}

impl Fault {
    /// Whom the fault strikes, if it strikes one node.
    pub(crate) const fn who(&self) -> Option<Who> {
        match *self {
            Self::Crash { who, .. }
            | Self::Pause { who, .. }
            | Self::Isolate { who, .. }
            | Self::Jump { who, .. }
            | Self::Slow { who, .. }
            | Self::Full { who, .. }
            | Self::Wipe { who, .. }
            | Self::Rot { who }
            | Self::Misdirect { who } => Some(who),
            Self::Cut { .. } | Self::Clog { .. } => None,
        }
    }

    /// How long it lasts, if it has an end.
    pub(crate) const fn span(&self) -> Option<Duration> {
        match *self {
            Self::Crash { down, .. } | Self::Wipe { down, .. } => Some(down),
            Self::Pause { span, .. }
            | Self::Cut { span, .. }
            | Self::Isolate { span, .. }
            | Self::Clog { span, .. }
            | Self::Slow { span, .. }
            | Self::Full { span, .. } => Some(span),
            Self::Jump { .. } | Self::Rot { .. } | Self::Misdirect { .. } => None,
        }
    }

    /// Whether the fault names whoever set off its trigger.
    pub(crate) const fn is_about_it(&self) -> bool {
        matches!(self.who(), Some(Who::It))
    }

    /// Whether it concerns the bytes under the records.
    pub(crate) const fn is_about_bytes(&self) -> bool {
        matches!(
            self,
            Self::Crash { loss: Loss::Torn | Loss::Pages, .. } | Self::Rot { .. } | Self::Misdirect { .. }
        )
    }
}
