use alloc::vec::Vec;
use core::hash::{Hash, Hasher as _};

use hashbrown::HashTable;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::{bits::Bits, bug::Bug, options::Options};

/// Which configurations were tried: (place, open calls in the order, state), and for each of them which sets of pending
/// calls were in the order.
pub(crate) struct Memo<T, const N: usize> {
    /// One table for every [`PLACES`] places. The search goes back by few places at a time, so it stays in tables that the
    /// processor holds near.
    tables: Vec<HashTable<Entry>>,
    /// How many there are in all tables.
    len: usize,
    /// In exact mode, what the fingerprints stand for.
    keys: Option<Vec<(u32, Bits<N>, T)>>,
    /// Lists of sets, each with the next of its list.
    sets: Vec<(Bits<N>, u32)>,
    /// Which slots are those of pending calls that are compared by inclusion.
    pending: Bits<N>,
    options: Options,
}

struct Entry {
    print: [u64; 2],
    key: u32,
    sets: u32,
}

const NONE: u32 = u32::MAX;
const PLACES: usize = 64;

/// What the memo makes of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remembered {
    New,
    Known,
    Full,
}

impl<T: Clone + Eq + Hash, const N: usize> Memo<T, N> {
    pub(crate) fn new(pending: Bits<N>, options: Options) -> Self {
        let keys = options.exact.then(Vec::new);
        Self { tables: Vec::new(), len: 0, keys, sets: Vec::new(), pending, options }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.pending, self.options);
    }

    /// Whether there is nothing to find from here that was not sought before; remembers it if there is.
    pub(crate) fn insert(&mut self, place: u32, mask: &Bits<N>, state: &T) -> Remembered {
        let mut rest = mask.without(&self.pending);
        if self.options.has(Bug::MemoIgnoresOpen) {
            rest = Bits::NONE;
        }
        let taken = mask.and(&self.pending);
        let print = self.print(place, &rest, state);
        let keys = self.keys.as_ref();
        let is_same = |entry: &Entry| {
            let key = keys.map(|keys| &keys[entry.key as usize]);
            entry.print == print && key.is_none_or(|key| key.0 == place && key.1 == rest && key.2 == *state)
        };
        let table = place as usize / PLACES;
        if table >= self.tables.len() {
            self.tables.resize_with(table + 1, HashTable::new);
        }
        if let Some(entry) = self.tables[table].find_mut(print[0], is_same) {
            let mut next = entry.sets;
            while let Some((set, after)) = self.sets.get(next as usize) {
                let is_covered = if self.options.has(Bug::DominatedBySuperset) {
                    taken.is_subset(set)
                } else {
                    set.is_subset(&taken)
                };
                if is_covered {
                    return Remembered::Known;
                }
                next = *after;
            }
            if self.pending == Bits::NONE {
                return Remembered::Known;
            }
            let Some(at) = room(self.sets.len(), &self.options) else { return Remembered::Full };
            self.sets.push((taken, entry.sets));
            entry.sets = at;
            return Remembered::New;
        }
        self.remember(print, place, rest, taken, state)
    }

    fn remember(
        &mut self,
        print: [u64; 2],
        place: u32,
        rest: Bits<N>,
        taken: Bits<N>,
        state: &T,
    ) -> Remembered {
        let Some(key) = room(self.len, &self.options) else { return Remembered::Full };
        let mut sets = NONE;
        if self.pending != Bits::NONE {
            let Some(at) = room(self.sets.len(), &self.options) else { return Remembered::Full };
            self.sets.push((taken, NONE));
            sets = at;
        }
        if let Some(keys) = &mut self.keys {
            keys.push((place, rest, state.clone()));
        }
        self.len += 1;
        self.tables[place as usize / PLACES]
            .insert_unique(print[0], Entry { print, key, sets }, |entry| entry.print[0]);
        Remembered::New
    }

    fn print(&self, place: u32, mask: &Bits<N>, state: &T) -> [u64; 2] {
        let mut hasher = SipHasher13::new();
        mask.hash(&mut hasher);
        if !self.options.has(Bug::MemoIgnoresPlace) {
            hasher.write_u32(place);
        }
        if !self.options.has(Bug::MemoIgnoresState) {
            state.hash(&mut hasher);
        }
        let print = hasher.finish128();
        [print.h1, print.h2]
    }
}

/// The place of one more, if there may be one.
fn room(len: usize, options: &Options) -> Option<u32> {
    u32::try_from(len).ok().filter(|at| *at != NONE && len < options.memo_entries_max)
}
