//! FIFO queues whose values are put in once each: Henzinger, Sezgin and Vafeiadis, *Aspect-oriented linearizability
//! proofs*, CONCUR 2013, §4.
//!
//! The calls are linearizable unless a value is taken out that was not put in before (`VFresh`) or twice (`VRepeat`), values
//! are put in one way round and taken out the other (`VOrd`, where what is never taken out comes last), or a take finds
//! nothing although at each moment something was there (`VWit`). The first two and the last are for [`Contents`] to see.
//! For the third, values are put in order one after the other, each when no other must be before it.
//!
//! That finds an order if there is one. Puts by time are an interval order, and so are takes; so a cycle of "must be put in
//! before" and "must be taken out before" has a short cut until it is one of two values. A take that finds nothing is a
//! value that is put in and taken out at its one instant: since nothing need be there then, it is in no such cycle.

use alloc::{vec, vec::Vec};

use super::contents::{Contents, Instant, OPEN};
use crate::bug::Bug;

/// A value, or a take that found nothing.
#[derive(Clone, Copy, Debug)]
struct Item {
    put: Option<usize>,
    put_span: (Instant, Instant),
    take: Option<usize>,
    take_span: (Instant, Instant),
}

/// What is never taken out is taken out after everything.
const NEVER: (Instant, Instant) = (OPEN, OPEN);

/// The order of the calls.
pub(crate) fn order(contents: &Contents) -> Option<Vec<usize>> {
    let mut items = items(contents);
    if contents.mistake.is(Bug::TakesInAnyOrder) {
        for item in &mut items {
            item.take_span = (0, OPEN);
        }
    }
    let puts: Vec<_> = items.iter().map(|item| item.put_span).collect();
    let takes: Vec<_> = items.iter().map(|item| item.take_span).collect();
    let sorted = sort(&puts, &takes)?;
    let mut points = Vec::with_capacity(items.len() * 2);
    let (mut put_at, mut take_at) = (0, 0);
    for (nth, item) in sorted.into_iter().map(|at| items[at]).enumerate() {
        put_at = item.put_span.0.max(put_at);
        points.extend(item.put.map(|call| (put_at, nth, false, call)));
        if let Some(call) = item.take {
            take_at = item.take_span.0.max(take_at).max(put_at);
            points.push((take_at, nth, true, call));
        }
    }
    points.sort_unstable();
    Some(points.into_iter().map(|(.., call)| call).collect())
}

fn items(contents: &Contents) -> Vec<Item> {
    // A take that is open is optional. It takes its value out unless one that stays was certainly put in before.
    let stays = contents.values.iter().filter(|value| value.take.is_none()).map(|value| value.put_to);
    let first_to_stay = stays.min().unwrap_or(OPEN);
    let value = |value: &super::contents::Value| {
        // Before what stays for ever, even if it returns later.
        let taken = value.take.filter(|take| take.to != OPEN || value.put_from < first_to_stay);
        Item {
            put: Some(value.put),
            put_span: (value.put_from, value.put_to),
            take: taken.map(|take| take.call),
            take_span: taken.map_or(NEVER, |take| (take.from, take.to.min(OPEN - 1))),
        }
    };
    let nothing = |(take, at): &(usize, Instant)| Item {
        put: None,
        put_span: (*at, *at),
        take: Some(*take),
        take_span: (*at, *at),
    };
    contents.values.iter().map(value).chain(contents.empty.iter().map(nothing)).collect()
}

/// All places of two lists of spans, such that none comes after one whose span in either list begins after its own has ended.
fn sort(puts: &[(Instant, Instant)], takes: &[(Instant, Instant)]) -> Option<Vec<usize>> {
    let mut ready = Vec::new();
    // How many of the two lists let it come next.
    let mut allowed = vec![0_u8; puts.len()];
    let mut is_out = vec![false; puts.len()];
    let mut fronts = [Front::new(puts), Front::new(takes)];
    let mut order = Vec::with_capacity(puts.len());
    while order.len() < puts.len() {
        for front in &mut fronts {
            front.advance(&is_out, |at| {
                allowed[at] += 1;
                if allowed[at] == 2 {
                    ready.push(at);
                }
            });
        }
        let next = ready.pop()?;
        is_out[next] = true;
        order.push(next);
    }
    Some(order)
}

/// Spans by their beginning and by their end, as far as they have been looked at.
struct Front<'a> {
    spans: &'a [(Instant, Instant)],
    by_begin: Vec<usize>,
    by_end: Vec<usize>,
    begun: usize,
    ended: usize,
}

impl<'a> Front<'a> {
    fn new(spans: &'a [(Instant, Instant)]) -> Self {
        let (mut by_begin, mut by_end): (Vec<_>, Vec<_>) =
            ((0..spans.len()).collect(), (0..spans.len()).collect());
        by_begin.sort_unstable_by_key(|at| spans[*at].0);
        by_end.sort_unstable_by_key(|at| spans[*at].1);
        Self { spans, by_begin, by_end, begun: 0, ended: 0 }
    }

    /// Names those that begin before all others that are left have ended.
    fn advance(&mut self, is_out: &[bool], mut allow: impl FnMut(usize)) {
        while self.by_end.get(self.ended).is_some_and(|at| is_out[*at]) {
            self.ended += 1;
        }
        let Some(end) = self.by_end.get(self.ended).map(|at| self.spans[*at].1) else { return };
        while let Some(at) = self.by_begin.get(self.begun).copied().filter(|at| self.spans[*at].0 <= end) {
            self.begun += 1;
            allow(at);
        }
    }
}
