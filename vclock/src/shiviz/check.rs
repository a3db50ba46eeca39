use alloc::{string::String, vec::Vec};

use thiserror::Error;

use super::{Event, Execution, order::Order};
use crate::bug::Bug;

/// A rule that an event breaks, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {rule}")]
pub struct Broken {
    /// The line of the event's clock, from 1.
    pub line: usize,
    /// The event, by its place in the execution.
    pub event: usize,
    /// The rule.
    pub rule: Rule,
}

/// What can be wrong with the clock of an event.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Rule {
    /// The clock does not count the event: the entry of its own host is zero.
    #[error("the clock does not count this event of {host}")]
    Uncounted {
        /// The host.
        host: String,
    },
    /// Two events of a host count themselves as the same one.
    #[error("line {earlier} is event {number} of {host} already")]
    Again {
        /// The host.
        host: String,
        /// As which one.
        number: u64,
        /// The line of the other.
        earlier: usize,
    },
    /// The own entry does not rise by one.
    #[error("event {number} of {host} comes where event {expected} is next")]
    Skipped {
        /// The host.
        host: String,
        /// Which event comes.
        number: u64,
        /// Which one is next.
        expected: u64,
    },
    /// The clock knows of an event that nobody made.
    #[error("the clock knows of event {known} of {of}, which is not among its {made} in the log")]
    Unmade {
        /// Whose events.
        of: String,
        /// Of how many the clock knows.
        known: u64,
        /// How many there are.
        made: usize,
    },
    /// The clock does not know what the event before it at its host knew.
    #[error("event {knew} of {of} is forgotten: line {earlier}, before it at its host, knew of it")]
    Forgotten {
        /// Whose events.
        of: String,
        /// Of how many the clock knows.
        known: u64,
        /// Of how many the other knew.
        knew: u64,
        /// The line of the event before.
        earlier: usize,
    },
    /// The clock is not the maximum of what was received: it knows of an event, and not of all that this event knew.
    #[error(
        "the clock knows of line {received}, and not of event {knew} of {of}, of which line {received} knew"
    )]
    NotMerged {
        /// Whose events.
        of: String,
        /// Of how many the clock knows.
        known: u64,
        /// Of how many the other knew.
        knew: u64,
        /// The line of the event that it knows of.
        received: usize,
    },
    /// Two events know of each other.
    #[error("the clock knows of line {other}, which knows of it")]
    Circular {
        /// The line of the other.
        other: usize,
    },
}

impl Execution {
    /// What is wrong with the clocks, by line, one for each event at most. If there is nothing, the clocks are exactly those of
    /// some execution in which each host counts its events from 1 and takes over the clocks that it receives (Mattern 1988; Fidge
    /// 1988).
    ///
    /// Events of a host may stand in any order. O(n k) for n events that learn of k hosts, times k for those that learn something.
    pub fn check(&self) -> Vec<Broken> {
        let order = Order::new(&self.events);
        let mut broken = Vec::new();
        for events in order.hosts() {
            let mut before = None;
            for (at, event) in events.iter().filter_map(|(_, at)| Some((*at, self.events.get(*at)?))) {
                let rule = own_tick(event, before).or_else(|| others(&order, event, before));
                broken.extend(rule.map(|rule| Broken { line: event.line, event: at, rule }));
                before = Some(event);
            }
        }
        broken.sort_by_key(|broken| broken.line);
        broken
    }
}

/// What the event says of its own host.
fn own_tick(event: &Event, before: Option<&Event>) -> Option<Rule> {
    if Bug::ShivizSkipsOwnTick.is_planted() {
        return None;
    }
    let (host, number) = (event.host.clone(), event.number());
    if number == 0 {
        return Some(Rule::Uncounted { host });
    }
    let last = before.map_or(0, Event::number);
    if last == number {
        return before.map(|before| Rule::Again { host, number, earlier: before.line });
    }
    let expected = last + 1;
    (number != expected).then_some(Rule::Skipped { host, number, expected })
}

/// What the event says of other hosts.
fn others(order: &Order<'_>, event: &Event, before: Option<&Event>) -> Option<Rule> {
    let unmade = event.clock.iter().find(|dot| *dot.actor != event.host && order.find(*dot).is_none());
    if let Some(dot) = unmade {
        let (known, made) = (dot.counter.get(), order.made(dot.actor));
        return Some(Rule::Unmade { of: dot.actor.clone(), known, made });
    }
    if let Some((before, lacking)) =
        before.and_then(|before| Some((before, before.clock.diff(&event.clock).next()?)))
    {
        let (known, knew) = (lacking.first.get() - 1, lacking.last.get());
        return Some(Rule::Forgotten { of: lacking.actor.clone(), known, knew, earlier: before.line });
    }
    if Bug::ShivizSkipsMerge.is_planted() {
        return None;
    }
    order.learnt(event, before).into_iter().find_map(|(_, other)| {
        if other.clock.get(&event.host) >= event.number() {
            return Some(Rule::Circular { other: other.line });
        }
        let lacking = other.clock.diff(&event.clock).next()?;
        let (known, knew) = (lacking.first.get() - 1, lacking.last.get());
        Some(Rule::NotMerged { of: lacking.actor.clone(), known, knew, received: other.line })
    })
}
