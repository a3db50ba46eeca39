//! Frames of a byte stream, such as a TCP connection: where a message begins, and that it came whole.
//!
//! | offset | bytes | field |
//! |---:|---:|---|
//! | 0 | 1 | version, [`VERSION`] |
//! | 1 | 4 | body length |
//! | 5 | 4 | CRC-32 of the body |
//! | 9 | 4 | CRC-32 of the nine bytes before |
//! | 13 | … | body |
//!
//! Integers are little-endian. Every later version keeps these thirteen bytes; what a body means may change.
//! The header has its own checksum so that a length is believed, and waited for, only once it is verified.

use alloc::vec::Vec;

use bytes::{Buf as _, Bytes, BytesMut};

use crate::{
    checksum::Checksum,
    encode::{self, EncodeError},
    header::{Fields, Sealed},
};

/// The version this crate writes, and the only one it reads.
pub const VERSION: u8 = 1;

/// Bytes a frame adds to its body.
pub const HEADER_BYTES: usize = 13;

/// Why a stream cannot be read on. Frames before the bad one have been given out; there is no way to find
/// the next one, so the connection is of no more use. The buffer is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The header's checksum does not match: corruption, or not this protocol.
    #[error("the frame header's checksum is {found:08x}, its bytes sum to {sum:08x}")]
    BadHeader {
        /// The checksum in the header.
        found: u32,
        /// The checksum of the bytes that came.
        sum: u32,
    },
    /// The header is whole, and of another version.
    #[error("the frame is of version {found}, only {VERSION} is known")]
    Version {
        /// The frame's version.
        found: u8,
    },
    /// The header is whole, and announces more than the limit.
    #[error("a frame of {length} bytes is over the limit of {limit}")]
    TooLarge {
        /// The announced body length in bytes.
        length: u32,
        /// The limit in bytes.
        limit: u32,
    },
    /// The body's checksum does not match.
    #[error("the frame body's checksum should be {found:08x}, its bytes sum to {sum:08x}")]
    BadBody {
        /// The checksum in the header.
        found: u32,
        /// The checksum of the bytes that came.
        sum: u32,
    },
}

/// Appends one frame whose body is what `body` appends, at most `limit` bytes of it.
///
/// # Errors
/// If `body` fails or appends more than `limit` bytes; `buffer` is then as it was.
///
/// # Panics
/// If `body` shortens the buffer.
pub fn encode<E>(
    limit: u32,
    buffer: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), EncodeError<E>> {
    encode::append::<HEADER_BYTES, E>(buffer, limit, body, |length, body| {
        Fields::new()
            .put(&[VERSION])
            .put(&length.to_le_bytes())
            .put(&Checksum::PLAIN.of(body).to_le_bytes())
            .seal(Checksum::PLAIN)
    })
}

/// Splits the next frame's body off the front of `buffer`, without copying it. `None`: more bytes are needed.
///
/// Call it after every read until it answers `None`. It keeps no state and allocates nothing: how much memory a peer
/// can make the caller hold is `limit`, and only by sending that much.
///
/// # Errors
/// If the front of `buffer` is no whole frame within `limit`; `buffer` is unchanged, and the stream is lost.
pub fn decode(limit: u32, buffer: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
    let Some(header) = Header::read(buffer)? else { return Ok(None) };
    let Header { length, body_sum: found } = header;
    if length > limit {
        return Err(FrameError::TooLarge { length, limit });
    }
    let Some(body) = buffer.get(HEADER_BYTES..).and_then(|rest| rest.get(..length as usize)) else {
        return Ok(None);
    };
    let sum = Checksum::PLAIN.of(body);
    if sum != found {
        return Err(FrameError::BadBody { found, sum });
    }
    buffer.advance(HEADER_BYTES);
    Ok(Some(buffer.split_to(length as usize).freeze()))
}

struct Header {
    length: u32,
    body_sum: u32,
}

impl Header {
    fn read(buffer: &[u8]) -> Result<Option<Self>, FrameError> {
        let Some(mut sealed) = Sealed::front::<HEADER_BYTES>(buffer) else { return Ok(None) };
        let (found, sum) = (sealed.found, sealed.sum(Checksum::PLAIN));
        if found != sum {
            return Err(FrameError::BadHeader { found, sum });
        }
        let (Some(version), Some(length), Some(body_sum)) = (sealed.u8(), sealed.u32(), sealed.u32()) else {
            return Ok(None);
        };
        if version != VERSION {
            return Err(FrameError::Version { found: version });
        }
        Ok(Some(Self { length, body_sum }))
    }
}
