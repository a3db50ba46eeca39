use alloc::vec::Vec;
use core::fmt;

use crate::builder::Malformed;

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
        let mut operations = Vec::new();
        let mut ends = Vec::new();
        for (nth, interval) in intervals.into_iter().enumerate() {
            if nth >= Self::OPERATIONS_MAX {
                return Err(Malformed::TooLong);
            }
            let Interval { process, op, called, returned } = interval;
            let (returned, outcome) = match returned {
                Some((returned, _)) if returned < called => return Err(Malformed::Backwards { nth }),
                Some((returned, ret)) => (Some(returned), Outcome::Returned(ret)),
                None => (None, Outcome::Unknown),
            };
            operations.push((called, Operation { process, op, outcome, called: 0, returned: NEVER }));
            ends.push((called, nth, returned));
        }
        Ok(Self::in_order(operations, ends))
    }

    fn in_order(operations: Vec<(u64, Operation<O, R>)>, ends: Vec<(u64, usize, Option<u64>)>) -> Self {
        let mut order: Vec<_> = operations.into_iter().zip(ends).collect();
        order.sort_by_key(|((called, _), (_, nth, _))| (*called, *nth));
        // Calls before returns: what touches is concurrent.
        let mut marks = Vec::with_capacity(order.len() * 2);
        for (id, (_, (called, _, returned))) in (0..).zip(&order) {
            marks.push((*called, false, id));
            marks.extend(returned.map(|at| (at, true, id)));
        }
        marks.sort_unstable();
        let events = marks
            .iter()
            .map(|(_, end, id)| if *end { Event::Return(OpId(*id)) } else { Event::Call(OpId(*id)) });
        Self::assemble(order.into_iter().map(|((_, operation), _)| operation).collect(), events.collect())
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
