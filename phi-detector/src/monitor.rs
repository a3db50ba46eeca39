//! Many peers as a [machine](quorate_machine::Machine): it sends heartbeats, hears them, and tells when a peer's silence reaches a
//! level of suspicion, and when it ends.
//!
//! # How it works
//! - Who is watched ([`Command::Watch`]) is waited for from then on, heard or not, so that whoever never was there is
//!   suspected as well. A peer that is silent for ever reaches every level, each once, at the instant at which φ does.
//! - There is one [deadline](quorate_machine::Machine::deadline), the exact instant at which the next level of any peer is reached or the next
//!   heartbeats are due. Nobody polls. A heartbeat puts its peer's instant off, which is a few lines of memory; the
//!   agenda of instants is touched when the one that was put off would come first.
//! - Heartbeats leave in batches ([`Config::batch`]) at fixed times of each round, so that many peers make no bursts and
//!   more peers do not shift the others' heartbeats.
//! - A node that restarts begins another life: its generation is greater than of any before, on disk before anybody hears
//!   of it. What was learned of the former life is forgotten ([`Event::Restarted`]), and its late heartbeats are no news.
//! - Silence that nobody could hear is no silence: where a step comes later than the deadline by more than a
//!   [stall](Config::stall), this node itself was paused. Its own clock, by which silences are measured, is put back by as much, and by
//!   a stall more, in which the backlog is heard before anybody is suspected; no interval across it is learned. It costs
//!   nothing for each peer. The same is told by [`Command::Paused`] where the caller knows better.
//!
//! # Limits
//! - Whom a node watches is not on disk: its caller says so again after a restart. A node that has lost its disk is in its
//!   first life again, and is not heard by those who knew its later ones until they forget it.
//! - A clock that is set forward by more than a stall looks like a pause; one that is set back delays what is due until it
//!   has caught up. Give it a clock that does neither.
//! - A pause begins when the machine was to be woken, not before: what was silent from the latest heartbeat until then counts.
//! - Stamps are trusted. Who passes on a stamp that its peer has not sent yet ([`Command::Heard`]) makes it unheard until it has.
//! - Levels are told by wakes alone: a driver that never wakes it is never told.
//! - One step sends [`Config::batch`] heartbeats, tells [`Config::fires_max`] levels and corrects sixteen times as many entries of
//!   its agenda. Where more peers than that were put off within the same milliseconds it is woken again at once, up to once
//!   for each so many of them, with nothing to tell.
//!
//! ```
//! use core::time::Duration;
//!
//! use quorate_machine::{Effect, Input, Machine, NodeId, Outbox, Tag, Time};
//! use quorate_phi_detector::{
//!     Threshold,
//!     memory::Window,
//!     model::Normal,
//!     monitor::{Command, Config, Duty, Event, Monitor},
//! };
//!
//! let ms = Duration::from_millis;
//! let model = Normal::new(Window::new(100, ms(10_000))?, ms(50), ms(1_000))?;
//! let levels = vec![Threshold::new(1.0)?, Threshold::new(8.0)?];
//! let mut nodes: Vec<_> = [1, 2]
//!     .into_iter()
//!     .map(|id| {
//!         let config = Config::new(NodeId(id), model, levels.clone());
//!         Ok((Monitor::new(config, 1, Time::ZERO)?, Outbox::new()))
//!     })
//!     .collect::<Result<_, quorate_phi_detector::monitor::ConfigError>>()?;
//! for (at, peer) in [(0, 2), (1, 1)] {
//!     let (node, out) = &mut nodes[at];
//!     let command = Command::Watch { peer: NodeId(peer), duty: Duty::Both };
//!     node.step(Time::ZERO, Input::Submit { tag: Tag(1), command }, out);
//! }
//! // The second node dies after a minute; messages take no time.
//! let mut told = vec![];
//! while let Some((now, at)) = (0..2)
//!     .filter_map(|at| Some((nodes[at].0.deadline()?, at)))
//!     .filter(|(now, at)| *at == 0 || *now < Time::ZERO + ms(60_500))
//!     .min()
//!     .filter(|(now, _)| *now < Time::ZERO + ms(120_000))
//! {
//!     let (node, out) = &mut nodes[at];
//!     node.step(now, Input::Wake, out);
//!     for effect in out.drain().collect::<Vec<_>>() {
//!         match effect {
//!             Effect::Send { message, .. } if now < Time::ZERO + ms(60_500) => {
//!                 let (node, out) = &mut nodes[1 - at];
//!                 node.step(now, Input::Receive { from: NodeId(at as u64 + 1), message }, out);
//!             }
//!             Effect::Emit(Event::Reached { peer, level, .. }) => told.push((peer, level, now.since(Time::ZERO))),
//!             Effect::Send { .. } | Effect::Emit(_) | Effect::Persist { .. } => {}
//!         }
//!     }
//! }
//! let [(NodeId(2), 0, first), (NodeId(2), 1, second)] = told[..] else { panic!("{told:?}") };
//! assert!(ms(61_000) < first && first < second && second < ms(62_000));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod beat;
mod config;
mod durable;
mod event;
mod fire;
mod hear;
mod message;
mod pause;
mod peers;
mod record;
mod state;
mod status;
mod step;
mod submit;

pub use self::{
    config::{Config, ConfigError},
    durable::RecoverError,
    event::{Command, Duty, Event, Refusal},
    message::Message,
    record::{Image, Record, RecordError},
    state::Monitor,
    status::{Counts, Status},
};
