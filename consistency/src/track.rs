use alloc::{vec, vec::Vec};
use core::ops::Range;

use crate::{
    bug::Bug,
    history::{NEVER, OpId},
    options::{Options, Reduction},
    spec::{Call, Nondeterministic},
};

/// The mark of a return among the events of a track.
const RETURN: u32 = 1 << 31;
const NONE: u32 = u32::MAX;

/// The calls of one key, laid out for the search.
///
/// Every open call holds a slot. Calls that return take the lowest that is free and give it back; pending ones keep
/// theirs, counted from the top, so that a slot never means a call of both kinds.
pub(crate) struct Track<'a, O, R> {
    calls: Vec<Laid<'a, O, R>>,
    events: Vec<u32>,
    /// For each call that returns: the others open then, by the place of their return.
    open: Vec<u32>,
    /// The pending calls, by the place of their invocation.
    pending: Vec<u32>,
    /// How many slots there must be.
    pub(crate) slots: usize,
}

/// One call.
struct Laid<'a, O, R> {
    id: OpId,
    op: &'a O,
    ret: Option<&'a R>,
    slot: u16,
    /// Of an equal pending call: the one before.
    twin: u32,
    is_read_only: bool,
    stop: Stop,
}

/// What there is to put in order when a call returns: parts of `open` and of `pending`.
#[derive(Clone, Copy, Debug, Default)]
struct Stop {
    readers: (u32, u32),
    writers: (u32, u32),
    pending: u32,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    Call,
    Return(u32),
    End,
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
        for (id, call) in calls {
            let is_read_only = spec.is_read_only(call.op, call.ret);
            let is_dropped = is_read_only && idle || options.has(Bug::PendingNeverTried);
            if call.ret.is_none() && is_dropped {
                continue;
            }
            let returned = call.returned.or_else(|| options.has(Bug::PendingForced).then_some(usize::MAX));
            let at = u32::try_from(laid.len()).ok()?;
            ends.push((call.called, at));
            ends.extend(returned.map(|place| (place, at | RETURN)));
            let is_read_only = is_read_only && eager && call.ret.is_some();
            let (slot, twin, stop) = (0, NONE, Stop::default());
            laid.push(Laid { id: *id, op: call.op, ret: call.ret, slot, twin, is_read_only, stop });
        }
        ends.sort_unstable();
        let events = ends.into_iter().map(|(_, event)| event).collect();
        let mut track = Self { calls: laid, events, open: Vec::new(), pending: Vec::new(), slots: 0 };
        track.lay(options, slots_max)?;
        if options.reductions.has(Reduction::EqualPending) {
            track.find_twins(spec, options);
        }
        Some(track)
    }

    /// Gives every call its slot, and every return what is open then.
    fn lay(&mut self, options: &Options, slots_max: usize) -> Option<()> {
        let mut places = vec![NEVER; self.calls.len()];
        for (place, event) in (0..).zip(&self.events) {
            if event & RETURN != 0 {
                places[(event & !RETURN) as usize] = place;
            }
        }
        let mut free = Slots::default();
        // Those that will return, by the place of their return: the first of them returns first.
        let mut open: Vec<u32> = Vec::new();
        let events = core::mem::take(&mut self.events);
        for event in &events {
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
                    self.pending.push(at);
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
        (self.events, self.slots) = (events, free.count + self.pending.len());
        Some(())
    }

    fn push_open(&mut self, open: &[u32], readers: bool) -> Option<(u32, u32)> {
        let from = u32::try_from(self.open.len()).ok()?;
        let wanted = open.iter().rev().filter(|at| self.calls[**at as usize].is_read_only == readers);
        self.open.extend(wanted);
        Some((from, u32::try_from(self.open.len()).ok()?))
    }

    /// Pending calls take the slots from the top, now that it is known how many there are.
    pub(crate) fn place_pending(&mut self, slots: usize, options: &Options) {
        if options.has(Bug::PendingReusesSlots) {
            return;
        }
        for (nth, at) in self.pending.iter().enumerate() {
            self.calls[*at as usize].slot = u16::try_from(slots - 1 - nth).unwrap_or(0);
        }
    }

    fn find_twins<S: Nondeterministic<Op = O, Ret = R>>(&mut self, spec: &S, options: &Options) {
        // The latest of each kind.
        let mut kinds: Vec<u32> = Vec::new();
        for at in self.pending.iter().copied() {
            let op = self.calls[at as usize].op;
            let twin = kinds.iter_mut().find(|other| spec.same(self.calls[**other as usize].op, op));
            match twin {
                Some(_) if options.has(Bug::EqualPendingOnce) => self.calls[at as usize].twin = at,
                Some(twin) => self.calls[at as usize].twin = core::mem::replace(twin, at),
                None => kinds.push(at),
            }
        }
    }

    pub(crate) fn next(&self, place: u32) -> Next {
        match self.events.get(place as usize) {
            None => Next::End,
            Some(event) if event & RETURN == 0 => Next::Call,
            Some(event) => Next::Return(event & !RETURN),
        }
    }

    /// The calls that only read and are open when this one returns, itself included.
    pub(crate) fn readers(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        let call = &self.calls[at as usize];
        let itself = call.is_read_only.then_some(at);
        itself.into_iter().chain(self.open[range(call.stop.readers)].iter().copied())
    }

    /// The `nth` call to try where this one must return: itself first, then the others by their return, then pending ones.
    pub(crate) fn candidate(&self, at: u32, nth: u32) -> Option<u32> {
        let Stop { writers: (from, to), pending, .. } = self.calls[at as usize].stop;
        let Some(nth) = nth.checked_sub(1) else { return Some(at) };
        if nth < to - from {
            return self.open.get((from + nth) as usize).copied();
        }
        let nth = nth - (to - from);
        (nth < pending).then(|| self.pending[nth as usize])
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

    /// The slot of the equal pending call that comes first.
    pub(crate) fn twin_slot(&self, at: u32) -> Option<u16> {
        let twin = self.calls[at as usize].twin;
        (twin != NONE).then(|| self.slot(twin))
    }

    pub(crate) fn id(&self, at: u32) -> OpId {
        self.calls[at as usize].id
    }

    pub(crate) fn pending(&self) -> &[u32] {
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
        let mut all: Vec<_> = returning.chain(pending).chain([at]).collect();
        all.sort_unstable();
        all
    }
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
