use alloc::vec::Vec;

use crate::{
    bits::Bits,
    bug::Bug,
    history::OpId,
    memo::{Memo, Remembered},
    options::{Options, Reduction},
    spec::Nondeterministic,
    track::{Candidate, Track},
    verdict::Configuration,
};

/// What a search has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Going,
    Found,
    Exhausted,
    Full,
}

/// The depth-first search for one key.
///
/// It goes through the returns and keeps which open calls are in the order already, so that the place and that set name all
/// calls in the order: the *window key*, as long as the number of open calls and not as the history (Wing and Gong, JPDC
/// 1993; Lowe, *Testing for linearizability*, 2017: the memo, and that calls are put in order as late as possible).
/// Nothing happens until a call returns that is not in the order. Then some sequence of the open calls, it at the end,
/// must be.
pub(crate) struct Search<'a, S: Nondeterministic, const N: usize> {
    track: Track<'a, S::Op, S::Ret>,
    options: Options,
    memo: Memo<S::State, N>,
    /// Where the search is, while it goes forward.
    here: Option<Here<S::State, N>>,
    /// The returns at which there was a choice.
    frames: Vec<Frame<S::State, N>>,
    /// What is in the order.
    trail: Vec<u32>,
    furthest: Furthest<S::State, N>,
    /// What the object holds at first.
    init: S::State,
    hunt: Hunt,
    /// States after a step, kept for their memory.
    next: Vec<S::State>,
}

struct Here<T, const N: usize> {
    place: u32,
    mask: Bits<N>,
    state: T,
    /// Whether the state is what an unseen call has left.
    is_unseen: bool,
}

/// A return that needs a choice, and which choices were made.
struct Frame<T, const N: usize> {
    place: u32,
    returning: u32,
    mask: Bits<N>,
    state: T,
    is_unseen: bool,
    /// The call to try next, and which of the states after it.
    candidate: u32,
    branch: usize,
    /// How long the order was.
    trail: usize,
}

/// The search for an order, and if there is none for the first return that nothing explains. What returns later than that would rule
/// out states which explain all before it, so it is asked only about returns before the `horizon`.
#[derive(Clone, Copy, Debug)]
struct Hunt {
    horizon: u32,
    /// Where the search may end.
    goal: u32,
    /// Whether [looking ahead](Reduction::LookAhead) has cut anything off.
    is_cut: bool,
    /// How many returns some order explains, and how many none does, once it is known that none explains all.
    bounds: Option<(u32, u32)>,
}

impl Hunt {
    const fn new() -> Self {
        Self { horizon: u32::MAX, goal: u32::MAX, is_cut: false, bounds: None }
    }

    /// What to search next for the first return that nothing explains; `None` if it has been found.
    const fn narrowed(self, explained: u32, unexplained: u32) -> Option<Self> {
        if self.bounds.is_some() && self.goal == u32::MAX {
            return None;
        }
        let (horizon, goal) = if unexplained - explained > 1 {
            let middle = explained + (unexplained - explained) / 2;
            (middle, middle)
        } else {
            (explained, u32::MAX)
        };
        Some(Self { horizon, goal, is_cut: false, bounds: Some((explained, unexplained)) })
    }
}

/// The configurations at the latest return that was reached and needed a choice.
struct Furthest<T, const N: usize> {
    place: u32,
    returning: u32,
    seen: Vec<(Bits<N>, T)>,
    order: Kept,
}

impl<T, const N: usize> Default for Furthest<T, N> {
    fn default() -> Self {
        Self { place: 0, returning: 0, seen: Vec::new(), order: Kept::default() }
    }
}

/// The order that led to the first configuration there. A copy at each return would cost the square of the history, so what
/// the trail still has of it stays in the trail, and what the trail gives up is taken over.
#[derive(Default)]
struct Kept {
    /// How much of it is the beginning of the trail.
    shared: usize,
    /// The rest, backwards.
    rest: Vec<u32>,
}

impl Kept {
    fn begin(&mut self, trail: &[u32]) {
        self.shared = trail.len();
        self.rest.clear();
    }

    /// Before the trail is cut to this length.
    fn take_over(&mut self, trail: &[u32], length: usize) {
        if let Some(lost) = trail.get(length..self.shared) {
            self.rest.extend(lost.iter().rev());
            self.shared = length;
        }
    }
}

