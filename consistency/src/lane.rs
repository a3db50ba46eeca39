use alloc::{
    collections::{BTreeMap, VecDeque},
    vec,
    vec::Vec,
};
use core::hash::{Hash, Hasher as _};

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

use crate::{
    bug::Bug,
    history::{Event, OpId},
    online::Standing,
    options::{Options, Reduction},
    spec::Nondeterministic,
};

/// How an operation ended, or that it did not yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending<R> {
    Open,
    Returned(R),
    Failed,
    Unknown,
}

/// The operations of one key while they happen: a breadth-first search that has all explanations at once.
pub(crate) struct Lane<S: Nondeterministic> {
    /// Those that are open somewhere in what is kept.
    operations: BTreeMap<OpId, (S::Op, Ending<S::Ret>)>,
    /// All explanations of what came before `events`.
    configurations: Vec<Configuration<S::State>>,
    /// The operations that are open before `events`; how each of them ends is known.
    open: Vec<OpId>,
    /// What has happened since the call of the earliest operation of which that is not known.
    events: VecDeque<Event>,
    standing: Standing,
}

/// An explanation: which open operations are in its order, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Configuration<T> {
    taken: Vec<OpId>,
    state: T,
}

impl<S: Nondeterministic<Op: Clone, Ret: Clone>> Clone for Lane<S> {
    fn clone(&self) -> Self {
        Self {
            operations: self.operations.clone(),
            configurations: self.configurations.clone(),
            open: self.open.clone(),
            events: self.events.clone(),
            standing: self.standing,
        }
    }
}

/// What a sweep over events needs to know.
struct Sweep<'a, S: Nondeterministic> {
    spec: &'a S,
    options: &'a Options,
    operations: &'a BTreeMap<OpId, (S::Op, Ending<S::Ret>)>,
    configurations_max: usize,
}

impl<S: Nondeterministic> Lane<S> {
    pub(crate) fn new(states: Vec<S::State>) -> Self {
        let configuration = |state| Configuration { taken: Vec::new(), state };
        Self {
            operations: BTreeMap::new(),
            configurations: states.into_iter().map(configuration).collect(),
            open: Vec::new(),
            events: VecDeque::new(),
            standing: Standing::Linearizable,
        }
    }

    pub(crate) fn invoke(&mut self, id: OpId, op: S::Op) {
        self.operations.insert(id, (op, Ending::Open));
        self.events.push_back(Event::Call(id));
    }

    pub(crate) fn end(
        &mut self,
        spec: &S,
        options: &Options,
        configurations_max: usize,
        id: OpId,
        ending: Ending<S::Ret>,
    ) -> Standing {
        if matches!(ending, Ending::Returned(_)) {
            self.events.push_back(Event::Return(id));
        }
        if let Some((_, open)) = self.operations.get_mut(&id) {
            *open = ending;
        }
        if self.standing == Standing::Linearizable {
            self.standing =
                self.settle(spec, options, configurations_max).unwrap_or_else(|standing| standing);
        }
        self.standing
    }

    /// Goes past what is known for good, and looks at what is not.
    fn settle(
        &mut self,
        spec: &S,
        options: &Options,
        configurations_max: usize,
    ) -> Result<Standing, Standing> {
        let operations = &self.operations;
        let sweep = Sweep { spec, options, operations, configurations_max };
        let mut gone = Vec::new();
        while let Some(event) = self.events.front().copied() {
            if let Event::Call(id) = event {
                if matches!(self.operations.get(&id), Some((_, Ending::Open))) {
                    break;
                }
            }
            self.events.pop_front();
            sweep.pass(event, &mut self.configurations, &mut self.open)?;
            match event {
                Event::Call(id) if self.open.last() == Some(&id) => {}
                // It has returned, or it cannot have changed anything.
                Event::Call(id) | Event::Return(id) => gone.push(id),
            }
        }
        let (mut configurations, mut open) = (self.configurations.clone(), self.open.clone());
        for event in &self.events {
            sweep.pass(*event, &mut configurations, &mut open)?;
        }
        for id in gone {
            self.operations.remove(&id);
        }
        Ok(Standing::Linearizable)
    }
}

