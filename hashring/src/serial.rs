//! How tables are stored and sent: as what they are made from, never as what they are made into.
//!
//! A table is its version (`"ring/1"`), its hashing, its parameters and its nodes. Whoever reads it makes the same table from that,
//! on any platform; a version that is not known is an error, and so is whatever no table could have been.

mod anchor;
mod hashing;
mod maglev;
mod nodes;
mod plain;
mod plans;
mod ranges;
mod ring;
mod slots;
mod version;

pub(crate) use version::{Version, Versioned};
