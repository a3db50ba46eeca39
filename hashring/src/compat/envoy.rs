//! What Envoy hashes with.

use alloc::format;

/// XXH64 (Collet, the xxHash specification).
pub(crate) fn xxh64(text: &[u8], seed: u64) -> u64 {
    twox_hash::XxHash64::oneshot(seed, text)
}

/// `MurmurHash64A` (Appleby's second Murmur, for 64 bits), read little endian.
pub(crate) fn murmur2(text: &[u8], seed: u64) -> u64 {
    murmur2::murmur64a(text, seed)
}

/// What stands for the `number`-th token of a host.
pub(crate) fn token_text(name: &str, number: u32) -> alloc::string::String {
    format!("{name}_{number}")
}
