use alloc::vec::Vec;
use core::hash::{BuildHasherDefault, Hash};

use hashbrown::HashMap;
use siphasher::sip::SipHasher13;
use thiserror::Error;

use super::history::TxnId;

type Table<K, V> = HashMap<K, V, BuildHasherDefault<SipHasher13>>;

/// The same value is written to a key twice, so that nobody can tell which of the two a read saw. Such a history cannot be
/// judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{first} and {second} write one value to one key, so that a read of it tells nothing")]
pub struct Ambiguous {
    /// Who wrote it first.
    pub first: TxnId,
    /// Who wrote it again.
    pub second: TxnId,
}

pub(super) const NONE: u32 = u32::MAX;

/// A place as a number; `NONE` beyond all that a history can have.
pub(super) fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NONE)
}

/// Keys and what is written to them, by numbers in the order of their first mention.
#[derive(Debug)]
pub(super) struct Interned<'a, K, V> {
    numbers: Table<&'a K, u32>,
    pub(super) keys: Vec<&'a K>,
    written: Table<(u32, &'a V), u32>,
}

impl<'a, K: Hash + Eq, V: Hash + Eq> Interned<'a, K, V> {
    pub(super) fn new() -> Self {
        Self { numbers: Table::default(), keys: Vec::new(), written: Table::default() }
    }

    /// Makes room for as many writes at once.
    pub(super) fn reserve(&mut self, writes: usize) {
        self.written.reserve(writes);
    }

    pub(super) fn key(&mut self, key: &'a K) -> u32 {
        let next = u32::try_from(self.keys.len()).unwrap_or(NONE);
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.keys.push(key);
        }
        number
    }

    /// The number of a key that was mentioned before.
    pub(super) fn known(&self, key: &K) -> Option<u32> {
        self.numbers.get(key).copied()
    }

    /// Remembers a write under this number; the earlier one, if there is one.
    pub(super) fn write(&mut self, key: u32, value: &'a V, number: u32) -> Option<u32> {
        let found = *self.written.entry((key, value)).or_insert(number);
        (found != number).then_some(found)
    }

    pub(super) fn find(&self, key: u32, value: &'a V) -> Option<u32> {
        self.written.get(&(key, value)).copied()
    }
}
