//! Writing a header in front of a body whose length is not known before it is written.

use alloc::vec::Vec;

/// Why a body was not framed. The buffer is as it was before the call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError<E> {
    /// The body is longer than the limit.
    #[error("a body of {length} bytes is over the limit of {limit}")]
    TooLarge {
        /// The body's length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: u32,
    },
    /// The codec refused the value.
    #[error("the body could not be encoded")]
    Body(#[source] E),
}

/// Appends room for `N` bytes, then the body, then fills the room: the body is never copied.
pub(crate) fn append<const N: usize, E>(
    buffer: &mut Vec<u8>,
    limit: u32,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    header: impl FnOnce(u32, &[u8]) -> [u8; N],
) -> Result<(), EncodeError<E>> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; N]);
    let written = body(buffer).map_err(EncodeError::Body).and_then(|()| {
        let (room, body) = buffer[start..].split_at_mut(N);
        let length = within(limit, body.len())?;
        room.copy_from_slice(&header(length, body));
        Ok(())
    });
    if written.is_err() {
        buffer.truncate(start);
    }
    written
}

fn within<E>(limit: u32, length: usize) -> Result<u32, EncodeError<E>> {
    u32::try_from(length)
        .ok()
        .filter(|&length| length <= limit)
        .ok_or(EncodeError::TooLarge { length, limit })
}
