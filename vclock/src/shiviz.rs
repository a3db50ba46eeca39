//! Logs for [ShiViz](https://bestchai.bitbucket.io/shiviz/): events with their hosts and vector clocks.
//!
//! The format is the one that ShiViz expects if it is told nothing else, two lines for each event:
//!
//! ```text
//! what happened
//! alice {"alice": 2, "bob": 1}
//! ```
//!
//! The other order, first host and clock and then what happened, is read as well, and recognised. So is a first line that holds
//! ShiViz' expression for either (and then a second one that holds its delimiter of executions). Without such lines, a line like
//! `=== name ===` begins an execution of its own.
//!
//! ```
//! use quorate_vclock::{VClock, shiviz::{Log, write_event}};
//!
//! let (mut alice, mut bob) = (VClock::new(), VClock::new());
//! let mut text = String::new();
//! alice.increment("alice")?;
//! write_event(&mut text, &"alice", &alice, "asks bob")?;
//! bob.merge(&alice);
//! bob.increment("bob")?;
//! write_event(&mut text, &"bob", &bob, "hears alice")?;
//!
//! let log: Log = text.parse()?;
//! let run = &log.executions[0];
//! assert_eq!(run.events[1].to_string(), "bob:1 hears alice");
//! assert!(run.check().is_empty());
//! assert_eq!((run.messages()[0].from, run.messages()[0].to), (0, 1));
//!
//! bob.increment("bob")?; // and nobody writes down what this was
//! bob.increment("bob")?;
//! write_event(&mut text, &"bob", &bob, "answers")?;
//! let broken = text.parse::<Log>()?.executions[0].check();
//! assert_eq!(broken[0].to_string(), "line 6: event 3 of bob comes where event 2 is next");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod error;
mod form;
mod order;
mod read;
mod write;

use alloc::{string::String, vec::Vec};
use core::fmt;

pub use self::{
    check::{Broken, Rule},
    error::{LogError, LogMistake},
    order::Message,
    write::{Unwritable, write_event},
};
use crate::VClock;

/// What a file holds: one execution, or several of the same system. Made by `parse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The executions, each with at least one event.
    pub executions: Vec<Execution>,
}

/// What happened in one execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Execution {
    /// Its name; empty if it has none.
    pub label: String,
    /// The events, in the order of the file. That order means nothing: logs of hosts are often put one behind the other.
    pub events: Vec<Event>,
}

/// Something that happened at a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where it happened.
    pub host: String,
    /// What had led to it, with the event itself.
    pub clock: VClock<String>,
    /// What happened. Several lines, if more than one stand between two clocks.
    pub text: String,
    /// The line of the host and the clock, from 1.
    pub line: usize,
}

impl Event {
    /// Which of its host's events this is, by its clock: from 1, and 0 if its clock does not count it.
    pub fn number(&self) -> u64 {
        self.clock.get(&self.host)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}", self.host, self.number(), self.text)
    }
}
