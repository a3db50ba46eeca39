//! From bytes to numbers, the same on every platform and in every release.

use core::hash::Hasher as _;

use siphasher::sip::{SipHasher13, SipHasher24};

use crate::{bug::Bug, node::Node};

/// The hash of a key: 64 bits, all of them as good as random.
///
/// A table takes the top bits of it where it needs few. Numbers that are not mixed (counters, addresses) have theirs all at
/// the bottom, and most tables would put them all on one node: give such numbers to [`KeyHash::mixed`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(u64);

impl KeyHash {
    /// A hash that somebody has made already, and made well.
    pub const fn new(hash: u64) -> Self {
        Self(hash)
    }

    /// The hash of a number that is not one yet. It has no key: who chooses the numbers chooses the hashes.
    pub const fn mixed(number: u64) -> Self {
        Self(mix(number))
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The hash of the `round`-th attempt: itself at 0, and one that has nothing to do with it at every other.
    #[must_use]
    pub fn salted(self, round: u64) -> Self {
        if round == 0 {
            return self;
        }
        if Bug::BiasedMixer.is_planted() {
            return Self(self.0 ^ round);
        }
        Self(mix(self.0 ^ round.wrapping_mul(GOLDEN)))
    }

    /// One of `count` numbers from 0, each as likely as the next to within `count / 2⁶⁴` (Lemire 2019, section 3). Higher
    /// hashes have higher numbers.
    #[expect(clippy::cast_possible_truncation, reason = "a product's upper half is below its second factor")]
    pub const fn scaled(self, count: u32) -> u32 {
        ((self.0 as u128 * count as u128) >> 64) as u32
    }
}

/// 2⁶⁴ divided by the golden ratio, made odd.
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Every bit of a number into every bit of another, one to one (Steele, Lea and Flood 2014, figure 16: variant 13 of Stafford).
pub(crate) const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// How keys and nodes become numbers. Part of what a table is: tables that shall agree must hash alike.
///
/// A secret key keeps whoever chooses the keys (of a cache, say) from choosing their owner, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hashing {
    /// SipHash-1-3 (Aumasson and Bernstein 2012) under a key of 128 bits.
    Sip13 {
        /// The key, as two numbers.
        key: [u64; 2],
    },
    /// SipHash-2-4, the more conservative choice.
    Sip24 {
        /// The key, as two numbers.
        key: [u64; 2],
    },
}

impl Default for Hashing {
    /// SipHash-1-3 with a key of zeros: known to everybody.
    fn default() -> Self {
        Self::keyed([0, 0])
    }
}

impl Hashing {
    /// SipHash-1-3 under `key`.
    pub const fn keyed(key: [u64; 2]) -> Self {
        Self::Sip13 { key }
    }

    /// The name of the hash and the version of what is made with it. What a name stands for never changes.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Sip13 { .. } => "sip13/1",
            Self::Sip24 { .. } => "sip24/1",
        }
    }

    /// The hash of a key.
    #[inline]
    pub fn key(&self, bytes: &[u8]) -> KeyHash {
        KeyHash(match *self {
            Self::Sip13 { key: [k0, k1] } => SipHasher13::new_with_keys(k0, k1).hash(bytes),
            Self::Sip24 { key: [k0, k1] } => SipHasher24::new_with_keys(k0, k1).hash(bytes),
        })
    }

    /// The `number`-th token of a node: the hash of its name's length in bytes (4, little endian), its name, and `number` (4), under
    /// another key than keys are hashed with. The length keeps `("node1", 1)` and `("node", 11)` apart.
    pub fn token(&self, name: &str, number: u32) -> u64 {
        let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
        let parts = [&length.to_le_bytes(), name.as_bytes(), &number.to_le_bytes()];
        if Bug::TokenNamesRunTogether.is_planted() {
            let text = alloc::format!("{name}{number}");
            return self.of_node(&[text.as_bytes()]);
        }
        self.of_node(&parts)
    }

    /// A number that stands for a node: its first token.
    pub(crate) fn seed(&self, node: &Node) -> u64 {
        self.token(node.name(), 0)
    }

    fn of_node(&self, parts: &[&[u8]]) -> u64 {
        /// Keys are hashed under the key itself.
        const NODES: u64 = GOLDEN;
        match *self {
            Self::Sip13 { key: [k0, k1] } => {
                let mut hasher = SipHasher13::new_with_keys(k0 ^ NODES, k1);
                for part in parts {
                    hasher.write(part);
                }
                hasher.finish()
            }
            Self::Sip24 { key: [k0, k1] } => {
                let mut hasher = SipHasher24::new_with_keys(k0 ^ NODES, k1);
                for part in parts {
                    hasher.write(part);
                }
                hasher.finish()
            }
        }
    }
}
