use hashbrown::{HashTable, hash_table::Entry};

/// A set of 128-bit hashes: all that is kept of what has been visited.
///
/// That two of a billion different states share a hash, and one of them is missed, has a chance of one in 10²⁰.
pub(super) struct Names(HashTable<u128>);

impl Names {
    pub(super) const fn new() -> Self {
        Self(HashTable::new())
    }

    /// Whether it is new.
    pub(super) fn insert(&mut self, name: u128) -> bool {
        match self.0.entry(low(name), |other| *other == name, |other| low(*other)) {
            Entry::Vacant(vacant) => {
                vacant.insert(name);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// It is a hash already.
#[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
const fn low(name: u128) -> u64 {
    name as u64
}