impl<S: Nondeterministic> Sweep<'_, S> {
    /// What explains the events before and this one.
    fn pass(
        &self,
        event: Event,
        configurations: &mut Vec<Configuration<S::State>>,
        open: &mut Vec<OpId>,
    ) -> Result<(), Standing> {
        match event {
            Event::Call(id) => {
                if self.matters(id) {
                    open.push(id);
                }
            }
            Event::Return(id) => {
                *configurations = self.explain(id, core::mem::take(configurations), open)?;
                open.retain(|other| *other != id);
                if configurations.is_empty() {
                    return Err(Standing::Violation { op: id });
                }
            }
        }
        Ok(())
    }

    /// Whether the operation can have changed anything.
    fn matters(&self, id: OpId) -> bool {
        let Some((op, ending)) = self.operations.get(&id) else { return false };
        match ending {
            Ending::Failed => self.options.has(Bug::OnlineKeepsFailed),
            Ending::Returned(_) => true,
            Ending::Open | Ending::Unknown => !self.spec.is_read_only(op, None),
        }
    }

    /// All ways to put open operations in order such that this one is, and is the last to be.
    fn explain(
        &self,
        id: OpId,
        work: Vec<Configuration<S::State>>,
        open: &[OpId],
    ) -> Result<Vec<Configuration<S::State>>, Standing> {
        let mut seen = Seen::default();
        let mut done = Seen::default();
        for configuration in work {
            seen.push(configuration);
        }
        let (mut at, mut next) = (0, Vec::new());
        while let Some(mut configuration) = seen.list.get(at).cloned() {
            at += 1;
            self.commit_reads(&mut configuration, open);
            if let Some(place) = configuration.taken.iter().position(|other| *other == id) {
                configuration.taken.remove(place);
                done.push(configuration);
                continue;
            }
            for other in open.iter().copied().filter(|other| !configuration.taken.contains(other)) {
                if self.is_barred(other, open, &configuration) {
                    continue;
                }
                next.clear();
                let is_pending = self.step_all(&configuration.state, other, &mut next);
                for state in next.drain(..) {
                    if is_pending && state == configuration.state {
                        continue;
                    }
                    let mut taken = configuration.taken.clone();
                    taken.insert(taken.partition_point(|before| *before < other), other);
                    seen.push(Configuration { taken, state });
                }
            }
            if seen.list.len() > self.configurations_max {
                return Err(Standing::Unknown);
            }
        }
        Ok(done.list)
    }

    /// See [`Reduction::ReadsAtOnce`].
    fn commit_reads(&self, configuration: &mut Configuration<S::State>, open: &[OpId]) {
        if !self.options.reductions.has(Reduction::ReadsAtOnce) {
            return;
        }
        let mut next = Vec::new();
        for id in open {
            let Some((op, Ending::Returned(ret))) = self.operations.get(id) else { continue };
            let place = configuration.taken.partition_point(|before| before < id);
            if configuration.taken.get(place) == Some(id) || !self.spec.is_read_only(op, Some(ret)) {
                continue;
            }
            next.clear();
            self.spec.step_all(&configuration.state, op, Some(ret), &mut next);
            if !next.is_empty() {
                configuration.taken.insert(place, *id);
            }
        }
    }

    /// See [`Reduction::EqualPending`].
    fn is_barred(&self, id: OpId, open: &[OpId], configuration: &Configuration<S::State>) -> bool {
        if !self.options.reductions.has(Reduction::EqualPending) {
            return false;
        }
        let Some(op) = self.pending(id) else { return false };
        let is_equal = |other: &OpId| self.pending(*other).is_some_and(|other| self.spec.same(other, op));
        let before = open.iter().filter(|other| **other < id && !configuration.taken.contains(other));
        before.into_iter().any(is_equal)
    }

    fn pending(&self, id: OpId) -> Option<&S::Op> {
        match self.operations.get(&id)? {
            (op, Ending::Open | Ending::Unknown) => Some(op),
            (_, Ending::Returned(_) | Ending::Failed) => None,
        }
    }

    /// The states after an operation, and whether it is pending.
    fn step_all(&self, state: &S::State, id: OpId, next: &mut Vec<S::State>) -> bool {
        match self.operations.get(&id) {
            Some((op, Ending::Returned(ret))) => {
                self.spec.step_all(state, op, Some(ret), next);
                false
            }
            Some((op, Ending::Open | Ending::Unknown | Ending::Failed)) => {
                self.spec.step_all(state, op, None, next);
                true
            }
            None => false,
        }
    }
}

/// A list without repetitions.
struct Seen<T> {
    list: Vec<Configuration<T>>,
    places: HashTable<(u64, usize)>,
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self { list: vec![], places: HashTable::new() }
    }
}

impl<T: Eq + Hash> Seen<T> {
    fn push(&mut self, configuration: Configuration<T>) {
        let mut hasher = SipHasher13::new();
        configuration.hash(&mut hasher);
        let hash = hasher.finish();
        if self.places.find(hash, |(_, at)| self.list[*at] == configuration).is_none() {
            self.places.insert_unique(hash, (hash, self.list.len()), |(hash, _)| *hash);
            self.list.push(configuration);
        }
    }
}
