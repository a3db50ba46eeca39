//! What is hashed, and how.

use core::{
    hash::{BuildHasher, Hash, Hasher},
    hint::black_box,
};
use std::sync::OnceLock;

use quorate_hashring::{Hashing, Node, Nodes};
use siphasher::sip::SipHasher13;

use crate::vclock::Entrant;

/// The bytes of a key, which hash as these bytes and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(pub(super) &'static [u8]);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.0);
    }
}

/// The hash of [`Hashing::default`], as the rivals take it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sip13;

impl BuildHasher for Sip13 {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(0, 0)
    }
}

/// How many keys are looked up each time.
pub(super) const KEYS: u64 = 4_096;

pub(super) fn keys() -> &'static [Key] {
    static ALL: OnceLock<Vec<Key>> = OnceLock::new();
    ALL.get_or_init(|| {
        let key =
            |number| Key(Box::leak(format!("user:{:011}", number * 7_919).into_bytes().into_boxed_slice()));
        (0..KEYS).map(key).collect()
    })
}

/// Not known to the compiler, so that nobody has it for a constant.
pub(super) fn hashing() -> Hashing {
    black_box(Hashing::default())
}

pub(super) fn nodes(count: u32) -> Nodes {
    Nodes::of(names(count).map(Node::new)).unwrap_or_default()
}

pub(super) fn names(count: u32) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("node-{number}"))
}

/// Somebody who looks all keys up, each time; `found` says what comes out for one, as a number.
pub(super) fn entrant(name: &'static str, mut found: impl FnMut(Key) -> u64 + 'static) -> Entrant {
    let keys = keys();
    Entrant::new(name, move |times| {
        let mut sum = 0_u64;
        for _ in 0..times {
            for key in keys {
                sum = sum.wrapping_add(found(black_box(*key)));
            }
        }
        sum
    })
}

/// The same where nobody finds what another does: one for each key that has an owner.
pub(super) fn finder(name: &'static str, mut has_owner: impl FnMut(Key) -> bool + 'static) -> Entrant {
    entrant(name, move |key| u64::from(has_owner(key)))
}

/// Whether there is something, which is looked at.
pub(super) fn seen<T>(found: Option<T>) -> bool {
    black_box(found).is_some()
}
