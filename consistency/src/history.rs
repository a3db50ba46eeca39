use alloc::vec::Vec;
use core::fmt;

use crate::{
    bug::{Bug, Mistake},
    builder::Malformed,
};

/// One operation of a history, by the order in which operations were invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub(crate) u32);

impl OpId {
    /// Its place in [`History::operations`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome<R> {
    /// It was done, and this came back.
    Returned(R),
    /// It was certainly not done.
    Failed,
    /// Nobody knows: it may take effect at any time after its invocation, or never. Such operations are called pending.
    Unknown,
}

/// One operation: who asked for what, when, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<O, R> {
    /// Who asked.
    pub process: u64,
    /// For what.
    pub op: O,
    /// What came of it.
    pub outcome: Outcome<R>,
    pub(crate) called: u32,
    pub(crate) returned: u32,
}

/// Where an operation that did not return is taken to return: after everything.
pub(crate) const NEVER: u32 = u32::MAX;

impl<O, R> Operation<O, R> {
    /// The place of its invocation among the events of its history; for one that [failed](Outcome::Failed) the place
    /// of the next event.
    pub const fn called(&self) -> usize {
        self.called as usize
    }

    /// The place of its return among the events of its history.
    pub fn returned(&self) -> Option<usize> {
        (self.returned != NEVER).then_some(self.returned as usize)
    }

    /// What it returned.
    pub const fn ret(&self) -> Option<&R> {
        match &self.outcome {
            Outcome::Returned(ret) => Some(ret),
            Outcome::Failed | Outcome::Unknown => None,
        }
    }
}

/// One end of an operation that was not certainly without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was invoked.
    Call(OpId),
    /// It returned.
    Return(OpId),
}

/// What the clients of an object did and saw: a total order of invocations and returns.
///
/// The time base is that order, nothing else: an operation precedes another if it returned before the other was invoked
/// (Herlihy and Wing, *Linearizability*, §2). It is made by a [`HistoryBuilder`](crate::HistoryBuilder), or from
/// [intervals](History::from_intervals) of one clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<O, R> {
    pub(crate) operations: Vec<Operation<O, R>>,
    pub(crate) events: Vec<Event>,
}

/// An operation as a closed interval of one clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval<O, R> {
    /// Who asked.
    pub process: u64,
    /// For what.
    pub op: O,
    /// When it was invoked, in any unit.
    pub called: u64,
    /// When it returned and what; `None` if nobody knows whether it was done.
    pub returned: Option<(u64, R)>,
}

impl<O, R> History<O, R> {
    /// How many operations a history can have.
    pub const OPERATIONS_MAX: usize = 1 << 30;

    /// All operations, in the order of their invocation.
    pub fn operations(&self) -> &[Operation<O, R>] {
        &self.operations
    }

    /// The operation of this name.
    pub fn get(&self, id: OpId) -> Option<&Operation<O, R>> {
        self.operations.get(id.index())
    }

    /// Both ends of every operation that did not certainly fail, in order; of pending ones the invocation alone.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The operations of this history whose instants are those of one clock. The intervals are closed: operations that
    /// touch in one instant are concurrent.
    ///
    /// Clocks of different machines do not give such instants, unless their error is added to both ends.
    ///
    /// # Errors
    /// If an interval ends before it begins, or there are more than [`OPERATIONS_MAX`](Self::OPERATIONS_MAX).
    pub fn from_intervals(intervals: impl IntoIterator<Item = Interval<O, R>>) -> Result<Self, Malformed> {
        Self::from_intervals_or(intervals, Mistake::default())
    }

    /// The same, with a classic mistake.
    ///
    /// # Errors
    /// As [`from_intervals`](Self::from_intervals).
    #[cfg(quorate_bugs)]
    pub fn from_intervals_with_bug(
        intervals: impl IntoIterator<Item = Interval<O, R>>,
        bug: Bug,
    ) -> Result<Self, Malformed> {
        Self::from_intervals_or(intervals, Mistake(Some(bug)))
    }

    fn from_intervals_or(
        intervals: impl IntoIterator<Item = Interval<O, R>>,
        mistake: Mistake,
    ) -> Result<Self, Malformed> {
        let mut dated = Vec::new();
        for (nth, interval) in intervals.into_iter().enumerate() {
            if nth >= Self::OPERATIONS_MAX {
                return Err(Malformed::TooLong);
            }
            let Interval { process, op, called, returned } = interval;
            let (ended, outcome) = match returned {
                Some((ended, _)) if ended < called => return Err(Malformed::Backwards { nth }),
                Some((ended, ret)) => (Some(ended), Outcome::Returned(ret)),
                None => (None, Outcome::Unknown),
            };
            dated.push((called, ended, Operation { process, op, outcome, called: 0, returned: NEVER }));
        }
        dated.sort_by_key(|(called, ..)| *called);
        // Calls before returns: what touches is concurrent.
        let (call, end) = if mistake.is(Bug::TiesReturnFirst) { (true, false) } else { (false, true) };
        let mut marks = Vec::with_capacity(dated.len() * 2);
        for (id, (called, ended, _)) in (0..).zip(&dated) {
            marks.push((*called, call, id));
            marks.extend(ended.map(|at| (at, end, id)));
        }
        marks.sort_unstable();
        let event = |(_, kind, id): &(u64, bool, u32)| {
            if *kind == end { Event::Return(OpId(*id)) } else { Event::Call(OpId(*id)) }
        };
        let events = marks.iter().map(event).collect();
        Ok(Self::assemble(dated.into_iter().map(|(.., operation)| operation).collect(), events))
    }

    /// Fills in where each operation begins and ends.
    pub(crate) fn assemble(mut operations: Vec<Operation<O, R>>, events: Vec<Event>) -> Self {
        for (place, event) in (0..).zip(&events) {
            match event {
                Event::Call(id) => operations[id.index()].called = place,
                Event::Return(id) => operations[id.index()].returned = place,
            }
        }
        Self { operations, events }
    }
}
