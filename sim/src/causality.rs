//! What led to what: a step follows the node's step before it, and the step that sent the message that it was fed.

use alloc::collections::BTreeMap;

use quorate_machine::NodeId;

use crate::recording::{Done, Fed, Happening, Moment};

/// Which moments led to which, by their places.
pub(crate) struct Causality {
    /// What happened before on the same node.
    before: Vec<Option<usize>>,
    /// Where the message that was received was sent.
    sent: Vec<Option<usize>>,
}

impl Causality {
    pub(crate) fn of(moments: &[Moment]) -> Self {
        let mut latest: BTreeMap<NodeId, usize> = BTreeMap::new();
        let mut senders: BTreeMap<u64, usize> = BTreeMap::new();
        let mut causes = Self { before: Vec::new(), sent: Vec::new() };
        for (at, Moment { happening, .. }) in moments.iter().enumerate() {
            let letter = match happening {
                Happening::Stepped(step) => {
                    senders.extend(letters(&step.done).map(|letter| (letter, at)));
                    received(&step.fed)
                }
                Happening::Undelivered { letter, .. } => Some(*letter),
                Happening::Synced { .. }
                | Happening::Checkpointed { .. }
                | Happening::Crashed { .. }
                | Happening::Fault { .. }
                | Happening::Phase { .. } => None,
            };
            causes.sent.push(letter.and_then(|letter| senders.get(&letter).copied()));
            causes.before.push(happening.node().and_then(|node| latest.insert(node, at)));
        }
        causes
    }

    /// What happened before this on the same node.
    pub(crate) fn before(&self, at: usize) -> Option<usize> {
        self.before.get(at).copied().flatten()
    }

    /// The step that sent the message that came to its end here.
    pub(crate) fn sent(&self, at: usize) -> Option<usize> {
        self.sent.get(at).copied().flatten()
    }

    /// For each moment, whether it led to this one; the moment itself is part of its past.
    pub(crate) fn past(&self, of: usize) -> Vec<bool> {
        let mut past = vec![false; self.before.len()];
        let mut open = vec![of];
        while let Some(at) = open.pop() {
            match past.get_mut(at) {
                Some(seen) if !*seen => *seen = true,
                Some(_) | None => continue,
            }
            open.extend(self.before(at));
            open.extend(self.sent(at));
        }
        past
    }
}

/// The letters that were sent; those that never left have no number.
fn letters(done: &[Done]) -> impl Iterator<Item = u64> {
    done.iter().filter_map(|done| match done {
        Done::Sent { letter, .. } => Some(*letter).filter(|letter| *letter > 0),
        Done::Persisted { .. } | Done::Told { .. } => None,
    })
}

const fn received(fed: &Fed) -> Option<u64> {
    match fed {
        Fed::Received { letter, .. } => Some(*letter),
        Fed::Started | Fed::Submitted { .. } | Fed::Persisted(_) | Fed::Woken => None,
    }
}
