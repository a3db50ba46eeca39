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
        let mut left = count;
        while left > 0 {
            if self.used == 0 {
                self.bytes.push(0);
            }
            let room = 8 - self.used;
            let step = left.min(room);
            left -= step;
            let [bits, ..] = (number >> left).to_le_bytes();
            if let Some(last) = self.bytes.last_mut() {
                *last |= (bits & low(step)) << (room - step);
            }
            self.used = (self.used + step) % 8;
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

    /// The next `count` bits, at most 64, as a number; `None` if the end comes first.
    pub(super) fn take(&mut self, count: u32) -> Option<u64> {
        let (mut number, mut left) = (0, count);
        while left > 0 {
            let byte = *self.bytes.get(self.at)?;
            let room = 8 - self.used;
            let step = left.min(room);
            left -= step;
            number = number << step | u64::from(byte >> (room - step) & low(step));
            self.used += step;
            if self.used == 8 {
                (self.at, self.used) = (self.at + 1, 0);
            }
        }
        Some(number)
    }
}

/// The low `count` bits of a byte, from 1 to 8 of them.
const fn low(count: u32) -> u8 {
    u8::MAX >> (8 - count)
}
