use alloc::{collections::BTreeMap, vec};
use core::fmt;

use crate::{
    builder::{Malformed, Processes},
    history::OpId,
    lane::{Ending, Lane},
    options::Options,
    refused::Refused,
    spec::Nondeterministic,
};

/// How an object is doing so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// What has happened is linearizable.
    Linearizable,
    /// It is not.
    Violation {
        /// The operation whose return no order explains: the first one of its key.
        op: OpId,
    },
    /// There were too many explanations of one key to follow.
    Unknown,
}

/// Judges a history while it happens, with a verdict after every event: that of [`check`](crate::check) on what has
/// happened so far, in which operations that are still open are pending.
///
/// It goes breadth-first: what it keeps are the configurations that explain everything so far and what came before the call of
/// each open operation, and the events since the earliest of these. So its memory is that of the present window, however long
/// the history, and a return costs what has happened since its call. A client that neither answers nor is
/// [given up](Self::info) makes the window grow, not the cost of the others' returns.
pub struct Online<'a, S: Nondeterministic> {
    spec: &'a S,
    options: Options,
    configurations_max: usize,
    processes: Processes,
    /// The key of each operation that is open.
    open: BTreeMap<OpId, S::Key>,
    lanes: BTreeMap<S::Key, Lane<S>>,
    /// How many operations were invoked.
    count: usize,
    standing: Standing,
}

impl<S: Nondeterministic> fmt::Debug for Online<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Online")
            .field("count", &self.count)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

impl<S: Nondeterministic<Op: Clone, Ret: Clone>> Clone for Online<'_, S> {
    fn clone(&self) -> Self {
        Self {
            processes: self.processes.clone(),
            open: self.open.clone(),
            lanes: self.lanes.clone(),
            ..*self
        }
    }
}

impl<'a, S: Nondeterministic> Online<'a, S> {
    /// How many configurations of one key are followed by default.
    pub const CONFIGURATIONS_MAX: usize = 1 << 16;

    /// Nothing happened yet.
    pub fn new(spec: &'a S, options: Options) -> Self {
        Self {
            spec,
            options,
            configurations_max: Self::CONFIGURATIONS_MAX,
            processes: Processes::default(),
            open: BTreeMap::new(),
            lanes: BTreeMap::new(),
            count: 0,
            standing: Standing::Linearizable,
        }
    }

    /// Follows at most this many configurations of one key; beyond that the verdict is unknown.
    #[must_use]
    pub fn configurations_max(self, configurations_max: usize) -> Self {
        Self { configurations_max, ..self }
    }

    /// A process asks for an operation.
    ///
    /// # Errors
    /// As [`HistoryBuilder::invoke`](crate::HistoryBuilder::invoke); nothing changes then.
    pub fn invoke(&mut self, process: u64, op: S::Op) -> Result<OpId, Refused<S::Op>> {
        let id = match self.processes.invoke(process, self.count) {
            Ok(id) => id,
            Err(why) => return Err(Refused { payload: op, why }),
        };
        self.count += 1;
        let key = self.spec.key(&op);
        self.open.insert(id, key.clone());
        let lane = self.lanes.entry(key).or_insert_with_key(|key| Lane::new(vec![self.spec.init(key)]));
        lane.invoke(self.spec, id, op);
        Ok(id)
    }

    /// The operation of this process was done, and this came back.
    ///
    /// # Errors
    /// As [`HistoryBuilder::ok`](crate::HistoryBuilder::ok); nothing changes then.
    pub fn ok(&mut self, process: u64, ret: S::Ret) -> Result<OpId, Refused<S::Ret>> {
        let id = match self.processes.end(process) {
            Ok(id) => id,
            Err(why) => return Err(Refused { payload: ret, why }),
        };
        self.end(id, Ending::Returned(ret));
        Ok(id)
    }

    /// The operation of this process was certainly not done.
    ///
    /// # Errors
    /// As [`HistoryBuilder::fail`](crate::HistoryBuilder::fail); nothing changes then.
    pub fn fail(&mut self, process: u64) -> Result<OpId, Malformed> {
        let id = self.processes.end(process)?;
        self.end(id, Ending::Failed);
        Ok(id)
    }

    /// Nobody will know whether the operation of this process was done.
    ///
    /// # Errors
    /// As [`HistoryBuilder::info`](crate::HistoryBuilder::info); nothing changes then.
    pub fn info(&mut self, process: u64) -> Result<OpId, Malformed> {
        let id = self.processes.crash(process)?;
        self.end(id, Ending::Unknown);
        Ok(id)
    }

    /// The verdict on what has happened so far. A violation stays one.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    fn end(&mut self, id: OpId, ending: Ending<S::Ret>) {
        let lane = self.open.remove(&id).and_then(|key| self.lanes.get_mut(&key));
        let Some(lane) = lane else { return };
        let standing = lane.end(self.spec, &self.options, self.configurations_max, id, ending);
        self.standing = match (self.standing, standing) {
            (Standing::Violation { op }, _) | (_, Standing::Violation { op }) => Standing::Violation { op },
            (Standing::Unknown, _) | (_, Standing::Unknown) => Standing::Unknown,
            (Standing::Linearizable, Standing::Linearizable) => Standing::Linearizable,
        };
    }
}
