use alloc::vec::Vec;

use super::{Actor, DecodeError, Malformed, Reader, Wire, put_varint, varint_len};
use crate::{HlcStamp, LamportStamp};

/// The wall, then the counter. To compare stamps by their bytes, pack them.
impl Wire for HlcStamp {
    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(self.wall, out);
        put_varint(u64::from(self.logical), out);
    }

    fn encoded_len(&self) -> usize {
        varint_len(self.wall) + varint_len(u64::from(self.logical))
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let wall = reader.varint()?;
        let too_large = reader.refused_here(Malformed::TooLarge);
        let logical = u32::try_from(reader.varint()?).map_err(|_| too_large)?;
        Ok(Self { wall, logical })
    }
}

/// The time, then the actor.
impl<A: Actor> Wire for LamportStamp<A> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(self.time, out);
        self.actor.encode(None, out);
    }

    fn encoded_len(&self) -> usize {
        varint_len(self.time) + self.actor.encoded_len(None)
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { time: reader.varint()?, actor: A::decode(None, reader)? })
    }
}
