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
///
/// An operation that is open is taken to be pending. When its end is known, what happened before its call is explained as
/// before; so the search goes back to there, and no further.
pub(crate) struct Lane<S: Nondeterministic> {
    /// Those that are open somewhere in what is kept.
    operations: BTreeMap<OpId, (S::Op, Ending<S::Ret>)>,
    /// All explanations of what has happened.
    now: Explained<S::State>,
    /// The same before the call of each operation of which it is not known how it ends, and which event that is.
    before: BTreeMap<OpId, (usize, Explained<S::State>)>,
    /// What has happened since the call of the earliest of these, and how many events came before.
    events: VecDeque<Event>,
    dropped: usize,
    standing: Standing,
}

/// All explanations of some events.
#[derive(Clone, Debug, Default)]
struct Explained<T> {
    configurations: Vec<Configuration<T>>,
    /// The operations that are open after them.
    open: Vec<OpId>,
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
            now: self.now.clone(),
            before: self.before.clone(),
            events: self.events.clone(),
            dropped: self.dropped,
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
            now: Explained {
                configurations: states.into_iter().map(configuration).collect(),
                open: Vec::new(),
            },
            before: BTreeMap::new(),
            events: VecDeque::new(),
            dropped: 0,
            standing: Standing::Linearizable,
        }
    }

    pub(crate) fn invoke(&mut self, spec: &S, id: OpId, op: S::Op) {
        if self.standing != Standing::Linearizable {
            return;
        }
        self.before.insert(id, (self.dropped + self.events.len(), self.now.clone()));
        if !spec.is_read_only(&op, None) {
            self.now.open.push(id);
        }
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
        if self.standing != Standing::Linearizable {
            return self.standing;
        }
        let Some((from, before)) = self.before.remove(&id) else { return self.standing };
        // Nothing new is known of an operation that is given up.
        let is_news = !matches!(ending, Ending::Unknown);
        if matches!(ending, Ending::Returned(_)) {
            self.events.push_back(Event::Return(id));
        }
        if let Some((_, open)) = self.operations.get_mut(&id) {
            *open = ending;
        }
        if is_news {
            let sweep = Sweep { spec, options, operations: &self.operations, configurations_max };
            match sweep.go_on(before, from, self.events.range(from - self.dropped..), &mut self.before) {
                Ok(now) => self.now = now,
                Err(standing) => self.standing = standing,
            }
        }
        self.forget();
        self.standing
    }

    /// Lets go of what will never be swept again.
    fn forget(&mut self) {
        let end = self.dropped + self.events.len();
        // They were called in the order of their names.
        let first = self.before.first_key_value().map_or(end, |(_, (from, _))| *from);
        for event in self.events.drain(..first - self.dropped) {
            let (Event::Call(id) | Event::Return(id)) = event;
            let is_gone = match (event, self.operations.get(&id)) {
                (Event::Return(_), _) => true,
                (Event::Call(_), Some((_, Ending::Failed | Ending::Unknown))) => !self.now.open.contains(&id),
                (Event::Call(_), _) => false,
            };
            if is_gone {
                self.operations.remove(&id);
            }
        }
        self.dropped = first;
    }
}

impl<S: Nondeterministic> Sweep<'_, S> {
    /// What explains these events, of which the first is the one of this number, after what was explained before them.
    fn go_on<'e>(
        &self,
        explained: Explained<S::State>,
        from: usize,
        events: impl Iterator<Item = &'e Event>,
        before: &mut BTreeMap<OpId, (usize, Explained<S::State>)>,
    ) -> Result<Explained<S::State>, Standing> {
        let Explained { mut configurations, mut open } = explained;
        for (number, event) in (from..).zip(events) {
            if let Event::Call(id) = event {
                if let Some(before) = before.get_mut(id) {
                    *before =
                        (number, Explained { configurations: configurations.clone(), open: open.clone() });
                }
            }
            self.pass(*event, &mut configurations, &mut open)?;
        }
        Ok(Explained { configurations, open })
    }

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
