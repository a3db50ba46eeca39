//! What Redis Cluster hashes with (its specification, "Key distribution model" and "Hash tags").

use crc::{CRC_16_XMODEM, Crc};

use crate::bug::Bug;

const CRC16: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// The slot of a key, below 16384: CRC-16/XMODEM of its tag.
pub(crate) fn slot(key: &[u8]) -> u16 {
    CRC16.checksum(tag(key)) % 16384
}

/// The part of a key that decides where it is: what stands between the first `{` and the next `}`, and all of it if that is
/// nothing or there are none.
fn tag(key: &[u8]) -> &[u8] {
    let tag = || {
        let (_, rest) = split(key, b'{')?;
        let (tag, _) = split(rest, b'}')?;
        (!tag.is_empty() || Bug::TagMayBeEmpty.is_planted()).then_some(tag)
    };
    tag().unwrap_or(key)
}

/// What is before the first of that byte, and what is after it.
fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|&byte| byte == at)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}
