//! Logical clocks and their rivals: each [`Contest`] is one piece of work that all entrants do in turn, in the same run, and
//! whose results have to be the same.

mod clocks;
mod codes;
mod contest;
mod delivery;
mod grid;
mod sets;
mod times;

pub use crate::vclock::{
    clocks::{Clocks, Hashed, Sorted, Tree},
    contest::{Contest, Entrant, Figure, Work},
    delivery::reversed,
    sets::{Registers, dense_dots, random_dots},
};

/// All contests, in the order of the tables.
pub fn contests() -> Vec<Contest> {
    [
        grid::compare(),
        grid::merge(),
        grid::increment(),
        sets::contests(),
        times::contests(),
        codes::contests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
