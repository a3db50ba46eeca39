//! Executions made by chance, whose messages are known.

use std::collections::BTreeSet;

use quorate_machine::Rng;
use quorate_vclock::{
    VClock,
    shiviz::{Event, Execution},
};

/// An execution, and what led to each of its events directly.
pub(crate) struct Made {
    pub(crate) execution: Execution,
    pub(crate) causes: Vec<Vec<usize>>,
}

fn below(rng: &mut Rng, bound: usize) -> usize {
    usize::try_from(rng.below(bound as u64)).unwrap_or(0)
}

/// Hosts that work, send to each other and receive, in an order that has happened.
pub(crate) fn make(rng: &mut Rng, hosts: usize, events: usize) -> Made {
    let names = ["alice", "bob", "127.0.0.1:80", "d\"\\", "日本", "f"];
    let mut clocks: Vec<VClock<String>> = vec![VClock::new(); hosts];
    let mut latest: Vec<Option<usize>> = vec![None; hosts];
    let mut made = Made { execution: Execution::default(), causes: Vec::new() };
    for at in 0..events {
        let host = below(rng, hosts);
        let mut causes: Vec<usize> = latest[host].into_iter().collect();
        if at > 0 && below(rng, 2) == 0 {
            // Any earlier event may have been a sending; even several at once.
            for _ in 0..=below(rng, 2) {
                let sent = below(rng, at);
                let events: &[Event] = &made.execution.events;
                clocks[host].merge(&events[sent].clock);
                causes.push(sent);
            }
        }
        let name = names[host].to_owned();
        let _ = clocks[host].increment(name.clone());
        let text = ["", "works", " sends {\"x\": 1}", "put {x}", "== x =", " a {\"a\": 1}", " === x ==="];
        let text = text[below(rng, text.len())].to_owned();
        made.execution.events.push(Event { host: name, clock: clocks[host].clone(), text, line: 2 * at + 2 });
        made.causes.push(causes);
        latest[host] = Some(at);
    }
    made
}

/// For each event, all that led to it.
pub(crate) fn pasts(causes: &[Vec<usize>]) -> Vec<BTreeSet<usize>> {
    let mut pasts: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); causes.len()];
    // As often as a chain may be long.
    for _ in causes {
        for (at, causes) in causes.iter().enumerate() {
            let led: Vec<usize> =
                causes.iter().flat_map(|cause| pasts[*cause].iter().copied().chain([*cause])).collect();
            pasts[at].extend(led);
        }
    }
    pasts
}

/// Puts the events into another order of lines.
pub(crate) fn shuffle(rng: &mut Rng, execution: &mut Execution) {
    let events = &mut execution.events;
    for at in (1..events.len()).rev() {
        events.swap(at, below(rng, at + 1));
    }
    for (at, event) in events.iter_mut().enumerate() {
        event.line = 2 * at + 2;
    }
}
