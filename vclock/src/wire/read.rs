use core::num::NonZeroU64;

use super::{DecodeError, Malformed};
use crate::bug::Bug;

/// What decoding takes at most, so that nobody can make it keep more than was meant.
///
/// Whatever they are, decoding reserves memory in proportion to the input only: a count that the input cannot hold is refused
/// before anything is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many entries a clock may have; and of a context how many actors, and how many blocks of events each of them.
    pub entries_max: usize,
    /// How long an actor may be that has a length, in bytes.
    pub actor_bytes_max: usize,
}

impl Default for Limits {
    /// 65,536 entries, and actors of 255 bytes.
    fn default() -> Self {
        Self { entries_max: 65_536, actor_bytes_max: 255 }
    }
}

/// Bytes that are being decoded, and how far. What implements [`Wire`](super::Wire) or [`Actor`](super::Actor) reads from it.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    limits: Limits,
}

impl<'a> Reader<'a> {
    /// At the beginning of these bytes.
    pub const fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        Self { rest: bytes, offset: 0, limits: *limits }
    }

    /// How many bytes have been read.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// How many are left.
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// What has not been read.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// What is allowed.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Says that what begins at the next byte is wrong.
    pub const fn refused_here(&self, why: Malformed) -> DecodeError {
        DecodeError { offset: self.offset, why }
    }

    /// So many bytes as they are.
    ///
    /// # Errors
    /// [`Malformed::Ends`] if there are fewer.
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let Some((bytes, rest)) = self.rest.split_at_checked(len) else {
            return Err(DecodeError { offset: self.offset + self.rest.len(), why: Malformed::Ends });
        };
        (self.rest, self.offset) = (rest, self.offset + len);
        Ok(bytes)
    }

    /// A number in its shortest form.
    ///
    /// # Errors
    /// If the input ends, the number could be shorter, or it has more than 64 bits.
    pub fn varint(&mut self) -> Result<u64, DecodeError> {
        let (mut value, mut shift) = (0, 0);
        for (at, byte) in self.rest.iter().enumerate() {
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 || shift > 63 {
                return Err(self.refused_here(Malformed::TooLarge));
            }
            value |= bits << shift;
            shift += 7;
            if byte & 0x80 != 0 {
                continue;
            }
            if bits == 0 && at > 0 && !Bug::VarintNotMinimal.is_planted() {
                return Err(self.refused_here(Malformed::NotMinimal));
            }
            self.bytes(at + 1)?;
            return Ok(value);
        }
        Err(DecodeError { offset: self.offset + self.rest.len(), why: Malformed::Ends })
    }

    /// A number that is a counter.
    ///
    /// # Errors
    /// As [`varint`](Self::varint), and if it is zero.
    pub fn counter(&mut self) -> Result<NonZeroU64, DecodeError> {
        let zero = self.refused_here(Malformed::ZeroCounter);
        let value = self.varint()?;
        let forgiven = Bug::DecodeForgivesZero.is_planted().then_some(NonZeroU64::MIN);
        NonZeroU64::new(value).or(forgiven).ok_or(zero)
    }

    /// A number that says how many entries follow, each of at least so many bytes.
    ///
    /// # Errors
    /// As [`varint`](Self::varint), and if these are more than may be or than the rest of the input can hold.
    pub fn count(&mut self, entry_bytes_min: usize) -> Result<usize, DecodeError> {
        let here = self.offset;
        let refused = |why| DecodeError { offset: here, why };
        let count = self.varint()?;
        let max = self.limits.entries_max;
        let held = usize::try_from(count).ok().filter(|held| *held <= max);
        let held = held.ok_or_else(|| refused(Malformed::TooMany { count, max }))?;
        let needed = held.checked_mul(entry_bytes_min.max(1));
        if needed.is_none_or(|needed| needed > self.rest.len()) {
            return Err(refused(Malformed::Count { count }));
        }
        Ok(held)
    }

    /// A length, and so many bytes: those of an actor.
    ///
    /// # Errors
    /// As [`varint`](Self::varint), and if the length is more than an actor may have, or than there are.
    pub fn name(&mut self) -> Result<&'a [u8], DecodeError> {
        let here = self.offset;
        let bytes = self.varint()?;
        let max = self.limits.actor_bytes_max;
        let len = usize::try_from(bytes).ok().filter(|len| *len <= max);
        let len = len.ok_or(DecodeError { offset: here, why: Malformed::TooLong { bytes, max } })?;
        self.bytes(len)
    }
}
