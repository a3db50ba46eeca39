#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod append;
mod bug;
mod commit;
mod config;
mod durable;
mod election;
mod entry;
mod event;
mod feed;
mod forward;
mod id;
mod log;
mod message;
mod progress;
mod propose;
mod read;
mod record;
mod replicate;
mod snapshot;
mod state;
mod status;
mod step;

#[cfg(quorate_bugs)]
pub use crate::bug::Bug;
pub use crate::{
    config::{Config, ConfigError},
    durable::RecoverError,
    entry::{Entries, Entry, Payload},
    event::{Command, Event, Refusal, Role},
    id::{Index, LogId, Term},
    message::{Body, Message},
    record::{Image, Record, RecordError},
    snapshot::Snapshot,
    state::Raft,
    status::{Counters, Status},
};

/// The example on the project's first page.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct FirstPage;
