use alloc::vec::{Drain, Vec};

use crate::{Effect, NodeId, Ticket};

/// Where a step puts its effects: one list, in causal order, owned by the caller.
///
/// One outbox serves one machine instance for its whole life, since it numbers the tickets. Drain it between
/// steps; it keeps its memory, so a driver in its steady state allocates nothing here.
///
/// ```
/// use quorate_machine::{Effect, NodeId, Outbox};
///
/// let mut out: Outbox<&str, &str, &str> = Outbox::new();
/// let ticket = out.persist("vote for n2");
/// out.send(NodeId(2), "have you heard?");
/// assert!(out.has_issued(ticket));
/// assert_eq!(out.drain().count(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Outbox<M, R, E> {
    effects: Vec<Effect<M, R, E>>,
    issued: Ticket,
}

impl<M, R, E> Outbox<M, R, E> {
    /// An empty outbox that has issued no ticket.
    pub const fn new() -> Self {
        Self { effects: Vec::new(), issued: Ticket::NONE }
    }

    /// Asks for `message` to be sent to `to`.
    pub fn send(&mut self, to: NodeId, message: M) {
        self.effects.push(Effect::Send { to, message });
    }

    /// Asks for `record` to be made durable, and says under which ticket that will be acknowledged.
    pub fn persist(&mut self, record: R) -> Ticket {
        let ticket = Ticket(self.issued.0.saturating_add(1));
        self.issued = ticket;
        self.effects.push(Effect::Persist { ticket: Some(ticket), record });
        ticket
    }

    /// Asks for `record` to be kept without waiting: written in order, durable with the next synced record.
    pub fn note(&mut self, record: R) {
        self.effects.push(Effect::Persist { ticket: None, record });
    }

    /// Tells the local caller.
    pub fn emit(&mut self, event: E) {
        self.effects.push(Effect::Emit(event));
    }

    /// Whether this outbox ever issued `ticket`. A machine ignores an acknowledgement of one that was not.
    pub fn has_issued(&self, ticket: Ticket) -> bool {
        ticket <= self.issued
    }

    /// The latest ticket issued, [`Ticket::NONE`] before the first.
    pub const fn issued(&self) -> Ticket {
        self.issued
    }

    /// Takes the effects out, in order, leaving the memory for the next step.
    pub fn drain(&mut self) -> Drain<'_, Effect<M, R, E>> {
        self.effects.drain(..)
    }

    /// The effects that wait to be drained, in order.
    pub fn effects(&self) -> &[Effect<M, R, E>] {
        &self.effects
    }

    /// Whether nothing waits to be drained.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    /// How many effects wait to be drained.
    pub fn len(&self) -> usize {
        self.effects.len()
    }

    /// Steps an embedded machine into `inner`, numbering its tickets after this outbox's own, and hands each of its
    /// effects to `place`, which puts what becomes of it into this outbox.
    ///
    /// Place records with [`Outbox::place_record`], so that they keep the ticket the embedded machine waits for.
    /// An event that makes the outer machine persist something of its own must be remembered until `embed` is
    /// over, so that tickets leave in rising order.
    pub fn embed<M2, R2, E2>(
        &mut self,
        inner: &mut Outbox<M2, R2, E2>,
        step: impl FnOnce(&mut Outbox<M2, R2, E2>),
        mut place: impl FnMut(Effect<M2, R2, E2>, &mut Self),
    ) {
        inner.issued = self.issued;
        step(inner);
        self.issued = inner.issued;
        for effect in inner.effects.drain(..) {
            place(effect, self);
        }
    }

    /// Passes on a record of an embedded machine under the ticket it already has.
    pub fn place_record(&mut self, ticket: Option<Ticket>, record: R) {
        debug_assert!(
            ticket.is_none_or(|t| self.has_issued(t)),
            "the ticket of an embedded record is foreign"
        );
        self.effects.push(Effect::Persist { ticket, record });
    }
}

impl<M, R, E> Default for Outbox<M, R, E> {
    fn default() -> Self {
        Self::new()
    }
}
