use alloc::{string::String, vec::Vec};
use core::str;

use super::{DecodeError, Malformed, Reader, put_varint, varint_len};

/// An actor with one byte string of its own, given the actor before it in the clock.
///
/// Clocks sort their actors, so numbers are written as how much they rise. That the actors rise is for the clock to check, and
/// need not be checked here.
///
/// ```
/// use quorate_vclock::{VClock, wire::{Actor, DecodeError, Limits, Reader, Wire as _}};
///
/// #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
/// struct Replica { rack: u8, slot: u8 }
///
/// impl Actor for Replica {
///     const BYTES_MIN: usize = 2;
///
///     fn encode(&self, _before: Option<&Self>, out: &mut Vec<u8>) {
///         out.extend([self.rack, self.slot]);
///     }
///
///     fn encoded_len(&self, _before: Option<&Self>) -> usize {
///         2
///     }
///
///     fn decode(_before: Option<&Self>, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
///         let [rack, slot] = <[u8; 2]>::decode(None, reader)?;
///         Ok(Self { rack, slot })
///     }
/// }
///
/// let clock = VClock::from([(Replica { rack: 1, slot: 2 }, 3)]);
/// assert_eq!(VClock::decode(&clock.to_bytes(), &Limits::default()), Ok(clock));
/// ```
pub trait Actor: Ord + Sized {
    /// How many bytes an actor has at least.
    const BYTES_MIN: usize;

    /// Appends the actor's bytes, where `before` comes before it.
    fn encode(&self, before: Option<&Self>, out: &mut Vec<u8>);

    /// How many bytes that appends, exactly.
    fn encoded_len(&self, before: Option<&Self>) -> usize;

    /// Reads an actor, where `before` came before it.
    ///
    /// # Errors
    /// What is wrong, and at which offset.
    fn decode(before: Option<&Self>, reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// How much a number rises. Out of order it wraps, and comes back as it was: the order is for the clock to check.
const fn rise(value: u64, before: Option<u64>) -> u64 {
    match before {
        None => value,
        Some(before) => value.wrapping_sub(before),
    }
}

fn risen(before: Option<u64>, max: u64, reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    let too_large = reader.refused_here(Malformed::TooLarge);
    let rise = reader.varint()?;
    let value = before.unwrap_or(0).checked_add(rise);
    value.filter(|value| *value <= max).ok_or(too_large)
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Actor for $number {
            const BYTES_MIN: usize = 1;

            fn encode(&self, before: Option<&Self>, out: &mut Vec<u8>) {
                put_varint(rise(u64::from(*self), before.map(|before| u64::from(*before))), out);
            }

            fn encoded_len(&self, before: Option<&Self>) -> usize {
                varint_len(rise(u64::from(*self), before.map(|before| u64::from(*before))))
            }

            fn decode(before: Option<&Self>, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let too_large = reader.refused_here(Malformed::TooLarge);
                let value = risen(before.map(|before| u64::from(*before)), u64::from(Self::MAX), reader)?;
                Self::try_from(value).map_err(|_| too_large)
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64);

#[cfg(feature = "broadcast")]
impl Actor for quorate_machine::NodeId {
    const BYTES_MIN: usize = 1;

    fn encode(&self, before: Option<&Self>, out: &mut Vec<u8>) {
        self.0.encode(before.map(|before| &before.0), out);
    }

    fn encoded_len(&self, before: Option<&Self>) -> usize {
        self.0.encoded_len(before.map(|before| &before.0))
    }

    fn decode(before: Option<&Self>, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        u64::decode(before.map(|before| &before.0), reader).map(Self)
    }
}

fn put_name(name: &[u8], out: &mut Vec<u8>) {
    put_varint(name.len() as u64, out);
    out.extend_from_slice(name);
}

impl Actor for String {
    const BYTES_MIN: usize = 1;

    fn encode(&self, _before: Option<&Self>, out: &mut Vec<u8>) {
        put_name(self.as_bytes(), out);
    }

    fn encoded_len(&self, _before: Option<&Self>) -> usize {
        varint_len(self.len() as u64) + self.len()
    }

    fn decode(_before: Option<&Self>, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let not_text = reader.refused_here(Malformed::NotText);
        str::from_utf8(reader.name()?).map(Self::from).map_err(|_| not_text)
    }
}

impl Actor for Vec<u8> {
    const BYTES_MIN: usize = 1;

    fn encode(&self, _before: Option<&Self>, out: &mut Vec<u8>) {
        put_name(self, out);
    }

    fn encoded_len(&self, _before: Option<&Self>) -> usize {
        varint_len(self.len() as u64) + self.len()
    }

    fn decode(_before: Option<&Self>, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.name().map(<[u8]>::to_vec)
    }
}

impl<const N: usize> Actor for [u8; N] {
    const BYTES_MIN: usize = N;

    fn encode(&self, _before: Option<&Self>, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn encoded_len(&self, _before: Option<&Self>) -> usize {
        N
    }

    fn decode(_before: Option<&Self>, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let ends = reader.refused_here(Malformed::Ends);
        Self::try_from(reader.bytes(N)?).map_err(|_| ends)
    }
}

/// Say, a node and how often it has lost its memory.
impl<A: Actor, B: Actor> Actor for (A, B) {
    const BYTES_MIN: usize = A::BYTES_MIN + B::BYTES_MIN;

    fn encode(&self, _before: Option<&Self>, out: &mut Vec<u8>) {
        self.0.encode(None, out);
        self.1.encode(None, out);
    }

    fn encoded_len(&self, _before: Option<&Self>) -> usize {
        self.0.encoded_len(None) + self.1.encoded_len(None)
    }

    fn decode(_before: Option<&Self>, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::decode(None, reader)?, B::decode(None, reader)?))
    }
}
