//! Where the effects of a step go: peers, the journal, the application.

use std::{collections::BTreeMap, sync::Arc};

use quorate_machine::{Effect, EffectOf, Machine, NodeId, Time};

use crate::{
    Application, Commands, Metrics, RunError,
    handle::CommandOf,
    ledger::Ledger,
    transport::{Queued, SendQueue},
};

pub(crate) type MessageOf<A> = <<A as Application>::Machine as Machine>::Message;
pub(crate) type RecordOf<A> = <<A as Application>::Machine as Machine>::Record;

/// The queue of one peer, and whether this turn put something into it.
pub(crate) struct Peer {
    pub(crate) queue: Arc<SendQueue>,
    pub(crate) touched: bool,
}

/// What stands around the machine.
pub(crate) struct Ports<A: Application> {
    pub(crate) application: A,
    pub(crate) commands: Commands<CommandOf<A>>,
    pub(crate) ledger: Ledger,
    pub(crate) peers: BTreeMap<NodeId, Peer>,
    pub(crate) message_bytes_max: u32,
    pub(crate) metrics: Arc<Metrics>,
}

impl<A: Application> Ports<A> {
    pub(crate) fn perform(&mut self, now: Time, effect: EffectOf<A::Machine>) -> Result<(), RunError>
    where
        RecordOf<A>: Send + 'static,
    {
        match effect {
            Effect::Send { to, message } => self.send(to, &message),
            Effect::Persist { ticket, record } => {
                self.ledger.persist::<RecordOf<A>, A::Codec>(ticket, record)?;
            }
            Effect::Emit(event) => self.application.on_event(now, event, &mut self.commands),
        }
        Ok(())
    }

    fn send(&mut self, to: NodeId, message: &MessageOf<A>) {
        let Some(peer) = self.peers.get_mut(&to) else {
            return self.metrics.dropped_unknown_peer.add(1);
        };
        match peer.queue.push::<MessageOf<A>, A::Codec>(message, self.message_bytes_max) {
            Queued::Waiting => peer.touched = true,
            Queued::Full => self.metrics.dropped_queue_full.add(1),
            Queued::NotEncoded => self.metrics.dropped_not_encoded.add(1),
        }
    }

    /// Once per turn: one batch for the disk, one wake-up per peer, one flush of replies.
    pub(crate) fn flush(&mut self) {
        self.ledger.flush();
        for peer in self.peers.values_mut().filter(|peer| peer.touched) {
            peer.touched = false;
            peer.queue.flush();
        }
        self.application.on_turn_end();
        self.metrics.journal_bytes.set(self.ledger.journal_bytes());
    }
}
