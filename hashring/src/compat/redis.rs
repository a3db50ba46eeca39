//! What Redis Cluster hashes with (its specification, "Key distribution model" and "Hash tags").

use crc::{CRC_16_XMODEM, Crc};

use crate::slots::hash_tag;

const CRC16: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// The slot of a key, below 16384: CRC-16/XMODEM of its tag.
pub(crate) fn slot(key: &[u8]) -> u16 {
    CRC16.checksum(hash_tag(key)) % 16384
}
