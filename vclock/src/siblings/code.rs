//! The binary form.

use alloc::vec::Vec;

use super::{Entry, Siblings};
use crate::wire::{Actor, DecodeError, Malformed, Reader, Wire, put_varint, varint_len};

/// Each value has a byte at least.
impl<A: Actor, V: Wire> Wire for Siblings<A, V> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(self.entries.len() as u64, out);
        let mut before = None;
        for Entry { actor, seen, values } in &self.entries {
            actor.encode(before, out);
            before = Some(actor);
            put_varint(seen.get(), out);
            put_varint(values.len() as u64, out);
            for value in values {
                value.encode(out);
            }
        }
    }

    fn encoded_len(&self) -> usize {
        let (mut len, mut before) = (varint_len(self.entries.len() as u64), None);
        for Entry { actor, seen, values } in &self.entries {
            len += actor.encoded_len(before) + varint_len(seen.get()) + varint_len(values.len() as u64);
            len += values.iter().map(Wire::encoded_len).sum::<usize>();
            before = Some(actor);
        }
        len
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count(A::BYTES_MIN + 2)?;
        let mut entries: Vec<Entry<A, V>> = Vec::with_capacity(count);
        for _ in 0..count {
            let unsorted = reader.refused_here(Malformed::Unsorted);
            let before = entries.last().map(|entry| &entry.actor);
            let actor = A::decode(before, reader)?;
            if before.is_some_and(|before| *before >= actor) {
                return Err(unsorted);
            }
            let seen = reader.counter()?;
            let too_large = reader.refused_here(Malformed::TooLarge);
            let held = reader.count(1)?;
            if held as u64 > seen.get() {
                return Err(too_large);
            }
            let mut values = Vec::with_capacity(held);
            for _ in 0..held {
                values.push(V::decode_from(reader)?);
            }
            entries.push(Entry { actor, seen, values });
        }
        Ok(Self { entries })
    }
}
