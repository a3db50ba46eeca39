//! One byte string for each value: the form in which clocks travel and are kept.
//!
//! Numbers are varints (LEB128: seven bits to a byte, the lowest first, the high bit on all bytes but the last), of the
//! least length. Nothing is optional, so nothing can be said in two ways:
//!
//! | value | bytes |
//! |---|---|
//! | counter | varint, not 0 |
//! | actor `u8` … `u64`, `NodeId` | varint; in a clock, after the first one, how much higher it is than the one before |
//! | actor `String`, `Vec<u8>` | length as varint, then the bytes |
//! | actor `[u8; N]` | the N bytes |
//! | actor `(A, B)` | A, then B |
//! | [`Dot`](crate::Dot) | actor, counter |
//! | [`DotRange`](crate::DotRange) | actor, first counter, then how much higher the last is as varint |
//! | [`VClock`](crate::VClock) | how many entries as varint, then for each, by actor, the actor and the counter |
//! | [`DenseClock`](crate::DenseClock) | N varints, 0 for what has not been heard of |
//! | [`CausalContext`](crate::CausalContext) | how many actors as varint, then for each the actor, its floor as varint, and its blocks of 64 events that have some above the floor: how many as varint, and for each how much higher its place is than the one before (the first: than that of the event after the floor), and its bits, the lowest for the first event, as varints; in the block of the event after the floor the bits up to that event are left out |
//! | [`Siblings`](crate::Siblings) | how many actors as varint, then for each the actor, how many of its writes have been seen, how many values there are as varint, and the values |
//! | [`CausalMessage`](crate::CausalMessage) | dot, clock, payload |
//! | a value or payload `String`, `Vec<u8>` | length as varint, then the bytes |
//! | [`HlcStamp`](crate::HlcStamp) | wall and counter as varints |
//! | [`LamportStamp`](crate::LamportStamp) | time as varint, actor |
//!
//! Three small actors with small counters are 7 bytes. There is no byte for a version or a type: clocks stand in messages and
//! records by the thousand, and what holds them says what they are. The form does not change; should another be better, it
//! gets another name.
//!
//! Decoding is for bytes from anybody: it takes exactly what encoding writes, refuses everything else with the offset and the
//! reason, never panics, and reserves no more memory than in proportion to the bytes that are there (a count is held against
//! them first).
//!
//! ```
//! use quorate_vclock::{VClock, wire::{Limits, Malformed, Wire as _}};
//!
//! let clock = VClock::from([(3_u64, 1), (5, 300)]);
//! let bytes = clock.to_bytes();
//! assert_eq!(bytes, [2, 3, 1, 2, 0xac, 0x02]); // two entries: 3 and 1, then 2 more and 300
//! assert_eq!(VClock::decode(&bytes, &Limits::default()), Ok(clock));
//!
//! let error = VClock::<u64>::decode(&[2, 3, 1, 2, 0], &Limits::default()).unwrap_err();
//! assert_eq!((error.offset, error.why), (4, Malformed::ZeroCounter));
//! ```

mod actor;
mod clock;
mod context;
mod error;
mod payload;
mod read;
mod stamp;
mod varint;

use alloc::vec::Vec;

pub use self::{
    actor::Actor,
    error::{DecodeError, Malformed},
    read::{Limits, Reader},
    varint::{put_varint, varint_len},
};
use crate::bug::Bug;

/// A value with one byte string of its own.
///
/// For all values `decode(to_bytes(v)) == v`, and for all bytes that decode `to_bytes(decode(bytes)) == bytes`.
pub trait Wire: Sized {
    /// Appends the value's bytes.
    fn encode(&self, out: &mut Vec<u8>);

    /// How many bytes that appends, exactly.
    fn encoded_len(&self) -> usize;

    /// Reads a value where the reader stands, and leaves the reader behind it.
    ///
    /// # Errors
    /// What is wrong, and at which offset. The reader is then not to be used any more.
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// The value's bytes.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded_len());
        self.encode(&mut out);
        out
    }

    /// The value that has exactly these bytes.
    ///
    /// # Errors
    /// What is wrong with them, and at which offset.
    fn decode(bytes: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, limits);
        let value = Self::decode_from(&mut reader)?;
        let left = reader.remaining();
        if left > 0 && !Bug::TrailingBytesAccepted.is_planted() {
            return Err(reader.refused_here(Malformed::Trailing { bytes: left }));
        }
        Ok(value)
    }
}
