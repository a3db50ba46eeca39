//! The simulator and its rivals: one protocol, the register of `machine`'s page, in two kinds of race.
//!
//! [`Race`] is played once through, by quorate-sim and by turmoil, and counted in messages.

mod quorate;
mod race;
mod shelf;
pub mod subjects;
mod turmoil;

#[allow(dead_code, missing_docs, reason = "an example is a program; here it is a part")]
#[allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "not ours to judge")]
#[path = "../../machine/examples/register.rs"]
pub mod register;

pub use crate::sim::{
    race::{Outcome, Race, Runner},
    shelf::{Held, Place, Shelf, ShelfConfig},
};
