#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this crate is where machines meet the real world: its clock, its threads and its locks"
)]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "nothing here is without std")]

mod application;
mod checkpoint;
mod config;
mod error;
mod event_loop;
mod exporter;
mod folder;
mod handle;
mod host;
mod journal;
mod ledger;
mod metrics;
mod ports;
mod transport;
mod writer;

pub use crate::{
    application::{Application, Commands},
    config::{Config, ConfigError, Limits},
    error::{OpenError, RunError},
    exporter::serve_metrics,
    folder::{FORMAT_VERSION, Folder, FolderError, Identity},
    handle::{Handle, Stopped},
    host::Host,
    journal::{JournalFolderError, Recovery},
    metrics::Metrics,
    transport::{AddressError, Listener},
    writer::WriteError,
};
