//! What one client sent in one go, cut into pieces that can be carried out together.

use super::{limits::Limits, request::Decoded};
use crate::{
    command::{self, Local, Request},
    core::Command,
    operation::Operation,
    query::Query,
    reply::Reply,
    wall,
};

/// Requests in the order in which they came.
#[derive(Debug)]
pub(super) struct Pipeline {
    work: Vec<Work>,
    /// The most bytes of writes that fit into one log entry.
    batch_bytes_max: usize,
    /// How many bytes of writes are in the last piece.
    group_bytes: usize,
    commands: usize,
    bytes: usize,
}

/// A piece of a pipeline.
#[derive(Debug)]
pub(super) enum Work {
    /// The reply is known.
    Answer(Reply),
    /// The connection answers.
    Local(Local),
    /// The machine answers.
    Ask(Group),
}

/// Neighbours that go to the machine together. Reads and writes do not mix: a read must see the writes before it,
/// and not those after it.
#[derive(Debug)]
pub(super) enum Group {
    Reads(Vec<Query>),
    Writes(Vec<Operation>),
}

impl Pipeline {
    pub(super) const fn new(batch_bytes_max: usize) -> Self {
        Self { work: Vec::new(), batch_bytes_max, group_bytes: 0, commands: 0, bytes: 0 }
    }

    pub(super) fn has_room(&self, limits: &Limits) -> bool {
        self.commands < limits.pipeline_commands_max && self.bytes <= limits.pipeline_bytes_max
    }

    pub(super) fn is_empty(&self) -> bool {
        self.work.is_empty()
    }

    pub(super) const fn commands(&self) -> u64 {
        self.commands as u64
    }

    pub(super) fn into_work(self) -> Vec<Work> {
        self.work
    }

    pub(super) fn push(&mut self, request: &Decoded) {
        self.commands += 1;
        self.bytes += request.bytes;
        match command::parse(&request.words) {
            Ok(Request::Read(query)) => self.push_read(query),
            Ok(Request::Write(operation)) => self.push_write(operation, request.bytes),
            Ok(Request::Local(local)) => self.work.push(Work::Local(local)),
            Err(error) => self.work.push(Work::Answer(Reply::Error(error.to_string().into()))),
        }
    }

    fn push_read(&mut self, query: Query) {
        if let Some(Work::Ask(Group::Reads(queries))) = self.work.last_mut() {
            return queries.push(query);
        }
        self.work.push(Work::Ask(Group::Reads(vec![query])));
    }

    fn push_write(&mut self, operation: Operation, bytes: usize) {
        if let Some(Work::Ask(Group::Writes(operations))) = self.work.last_mut() {
            if self.group_bytes + bytes <= self.batch_bytes_max {
                self.group_bytes += bytes;
                return operations.push(operation);
            }
        }
        self.group_bytes = bytes;
        self.work.push(Work::Ask(Group::Writes(vec![operation])));
    }
}

impl Group {
    /// How many replies there will be.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Reads(queries) => queries.len(),
            Self::Writes(operations) => operations.len(),
        }
    }

    pub(super) fn into_command(self) -> Command {
        let at_ms = wall::now_ms();
        match self {
            Self::Reads(queries) => Command::Read { at_ms, queries },
            Self::Writes(operations) => Command::Write { at_ms, operations },
        }
    }
}
