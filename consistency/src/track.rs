use alloc::{vec, vec::Vec};
use core::ops::Range;

use crate::{
    bug::Bug,
    history::{NEVER, OpId},
    options::{Options, Reduction},
    spec::{Call, Growth, Nondeterministic, Unseen},
};

/// The mark of a return among the events of a track.
const RETURN: u32 = 1 << 31;
const ALONE: u16 = u16::MAX;

/// The calls of one key, laid out for the search.
///
/// Every open call holds a slot. Calls that return take the lowest that is free and give it back; pending ones keep
/// theirs, counted from the top, so that a slot never means a call of both kinds.
pub(crate) struct Track<'a, O, R> {
    calls: Vec<Laid<'a, O, R>>,
    /// Those that return, in the order of their returns.
    returns: Vec<u32>,
    /// For each call that returns: the others open then, by the place of their return.
    open: Vec<Candidate>,
    /// The pending calls, by the place of their invocation.
    pending: Vec<Candidate>,
    /// By return: which call that is invoked after it and [shows](Growth::Shows) the state returns first; empty if none does.
    next_shows: Vec<u32>,
    /// The calls that do [something else](Growth::Other) to the state than add, in the order of their invocation.
    others: Vec<u32>,
    /// How many slots there must be.
    pub(crate) slots: usize,
}

/// One call.
struct Laid<'a, O, R> {
    id: OpId,
    op: &'a O,
    ret: Option<&'a R>,
    slot: u16,
    is_read_only: bool,
    /// See [`Reduction::UnseenPending`].
    is_unseen: bool,
    /// See [`Reduction::LookAhead`].
    growth: Growth,
    /// How many calls return before it, and how many of [`Track::others`] are invoked before it returns.
    place: u32,
    others_before: u32,
    stop: Stop,
}

/// An open call, as far as the search needs to know it to pass it over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) at: u32,
    pub(crate) slot: u16,
    /// Of pending calls that can be exchanged: the slot of the one before.
    twin: u16,
}

impl Candidate {
    /// Whether it comes before it in a row of calls that can be exchanged.
    pub(crate) fn twin(self) -> Option<u16> {
        (self.twin != ALONE).then_some(self.twin)
    }
}

/// What there is to put in order when a call returns: parts of `open` and of `pending`.
#[derive(Clone, Copy, Debug, Default)]
struct Stop {
    readers: (u32, u32),
    writers: (u32, u32),
    pending: u32,
}

