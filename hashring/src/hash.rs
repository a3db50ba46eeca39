//! From bytes to numbers, the same on every platform and in every release.

use core::hash::Hasher as _;

use siphasher::sip::{SipHasher13, SipHasher24};

#[cfg(feature = "compat")]
use crate::compat::{envoy, memcached, redis};
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

    /// The lowest hash that [`KeyHash::scaled`] makes `number` of `count`; of a number that is too high, the highest of all hashes.
    #[must_use]
    pub fn first_scaled(number: u32, count: u32) -> Self {
        let first = (u128::from(number) << 64).div_ceil(u128::from(count.max(1)));
        Self(u64::try_from(first).unwrap_or(u64::MAX))
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
    /// ketama's: the first four bytes of the MD5, little endian. Tokens are `name-0`, `name-1` and so on, four each. These 32 bits are the
    /// upper half of the hash, as are those of the others that have no more.
    #[cfg(feature = "compat")]
    Md5,
    /// libmemcached's default: Bob Jenkins's one-at-a-time, 32 bits. Tokens are `name-0`, `name-1` and so on.
    #[cfg(feature = "compat")]
    OneAtATime,
    /// twemproxy's default: FNV-1a with the constants of 64 bits, cut to 32 bits. Tokens are ketama's, as there.
    #[cfg(feature = "compat")]
    Fnv1a64,
    /// Envoy's: XXH64. Tokens are `name_0`, `name_1` and so on.
    #[cfg(feature = "compat")]
    Xxh64 {
        /// Envoy's is 0.
        seed: u64,
    },
    /// Envoy's other one: `MurmurHash64A`. Tokens are `name_0`, `name_1` and so on.
    #[cfg(feature = "compat")]
    Murmur2 {
        /// Envoy's is `0xc70f6907`.
        seed: u64,
    },
    /// Redis Cluster's: the slot of the key, 14 bits, at the top of the hash; its hash tags count. Tokens are those of
    /// [`Hashing::default`], since nodes have none there.
    #[cfg(feature = "compat")]
    RedisSlot,
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
            #[cfg(feature = "compat")]
            Self::Md5 => "md5-ketama/1",
            #[cfg(feature = "compat")]
            Self::OneAtATime => "one-at-a-time/1",
            #[cfg(feature = "compat")]
            Self::Fnv1a64 => "fnv1a64-32/1",
            #[cfg(feature = "compat")]
            Self::Xxh64 { .. } => "xxh64/1",
            #[cfg(feature = "compat")]
            Self::Murmur2 { .. } => "murmur2-64a/1",
            #[cfg(feature = "compat")]
            Self::RedisSlot => "redis-slot/1",
        }
    }

    /// The hash of a key.
    #[inline]
    pub fn key(&self, bytes: &[u8]) -> KeyHash {
        let &Self::Sip13 { key: [k0, k1] } = self else { return self.other_key(bytes) };
        KeyHash(SipHasher13::new_with_keys(k0, k1).hash(bytes))
    }

    /// The hash of a key by any but the default, out of the way of that one.
    #[inline(never)]
    fn other_key(&self, bytes: &[u8]) -> KeyHash {
        KeyHash(match *self {
            Self::Sip13 { key: [k0, k1] } => SipHasher13::new_with_keys(k0, k1).hash(bytes),
            Self::Sip24 { key: [k0, k1] } => SipHasher24::new_with_keys(k0, k1).hash(bytes),
            #[cfg(feature = "compat")]
            Self::Md5 => upper(memcached::md5(bytes)),
            #[cfg(feature = "compat")]
            Self::OneAtATime => upper(memcached::one_at_a_time(bytes)),
            #[cfg(feature = "compat")]
            Self::Fnv1a64 => upper(memcached::fnv1a_64(bytes)),
            #[cfg(feature = "compat")]
            Self::Xxh64 { seed } => envoy::xxh64(bytes, seed),
            #[cfg(feature = "compat")]
            Self::Murmur2 { seed } => envoy::murmur2(bytes, seed),
            #[cfg(feature = "compat")]
            Self::RedisSlot => u64::from(redis::slot(bytes)) << 50,
        })
    }

    /// The `number`-th token of a node. With SipHash that is the hash of its name's length in bytes (4, little endian), its name, and
    /// `number` (4), under another key than keys are hashed with; the length keeps `("node1", 1)` and `("node", 11)` apart. The hashes
    /// of other systems make tokens as those do.
    pub fn token(&self, name: &str, number: u32) -> u64 {
        #[cfg(feature = "compat")]
        if let Some(token) = self.foreign_token(name, number) {
            return token;
        }
        let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
        let parts = [&length.to_le_bytes(), name.as_bytes(), &number.to_le_bytes()];
        if Bug::TokenNamesRunTogether.is_planted() {
            let text = alloc::format!("{name}{number}");
            return self.of_node(&[text.as_bytes()]);
        }
        self.of_node(&parts)
    }

    #[cfg(feature = "compat")]
    fn foreign_token(&self, name: &str, number: u32) -> Option<u64> {
        Some(match *self {
            Self::Sip13 { .. } | Self::Sip24 { .. } => return None,
            Self::Md5 | Self::Fnv1a64 => upper(memcached::md5_token(name, number)),
            Self::OneAtATime => upper(memcached::one_at_a_time(alloc::format!("{name}-{number}").as_bytes())),
            Self::Xxh64 { seed } => envoy::xxh64(envoy::token_text(name, number).as_bytes(), seed),
            Self::Murmur2 { seed } => envoy::murmur2(envoy::token_text(name, number).as_bytes(), seed),
            Self::RedisSlot => Self::default().token(name, number),
        })
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
            #[cfg(feature = "compat")]
            Self::Md5
            | Self::OneAtATime
            | Self::Fnv1a64
            | Self::Xxh64 { .. }
            | Self::Murmur2 { .. }
            | Self::RedisSlot => Self::default().of_node(parts),
        }
    }
}

/// 32 bits as the upper half of 64: then the order of hashes is the same, and so are the shares that they take.
#[cfg(feature = "compat")]
pub(crate) const fn upper(hash: u32) -> u64 {
    (hash as u64) << 32
}
