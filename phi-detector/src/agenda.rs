//! Who is to be looked at when, at most once each, found again by number.

use alloc::{boxed::Box, vec, vec::Vec};

/// An ordered agenda of instants, one for each number at most.
///
/// What comes next is in a small heap, everything later in the buckets of a hierarchical wheel (Varghese and Lauck 1987, §6.2),
/// linked by numbers. Where the heap runs empty, the wheel's first bucket is moved into it, so that the first instant is exact,
/// whatever a bucket's width. An instant is put in its bucket in O(1) and moves down at most [`Agenda::LEVELS`] times; the heap holds
/// what is within one bucket of the finest level, about a millisecond, and what came in before that.
///
/// Entries may be out of date: mostly what somebody waits for is put off again and again before it comes, so an entry is
/// corrected when it has come to the front ([`Agenda::settle`]), and not each time. An entry is never later than the truth.
#[derive(Clone, Debug)]
pub(crate) struct Agenda {
    entries: Vec<Entry>,
    near: Vec<(u64, u32)>,
    /// The first of each bucket, or [`NONE`].
    heads: Box<[u32]>,
    /// Which buckets of each level hold something.
    occupied: [u64; Agenda::LEVELS],
    /// Where the wheel is: no entry in it is before this, and the heap holds all that are in the finest bucket around it or before.
    cursor: u64,
    /// No entry in the wheel is before this; `u64::MAX` if there is none.
    far_start: u64,
    /// The bucket that this is said of.
    far_bucket: u16,
    /// Whether the first entry was found to be right when it was last looked at.
    is_settled: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    place: Place,
    next: u32,
    before: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    /// In the heap, here.
    Near(u32),
    /// In this bucket.
    Far(u16),
}

impl Agenda {
    /// How often an entry is brought nearer at most.
    pub(crate) const LEVELS: usize = (u64::BITS - FINEST_BITS).div_ceil(DIGIT_BITS) as usize;

    pub(crate) fn new() -> Self {
        Self {
            entries: Vec::new(),
            near: Vec::new(),
            heads: vec![NONE; Self::LEVELS << DIGIT_BITS].into_boxed_slice(),
            occupied: [0; Self::LEVELS],
            cursor: 0,
            far_start: u64::MAX,
            far_bucket: 0,
            is_settled: true,
        }
    }

    /// Makes room for numbers below `numbers`: nothing is allocated for them any more.
    pub(crate) fn reserve(&mut self, numbers: usize) {
        if self.entries.len() < numbers {
            self.entries.resize(numbers, Entry { place: Place::Nowhere, next: NONE, before: NONE });
        }
        self.near.reserve(numbers.saturating_sub(self.near.len()));
    }

    /// Whether it is on the agenda in such a place that it is looked at by then.
    pub(crate) fn comes_by(&self, number: u32, at: u64) -> bool {
        match self.entries.get(number as usize).map(|entry| entry.place) {
            Some(Place::Near(position)) => {
                self.near.get(position as usize).is_some_and(|(near, _)| *near <= at)
            }
            Some(Place::Far(bucket)) => self.start(bucket) <= at,
            Some(Place::Nowhere) | None => false,
        }
    }

    /// Puts it on the agenda at this instant, and at no other. There is room for the number.
    pub(crate) fn set(&mut self, number: u32, at: u64) {
        self.remove(number);
        if self.near.is_empty() && self.far_start == u64::MAX {
            // Where nothing else is, the wheel may be anywhere.
            self.cursor = at;
        }
        if at >> FINEST_BITS <= self.cursor >> FINEST_BITS {
            self.push_near(number, at);
        } else {
            self.link(number, at);
        }
    }

    /// Takes it off the agenda.
    pub(crate) fn remove(&mut self, number: u32) {
        let Some(entry) = self.entries.get_mut(number as usize) else { return };
        match core::mem::replace(&mut entry.place, Place::Nowhere) {
            Place::Nowhere => {}
            Place::Near(position) => self.take_near(position as usize),
            Place::Far(bucket) => self.unlink(number, bucket),
        }
    }

    /// No entry is before this; once [settled](Agenda::settle), it is when the first one is.
    pub(crate) fn earliest(&self) -> Option<u64> {
        let near = self.near.first().map_or(u64::MAX, |(at, _)| *at);
        let earliest = near.min(self.far_start);
        (earliest < u64::MAX).then_some(earliest)
    }

    /// Whether it may no longer begin with what is right, after the truth about this one has changed.
    pub(crate) fn is_unsettled_by(&self, number: u32) -> bool {
        match self.near.first() {
            Some((at, first)) => !self.is_settled || *first == number || *at >= self.far_start,
            None => self.far_start < u64::MAX,
        }
    }

    /// Corrects entries from the first on until the first one is right, and gives it. `truth` says when somebody is really to be looked
    /// at, if ever; each entry that is corrected or brought nearer takes one from the budget, and nothing is given if that is used
    /// up before.
    pub(crate) fn settle(
        &mut self,
        budget: &mut usize,
        truth: impl Fn(u32) -> Option<u64>,
    ) -> Option<(u64, u32)> {
        self.is_settled = false;
        loop {
            let number = match self.near.first() {
                // Among equal instants the order is that of numbers, so whatever may be equal is brought near first.
                Some(&(at, number)) if at < self.far_start => {
                    if truth(number) == Some(at) {
                        self.is_settled = true;
                        return Some((at, number));
                    }
                    number
                }
                Some(_) | None => self.first_far()?,
            };
            *budget = budget.checked_sub(1)?;
            match truth(number) {
                Some(at) => self.set(number, at),
                None => self.remove(number),
            }
        }
    }