impl<'a, O, R> Track<'a, O, R> {
    /// Lays the calls out; they come in the order of their invocation. `None` if more are open at once than there can be.
    pub(crate) fn new<S>(
        spec: &S,
        calls: &[(OpId, Call<'a, O, R>)],
        options: &Options,
        slots_max: usize,
    ) -> Option<Self>
    where
        S: Nondeterministic<Op = O, Ret = R>,
    {
        let idle = options.reductions.has(Reduction::IdlePending);
        let eager = options.reductions.has(Reduction::ReadsAtOnce);
        let mut laid: Vec<_> = Vec::with_capacity(calls.len());
        let mut ends: Vec<(usize, u32)> = Vec::with_capacity(calls.len() * 2);
        let (is_unseen, superfluous) = unseen(spec, calls, options);
        for (nth, (id, call)) in calls.iter().enumerate() {
            let is_unseen = is_unseen.get(nth).is_some_and(|unseen| *unseen);
            let is_read_only = spec.is_read_only(call.op, call.ret);
            let is_dropped =
                is_read_only && idle || is_unseen && superfluous || options.has(Bug::PendingNeverTried);
            if call.ret.is_none() && is_dropped {
                continue;
            }
            let returned = call.returned.or_else(|| options.has(Bug::PendingForced).then_some(usize::MAX));
            let at = u32::try_from(laid.len()).ok()?;
            ends.push((call.called, at));
            ends.extend(returned.map(|place| (place, at | RETURN)));
            let is_read_only = is_read_only && eager && call.ret.is_some();
            let looks_ahead = options.reductions.has(Reduction::LookAhead);
            let growth = if looks_ahead { spec.growth(call.op, call.ret) } else { Growth::Other };
            laid.push(Laid {
                id: *id,
                op: call.op,
                ret: call.ret,
                slot: 0,
                is_read_only,
                is_unseen,
                growth,
                place: NEVER,
                others_before: 0,
                stop: Stop::default(),
            });
        }
        sort(&mut ends);
        let returns = ends.iter().filter(|(_, event)| event & RETURN != 0).map(|(_, event)| event & !RETURN);
        let (returns, open, pending) = (returns.collect(), Vec::new(), Vec::new());
        let mut track = Self {
            calls: laid,
            returns,
            open,
            pending,
            next_shows: Vec::new(),
            others: Vec::new(),
            slots: 0,
        };
        track.lay(&ends, options, slots_max)?;
        track.find_twins(spec, options);
        track.look_ahead(&ends);
        Some(track)
    }

    /// Gives every call its slot, and every return what is open then.
    fn lay(&mut self, ends: &[(usize, u32)], options: &Options, slots_max: usize) -> Option<()> {
        let mut places = vec![NEVER; self.calls.len()];
        for (place, at) in (0..).zip(&self.returns) {
            places[*at as usize] = place;
        }
        let mut free = Slots::default();
        // Those that will return, by the place of their return: the first of them returns first.
        let mut open: Vec<u32> = Vec::new();
        for (_, event) in ends {
            let at = event & !RETURN;
            if event & RETURN == 0 {
                let returns = places[at as usize] != NEVER;
                if returns || options.has(Bug::PendingReusesSlots) {
                    self.calls[at as usize].slot = free.take();
                }
                if returns {
                    // By falling return, so that the next to return is at the end.
                    let after = open.partition_point(|other| places[*other as usize] > places[at as usize]);
                    open.insert(after, at);
                } else {
                    let slot = self.calls[at as usize].slot;
                    self.pending.push(Candidate { at, slot, twin: ALONE });
                }
            } else {
                open.pop();
                free.give(self.calls[at as usize].slot);
                let readers = self.push_open(&open, true)?;
                let writers = self.push_open(&open, false)?;
                let pending = u32::try_from(self.pending.len()).ok()?;
                self.calls[at as usize].stop = Stop { readers, writers, pending };
            }
            if free.count + self.pending.len() > slots_max {
                return None;
            }
        }
        self.slots = free.count + self.pending.len();
        Some(())
    }

    /// Finds out for every return what will be shown, and what may come between.
    fn look_ahead(&mut self, ends: &[(usize, u32)]) {
        let shows = |call: &Laid<'_, O, R>| call.growth == Growth::Shows && call.ret.is_some();
        if !self.calls.iter().any(shows) {
            return;
        }
        let mut place = 0;
        for (_, event) in ends {
            let at = event & !RETURN;
            let call = &mut self.calls[at as usize];
            if event & RETURN != 0 {
                (call.place, call.others_before) = (place, number(self.others.len()));
                place += 1;
            } else if call.growth == Growth::Other {
                self.others.push(at);
            }
        }
        self.next_shows = vec![NEVER; self.returns.len()];
        let (mut first, mut first_place) = (NEVER, NEVER);
        for (_, event) in ends.iter().rev() {
            let at = event & !RETURN;
            let call = &self.calls[at as usize];
            if event & RETURN != 0 {
                self.next_shows[call.place as usize] = first;
            } else if shows(call) && call.place < first_place {
                (first, first_place) = (at, call.place);
            }
        }
    }

    /// Whether a call that returns before `horizon`, and is not in the order yet, cannot return what it did, if this one is to return
    /// now in this state. Which slots are taken is asked by a function, so that there is one of this for all widths.
    pub(crate) fn is_hopeless<S>(
        &self,
        spec: &S,
        (at, is_taken, state): (u32, &dyn Fn(u16) -> bool, &S::State),
        horizon: u32,
        options: &Options,
    ) -> bool
    where
        S: Nondeterministic<Op = O, Ret = R>,
    {
        let call = &self.calls[at as usize];
        let Some(next) = self.next_shows.get(call.place as usize) else { return false };
        let pending = &self.pending[..call.stop.pending as usize];
        let others = [&self.open[range(call.stop.readers)], &self.open[range(call.stop.writers)], pending];
        let waiting = others.into_iter().flatten().filter(|open| !is_taken(open.slot)).map(|open| open.at);
        let waiting = waiting.chain([at]);
        // Whatever may come before what is shown, and after this state.
        let rules_out = |other: u32, shown: &Laid<'_, O, R>, ret: &R| {
            let other = &self.calls[other as usize];
            other.growth != Growth::Other || !spec.may_show_after(other.op, shown.op, ret)
        };
        let contradicts = |shown: u32| {
            let shown = &self.calls[shown as usize];
            let Some(ret) = shown.ret.filter(|_| shown.growth == Growth::Shows && shown.place < horizon)
            else {
                return false;
            };
            let between = &self.others[call.others_before as usize..shown.others_before as usize];
            !spec.may_show(state, shown.op, ret)
                && (options.has(Bug::LooksPastOthers)
                    || waiting
                        .clone()
                        .chain(between.iter().copied())
                        .all(|other| rules_out(other, shown, ret)))
        };
        waiting.clone().chain((*next != NEVER).then_some(*next)).any(contradicts)
    }

    fn push_open(&mut self, open: &[u32], readers: bool) -> Option<(u32, u32)> {
        let from = u32::try_from(self.open.len()).ok()?;
        let wanted = open.iter().rev().filter(|at| self.calls[**at as usize].is_read_only == readers);
        let calls = &self.calls;
        self.open.extend(wanted.map(|at| Candidate { at: *at, slot: calls[*at as usize].slot, twin: ALONE }));
        Some((from, u32::try_from(self.open.len()).ok()?))
    }

    /// Pending calls take the slots from the top, now that it is known how many there are.
    pub(crate) fn place_pending(&mut self, slots: usize, options: &Options) {
        if options.has(Bug::PendingReusesSlots) {
            return;
        }
        let slot = |nth: usize| u16::try_from(slots - 1 - nth).unwrap_or(0);
        for (nth, candidate) in self.pending.iter_mut().enumerate() {
            candidate.slot = slot(nth);
            candidate.twin = candidate.twin().map_or(ALONE, |nth| slot(nth.into()));
            self.calls[candidate.at as usize].slot = candidate.slot;
        }
    }

    /// Finds pending calls that can be exchanged.
    fn find_twins<S: Nondeterministic<Op = O, Ret = R>>(&mut self, spec: &S, options: &Options) {
        let equal = options.reductions.has(Reduction::EqualPending);
        // The latest of each kind.
        let mut kinds: Vec<usize> = Vec::new();
        for nth in 0..self.pending.len() {
            let call = |nth: usize| &self.calls[self.pending[nth].at as usize];
            let is_twin = |other: &&mut usize| {
                let (one, other) = (call(nth), call(**other));
                one.is_unseen && other.is_unseen || equal && spec.same(other.op, one.op)
            };
            let twin = match kinds.iter_mut().find(is_twin) {
                Some(_) if options.has(Bug::EqualPendingOnce) => nth,
                Some(twin) => core::mem::replace(twin, nth),
                None => {
                    kinds.push(nth);
                    continue;
                }
            };
            self.pending[nth].twin = u16::try_from(twin).unwrap_or(ALONE);
        }
    }

    /// The call whose return is the one at this place among all returns.
    pub(crate) fn returning(&self, place: u32) -> Option<u32> {
        self.returns.get(place as usize).copied()
    }

    /// The calls that only read and are open when this one returns, itself included.
    pub(crate) fn readers(&self, at: u32) -> impl Iterator<Item = Candidate> + '_ {
        let call = &self.calls[at as usize];
        let itself = call.is_read_only.then_some(Candidate { at, slot: call.slot, twin: ALONE });
        itself.into_iter().chain(self.open[range(call.stop.readers)].iter().copied())
    }