/// As many as a counterexample shows.
const SHOWN_MAX: usize = crate::Counterexample::<(), ()>::SHOWN_MAX;

impl<'a, S: Nondeterministic, const N: usize> Search<'a, S, N> {
    pub(crate) fn new(mut track: Track<'a, S::Op, S::Ret>, init: S::State, options: Options) -> Self {
        track.place_pending(Bits::<N>::LEN, &options);
        let mut pending = Bits::NONE;
        if options.reductions.has(Reduction::Domination) {
            track.pending().iter().for_each(|candidate| pending.set(candidate.slot));
        }
        Self {
            track,
            options,
            memo: Memo::new(pending, options),
            here: Some(Here { place: 0, mask: Bits::NONE, state: init.clone(), is_unseen: false }),
            frames: Vec::new(),
            trail: Vec::new(),
            furthest: Furthest::default(),
            init,
            hunt: Hunt::new(),
            next: Vec::new(),
        }
    }

    /// Goes on for at most this many steps, and says how many are left.
    pub(crate) fn run(&mut self, spec: &S, mut steps: u64) -> (Status, u64) {
        while steps > 0 {
            steps -= 1;
            let status = if self.here.is_some() { self.go_on(spec) } else { self.choose(spec) };
            let status = self.narrow(status);
            if status != Status::Going {
                return (status, steps);
            }
        }
        (Status::Going, 0)
    }

    /// Goes on to look for the culprit where a search has ended.
    fn narrow(&mut self, status: Status) -> Status {
        let reached = self.furthest.place;
        let (explained, unexplained) = match (status, self.hunt.bounds) {
            (Status::Going | Status::Full, _) | (Status::Found, None) => return status,
            (Status::Exhausted, None) if !self.hunt.is_cut || self.options.has(Bug::LooksPastTheCulprit) => {
                return status;
            }
            (Status::Found, Some((_, unexplained))) => (self.hunt.goal, unexplained),
            (Status::Exhausted, None) => (reached, self.track.returns()),
            (Status::Exhausted, Some((explained, unexplained))) => {
                (explained.max(reached), unexplained.min(self.hunt.goal))
            }
        };
        let Some(hunt) = self.hunt.narrowed(explained, unexplained) else { return status };
        self.hunt = hunt;
        self.memo.clear();
        self.here = Some(Here { place: 0, mask: Bits::NONE, state: self.init.clone(), is_unseen: false });
        self.frames.clear();
        self.trail.clear();
        self.furthest = Furthest::default();
        Status::Going
    }

    /// Goes past one return, or stops there if it needs a choice.
    fn go_on(&mut self, spec: &S) -> Status {
        let Some(here) = &mut self.here else { return Status::Going };
        let returning = self.track.returning(here.place).filter(|_| here.place != self.hunt.goal);
        let Some(returning) = returning else { return Status::Found };
        let slot = self.track.slot(returning);
        if !here.mask.has(slot) {
            self.commit_reads(spec, returning);
        }
        let Some(here) = &mut self.here else { return Status::Going };
        if here.mask.has(slot) || self.options.has(Bug::ReadsLetGo) && self.track.is_read_only(returning) {
            here.mask.clear(slot);
            here.place += 1;
            return Status::Going;
        }
        self.stop(spec, returning)
    }

    /// Puts in order what only reads and is legal now (see [`Reduction::ReadsAtOnce`]).
    fn commit_reads(&mut self, spec: &S, returning: u32) {
        let Some(here) = &mut self.here else { return };
        for Candidate { at, slot, .. } in self.track.readers(returning) {
            if here.mask.has(slot) {
                continue;
            }
            self.next.clear();
            self.track.step_all(spec, &here.state, at, &mut self.next);
            if !self.next.is_empty() {
                here.mask.set(slot);
                self.trail.push(at);
            }
        }
        if self.options.has(Bug::CommitsWhatChangesNothing) {
            let candidates = self.track.candidates(returning);
            for Candidate { at, .. } in (0..).map_while(|nth| candidates.get(nth)) {
                self.next.clear();
                self.track.step_all(spec, &here.state, at, &mut self.next);
                let changes_nothing = self.next.first() == Some(&here.state) && !self.track.is_pending(at);
                if changes_nothing && !here.mask.has(self.track.slot(at)) {
                    here.mask.set(self.track.slot(at));
                    self.trail.push(at);
                }
            }
        }
    }

