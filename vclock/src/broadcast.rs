//! Causal broadcast as a [machine](quorate_machine::Machine): every member delivers every message, none before what led to
//! it, whatever the network, the disks and the processes do.
//!
//! # How it works
//! - A message is an [`Entry`]: its dot, and what its sender had delivered when it was submitted. It is on the sender's own
//!   disk before anybody else hears of it, and on each receiver's own disk before it is delivered there (causal order by
//!   [`CausalBuffer`](crate::CausalBuffer); Birman, Schiper and Stephenson 1991, §5.1).
//! - The sender sends each message once to each member. What got lost is fetched: members tell each other what they have
//!   delivered ([`Message::Digest`]) whenever they differ, and whoever has lacked something for a whole interval asks one
//!   of those who have it ([`Want`]). Anyone who has a message hands it on, so that it does not depend on its
//!   sender's life. When all agree, nothing is sent.
//! - What every member has on disk is [stable](crate::MatrixClock) ([`Event::Stable`]). The store forgets it once the
//!   application has handed over a snapshot that includes it ([`Command::Compact`]).
//! - Who has lost or never had what is forgotten is sent the [`Snapshot`], and then what follows it.
//! - Members come and go by messages of their own ([`Command::Admit`], [`Command::Remove`]), so that every member changes its
//!   view at the same place of the causal order. Where the two are concurrent, the admission wins, everywhere.
//! - A node that has lost its disk comes back as another [`Origin`]: its birth is part of its name, so that it never makes a
//!   dot twice, and what its former life sent is what somebody else sent. Late messages of a former life are ignored.
//!
//! # Limits
//! A member that is down holds back what is stable, and so each member's window: broadcasts are then refused until it is
//! back or removed. A removed node is not served, and may not learn that it was removed. Members are trusted to follow the
//! protocol; nonsense is ignored and counted. A clock has an entry for each origin that ever sent, also of those that are
//! gone. Digests cost O(members²) messages for each interval in which something was delivered.
//!
//! ```
//! use std::collections::{BTreeMap, VecDeque};
//!
//! use quorate_machine::{Durable, Effect, Input, Machine, NodeId, Outbox, Tag, Time};
//! use quorate_vclock::broadcast::{Broadcast, Command, Config, Event, Image};
//!
//! let members: Vec<_> = [1, 2, 3].map(NodeId).to_vec();
//! let mut nodes = BTreeMap::new();
//! for id in members.clone() {
//!     let node = Broadcast::recover(Config::new(id, 1, members.clone()), Image::default(), 0, Time::ZERO)?;
//!     nodes.insert(id, (node, Outbox::new()));
//! }
//! let hello = Input::Submit { tag: Tag(1), command: Command::Broadcast("hello".into()) };
//! let mut inputs = VecDeque::from([(NodeId(2), hello)]);
//! let mut heard = vec![];
//! while heard.len() < 3 {
//!     // Without input, whoever is due is woken; a real driver waits for a message, a sync or the deadline.
//!     let (id, input) = inputs.pop_front().unwrap_or_else(|| {
//!         let due = nodes.iter().filter_map(|(id, (node, _))| Some((node.deadline()?, *id))).min();
//!         (due.expect("somebody waits").1, Input::Wake)
//!     });
//!     let (node, out) = nodes.get_mut(&id).expect("a member");
//!     let now = node.deadline().unwrap_or(Time::ZERO);
//!     node.step(now, input, out);
//!     for effect in out.drain() {
//!         match effect {
//!             Effect::Send { to, message } => inputs.push_back((to, Input::Receive { from: id, message })),
//!             Effect::Persist { ticket, .. } => inputs.extend(ticket.map(|ticket| (id, Input::Persisted(ticket)))),
//!             Effect::Emit(Event::Delivered { entries, .. }) => heard.extend(entries.iter().map(|_| id)),
//!             Effect::Emit(_) => {}
//!         }
//!     }
//! }
//! heard.sort();
//! assert_eq!(heard, members);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compact;
mod config;
mod deliver;
mod durable;
mod entry;
mod event;
mod members;
mod message;
mod persist;
mod record;
mod repair;
mod state;
mod status;
mod step;
mod submit;

pub use self::{
    config::{Config, ConfigError},
    durable::RecoverError,
    entry::{Content, Entry, Origin, Snapshot},
    event::{Command, Event, Refusal},
    members::Members,
    message::{Message, Want},
    record::{Image, Record, RecordError},
    state::Broadcast,
    status::{Counters, Status},
};