    /// The calls to try where this one must return: itself first, then the others by their return, then pending ones.
    pub(crate) fn candidates(&self, at: u32) -> Candidates<'_> {
        let call = &self.calls[at as usize];
        let itself = (!call.is_read_only).then_some(Candidate { at, slot: call.slot, twin: ALONE });
        let pending = &self.pending[..call.stop.pending as usize];
        Candidates { itself, others: &self.open[range(call.stop.writers)], pending }
    }

    /// How many calls return.
    pub(crate) fn returns(&self) -> u32 {
        number(self.returns.len())
    }

    pub(crate) fn is_read_only(&self, at: u32) -> bool {
        self.calls[at as usize].is_read_only
    }

    pub(crate) fn is_pending(&self, at: u32) -> bool {
        self.calls[at as usize].ret.is_none()
    }

    pub(crate) fn slot(&self, at: u32) -> u16 {
        self.calls[at as usize].slot
    }

    pub(crate) fn is_unseen(&self, at: u32) -> bool {
        self.calls[at as usize].is_unseen
    }

    pub(crate) fn id(&self, at: u32) -> OpId {
        self.calls[at as usize].id
    }

    pub(crate) fn pending(&self) -> &[Candidate] {
        &self.pending
    }

    pub(crate) fn step_all<S>(&self, spec: &S, state: &S::State, at: u32, next: &mut Vec<S::State>)
    where
        S: Nondeterministic<Op = O, Ret = R>,
    {
        let call = &self.calls[at as usize];
        spec.step_all(state, call.op, call.ret, next);
    }

    /// All calls that are open when this one returns, itself included, by their invocation.
    pub(crate) fn open_at(&self, at: u32) -> Vec<u32> {
        let Stop { readers, writers, pending } = self.calls[at as usize].stop;
        let returning = self.open[range(readers)].iter().chain(&self.open[range(writers)]).copied();
        let pending = self.pending[..pending as usize].iter().copied();
        let others = returning.chain(pending).map(|candidate| candidate.at);
        let mut all: Vec<_> = others.chain([at]).collect();
        all.sort_unstable();
        all
    }
}

