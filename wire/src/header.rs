//! What the three headers of this crate share: little-endian fields, then the CRC-32 of those fields.

use crate::checksum::Checksum;

/// A header of `N` bytes under construction.
pub(crate) struct Fields<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Fields<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    pub(crate) fn put(mut self, field: &[u8]) -> Self {
        let end = self.length + field.len();
        self.bytes[self.length..end].copy_from_slice(field);
        self.length = end;
        self
    }

    /// Ends the header with the checksum of its fields.
    pub(crate) fn seal(self, checksum: Checksum) -> [u8; N] {
        let sum = checksum.of(&self.bytes[..self.length]);
        let sealed = self.put(&sum.to_le_bytes());
        debug_assert_eq!(sealed.length, N, "a header is written whole");
        sealed.bytes
    }
}

/// A header as found: believed only if `sum(…) == found`.
#[derive(Clone, Copy)]
pub(crate) struct Sealed<'a> {
    fields: &'a [u8],
    pub(crate) found: u32,
}

impl<'a> Sealed<'a> {
    /// The header of `N` bytes at the front of `bytes`, if there are that many.
    pub(crate) fn front<const N: usize>(bytes: &'a [u8]) -> Option<Self> {
        let (header, _) = bytes.split_first_chunk::<N>()?;
        let (fields, found) = header.split_last_chunk()?;
        Some(Self { fields, found: u32::from_le_bytes(*found) })
    }

    pub(crate) fn sum(&self, checksum: Checksum) -> u32 {
        checksum.of(self.fields)
    }

    /// Takes the next field. `None` past the end.
    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.fields.split_first_chunk::<N>()?;
        self.fields = rest;
        Some(*field)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take().map(u8::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}
