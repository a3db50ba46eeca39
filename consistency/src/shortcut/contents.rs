//! What queues and stacks have in common whose values are put in once each: for every value a put and at most one take.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use crate::{
    bug::{Bug, Mistake},
    spec::Decision,
};

/// What a call does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Access<'a, V> {
    Put(&'a V),
    Take(&'a V),
    /// A take that found nothing.
    TakeNothing,
    /// A take of which nobody knows what it took.
    Unknown,
}

/// A call, with the places where it begins and returns.
pub(crate) type Span<'a, V> = (Access<'a, V>, usize, Option<usize>);

/// An instant. Events are at even ones; between any two there is an odd one.
pub(crate) type Instant = u64;

/// Where a take returns that is open still.
pub(crate) const OPEN: Instant = Instant::MAX;

/// The calls up to some place, value by value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    pub(crate) values: Vec<Value>,
    /// The takes that found nothing, each with an instant at which there need have been nothing.
    pub(crate) empty: Vec<(usize, Instant)>,
    pub(crate) mistake: Mistake,
}

/// A value that was put in, by which call and when at the earliest and at the latest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub(crate) put: usize,
    pub(crate) put_from: Instant,
    pub(crate) put_to: Instant,
    pub(crate) take: Option<Take>,
}

/// Which call takes a value out, and when at the earliest and at the latest. One that returns later only is optional.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Take {
    pub(crate) call: usize,
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

/// Judges the calls, given in the order of their invocation, by a way to put what has happened up to a place in order.
/// `None` if a value is put in twice, or if it depends on what a pending take has taken.
pub(crate) fn judge<V: Ord>(
    calls: &[Span<'_, V>],
    mistake: Mistake,
    order: impl Fn(&Contents) -> Option<Vec<usize>>,
) -> Option<Decision> {
    let numbers = number(calls)?;
    let returns = calls.iter().enumerate().filter_map(|(at, call)| Some((call.2?, at)));
    let decision = super::decide(returns, |until| order(&Contents::new(&numbers, calls, until, mistake)?))?;
    // A pending take need not have happened. But if it must, it might have taken anything.
    let mut unknown = calls.iter().filter(|(access, ..)| matches!(access, Access::Unknown));
    match (&decision, unknown.next()) {
        (Decision::Illegal { call }, Some((_, called, _)))
            if calls[*call].2 > Some(*called) && !mistake.is(Bug::UnknownTakesIgnored) =>
        {
            None
        }
        (Decision::Linearizable(_) | Decision::Illegal { .. }, _) => Some(decision),
    }
}

/// The number of each call's value; `None` if a value is put in twice.
fn number<V: Ord>(calls: &[Span<'_, V>]) -> Option<Vec<usize>> {
    let mut values: BTreeMap<&V, usize> = BTreeMap::new();
    for (access, ..) in calls {
        if let Access::Put(value) = access {
            let next = values.len();
            if values.insert(value, next).is_some() {
                return None;
            }
        }
    }
    let mut numbers = Vec::with_capacity(calls.len());
    for (access, ..) in calls {
        numbers.push(match access {
            Access::Put(value) | Access::Take(value) => {
                let next = values.len();
                *values.entry(value).or_insert(next)
            }
            Access::TakeNothing | Access::Unknown => 0,
        });
    }
    Some(numbers)
}

const fn instant(place: usize) -> Instant {
    place as Instant * 2
}

/// The calls of one value, before they are looked at together.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    put: Option<(usize, Instant, Instant)>,
    take: Option<Take>,
}

impl Contents {
    /// What has happened up to this place, the event there included; `None` if a value was taken that nobody had put in, or
    /// twice, or if there was something at all times at which a take found nothing.
    fn new<V>(numbers: &[usize], calls: &[Span<'_, V>], until: usize, mistake: Mistake) -> Option<Self> {
        let mut ends = vec![Ends::default(); numbers.iter().max().map_or(0, |max| max + 1)];
        let mut empty = Vec::new();
        for (at, ((access, called, returned), number)) in calls.iter().zip(numbers).enumerate() {
            if *called > until {
                continue;
            }
            let (from, to) =
                (instant(*called), returned.filter(|place| *place <= until).map_or(OPEN, instant));
            let ends = &mut ends[*number];
            match access {
                Access::Put(_) => ends.put = Some((at, from, to)),
                Access::Take(_) => {
                    let take = Take { call: at, from, to };
                    ends.take = match ends.take {
                        Some(other) if other.to != OPEN && to != OPEN => {
                            if !mistake.is(Bug::TakenTwice) {
                                return None;
                            }
                            Some(other)
                        }
                        // The earliest of those that are open.
                        Some(other) if to == OPEN => Some(other),
                        Some(_) | None => Some(take),
                    };
                }
                Access::TakeNothing if to != OPEN => empty.push((at, from, to)),
                Access::TakeNothing | Access::Unknown => {}
            }
        }
        let mut contents = Self { values: Vec::with_capacity(ends.len()), empty: Vec::new(), mistake };
        for ends in ends {
            ends.keep(&mut contents.values)?;
        }
        contents.find_empty(empty)?;
        Some(contents)
    }

    /// An instant for each take that found nothing: there is one unless at each some value has certainly been put in and
    /// not yet been taken out.
    fn find_empty(&mut self, takes: Vec<(usize, Instant, Instant)>) -> Option<()> {
        let mut stays: Vec<_> = self.values.iter().filter_map(Value::stay).collect();
        stays.sort_unstable();
        stays.dedup_by(|next, whole| {
            let joins = next.0 < whole.1;
            whole.1 = if joins { whole.1.max(next.1) } else { whole.1 };
            joins
        });
        for (at, from, to) in takes {
            let after = stays.partition_point(|(begin, _)| *begin <= from);
            let stay = after.checked_sub(1).map(|at| stays[at]).filter(|(_, end)| *end > from);
            let instant = stay.map_or(from, |(_, end)| end).saturating_add(1);
            if instant > to && !self.mistake.is(Bug::NothingFoundAnywhere) {
                return None;
            }
            self.empty.push((at, instant));
        }
        Some(())
    }
}

impl Ends {
    /// Leaves out what need not have happened and changes nothing; `None` if there is no way that it happened.
    fn keep(self, values: &mut Vec<Value>) -> Option<()> {
        let is_done = self.take.is_some_and(|take| take.to != OPEN);
        let Some((put, put_from, put_to)) = self.put else { return (!is_done).then_some(()) };
        if put_to == OPEN && !is_done {
            return Some(());
        }
        if self.take.is_some_and(|take| take.to < put_from) {
            return None;
        }
        // It was put in before it was taken out.
        let take = self.take.map(|take| Take { from: take.from.max(put_from), ..take });
        values.push(Value { put, put_from, put_to: take.map_or(put_to, |take| put_to.min(take.to)), take });
        Some(())
    }
}

impl Value {
    /// When it was certainly in there: all instants between these.
    pub(crate) fn stay(&self) -> Option<(Instant, Instant)> {
        let until = self.take.map_or(OPEN, |take| take.from);
        (self.put_to < until).then_some((self.put_to, until))
    }
}
