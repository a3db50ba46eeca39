//! From the disk to the application, in causal order.

use alloc::{sync::Arc, vec::Vec};

use quorate_machine::OutboxOf;

use super::{
    entry::{Content, Entry, Origin},
    event::Event,
    members::Members,
    state::Broadcast,
};
use crate::{CausalMessage, Dot, VClock, bug::Bug};

impl Broadcast {
    /// Puts a message that is on disk where it waits for what it follows; what is ready by it is told to `ready`.
    pub(super) fn wait(&mut self, entry: &Entry, ready: &mut Vec<Dot<Origin>>) {
        let after = if self.has(Bug::DeliversUnordered) { VClock::new() } else { entry.after.clone() };
        let message = CausalMessage { dot: entry.dot, after, payload: () };
        // Nothing is refused here: the store is what is limited.
        let _received = self.buffer.receive(message, |message| ready.push(message.dot));
    }

    /// Tells the application of what is ready; up to there it had `reached`.
    pub(super) fn deliver(
        &mut self,
        mut reached: VClock<Origin>,
        ready: &[Dot<Origin>],
        out: &mut OutboxOf<Self>,
    ) {
        if ready.is_empty() {
            return;
        }
        let mut payloads: Vec<Arc<Entry>> = Vec::new();
        for dot in ready {
            let Some(entry) = self.store.get(dot).cloned() else { continue };
            reached.observe(*dot);
            if let Content::Payload(_) = entry.payload {
                payloads.push(entry);
                continue;
            }
            let before: Vec<_> = self.members.iter().collect();
            self.members.apply(&entry);
            let members: Vec<_> = self.members.iter().collect();
            if members != before {
                tell(&mut payloads, &reached, out);
                out.emit(Event::Members { members });
            }
        }
        tell(&mut payloads, &reached, out);
        self.on_own_row(out);
    }

    /// This node has delivered more, or has other members.
    pub(super) fn on_own_row(&mut self, out: &mut OutboxOf<Self>) {
        let before = self.matrix.stable().clone();
        self.on_members();
        // No row of its own if it is no member.
        let _observed = self.matrix.observe(&self.origin, self.buffer.delivered());
        self.on_stable(&before, out);
    }

    /// The rows are those of the members.
    fn on_members(&mut self) {
        // Who comes first, then who goes: in between nothing may look stable that is not.
        for member in self.members.iter().collect::<Vec<_>>() {
            let origin = self.origin_of(member);
            if self.matrix.row(&origin).is_none() {
                let _admitted = self.matrix.admit(origin, VClock::new());
            }
        }
        let rows: Vec<Origin> = self.matrix.rows().map(|(member, _)| *member).collect();
        for row in rows {
            let is_kept = self.members.contains(row.node) && row == self.origin_of(row.node);
            if !is_kept && !self.has(Bug::RemovedHoldBack) {
                // It has a row, so it can be removed.
                let _row = self.matrix.remove(&row);
                self.told.remove(&row.node);
            }
        }
    }

    pub(super) fn on_stable(&mut self, before: &VClock<Origin>, out: &mut OutboxOf<Self>) {
        if self.matrix.stable() != before {
            out.emit(Event::Stable { clock: self.matrix.stable().clone() });
            self.prune(out);
        }
    }

    /// What the application must be told at the start: its state, who is a member, and what came since.
    pub(super) fn start(&mut self, out: &mut OutboxOf<Self>) {
        self.started = true;
        if !self.is_born {
            self.is_born = true;
            out.note(super::Record::Birth(self.origin));
        }
        let replay = core::mem::take(&mut self.replay);
        self.tell_state(out);
        self.deliver(self.cut(), &replay, out);
        self.on_own_row(out);
    }

    /// The state to go on from, and who is a member there.
    pub(super) fn tell_state(&mut self, out: &mut OutboxOf<Self>) {
        self.members = match &self.snapshot {
            Some(snapshot) => snapshot.members.clone(),
            None => Members::founded(&self.config.founders),
        };
        if let Some(snapshot) = &self.snapshot {
            out.emit(Event::Restored { snapshot: snapshot.clone() });
        }
        out.emit(Event::Members { members: self.members.iter().collect() });
    }
}

fn tell(payloads: &mut Vec<Arc<Entry>>, delivered: &VClock<Origin>, out: &mut OutboxOf<Broadcast>) {
    if !payloads.is_empty() {
        out.emit(Event::Delivered { entries: core::mem::take(payloads), delivered: delivered.clone() });
    }
}
