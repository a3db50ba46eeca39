//! What messages and siblings carry: bytes and text; and the messages.

use alloc::{string::String, vec::Vec};
use core::str;

use super::{Actor, DecodeError, Malformed, Reader, Wire, put_varint, varint_len};
use crate::{CausalMessage, Dot, VClock};

/// Whatever is there, however long; limits are for actors.
fn bytes<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    let len = reader.varint()?;
    // What is no length here is more than there is.
    reader.bytes(usize::try_from(len).unwrap_or(usize::MAX))
}

impl Wire for Vec<u8> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(self.len() as u64, out);
        out.extend_from_slice(self);
    }

    fn encoded_len(&self) -> usize {
        varint_len(self.len() as u64) + self.len()
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        bytes(reader).map(<[u8]>::to_vec)
    }
}

impl Wire for String {
    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(self.len() as u64, out);
        out.extend_from_slice(self.as_bytes());
    }

    fn encoded_len(&self) -> usize {
        varint_len(self.len() as u64) + self.len()
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let not_text = reader.refused_here(Malformed::NotText);
        str::from_utf8(bytes(reader)?).map(Self::from).map_err(|_| not_text)
    }
}

impl<A: Actor, M: Wire> Wire for CausalMessage<A, M> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.dot.encode(out);
        self.after.encode(out);
        self.payload.encode(out);
    }

    fn encoded_len(&self) -> usize {
        self.dot.encoded_len() + self.after.encoded_len() + self.payload.encoded_len()
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (dot, after) = (Dot::decode_from(reader)?, VClock::decode_from(reader)?);
        Ok(Self { dot, after, payload: M::decode_from(reader)? })
    }
}
