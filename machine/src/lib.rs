#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! # A complete machine
//!
//! A register that one node writes and a majority stores. It uses all of the contract: it persists before it
//! acknowledges, resends what was lost, survives its process, and answers every command exactly once.
//!
//! ```rust
#![doc = include_str!("../examples/register.rs")]
//! ```

extern crate alloc;

mod aside;
mod contract;
mod effect;
mod fleet;
mod id;
mod outbox;
mod rng;
mod time;

pub use crate::{
    aside::Aside,
    contract::{Durable, EffectOf, InputOf, Machine, OutboxOf},
    effect::{Effect, Input},
    fleet::{Fleet, FleetError, FleetEvent, FleetImage, Keyed},
    id::{NodeId, Tag, Ticket},
    outbox::Outbox,
    rng::{Chance, Rng},
    time::{Clock, Time},
};
