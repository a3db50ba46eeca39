#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

#[cfg(feature = "bloom")]
mod bloom;
#[cfg(feature = "broadcast")]
pub mod broadcast;
mod buffer;
mod bug;
mod causality;
mod clock;
mod context;
mod dense;
mod dot;
mod hlc;
pub mod itc;
mod lamport;
mod matrix;
#[cfg(feature = "serde")]
mod serial;
pub mod shiviz;
mod siblings;
mod text;
pub mod wire;

#[cfg(feature = "bloom")]
pub use crate::bloom::{BloomCausality, BloomClock};
#[cfg(quorate_bugs)]
pub use crate::bug::Bug;
pub use crate::{
    buffer::{CausalBuffer, CausalMessage, Full, Received, Unsent},
    causality::Causality,
    clock::{Diff, IntoIter, Iter, NotRetired, Pruned, Retirement, VClock, frontier, sort_causally},
    context::{CausalContext, RangeTooLong},
    dense::{DenseClock, SlotError},
    dot::{Dot, DotRange, Gap, Overflow},
    hlc::{Hlc, HlcError, HlcStamp, PackError},
    lamport::{Lamport, LamportStamp},
    matrix::{MatrixClock, MemberError, NotStable},
    siblings::{Amnesia, Siblings, UpdateError},
    text::{TextError, TextMistake},
};
