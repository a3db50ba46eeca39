//! CRC-32 (IEEE 802.3, check value `CBF43926`), plain or salted.

use crc32fast::Hasher;

/// A CRC-32 that has already read a file's salt, or nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checksum {
    start: u32,
}

impl Checksum {
    pub(crate) const PLAIN: Self = Self { start: 0 };

    /// Sums `salt ‖ bytes`. Reading the salt once here costs nothing per frame.
    pub(crate) fn salted(salt: u64) -> Self {
        Self { start: Self::PLAIN.of(&salt.to_le_bytes()) }
    }

    pub(crate) fn of(self, bytes: &[u8]) -> u32 {
        let mut hasher = Hasher::new_with_initial(self.start);
        hasher.update(bytes);
        hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::Checksum;

    #[test]
    fn the_check_value_is_that_of_ieee_802_3() {
        assert_eq!(Checksum::PLAIN.of(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_salt_is_a_prefix() {
        let salted = Checksum::salted(u64::from_le_bytes(*b"12345678"));
        assert_eq!(salted.of(b"9"), 0xCBF4_3926);
    }
}
