use alloc::collections::{BTreeMap, BTreeSet};

use quorate_machine::Tag;

use crate::history::{Entry, History, Kind};

/// Numbers for processes that do one operation at a time, by Jepsen's rule: who does not know what became of an operation
/// never begins another. Who begins several keeps a number of its own; the others share as few as they can.
#[derive(Default)]
pub(crate) struct Processes {
    /// Who has a number: now, or for good.
    numbers: BTreeMap<Tag, u64>,
    kept: BTreeSet<Tag>,
    free: BTreeSet<u64>,
    next: u64,
}

impl Processes {
    /// Of this history, entry by entry.
    pub(crate) fn of<Op>(history: &History<Op>) -> Self {
        let mut seen = BTreeSet::new();
        let begun = history.entries().iter().filter(|entry| entry.kind == Kind::Invoke);
        let kept = begun.map(|entry| entry.process).filter(|tag| !seen.insert(*tag)).collect();
        Self { kept, ..Self::default() }
    }

    /// The number of the process whose entry is next.
    pub(crate) fn number<Op>(&mut self, entry: &Entry<Op>) -> u64 {
        let tag = entry.process;
        let process = match self.numbers.get(&tag) {
            Some(process) => *process,
            None => self.begin(tag),
        };
        match entry.kind {
            Kind::Ok | Kind::Fail if !self.kept.contains(&tag) => {
                self.numbers.remove(&tag);
                self.free.insert(process);
            }
            Kind::Info if !self.kept.contains(&tag) => drop(self.numbers.remove(&tag)),
            Kind::Invoke | Kind::Ok | Kind::Fail | Kind::Info => {}
        }
        process
    }

    fn begin(&mut self, tag: Tag) -> u64 {
        let free = if self.kept.contains(&tag) { None } else { self.free.pop_first() };
        let process = free.unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        });
        self.numbers.insert(tag, process);
        process
    }
}
