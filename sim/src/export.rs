//! Runs and histories in the formats of other tools.
//!
//! - [`Recording::shiviz`](crate::Recording::shiviz): who knew what when, for ShiViz.
//! - [`History::jepsen`](crate::History::jepsen): operations as Jepsen writes them, for Knossos, Elle and whatever else
//!   reads EDN.
//! - [`History::porcupine`](crate::History::porcupine): operations and events as porcupine's types have them.
//!
//! A recording says all that an export needs; of the operations in a history, [`Exported`] tells.

mod call;
mod jepsen;
mod porcupine;
mod processes;
mod shiviz;
mod value;

pub(crate) use crate::export::processes::Processes;
pub use crate::export::{
    jepsen::Exported,
    value::{Value, keyed},
};
