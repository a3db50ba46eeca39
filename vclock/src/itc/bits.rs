//! Bits in bytes, the high ones first.

use alloc::vec::Vec;

#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// How many bits of the last byte are used; 0 if there is none that has room.
    used: u32,
}

impl Writer {
    /// The low `count` bits of the number, at most 64 of them.
    pub(super) fn put(&mut self, number: u64, count: u32) {
        for at in (0..count).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut().filter(|_| number >> at & 1 == 1) {
                *last |= 0x80 >> self.used;
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// The bytes, the last one filled up with zeros.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    used: u32,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, used: 0 }
    }

    /// Which byte the next bit is in.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The next bit; `None` at the end.
    pub(super) fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at)?;
        let bit = byte & 0x80 >> self.used != 0;
        self.used += 1;
        if self.used == 8 {
            (self.at, self.used) = (self.at + 1, 0);
        }
        Some(bit)
    }

    /// The next `count` bits, at most 64, as a number.
    pub(super) fn take(&mut self, count: u32) -> Option<u64> {
        let mut number = 0;
        for _ in 0..count {
            number = number << 1 | u64::from(self.bit()?);
        }
        Some(number)
    }
}
