//! Where keys are placed, beside rivals: each [`Contest`] is one piece of work that all entrants do in turn, in the same run.
//!
//! All hash the same keys, of 16 bytes, by SipHash-1-3 under a key of zeros, where a rival lets its hash be chosen. Two rivals have the
//! same owners only if they have the same tokens or the same function; where they do, that is asserted.

mod changes;
mod floor;
mod keys;
mod numbered;
mod rings;
mod scored;

use crate::vclock::Contest;

/// A table, and what makes its contests, one at a time: some are large.
pub type Table = (&'static str, fn() -> Vec<Made>);
/// What makes a contest.
pub type Made = Box<dyn FnOnce() -> Contest>;

/// All tables.
pub const TABLES: [Table; 12] = [
    ("from bytes to owner", floor::contests),
    ("ring", rings::lookups),
    ("ring of many nodes", rings::many),
    ("ketama", rings::ketama),
    ("three copies", rings::copies),
    ("21 probes", rings::probes),
    ("jump", numbered::jump),
    ("by number", numbered::numbers),
    ("anchor", numbered::anchor),
    ("rendezvous", scored::rendezvous),
    ("Maglev", scored::maglev),
    ("changes", changes::contests),
];

pub use self::changes::{built, kept};

fn made(contest: impl FnOnce() -> Contest + 'static) -> Made {
    Box::new(contest)
}
