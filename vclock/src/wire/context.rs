use alloc::vec::Vec;

use super::{Actor, DecodeError, Malformed, Reader, Wire, put_varint, varint_len};
use crate::{
    CausalContext,
    bug::Bug,
    context::{
        blocks::Blocks,
        seen::{BLOCK, Seen},
    },
};

/// The block of the last counter there is, in which the last bit stands for none.
const LAST: u64 = (u64::MAX - 1) / BLOCK;

/// The block that holds the event after a floor, and how many bits of it come before what may follow that event, which has not
/// been seen.
const fn start(floor: u64) -> (u64, u32) {
    let before = match (floor % BLOCK) as u8 {
        before @ 0..=62 => before as u32 + 1,
        _ => u64::BITS,
    };
    (floor / BLOCK, before)
}

/// The blocks as they are written: how much each is above the one before, and its bits, without those that are known.
fn written(seen: &Seen) -> impl Iterator<Item = (u64, u64)> + '_ {
    let (first, known) = start(seen.floor);
    let mut before = first;
    seen.blocks.iter().map(move |(block, bits)| {
        let rise = block - before;
        before = block;
        (rise, if block == first { bits.checked_shr(known).unwrap_or(0) } else { bits })
    })
}

impl<A: Actor> Wire for CausalContext<A> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(self.actors.len() as u64, out);
        let mut before = None;
        for (actor, seen) in &self.actors {
            actor.encode(before, out);
            before = Some(actor);
            put_varint(seen.floor, out);
            put_varint(seen.blocks.iter().count() as u64, out);
            for (rise, bits) in written(seen) {
                put_varint(rise, out);
                put_varint(bits, out);
            }
        }
    }

    fn encoded_len(&self) -> usize {
        let (mut len, mut before) = (varint_len(self.actors.len() as u64), None);
        for (actor, seen) in &self.actors {
            len += actor.encoded_len(before)
                + varint_len(seen.floor)
                + varint_len(seen.blocks.iter().count() as u64);
            before = Some(actor);
            len += written(seen).map(|(rise, bits)| varint_len(rise) + varint_len(bits)).sum::<usize>();
        }
        len
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count(A::BYTES_MIN + 2)?;
        let mut actors: Vec<(A, Seen)> = Vec::with_capacity(count);
        for _ in 0..count {
            let unsorted = reader.refused_here(Malformed::Unsorted);
            let before = actors.last().map(|(actor, _)| actor);
            let actor = A::decode(before, reader)?;
            if before.is_some_and(|before| *before >= actor) {
                return Err(unsorted);
            }
            actors.push((actor, seen(reader)?));
        }
        Ok(Self { actors })
    }
}

fn seen(reader: &mut Reader<'_>) -> Result<Seen, DecodeError> {
    let nothing = reader.refused_here(Malformed::Nothing);
    let floor = reader.varint()?;
    let count = reader.count(2)?;
    if floor == 0 && count == 0 {
        return Err(nothing);
    }
    let (first, known) = start(floor);
    let (mut blocks, mut before) = (Blocks::new(), first);
    for nth in 0..count {
        let (unsorted, too_large) =
            (reader.refused_here(Malformed::Unsorted), reader.refused_here(Malformed::TooLarge));
        let rise = reader.varint()?;
        if rise == 0 && nth > 0 {
            return Err(unsorted);
        }
        let block = before.checked_add(rise).filter(|block| *block <= LAST).ok_or(too_large)?;
        let bits = bits(reader, block, if block == first { known } else { 0 })?;
        blocks.set(block, bits);
        before = block;
    }
    Ok(Seen { floor, blocks })
}

/// The bits of a block, of which some are known; at least one is set.
fn bits(reader: &mut Reader<'_>, block: u64, known: u32) -> Result<u64, DecodeError> {
    let (nothing, too_large) =
        (reader.refused_here(Malformed::Nothing), reader.refused_here(Malformed::TooLarge));
    let written = reader.varint()?;
    if written == 0 && !Bug::DecodeKeepsEmptyBlocks.is_planted() {
        return Err(nothing);
    }
    if written.leading_zeros() < known + u32::from(block == LAST) {
        return Err(too_large);
    }
    written.checked_shl(known).ok_or(too_large)
}
