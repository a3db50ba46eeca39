use alloc::{collections::BTreeMap, vec::Vec};
use core::{fmt, hash::Hash as _};

use hashbrown::HashTable;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::program::{Unsuitable, program_order};
use crate::{
    bug::Bug,
    history::{History, OpId},
    options::{Options, Reduction},
    spec::Nondeterministic,
    verdict::{Unknown, Witness},
};

/// Judges whether a history is sequentially consistent, without a limit on steps.
///
/// # Errors
/// If a process has two operations open at once.
pub fn check_sequential<S: Nondeterministic>(
    spec: &S,
    history: &History<S::Op, S::Ret>,
) -> Result<SequentialVerdict, Unsuitable> {
    Ok(Sequencer::new(spec, history, Options::default())?.run(u64::MAX))
}

/// What a search for a sequential order came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequentialVerdict {
    /// The history is sequentially consistent: here is an order that explains it.
    Ok(Witness),
    /// It is not.
    Violation(Stuck),
    /// The search has not come to an end.
    Unknown(Unknown),
}

impl SequentialVerdict {
    /// `Some` of whether the history is sequentially consistent, if that is known.
    pub const fn is_sequential(&self) -> Option<bool> {
        match self {
            Self::Ok(_) => Some(true),
            Self::Violation(_) => Some(false),
            Self::Unknown(_) => None,
        }
    }
}

/// The longest order that obeys all processes' own orders and is legal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stuck {
    /// The operations in order.
    pub order: Vec<OpId>,
    /// What each process would have done next.
    pub waiting: Vec<OpId>,
}

/// A search for one legal order of all operations that has each process's operations in theirs (Lamport, *How to Make a
/// Multiprocessor Computer That Correctly Executes Multiprocess Programs*, IEEE Trans. Comput. 1979), in steps:
/// deterministic, and resumable at any step.
///
/// Unlike linearizability this is no property of single objects (Herlihy and Wing, TOPLAS 1990, §3.3): all keys are
/// searched together. The memo remembers how far each process was and the state, so that a search of n operations of p
/// processes takes at most about (n / p)ᵖ steps for each state; the problem is NP-complete (Gibbons and Korach, 1997).
pub struct Sequencer<'a, S: Nondeterministic> {
    spec: &'a S,
    history: &'a History<S::Op, S::Ret>,
    /// What each process does, and how much of that is in the order.
    lanes: Vec<Vec<(OpId, usize)>>,
    places: Vec<u32>,
    /// How many operations that returned are not in the order.
    missing: usize,
    states: Vec<S::State>,
    order: Vec<OpId>,
    frames: Vec<Frame<S::State>>,
    memo: HashTable<([u64; 2], u32)>,
    /// In exact mode, what the fingerprints stand for.
    exact: Vec<(Vec<u32>, Vec<S::State>)>,
    stuck: Stuck,
    steps: u64,
    verdict: Option<SequentialVerdict>,
    options: Options,
}

/// A configuration, how it was come to, and what to try from it.
struct Frame<T> {
    undo: Option<(usize, usize, T)>,
    /// The processes to try, the next one last.
    candidates: Vec<usize>,
    /// The process that is tried, and the states that its operation may lead to.
    trying: usize,
    states: Vec<T>,
}

impl<S: Nondeterministic> fmt::Debug for Sequencer<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sequencer").field("steps", &self.steps).finish_non_exhaustive()
    }
}

impl<'a, S: Nondeterministic> Sequencer<'a, S> {
    /// Prepares the search. Of the options, shortcuts and most reductions have no meaning here.
    ///
    /// # Errors
    /// If a process has two operations open at once.
    pub fn new(
        spec: &'a S,
        history: &'a History<S::Op, S::Ret>,
        options: Options,
    ) -> Result<Self, Unsuitable> {
        let mut keys: BTreeMap<S::Key, usize> = BTreeMap::new();
        let mut lanes: BTreeMap<(usize, usize), Vec<(OpId, usize)>> = BTreeMap::new();
        let mut missing = 0;
        for (process, ids) in program_order(history)?.into_iter().enumerate() {
            for id in ids {
                let Some(operation) = history.get(id) else { continue };
                let next = keys.len();
                let key = *keys.entry(spec.key(&operation.op)).or_insert(next);
                let part = if options.has(Bug::SequentialByKey) { key } else { 0 };
                lanes.entry((process, part)).or_default().push((id, key));
                missing += usize::from(operation.ret().is_some());
            }
        }
        let mut states: Vec<_> = keys.into_iter().map(|(key, at)| (at, spec.init(&key))).collect();
        states.sort_unstable_by_key(|(at, _)| *at);
        let lanes: Vec<_> = lanes.into_values().collect();
        let mut search = Self {
            spec,
            history,
            places: lanes.iter().map(|_| 0).collect(),
            lanes,
            missing,
            states: states.into_iter().map(|(_, state)| state).collect(),
            order: Vec::new(),
            frames: Vec::new(),
            memo: HashTable::new(),
            exact: Vec::new(),
            stuck: Stuck::default(),
            steps: 0,
            verdict: None,
            options,
        };
        search.open(None);
        Ok(search)
    }

