use quorate_machine::{Tag, Time};

/// What a client did and saw, in the order of the world's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History<Op> {
    entries: Vec<Entry<Op>>,
    /// Nothing is kept: a run was asked to do without.
    unkept: bool,
}

/// One end of an operation. An invocation that nothing ends may or may not have happened, like [`Kind::Info`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<Op> {
    /// The client, which has one operation open at a time. Mostly each command is a client of its own, named by its tag.
    pub process: Tag,
    /// Which end.
    pub kind: Kind,
    /// What was asked for, or what came back.
    pub op: Op,
    /// When, by the world's clock.
    pub at: Time,
}

/// Which end of an operation an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The client asked.
    Invoke,
    /// It was done.
    Ok,
    /// It was certainly not done.
    Fail,
    /// Nobody knows.
    Info,
}

impl<Op> History<Op> {
    /// Nothing happened yet.
    pub const fn new() -> Self {
        Self { entries: Vec::new(), unkept: false }
    }

    pub(crate) const fn unkept() -> Self {
        Self { entries: Vec::new(), unkept: true }
    }

    /// Records one end of an operation.
    pub fn push(&mut self, process: Tag, kind: Kind, op: Op, at: Time) {
        if !self.unkept {
            self.entries.push(Entry { process, kind, op, at });
        }
    }

    /// What was recorded, in order.
    pub fn entries(&self) -> &[Entry<Op>] {
        &self.entries
    }
}
