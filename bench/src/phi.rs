//! Failure detectors beside rivals: how fast, how much memory, and how often they are mistaken, on the same heartbeats.
//!
//! The rivals compute φ by a logistic approximation of the normal distribution, and none has a deadline: whoever wants to
//! know when to suspect has to ask again and again. chitchat's detector cannot be reached: its module is private, so only its
//! formula is here.

mod crowd;
mod floods;
mod judges;
mod peers;
mod quality;
mod single;

use crate::vclock::Contest;

pub use self::{
    crowd::{Load, monitored, polled},
    floods::{KEPT, kept},
    judges::{Judge, Made as MadeJudge, judges},
    peers::{Accrual, Approximate, Pekko},
    quality::{LEVELS, RATES, Record, Setting, TRACES, calibrated, judged},
};

/// A table, and what makes its contests, one at a time: some are large.
pub type Table = (&'static str, fn() -> Vec<Made>);
/// What makes a contest.
pub type Made = Box<dyn FnOnce() -> Contest>;

/// All tables.
pub const TABLES: [Table; 2] = [("one peer", single::contests), ("many peers", floods::contests)];
