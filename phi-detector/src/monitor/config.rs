use alloc::vec::Vec;
use core::time::Duration;

use quorate_machine::NodeId;
use thiserror::Error;

use crate::{Model, Threshold};

/// What the caller decides. The defaults suit a hundred thousand peers of a local network.
///
/// ```
/// use core::time::Duration;
/// use quorate_machine::{NodeId, Time};
/// use quorate_phi_detector::{Threshold, model::Timeout, monitor::{Config, ConfigError, Monitor}};
///
/// // Heartbeats every 200 ms; who is silent for a second is suspected, and after five it is given up.
/// let ms = Duration::from_millis;
/// let levels = vec![Threshold::new(1.0)?, Threshold::new(5.0)?];
/// let config = Config {
///     beat: Some(ms(200)),
///     stall: Some(ms(300)),
///     ..Config::new(NodeId(1), Timeout::new(ms(1_000))?, levels)
/// };
/// assert!(Monitor::new(config.clone(), 1, Time::ZERO).is_ok());
/// let bad = Config { batch: 0, ..config };
/// assert_eq!(Monitor::new(bad, 1, Time::ZERO).err(), Some(ConfigError::NothingAtOnce));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config<M> {
    /// This node.
    pub id: NodeId,
    /// What is assumed of all peers, and how much is remembered of each.
    pub model: M,
    /// The values of φ that are told when they are reached, rising: such as 1 to send elsewhere, 3 to ask others, 8 to give up.
    pub levels: Vec<Threshold>,
    /// How often each peer is sent a heartbeat. `None` if this node only listens.
    pub beat: Option<Duration>,
    /// How many heartbeats leave at once. More peers than this are spread over the beat.
    pub batch: usize,
    /// How much later than the deadline a step may be before the whole node is taken to have been paused. The own clock is then
    /// put back by what it was late, and by this, in which the backlog is heard. `None` if no step is ever too late. Well
    /// above what a busy scheduler does, and below what the levels can bear.
    pub stall: Option<Duration>,
    /// An interval is not learned if this level, counted from 0, was reached before it ended: a peer that was away is then as it was
    /// before. Two such intervals in a row are how the peer is, and the second one is learned; in Akka, none of them
    /// is, and a peer that has become slower is suspected for ever. `None` to learn from all.
    pub unlearned: Option<u8>,
    /// How many peers can be watched.
    pub peers_max: usize,
    /// For how many peers there is room from the beginning; for more of them it is made as they come.
    pub peers_reserved: usize,
    /// How many levels one step tells. What is left is for the step after it, 1 ns later. Sixteen times as many peers that
    /// were heard in time can be put off in one step.
    pub fires_max: usize,
    /// The classic mistake to make.
    #[cfg(quorate_bugs)]
    pub bug: Option<crate::Bug>,
}

impl<M> Config<M> {
    /// The most levels there can be.
    pub const LEVELS_MAX: usize = 16;
    /// The most peers that can be watched.
    pub const PEERS_MAX: usize = 1 << 24;
    /// The longest beat and the longest stall.
    pub const SPAN_MAX: Duration = Duration::from_secs(24 * 3600);

    /// The defaults: a heartbeat each second, 64 at once, and a node that is a second late was paused.
    pub const fn new(id: NodeId, model: M, levels: Vec<Threshold>) -> Self {
        Self {
            id,
            model,
            levels,
            beat: Some(Duration::from_secs(1)),
            batch: 64,
            stall: Some(Duration::from_secs(1)),
            unlearned: None,
            peers_max: 1 << 17,
            peers_reserved: 0,
            fires_max: 256,
            #[cfg(quorate_bugs)]
            bug: None,
        }
    }
}

impl<M: Model> Config<M> {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let levels = self.levels.len();
        if levels == 0 || levels > Self::LEVELS_MAX {
            return Err(ConfigError::Levels { levels });
        }
        let falls = self.levels.windows(2).position(|pair| match pair {
            [lower, higher] => lower.phi() >= higher.phi(),
            _ => false,
        });
        if let Some(level) = falls {
            return Err(ConfigError::LevelsFall { level: level + 1 });
        }
        if let Some(beat) = self.beat.filter(|beat| !is_span(*beat)) {
            return Err(ConfigError::Beat { beat });
        }
        if let Some(stall) = self.stall.filter(|stall| !is_span(*stall)) {
            return Err(ConfigError::Stall { stall });
        }
        if let Some(unlearned) = self.unlearned.filter(|level| usize::from(*level) >= levels) {
            return Err(ConfigError::Unlearned { unlearned, levels });
        }
        if self.batch == 0 || self.fires_max == 0 {
            return Err(ConfigError::NothingAtOnce);
        }
        let peers = self.peers_max;
        if peers == 0 || peers > Self::PEERS_MAX || self.peers_reserved > peers {
            return Err(ConfigError::Peers { peers, reserved: self.peers_reserved });
        }
        Ok(())
    }
}

fn is_span(span: Duration) -> bool {
    !span.is_zero() && span <= Config::<()>::SPAN_MAX
}

/// Why a configuration is unusable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no level, or too many of them.
    #[error("there are from 1 to {} levels, not {levels}", Config::<()>::LEVELS_MAX)]
    Levels {
        /// How many there are.
        levels: usize,
    },
    /// A level is not above the one before it.
    #[error("level {level} is not above the one before it")]
    LevelsFall {
        /// Which one, counted from 0.
        level: usize,
    },
    /// Heartbeats would have no end, or hardly ever come.
    #[error("the beat is above zero and at most {:?}, not {beat:?}", Config::<()>::SPAN_MAX)]
    Beat {
        /// What it was to be.
        beat: Duration,
    },
    /// Every step would be too late, or none.
    #[error("a stall is above zero and at most {:?}, not {stall:?}", Config::<()>::SPAN_MAX)]
    Stall {
        /// What it was to be.
        stall: Duration,
    },
    /// There is no such level.
    #[error("level {unlearned} cannot end what is learned: there are {levels}, counted from 0")]
    Unlearned {
        /// The level.
        unlearned: u8,
        /// How many there are.
        levels: usize,
    },
    /// No heartbeat could be sent, or no level be reached.
    #[error("a batch, and the peers that one step looks at, are at least one")]
    NothingAtOnce,
    /// Nobody could be watched, or too many.
    #[error("from 1 to {} peers, and room for them at most, not {peers} and {reserved}", Config::<()>::PEERS_MAX)]
    Peers {
        /// How many there may be.
        peers: usize,
        /// For how many there was to be room.
        reserved: usize,
    },
}
