use crate::{NodeId, Tag, Ticket};

/// What happens to a machine. Each input answers an effect or a deadline: Receive answers Send, Submit is answered
/// by Emit, Persisted answers Persist, Wake answers the deadline.
///
/// Exhaustive on purpose: a fifth input would have to be met by every machine and every driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<M, C> {
    /// A peer's message arrived. `from` is authentic; everything else may be nonsense, late, or a repetition.
    Receive {
        /// Who sent it.
        from: NodeId,
        /// What it says.
        message: M,
    },
    /// The local caller asks for something. Exactly one event will carry this tag.
    Submit {
        /// The caller's name for this command.
        tag: Tag,
        /// What it asks for.
        command: C,
    },
    /// Everything up to and including this ticket is on stable storage. May come late, twice, or never.
    Persisted(Ticket),
    /// The deadline may have been reached. Too early is harmless.
    Wake,
}

/// What a machine does to the world. Effects are a list in causal order.
///
/// Exhaustive on purpose: whatever else a machine needs of its host is an event it emits and a command that
/// answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect<M, R, E> {
    /// Send this now. It may be lost, duplicated, reordered, delayed for ever. Never to the machine itself.
    Send {
        /// Whom it is for.
        to: NodeId,
        /// What it says.
        message: M,
    },
    /// Append this to the journal, in order.
    Persist {
        /// To be acknowledged once durable; `None` for a lazy record, durable with the next synced one.
        ticket: Option<Ticket>,
        /// What to keep.
        record: R,
    },
    /// Tell the local caller.
    Emit(E),
}
