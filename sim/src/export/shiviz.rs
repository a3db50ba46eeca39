use alloc::collections::BTreeMap;
use core::fmt::Write as _;

use quorate_machine::NodeId;

use crate::recording::{Done, Fed, Happening, Recording, Stepped};

/// How many events of each node led to something.
type Clock = BTreeMap<NodeId, u64>;

impl Recording {
    /// The recording as a log for [ShiViz](https://bestchai.bitbucket.io/shiviz/), in the format that it expects if it is
    /// told nothing else, `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`.
    ///
    /// Two lines for each step and each crash: what happened, then the node and its vector clock. The clocks are kept
    /// here, outside the machines; a node's first event in the recording is its event 1, and a message whose sending was
    /// forgotten joins nothing.
    pub fn shiviz(&self) -> String {
        let mut clocks: BTreeMap<NodeId, Clock> = BTreeMap::new();
        let mut letters: BTreeMap<u64, Clock> = BTreeMap::new();
        let mut log = String::new();
        for moment in &self.moments {
            let Some(node) = moment.happening.node() else { continue };
            if !matches!(moment.happening, Happening::Stepped(_) | Happening::Crashed { .. }) {
                continue;
            }
            let clock = clocks.entry(node).or_default();
            *clock.entry(node).or_default() += 1;
            if let Happening::Stepped(step) = &moment.happening {
                learn(clock, step, &mut letters);
            }
            log.push_str(&one_line(moment.happening.to_string().trim()));
            let _ = write!(log, "\n{node} {{");
            for (nth, (node, events)) in clock.iter().enumerate() {
                let comma = if nth == 0 { "" } else { ", " };
                let _ = write!(log, "{comma}\"{node}\": {events}");
            }
            log.push_str("}\n");
        }
        log
    }
}

/// Merges what the sender knew, and remembers what those who are sent something will know.
fn learn(clock: &mut Clock, step: &Stepped, letters: &mut BTreeMap<u64, Clock>) {
    if let Fed::Received { letter, .. } = &step.fed {
        for (node, events) in letters.get(letter).into_iter().flatten() {
            let known = clock.entry(*node).or_default();
            *known = (*known).max(*events);
        }
    }
    for done in &step.done {
        if let Done::Sent { letter: letter @ 1.., .. } = done {
            letters.insert(*letter, clock.clone());
        }
    }
}

/// The text without anything that ends a line, for whichever language reads it.
fn one_line(text: &str) -> String {
    text.replace(|char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}'), " ")
}
