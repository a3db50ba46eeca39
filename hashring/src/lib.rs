#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod bug;
mod hash;
mod mod_n;
mod node;
mod nodes;
mod place;
mod walk;

#[cfg(quorate_bugs)]
pub use crate::bug::Bug;
pub use crate::{
    hash::{Hashing, KeyHash},
    mod_n::ModN,
    node::{Node, Weight, ZeroWeight},
    nodes::{NodeIx, Nodes},
    place::{AddError, AddReason, Elastic, Place, PlaceExt, UnknownNode, WeightError, WeightReason},
    walk::{Preferences, Walk},
};
