use quorate_machine::{Aside, Ticket, Time};

use super::{
    beat::Beats,
    config::{Config, ConfigError},
    pause::OwnClock,
    peers::Peers,
    status::Counts,
};
use crate::{Model, agenda::Agenda, nanos::nanos};

/// Watches many peers; the [page of its module](super) says how.
///
/// ```
/// use core::time::Duration;
/// use quorate_machine::{Effect, Input, Machine, NodeId, Outbox, Tag, Time};
/// use quorate_phi_detector::{Threshold, model::Timeout, monitor::{Command, Config, Duty, Event, Monitor}};
///
/// let second = Duration::from_secs(1);
/// let levels = vec![Threshold::new(1.0)?, Threshold::new(3.0)?];
/// let config = Config { beat: None, ..Config::new(NodeId(1), Timeout::new(second)?, levels) };
/// let mut monitor = Monitor::new(config, 1, Time::ZERO)?;
/// let mut out = Outbox::new();
/// monitor.step(Time::ZERO, Input::Wake, &mut out);
/// let watch = Command::Watch { peer: NodeId(2), duty: Duty::Hear };
/// monitor.step(Time::ZERO, Input::Submit { tag: Tag(7), command: watch }, &mut out);
///
/// // Whoever never is heard is suspected as well, and nobody has to look before that.
/// let at = monitor.deadline().expect("somebody is waited for");
/// assert_eq!(at, Time::ZERO + second);
/// monitor.step(at, Input::Wake, &mut out);
/// let reached = Event::Reached { peer: NodeId(2), level: 0, silence: second };
/// assert_eq!(out.effects().last(), Some(&Effect::Emit(reached)));
/// assert_eq!(monitor.deadline(), Some(Time::ZERO + second * 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Monitor<M: Model> {
    pub(super) config: Config<M>,
    pub(super) clock: OwnClock,
    /// How many nanoseconds late a step is too late.
    pub(super) stall: u64,
    pub(super) peers: Peers<M>,
    pub(super) agenda: Agenda,
    /// `None` if this node only listens.
    pub(super) beats: Option<Beats>,
    pub(super) birth: Birth,
    pub(super) generation: u64,
    /// Which life the records name that were issued so far.
    pub(super) recorded: u64,
    /// It is not woken before, however much is left to do.
    pub(super) not_before: Time,
    pub(super) counts: Aside<Counts>,
}

/// Whether others may be told of this life.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Birth {
    /// It begins with the first wake, which is wanted now.
    Unborn { at: Aside<Time>, is_recorded: bool },
    /// It is on its way to the disk.
    Issued(Aside<Ticket>),
    /// It is on the disk, or need not be.
    Durable,
}

impl<M: Model> Monitor<M> {
    /// A monitor for a driver without a disk, which has to see to it that the generation is greater than that of every former
    /// life of this node: the wall-clock time of its start will do. It writes no records.
    ///
    /// # Errors
    /// If the configuration is unusable.
    pub fn new(config: Config<M>, generation: u64, now: Time) -> Result<Self, ConfigError> {
        Self::unborn(config, generation, 0, false, now)
    }

    pub(super) fn unborn(
        config: Config<M>,
        generation: u64,
        recorded: u64,
        is_recorded: bool,
        now: Time,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let (batch, reserved) = (config.batch.min(config.peers_max), config.peers_reserved);
        let mut monitor = Self {
            clock: OwnClock::starting(now),
            stall: config.stall.map_or(u64::MAX, nanos),
            peers: Peers::new(&config.model),
            agenda: Agenda::new(),
            beats: config.beat.map(|beat| Beats::new(nanos(beat), batch)),
            birth: Birth::Unborn { at: Aside::new(now), is_recorded },
            generation,
            recorded,
            not_before: Time::ZERO,
            counts: Aside::new(Counts::default()),
            config,
        };
        monitor.peers.reserve(reserved);
        monitor.agenda.reserve(reserved);
        if let Some(beats) = &mut monitor.beats {
            beats.reserve(reserved);
        }
        Ok(monitor)
    }
}
