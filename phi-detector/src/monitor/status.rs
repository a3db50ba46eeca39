use core::time::Duration;

use quorate_machine::{NodeId, Time};

use super::{config::Config, event::Duty, peers::Peer, state::Monitor};
use crate::{Model, Stamp};

/// What a monitor knows of one peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status<S> {
    /// Who.
    pub peer: NodeId,
    /// What it is watched for.
    pub duty: Duty,
    /// The highest level that its silence has reached, counted from 0. `None` if it is trusted.
    pub level: Option<u8>,
    /// Whether it was heard since it is watched.
    pub was_heard: bool,
    /// Its latest heartbeat, if it was numbered.
    pub stamp: Option<Stamp>,
    /// What the model has learned of it.
    pub stats: S,
}

/// What a monitor has done and met since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Heartbeats that were news.
    pub heard: u64,
    /// Heartbeats that were repeated, overtaken, relayed or of a former life.
    pub stale: u64,
    /// Heartbeats of nodes that nothing is expected of.
    pub strangers: u64,
    /// Intervals that were not learned because of a pause of this node, or since the peer was away.
    pub unlearned: u64,
    /// Intervals that were too long to be learned.
    pub dropped: u64,
    /// Intervals that were learned as the longest.
    pub clamped: u64,
    /// Heartbeats after which the next level is due earlier than before.
    pub advanced: u64,
    /// Levels that were reached.
    pub reached: u64,
    /// Heartbeats that were sent.
    pub sent: u64,
    /// Steps that were so late that the node must have been paused.
    pub stalls: u64,
    /// Steps before the latest instant that was seen: the clock went backwards.
    pub backwards: u64,
    /// Wakes that were due.
    pub wakes: u64,
    /// Those of them at which there was nothing to do: where so many peers' times change at once that one step cannot look at all.
    pub idle: u64,
}

impl<M: Model> Monitor<M> {
    /// How suspicious the peer's silence is: see [`Model::phi`]. `None` if nothing is expected of it.
    pub fn phi(&self, peer: NodeId, now: Time) -> Option<f64> {
        let peer = self.peers.get(self.peers.number(peer)?).filter(|peer| peer.hears())?;
        Some(self.config.model.phi(&peer.stats, self.clock.at(now).saturating_sub(peer.last)))
    }

    /// When the peer's next level is reached, unless it is heard or this node is paused before. `None` if nothing is expected of it
    /// or all levels are reached.
    pub fn due(&self, peer: NodeId) -> Option<Time> {
        let peer = self.peers.get(self.peers.number(peer)?)?;
        self.clock.world(peer.due()?)
    }

    /// What is known of a peer; `None` if it is not watched.
    pub fn status(&self, peer: NodeId) -> Option<Status<M::Stats>> {
        status(peer, self.peers.get(self.peers.number(peer)?)?)
    }

    /// What is known of all peers, in an order that depends only on who was watched and forgotten when.
    pub fn peers(&self) -> impl Iterator<Item = Status<M::Stats>> {
        self.peers.iter().filter_map(|(id, peer, _)| status(id, peer))
    }

    /// How many peers are watched.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether nobody is watched.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The generation of this node's heartbeats.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// How long this node has run until now, but for its pauses.
    pub fn awake(&self, now: Time) -> Duration {
        self.clock.awake(now)
    }

    /// What was done and met.
    pub fn counts(&self) -> Counts {
        *self.counts
    }

    /// The configuration.
    pub const fn config(&self) -> &Config<M> {
        &self.config
    }
}

fn status<S: Copy>(id: NodeId, peer: &Peer<S>) -> Option<Status<S>> {
    Some(Status {
        peer: id,
        duty: peer.duty?,
        level: peer.level.checked_sub(1),
        was_heard: peer.was_heard(),
        stamp: peer.stamp(),
        stats: peer.stats,
    })
}
