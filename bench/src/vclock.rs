//! Logical clocks and their rivals: each [`Contest`] is one piece of work that all entrants do in turn, in the same run, and
//! whose results have to be the same.

mod broadcast;
mod clocks;
mod codes;
mod contest;
mod delivery;
mod grid;
mod sets;
mod stamps;
mod times;

pub use crate::vclock::{
    broadcast::broadcast,
    clocks::{Clocks, Hashed, Sorted, Tree},
    contest::{Contest, Entrant, Figure, Work},
    delivery::reversed,
    sets::{Registers, dense_dots, random_dots},
};

/// A table, and what makes its contests.
pub type Table = (&'static str, fn() -> Vec<Contest>);

/// All tables.
pub const TABLES: [Table; 9] = [
    ("compare", grid::compare),
    ("merge", grid::merge),
    ("increment", grid::increment),
    ("causal context, insert", sets::contexts),
    ("siblings", sets::siblings),
    ("hybrid clock", times::contests),
    ("interval tree clock", stamps::contests),
    ("encode", codes::encoding),
    ("decode", codes::decoding),
];
