//! Where everything of an execution is in its picture, in columns and rows.

use std::collections::{BTreeMap, BTreeSet};

use quorate_vclock::shiviz::{Broken, Event, Execution, Message};

/// More than these nobody looks at.
const EVENTS_MAX: usize = 5_000;

/// Each event has a row of its own, below all that led to it; each host a column.
pub(super) struct Layout<'a> {
    /// The hosts, as they come in the file.
    pub(super) hosts: Vec<&'a str>,
    pub(super) rows: Vec<Row<'a>>,
    /// From row to row.
    pub(super) messages: Vec<Message>,
    /// What is wrong, by row.
    pub(super) broken: BTreeMap<usize, Broken>,
}

pub(super) struct Row<'a> {
    pub(super) event: &'a Event,
    /// The column of its host.
    pub(super) column: usize,
}

impl<'a> Layout<'a> {
    pub(super) fn new(execution: &'a Execution) -> Self {
        let depths = execution.depths();
        let mut places: Vec<usize> = (0..execution.events.len()).collect();
        // What is equally deep stands as in the file.
        places.sort_by_key(|at| depths.get(*at));
        places.truncate(EVENTS_MAX);
        let row_of: BTreeMap<usize, usize> = places.iter().enumerate().map(|(row, at)| (*at, row)).collect();
        let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
        let mut hosts = Vec::new();
        for event in row_of.keys().filter_map(|at| execution.events.get(*at)) {
            columns.entry(&event.host).or_insert_with(|| {
                hosts.push(event.host.as_str());
                hosts.len() - 1
            });
        }
        let row = |at: &usize| {
            let event = execution.events.get(*at)?;
            Some(Row { event, column: *columns.get(event.host.as_str())? })
        };
        let rows = places.iter().filter_map(row).collect();
        let in_rows =
            |Message { from, to }| Some(Message { from: *row_of.get(&from)?, to: *row_of.get(&to)? });
        let messages = execution.messages().into_iter().filter_map(in_rows).collect();
        let broken = execution.check().into_iter();
        let broken = broken.filter_map(|broken| Some((*row_of.get(&broken.event)?, broken))).collect();
        Self { hosts, rows, messages, broken }
    }

    /// The first and the last row of each host.
    pub(super) fn spans(&self) -> Vec<(usize, usize)> {
        let mut spans = vec![None; self.hosts.len()];
        for (at, row) in self.rows.iter().enumerate() {
            let span = &mut spans[row.column];
            let (first, _) = span.unwrap_or((at, at));
            *span = Some((first, at));
        }
        spans.into_iter().flatten().collect()
    }

    /// The rows that somebody sends from.
    pub(super) fn senders(&self) -> BTreeSet<usize> {
        self.messages.iter().map(|message| message.from).collect()
    }
}
