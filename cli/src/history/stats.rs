use std::collections::{BTreeMap, BTreeSet};

use quorate_consistency::format::{Entry, Kind};
use serde::Serialize;

use crate::terminal;

/// What a history holds.
#[derive(Debug, Default, Serialize)]
pub(super) struct Stats {
    operations: u64,
    returned: u64,
    failed: u64,
    /// Without an end, or with one that says that nobody knows.
    pending: u64,
    processes: usize,
    /// How many operations are open at once at most, pending ones from their invocation on.
    open_max: usize,
    /// The same without the pending ones.
    concurrent_max: usize,
    keys: usize,
    /// How many of each operation.
    by_operation: BTreeMap<String, u64>,
}

/// An object of JSON for a file.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    stats: &'a Stats,
}

impl Stats {
    /// Counts. An entry that ends nothing, or begins twice, is an error with its line.
    pub(super) fn of(entries: &[Entry]) -> Result<Self, (usize, &'static str)> {
        let mut stats = Self::default();
        let (mut processes, mut keys) = (BTreeSet::new(), BTreeSet::new());
        let mut open = BTreeMap::new();
        // For each entry, how many more or fewer are open that end some day.
        let mut steps = vec![0_i8; entries.len()];
        let mut open_now = 0;
        for (at, entry) in entries.iter().enumerate() {
            processes.insert(entry.process);
            keys.extend(&entry.key);
            if entry.kind == Kind::Invoke {
                if open.insert(entry.process, at).is_some() {
                    return Err((entry.line, "its process has an operation open"));
                }
                *stats.by_operation.entry(entry.f.clone()).or_default() += 1;
                stats.operations += 1;
                open_now += 1;
                stats.open_max = stats.open_max.max(open_now);
                continue;
            }
            let Some(began) = open.remove(&entry.process) else {
                return Err((entry.line, "its process has no operation open"));
            };
            match entry.kind {
                Kind::Ok => stats.returned += 1,
                Kind::Fail => stats.failed += 1,
                Kind::Invoke | Kind::Info => continue,
            }
            (steps[began], steps[at]) = (1, -1);
            open_now -= 1;
        }
        let mut concurrent = 0;
        for step in steps {
            concurrent += isize::from(step);
            stats.concurrent_max = stats.concurrent_max.max(concurrent.unsigned_abs());
        }
        stats.pending = stats.operations - stats.returned - stats.failed;
        (stats.processes, stats.keys) = (processes.len(), keys.len());
        Ok(stats)
    }

    pub(super) const fn to_json<'a>(&'a self, file: &'a str) -> Line<'a> {
        Line { file, stats: self }
    }

    /// Lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { operations, returned, failed, pending, .. } = self;
        let count = |number: &u64| terminal::count(*number);
        let mut kinds: Vec<_> =
            self.by_operation.iter().map(|(f, number)| format!("{} {f}", count(number))).collect();
        if self.keys > 0 {
            kinds.push(format!("on {} keys", self.keys));
        }
        vec![
            format!(
                "operations   {}: {} returned, {} failed, {} pending",
                count(operations),
                count(returned),
                count(failed),
                count(pending)
            ),
            format!("             {}", kinds.join(", ")),
            format!("processes    {}", self.processes),
            format!("at once      {}, with pending ones {}", self.concurrent_max, self.open_max),
        ]
    }
}
