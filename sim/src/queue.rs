use alloc::collections::BinaryHeap;
use core::cmp::{Ordering, Reverse};

use quorate_machine::Time;

/// What will happen, by instant; what falls on one instant happens in the order in which it was pushed.
///
/// The heap moves small keys only: payloads stay in their slots.
pub(crate) struct Queue<T> {
    heap: BinaryHeap<Reverse<Key>>,
    slots: Vec<Option<T>>,
    free: Vec<usize>,
    pushed: u64,
}

struct Key {
    at: Time,
    order: u64,
    slot: usize,
}

impl Key {
    /// Instant, then order, as one number: sifting compares without branches, which nobody could predict.
    fn rank(&self) -> u128 {
        u128::from(self.at.as_nanos()) << 64 | u128::from(self.order)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl<T> Queue<T> {
    pub(crate) const fn new() -> Self {
        Self { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), pushed: 0 }
    }

    pub(crate) fn push(&mut self, at: Time, what: T) {
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(Some(what));
        } else {
            self.slots[slot] = Some(what);
        }
        self.heap.push(Reverse(Key { at, order: self.pushed, slot }));
        self.pushed += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<(Time, T)> {
        let Reverse(key) = self.heap.pop()?;
        self.free.push(key.slot);
        self.slots[key.slot].take().map(|what| (key.at, what))
    }

    pub(crate) fn next_at(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse(key)| key.at)
    }
}