    /// One of those in the wheel's first bucket, where the wheel then is.
    fn first_far(&mut self) -> Option<u32> {
        if self.far_start == u64::MAX {
            return None;
        }
        self.cursor = self.far_start;
        self.heads.get(usize::from(self.far_bucket)).copied().filter(|first| *first != NONE)
    }

    /// The first bucket that holds something, and an instant that nothing in it is before.
    fn first_bucket(&self) -> Option<(u64, u16)> {
        let mut first: Option<(u64, u16)> = None;
        for (level, &slots) in self.occupied.iter().enumerate().filter(|(_, slots)| **slots != 0) {
            let here = self.cursor >> shift(level) & SLOT_MASK;
            let ahead = u64::from(slots.rotate_right(u32::try_from(here).unwrap_or(0)).trailing_zeros());
            let bucket = bucket(level, (here + ahead) & SLOT_MASK);
            let start = self.start(bucket);
            // Of a bucket that the wheel has entered it is not known what is first: it goes before the finer ones.
            if first.is_none_or(|(other, _)| start <= other) {
                first = Some((start, bucket));
            }
        }
        first
    }

    /// Where a bucket begins, or the wheel is in it.
    fn start(&self, bucket: u16) -> u64 {
        let (level, slot) = (usize::from(bucket >> DIGIT_BITS), u64::from(bucket) & SLOT_MASK);
        let here = self.cursor >> shift(level);
        let ahead = slot.wrapping_sub(here) & SLOT_MASK;
        (here.saturating_add(ahead) << shift(level)).max(self.cursor)
    }

    /// Puts it into the finest bucket that the wheel reaches in less than a round.
    fn link(&mut self, number: u32, at: u64) {
        let ahead = |level: usize| (at >> shift(level)).saturating_sub(self.cursor >> shift(level));
        let level = (0..Self::LEVELS).find(|level| ahead(*level) <= SLOT_MASK).unwrap_or(Self::LEVELS - 1);
        let slot = at >> shift(level) & SLOT_MASK;
        let bucket = bucket(level, slot);
        let start = self.start(bucket);
        let Some(head) = self.heads.get_mut(usize::from(bucket)) else { return };
        let next = core::mem::replace(head, number);
        if let Some(entry) = self.entries.get_mut(number as usize) {
            *entry = Entry { place: Place::Far(bucket), next, before: NONE };
        }
        if let Some(next) = self.entries.get_mut(next as usize) {
            next.before = number;
        }
        if let Some(slots) = self.occupied.get_mut(level) {
            *slots |= 1 << slot;
        }
        // Of equal ones the coarser is first, as it is where they are looked for.
        if start < self.far_start || start == self.far_start && bucket > self.far_bucket {
            (self.far_start, self.far_bucket) = (start, bucket);
        }
    }

    fn unlink(&mut self, number: u32, bucket: u16) {
        let Some(&Entry { next, before, .. }) = self.entries.get(number as usize) else { return };
        if let Some(next) = self.entries.get_mut(next as usize) {
            next.before = before;
        }
        if let Some(before) = self.entries.get_mut(before as usize) {
            before.next = next;
            return;
        }
        if let Some(head) = self.heads.get_mut(usize::from(bucket)) {
            *head = next;
        }
        if next == NONE {
            let (level, slot) = (usize::from(bucket >> DIGIT_BITS), u64::from(bucket) & SLOT_MASK);
            if let Some(slots) = self.occupied.get_mut(level) {
                *slots &= !(1 << slot);
            }
            if bucket == self.far_bucket {
                (self.far_start, self.far_bucket) = self.first_bucket().unwrap_or((u64::MAX, 0));
            }
        }
    }

    fn push_near(&mut self, number: u32, at: u64) {
        self.near.push((at, number));
        self.rise(self.near.len() - 1);
    }

    fn take_near(&mut self, position: usize) {
        if position >= self.near.len() {
            return;
        }
        self.near.swap_remove(position);
        if position < self.near.len() {
            let position = self.rise(position);
            self.sink(position);
        }
    }

    /// Moves it towards the front of the heap as far as it belongs there.
    fn rise(&mut self, mut position: usize) -> usize {
        while position > 0 {
            let parent = (position - 1) / 2;
            if self.near.get(parent) <= self.near.get(position) {
                break;
            }
            self.near.swap(parent, position);
            self.note(position);
            position = parent;
        }
        self.note(position);
        position
    }

    /// Moves it away from the front of the heap as far as it belongs there.
    fn sink(&mut self, mut position: usize) {
        loop {
            let left = 2 * position + 1;
            let Some(&smaller) = self.near.get(left) else { break };
            let child = match self.near.get(left + 1) {
                Some(right) if *right < smaller => left + 1,
                Some(_) | None => left,
            };
            if self.near.get(position) <= self.near.get(child) {
                break;
            }
            self.near.swap(child, position);
            self.note(position);
            position = child;
        }
        self.note(position);
    }

    /// Says to an entry where in the heap it is.
    fn note(&mut self, position: usize) {
        let Some((_, number)) = self.near.get(position) else { return };
        if let Some(entry) = self.entries.get_mut(*number as usize) {
            entry.place = Place::Near(u32::try_from(position).unwrap_or(NONE));
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "there are eight levels of 64 slots")]
const fn shift(level: usize) -> u32 {
    FINEST_BITS + level as u32 * DIGIT_BITS
}

#[expect(clippy::cast_possible_truncation, reason = "there are eight levels of 64 slots")]
const fn bucket(level: usize, slot: u64) -> u16 {
    (level as u16) << DIGIT_BITS | slot as u16
}

/// No number.
const NONE: u32 = u32::MAX;
/// A bucket of the finest level is 2²⁰ ns wide.
const FINEST_BITS: u32 = 20;
const DIGIT_BITS: u32 = 6;
const SLOT_MASK: u64 = (1 << DIGIT_BITS) - 1;
