//! What clients and proxies of memcached hash with: 32 bits each.
//!
//! They were written in C and add `char`s, which have a sign on the machines they mostly run on. So do these, on every machine.

use alloc::format;

use md5::{Digest as _, Md5};

/// The sixteen bytes of an MD5 (RFC 1321), as four numbers, little endian each. ketama's points of a text.
#[expect(clippy::cast_possible_truncation, reason = "32 bits at a time are what is wanted")]
pub(crate) fn points(text: &[u8]) -> [u32; 4] {
    let digest = u128::from_le_bytes(Md5::digest(text).into());
    [0, 32, 64, 96].map(|shift| (digest >> shift) as u32)
}

/// The first of them: ketama's hash of a key.
pub(crate) fn md5(key: &[u8]) -> u32 {
    let [first, ..] = points(key);
    first
}

/// One of ketama's points of a node, four to each text "name-0", "name-1", and so on.
pub(crate) fn md5_token(name: &str, number: u32) -> u32 {
    let points = points(format!("{name}-{}", number / 4).as_bytes());
    points.into_iter().nth(number as usize % 4).unwrap_or(0)
}

/// Bob Jenkins's one-at-a-time (Dr. Dobb's Journal, September 1997).
pub(crate) fn one_at_a_time(text: &[u8]) -> u32 {
    let mixed = text.iter().fold(0_u32, |hash, &byte| {
        let hash = hash.wrapping_add(signed(byte));
        let hash = hash.wrapping_add(hash << 10);
        hash ^ (hash >> 6)
    });
    let mixed = mixed.wrapping_add(mixed << 3);
    let mixed = mixed ^ (mixed >> 11);
    mixed.wrapping_add(mixed << 15)
}

/// FNV-1a with the constants of 64 bits, of which twemproxy keeps 32 all along (Fowler, Noll and Vo, RFC 9923).
pub(crate) fn fnv1a_64(key: &[u8]) -> u32 {
    /// The lower halves of the two constants, whose upper halves never reach the lower half of a product.
    const OFFSET: u32 = 0x8422_2325;
    const PRIME: u32 = 0x0000_01b3;
    key.iter().fold(OFFSET, |hash, &byte| (hash ^ signed(byte)).wrapping_mul(PRIME))
}

/// A byte as C adds it where `char` has a sign.
#[expect(clippy::cast_sign_loss, reason = "the sign becomes the upper bits, as in C")]
fn signed(byte: u8) -> u32 {
    i32::from(i8::from_le_bytes([byte])) as u32
}
