use alloc::collections::{BTreeMap, BTreeSet};

use quorate_machine::Tag;

use crate::history::{Entry, Kind};

/// Numbers for processes that do one operation at a time, by Jepsen's rule: who does not know what became of an operation
/// never begins another.
#[derive(Default)]
pub(crate) struct Processes {
    busy: BTreeMap<Tag, u64>,
    free: BTreeSet<u64>,
    next: u64,
}

impl Processes {
    /// The number of the process whose entry this is.
    pub(crate) fn of<Op>(&mut self, entry: &Entry<Op>) -> u64 {
        let process = match self.busy.get(&entry.process) {
            Some(process) => *process,
            None => self.begin(entry.process),
        };
        match entry.kind {
            Kind::Invoke => {}
            Kind::Ok | Kind::Fail => {
                self.busy.remove(&entry.process);
                self.free.insert(process);
            }
            Kind::Info => drop(self.busy.remove(&entry.process)),
        }
        process
    }

    fn begin(&mut self, tag: Tag) -> u64 {
        let process = self.free.pop_first().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        });
        self.busy.insert(tag, process);
        process
    }
}