    /// Searches for at most this many steps more. Once the verdict is not unknown for want of steps, it stays.
    pub fn run(&mut self, steps: u64) -> SequentialVerdict {
        for _ in 0..steps {
            if self.verdict.is_some() {
                break;
            }
            self.steps += 1;
            self.step();
        }
        self.verdict.clone().unwrap_or(SequentialVerdict::Unknown(Unknown::Steps))
    }

    /// How many steps were done.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    fn step(&mut self) {
        if self.missing == 0 {
            self.verdict = Some(SequentialVerdict::Ok(Witness { order: self.order.clone() }));
            return;
        }
        let Some(frame) = self.frames.last_mut() else {
            self.verdict = Some(SequentialVerdict::Violation(core::mem::take(&mut self.stuck)));
            return;
        };
        if let Some(state) = frame.states.pop() {
            let process = frame.trying;
            self.put(process, state);
        } else if let Some(process) = frame.candidates.pop() {
            frame.trying = process;
            let mut states = core::mem::take(&mut frame.states);
            self.step_all(process, &mut states);
            states.reverse();
            if let Some(frame) = self.frames.last_mut() {
                frame.states = states;
            }
        } else {
            self.back();
        }
    }

    /// The next operation of a process.
    fn next(&self, process: usize) -> Option<(OpId, usize)> {
        self.lanes[process].get(self.places[process] as usize).copied()
    }

    /// The states after the next operation of a process; of one that is pending only those that differ from the present.
    fn step_all(&self, process: usize, states: &mut Vec<S::State>) {
        let Some((id, key)) = self.next(process) else { return };
        let Some(operation) = self.history.get(id) else { return };
        let state = &self.states[key];
        self.spec.step_all(state, &operation.op, operation.ret(), states);
        if operation.ret().is_none() {
            states.retain(|next| next != state);
        }
    }

    /// Puts the next operation of a process in order.
    fn put(&mut self, process: usize, state: S::State) {
        let Some((id, key)) = self.next(process) else { return };
        let before = core::mem::replace(&mut self.states[key], state);
        self.places[process] += 1;
        self.order.push(id);
        self.missing -= usize::from(self.history.get(id).is_some_and(|operation| operation.ret().is_some()));
        match self.remember() {
            Some(true) => self.open(Some((process, key, before))),
            Some(false) => self.undo(process, key, before),
            None => self.verdict = Some(SequentialVerdict::Unknown(Unknown::Memo)),
        }
    }

    fn back(&mut self) {
        if let Some(Frame { undo: Some((process, key, before)), .. }) = self.frames.pop() {
            self.undo(process, key, before);
        }
    }

    fn undo(&mut self, process: usize, key: usize, before: S::State) {
        self.states[key] = before;
        self.places[process] -= 1;
        if let Some(id) = self.order.pop() {
            self.missing +=
                usize::from(self.history.get(id).is_some_and(|operation| operation.ret().is_some()));
        }
    }

    /// Whether the present configuration is new; `None` if there is no room for it.
    fn remember(&mut self) -> Option<bool> {
        let mut hasher = SipHasher13::new();
        self.places.hash(&mut hasher);
        if !self.options.has(Bug::SequentialMemoIgnoresState) {
            self.states.hash(&mut hasher);
        }
        let print = hasher.finish128();
        let print = [print.h1, print.h2];
        let is_same = |(other, at): &([u64; 2], u32)| {
            let known = self.exact.get(*at as usize);
            *other == print && known.is_none_or(|known| known.0 == self.places && known.1 == self.states)
        };
        if self.memo.find(print[0], is_same).is_some() {
            return Some(false);
        }
        let at = u32::try_from(self.memo.len()).ok()?;
        if self.memo.len() >= self.options.memo_entries_max {
            return None;
        }
        if self.options.exact {
            self.exact.push((self.places.clone(), self.states.clone()));
        }
        self.memo.insert_unique(print[0], (print, at), |(print, _)| print[0]);
        Some(true)
    }

    /// What to try from here: a read that is legal, and nothing else, if there is one (see [`Reduction::ReadsAtOnce`]), or
    /// each process's next operation, in the order of their invocation.
    fn open(&mut self, undo: Option<(usize, usize, S::State)>) {
        let mut next: Vec<_> = (0..self.lanes.len()).filter_map(|at| Some((self.next(at)?.0, at))).collect();
        if self.order.len() >= self.stuck.order.len() {
            self.stuck.order.clone_from(&self.order);
            self.stuck.waiting = next.iter().map(|(id, _)| *id).collect();
        }
        let mut states = Vec::new();
        let is_ready = |(id, at): &(OpId, usize)| {
            states.clear();
            let Some(operation) = self.history.get(*id) else { return false };
            if operation.ret().is_none() || !self.spec.is_read_only(&operation.op, operation.ret()) {
                return false;
            }
            self.step_all(*at, &mut states);
            !states.is_empty()
        };
        let reads_at_once = self.options.reductions.has(Reduction::ReadsAtOnce);
        let ready = next.iter().copied().find(is_ready).filter(|_| reads_at_once);
        if let Some(ready) = ready {
            next = [ready].into();
        }
        next.sort_unstable_by(|one, other| other.cmp(one));
        let candidates = next.into_iter().map(|(_, at)| at).collect();
        self.frames.push(Frame { undo, candidates, trying: 0, states: Vec::new() });
    }
}