/// Which calls are pending and unseen, and whether these can be left out.
fn unseen<O, R, S: Nondeterministic<Op = O, Ret = R>>(
    spec: &S,
    calls: &[(OpId, Call<'_, O, R>)],
    options: &Options,
) -> (Vec<bool>, bool) {
    let is_pending = |(_, call): &(OpId, Call<'_, O, R>)| call.returned.is_none();
    if !options.reductions.has(Reduction::UnseenPending) || !calls.iter().any(is_pending) {
        return (Vec::new(), false);
    }
    let alone: Vec<_> = calls.iter().map(|(_, call)| *call).collect();
    let Unseen { calls: found, superfluous } = spec.unseen(&alone);
    let superfluous = superfluous || options.has(Bug::UnseenLeftOut);
    let mut is_unseen = vec![false; calls.len()];
    for at in found {
        if let Some(unseen) = is_unseen.get_mut(at) {
            *unseen = true;
        }
    }
    (is_unseen, superfluous)
}

/// Sorts events by their places, of which no two have the same.
fn sort(ends: &mut [(usize, u32)]) {
    const NONE: u32 = u32::MAX;
    let places = ends.iter().map(|(place, _)| *place);
    let (Some(first), Some(last)) = (places.clone().min(), places.max()) else { return };
    // Those of the only key leave few places out.
    if last - first >= ends.len() * 4 {
        return ends.sort_unstable();
    }
    let mut row = vec![NONE; last - first + 1];
    for (place, event) in ends.iter() {
        row[place - first] = *event;
    }
    let sorted = (first..).zip(row).filter(|(_, event)| *event != NONE);
    for (end, next) in ends.iter_mut().zip(sorted) {
        *end = next;
    }
}

/// The calls to try where one must return.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates<'a> {
    itself: Option<Candidate>,
    others: &'a [Candidate],
    pending: &'a [Candidate],
}

impl Candidates<'_> {
    pub(crate) fn get(&self, nth: u32) -> Option<Candidate> {
        let nth = nth as usize;
        let Some(nth) = nth.checked_sub(self.itself.is_some().into()) else { return self.itself };
        self.others.get(nth).or_else(|| self.pending.get(nth - self.others.len())).copied()
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(NEVER)
}

const fn range((from, to): (u32, u32)) -> Range<usize> {
    from as usize..to as usize
}

/// Which slots are free, the lowest first.
#[derive(Default)]
struct Slots {
    free: alloc::collections::BTreeSet<u16>,
    count: usize,
}

impl Slots {
    fn take(&mut self) -> u16 {
        self.free.pop_first().unwrap_or_else(|| {
            self.count += 1;
            u16::try_from(self.count - 1).unwrap_or(u16::MAX)
        })
    }

    fn give(&mut self, slot: u16) {
        self.free.insert(slot);
    }
}