    fn stop(&mut self, spec: &S, returning: u32) -> Status {
        let Some(here) = self.here.take() else { return Status::Going };
        let Here { place, mask, state, is_unseen } = here;
        let is_taken = |slot| mask.has(slot);
        if self.track.is_hopeless(spec, (returning, &is_taken, &state), self.hunt.horizon, &self.options) {
            self.hunt.is_cut = true;
            return Status::Going;
        }
        match self.memo.insert(place, &mask, &state) {
            Remembered::Full => return Status::Full,
            Remembered::Known => return Status::Going,
            Remembered::New => {}
        }
        if place > self.furthest.place || self.furthest.seen.is_empty() {
            self.furthest.seen.clear();
            self.furthest.order.begin(&self.trail);
            (self.furthest.place, self.furthest.returning) = (place, returning);
        }
        if place == self.furthest.place && self.furthest.seen.len() < SHOWN_MAX {
            self.furthest.seen.push((mask, state.clone()));
        }
        let trail = self.trail.len();
        self.frames.push(Frame { place, returning, mask, state, is_unseen, candidate: 0, branch: 0, trail });
        Status::Going
    }

    /// Makes the next choice at the latest frame, or leaves it.
    fn choose(&mut self, spec: &S) -> Status {
        let Some(frame) = self.frames.last_mut() else { return Status::Exhausted };
        let candidates = self.track.candidates(frame.returning);
        while let Some(candidate) = candidates.get(frame.candidate) {
            let Candidate { at, slot, .. } = candidate;
            if frame.mask.has(slot) || candidate.twin().is_some_and(|twin| !frame.mask.has(twin)) {
                frame.candidate += 1;
                continue;
            }
            self.next.clear();
            self.track.step_all(spec, &frame.state, at, &mut self.next);
            let states =
                if self.options.has(Bug::FirstStateOnly) { self.next.len().min(1) } else { self.next.len() };
            let branch = frame.branch;
            frame.branch += 1;
            if frame.branch >= states {
                (frame.branch, frame.candidate) = (0, frame.candidate + 1);
            }
            if branch >= states {
                continue;
            }
            let state = self.next.swap_remove(branch);
            let is_unseen = self.track.is_unseen(at);
            let idles = self.track.is_pending(at)
                && (self.options.reductions.has(Reduction::IdlePending) && state == frame.state
                    || is_unseen && frame.is_unseen);
            if idles && !self.options.has(Bug::PendingForced) {
                continue;
            }
            let mut mask = frame.mask;
            mask.set(slot);
            self.furthest.order.take_over(&self.trail, frame.trail);
            self.trail.truncate(frame.trail);
            self.trail.push(at);
            self.here = Some(Here { place: frame.place, mask, state, is_unseen });
            return Status::Going;
        }
        self.frames.pop();
        Status::Going
    }

    /// The order that was found.
    pub(crate) fn order(&self) -> impl Iterator<Item = OpId> + '_ {
        self.trail.iter().map(|at| self.track.id(*at))
    }

    /// The call that cannot return, where it would have to, and the order that leads to the first of these configurations.
    pub(crate) fn failure(&self) -> (OpId, Vec<Configuration<S::State>>, Vec<OpId>) {
        (self.track.id(self.furthest.returning), self.configurations(), self.furthest_order())
    }

    fn furthest_order(&self) -> Vec<OpId> {
        let Kept { shared, rest } = &self.furthest.order;
        let shared = self.trail.iter().take(*shared);
        shared.chain(rest.iter().rev()).map(|at| self.track.id(*at)).collect()
    }

    fn configurations(&self) -> Vec<Configuration<S::State>> {
        let open = self.track.open_at(self.furthest.returning);
        let waiting = |mask: &Bits<N>| {
            open.iter().filter(|at| !mask.has(self.track.slot(**at))).map(|at| self.track.id(*at)).collect()
        };
        let shown = |(mask, state): &(Bits<N>, S::State)| Configuration {
            state: state.clone(),
            waiting: waiting(mask),
        };
        self.furthest.seen.iter().map(shown).collect()
    }
}
