//! The simulator and its rivals: one protocol, the register of `machine`'s page, in two kinds of race.
//!
//! [`Race`] is played once through, by quorate-sim and by turmoil, and counted in messages. [`Search`] is played in every
//! order, by `quorate_sim::explore` and by stateright, and counted in states.

mod quorate;
mod race;
mod search;
mod shelf;
mod stateright;
pub mod subjects;
mod turmoil;

pub use crate::sim::{
    race::{Outcome, Race, Runner},
    search::{Found, Search, Searcher},
    shelf::{Held, Place, Shelf, ShelfConfig},
};
