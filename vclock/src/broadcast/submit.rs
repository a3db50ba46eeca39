//! What the local caller asks for.

use alloc::sync::Arc;

use bytes::Bytes;
use quorate_machine::{Aside, NodeId, OutboxOf, Tag};

use super::{
    entry::{Content, Entry, Origin, entry_bytes},
    event::{Command, Event, Refusal},
    state::Broadcast,
};
use crate::Dot;

impl Broadcast {
    pub(super) fn on_command(&mut self, tag: Tag, command: Command, out: &mut OutboxOf<Self>) {
        let sent = match &command {
            Command::Broadcast(payload) => self.broadcast(payload.clone()),
            Command::Admit(node) => self.admit(*node),
            Command::Remove(node) => self.send(Content::Remove(*node)),
            Command::Compact { cut, state } => {
                return match self.compact(tag, cut, state, out) {
                    Ok(()) => (),
                    Err(refusal) => out.emit(Event::Refused { tag, command, refusal }),
                };
            }
        };
        match sent {
            Ok(dot) => {
                self.tags.insert(dot, Aside::new(tag));
            }
            Err(refusal) => out.emit(Event::Refused { tag, command, refusal }),
        }
    }

    fn broadcast(&mut self, payload: Bytes) -> Result<Dot<Origin>, Refusal> {
        let (bytes, max) = (payload.len(), self.config.payload_bytes_max);
        if bytes > max {
            return Err(Refusal::TooLong { bytes, max });
        }
        self.send(Content::Payload(payload))
    }

    fn admit(&mut self, node: NodeId) -> Result<Dot<Origin>, Refusal> {
        let max = self.config.members_max;
        if !self.members.contains(node) && self.members.iter().count() >= max {
            return Err(Refusal::TooManyMembers { max });
        }
        self.send(Content::Admit(node))
    }

    /// Names the message and says what it follows. It leaves once it is on disk.
    fn send(&mut self, content: Content) -> Result<Dot<Origin>, Refusal> {
        self.may_send()?;
        let after = self.buffer.delivered().clone();
        let dot = self.used.checked_add(1).and_then(|counter| Dot::new(self.origin, counter));
        let dot = dot.ok_or(Refusal::Overflow)?;
        let entry = Entry { dot, after, payload: content };
        let bytes = entry_bytes(&entry);
        if self.store_bytes.saturating_add(bytes) > self.config.store_bytes_max / 2 {
            return Err(Refusal::Full);
        }
        self.used = dot.counter.get();
        self.gather(Arc::new(entry), bytes);
        Ok(dot)
    }

    fn may_send(&self) -> Result<(), Refusal> {
        let (window, origins) = (self.config.window_max, self.config.origins_max);
        if self.has_impostor {
            return Err(Refusal::Impostor);
        }
        if !self.is_member() {
            return Err(Refusal::NotMember);
        }
        let settled = self.matrix.stable().get(&self.origin).max(self.base.get(&self.origin));
        if self.used.saturating_sub(settled) >= window {
            return Err(Refusal::Window { max: window });
        }
        if self.used == 0 && self.buffer.delivered().len() >= origins {
            return Err(Refusal::TooManyOrigins { max: origins });
        }
        Ok(())
    }
}
