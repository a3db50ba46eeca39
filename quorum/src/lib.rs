#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod majority;
#[cfg(feature = "serde")]
mod sides;
mod slots;
mod tally;
mod voters;

pub use crate::{
    tally::{Outcome, Tally},
    voters::{QuorumError, Voters},
};
