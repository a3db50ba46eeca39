use alloc::{collections::BTreeMap, vec::Vec};

use thiserror::Error;

use crate::{
    history::{Event, History, NEVER, OpId, Operation, Outcome},
    refused::Refused,
};

/// Why an event does not fit the history before it. The builder is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A process has one operation at a time.
    #[error("process {process} invokes an operation while its operation {open} is open")]
    DoubleInvoke {
        /// The process.
        process: u64,
        /// What it has open.
        open: OpId,
    },
    /// An end without a beginning.
    #[error("process {process} has no operation that could end")]
    NotInvoked {
        /// The process.
        process: u64,
    },
    /// After an operation of unknown outcome its process is never used again: that operation is open for ever.
    #[error("process {process} goes on after its operation {crashed}, whose outcome is unknown")]
    ProcessCrashed {
        /// The process.
        process: u64,
        /// The operation of unknown outcome.
        crashed: OpId,
    },
    /// An interval ends before it begins.
    #[error("interval {nth} ends before it begins")]
    Backwards {
        /// Its place in the list.
        nth: usize,
    },
    /// There is a limit on operations, [`History::OPERATIONS_MAX`].
    #[error("there are too many operations")]
    TooLong,
}

/// What a process is at.
#[derive(Clone, Copy, Debug)]
enum Process {
    Busy(OpId),
    Crashed(OpId),
}

/// Who has which operation open: the rules of well-formed histories.
#[derive(Clone, Debug, Default)]
pub(crate) struct Processes(BTreeMap<u64, Process>);

impl Processes {
    pub(crate) fn invoke(&mut self, process: u64, id: usize) -> Result<OpId, Malformed> {
        match self.0.get(&process).copied() {
            Some(Process::Busy(open)) => return Err(Malformed::DoubleInvoke { process, open }),
            Some(Process::Crashed(crashed)) => return Err(Malformed::ProcessCrashed { process, crashed }),
            None => {}
        }
        let id = u32::try_from(id).ok().filter(|id| *id < 1 << 30).ok_or(Malformed::TooLong)?;
        self.0.insert(process, Process::Busy(OpId(id)));
        Ok(OpId(id))
    }

    pub(crate) fn end(&mut self, process: u64) -> Result<OpId, Malformed> {
        let id = self.busy(process)?;
        self.0.remove(&process);
        Ok(id)
    }

    pub(crate) fn crash(&mut self, process: u64) -> Result<OpId, Malformed> {
        let id = self.busy(process)?;
        self.0.insert(process, Process::Crashed(id));
        Ok(id)
    }

    fn busy(&self, process: u64) -> Result<OpId, Malformed> {
        match self.0.get(&process).copied() {
            Some(Process::Busy(open)) => Ok(open),
            Some(Process::Crashed(crashed)) => Err(Malformed::ProcessCrashed { process, crashed }),
            None => Err(Malformed::NotInvoked { process }),
        }
    }
}

/// Makes a [`History`] of what is observed, event by event.
#[derive(Clone, Debug)]
pub struct HistoryBuilder<O, R> {
    operations: Vec<Operation<O, R>>,
    events: Vec<Event>,
    processes: Processes,
}

impl<O, R> Default for HistoryBuilder<O, R> {
    fn default() -> Self {
        Self { operations: Vec::new(), events: Vec::new(), processes: Processes::default() }
    }
}

impl<O, R> HistoryBuilder<O, R> {
    /// Nothing happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A process asks for an operation.
    ///
    /// # Errors
    /// If it has one open or [crashed](Malformed::ProcessCrashed), or there are too many. Nothing changes then, and the
    /// operation is given back.
    pub fn invoke(&mut self, process: u64, op: O) -> Result<OpId, Refused<O>> {
        let id = match self.processes.invoke(process, self.operations.len()) {
            Ok(id) => id,
            Err(why) => return Err(Refused { payload: op, why }),
        };
        self.operations.push(Operation {
            process,
            op,
            outcome: Outcome::Unknown,
            called: 0,
            returned: NEVER,
        });
        self.events.push(Event::Call(id));
        Ok(id)
    }

    /// The operation of this process was done, and this came back.
    ///
    /// # Errors
    /// If the process has none open. Nothing changes then, and what came back is given back.
    pub fn ok(&mut self, process: u64, ret: R) -> Result<OpId, Refused<R>> {
        let id = match self.processes.end(process) {
            Ok(id) => id,
            Err(why) => return Err(Refused { payload: ret, why }),
        };
        self.operations[id.index()].outcome = Outcome::Returned(ret);
        self.events.push(Event::Return(id));
        Ok(id)
    }

    /// The operation of this process was certainly not done. (A compare-and-set that found another value was done.)
    ///
    /// # Errors
    /// If the process has none open. Nothing changes then.
    pub fn fail(&mut self, process: u64) -> Result<OpId, Malformed> {
        let id = self.processes.end(process)?;
        self.operations[id.index()].outcome = Outcome::Failed;
        Ok(id)
    }

    /// Nobody will know whether the operation of this process was done. The process cannot be used again.
    ///
    /// # Errors
    /// If the process has none open. Nothing changes then.
    pub fn info(&mut self, process: u64) -> Result<OpId, Malformed> {
        self.processes.crash(process)
    }

    /// The history. Operations that are still open are of unknown outcome.
    pub fn finish(self) -> History<O, R> {
        let Self { mut operations, events, .. } = self;
        let mut kept = Vec::with_capacity(events.len());
        for event in events {
            match event {
                Event::Call(id) if operations[id.index()].outcome_is_failed() => {
                    operations[id.index()].called = u32::try_from(kept.len()).unwrap_or(NEVER);
                }
                Event::Call(_) | Event::Return(_) => kept.push(event),
            }
        }
        History::assemble(operations, kept)
    }
}

impl<O, R> Operation<O, R> {
    const fn outcome_is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed)
    }
}
