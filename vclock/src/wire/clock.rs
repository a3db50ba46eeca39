use alloc::vec::Vec;
use core::array;

use super::{Actor, DecodeError, Malformed, Reader, Wire, put_varint, varint_len};
use crate::{DenseClock, Dot, DotRange, VClock, bug::Bug};

impl<A: Actor> Wire for VClock<A> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(self.len() as u64, out);
        let mut before = None;
        for Dot { actor, counter } in self {
            actor.encode(before, out);
            put_varint(counter.get(), out);
            before = Some(actor);
        }
    }

    fn encoded_len(&self) -> usize {
        let (mut len, mut before) = (varint_len(self.len() as u64), None);
        for Dot { actor, counter } in self {
            len += actor.encoded_len(before) + varint_len(counter.get());
            before = Some(actor);
        }
        len
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count(A::BYTES_MIN + 1)?;
        let mut entries: Vec<(A, _)> = Vec::with_capacity(count);
        for _ in 0..count {
            let unsorted = reader.refused_here(Malformed::Unsorted);
            let before = entries.last().map(|(actor, _)| actor);
            let actor = A::decode(before, reader)?;
            let rises = before.is_none_or(|before| *before < actor);
            if !rises && !Bug::DecodeUnsorted.is_planted() {
                return Err(unsorted);
            }
            entries.push((actor, reader.counter()?));
        }
        Ok(Self::from_sorted(entries))
    }
}

impl<A: Actor> Wire for Dot<A> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.actor.encode(None, out);
        put_varint(self.counter.get(), out);
    }

    fn encoded_len(&self) -> usize {
        self.actor.encoded_len(None) + varint_len(self.counter.get())
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { actor: A::decode(None, reader)?, counter: reader.counter()? })
    }
}

impl<A: Actor> Wire for DotRange<A> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.actor.encode(None, out);
        put_varint(self.first.get(), out);
        put_varint(self.last.get().saturating_sub(self.first.get()), out);
    }

    fn encoded_len(&self) -> usize {
        let more = self.last.get().saturating_sub(self.first.get());
        self.actor.encoded_len(None) + varint_len(self.first.get()) + varint_len(more)
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (actor, first) = (A::decode(None, reader)?, reader.counter()?);
        let too_large = reader.refused_here(Malformed::TooLarge);
        let last = first.checked_add(reader.varint()?).ok_or(too_large)?;
        Ok(Self { actor, first, last })
    }
}

impl<const N: usize> Wire for DenseClock<N> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.counters().iter().for_each(|counter| put_varint(*counter, out));
    }

    fn encoded_len(&self) -> usize {
        self.counters().iter().map(|counter| varint_len(*counter)).sum()
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut wrong = None;
        let counters = array::from_fn(|_| match wrong {
            Some(_) => 0,
            None => reader.varint().unwrap_or_else(|error| {
                wrong = Some(error);
                0
            }),
        });
        wrong.map_or(Ok(Self::from(counters)), Err)
    }
}
