//! Appending frames.

use alloc::vec::Vec;

use super::{End, Header, frame::FrameHeader};
use crate::{
    checksum::Checksum,
    encode::{self, EncodeError},
};

/// Numbers and seals the frames of one file. It holds no bytes: it appends to a buffer that the caller
/// writes to the file, in order, and syncs when it pleases.
#[derive(Clone, Debug)]
pub struct Writer {
    checksum: Checksum,
    next: u64,
    synced: u64,
    body_bytes_max: u32,
}

impl Writer {
    /// A writer for a file that holds only `header`.
    ///
    /// `synced` is the highest sequence known synced, in earlier files: `header.first() - 1` where the caller syncs one
    /// file before it begins the next, 0 where it knows of none. No body may be longer than `body_bytes_max`.
    pub fn new(header: &Header, synced: u64, body_bytes_max: u32) -> Self {
        Self::at(header, header.first(), synced, body_bytes_max)
    }

    /// A writer that goes on after a scan. The file has been truncated to `end.valid_length` and synced, so that
    /// all its frames count as synced; in an untruncated tail a frame that was given up could come back.
    pub fn resume(header: &Header, end: &End, body_bytes_max: u32) -> Self {
        Self::at(header, end.sequence_next, u64::MAX, body_bytes_max)
    }

    fn at(header: &Header, next: u64, synced: u64, body_bytes_max: u32) -> Self {
        let mut writer = Self { checksum: header.checksum(), next, synced: 0, body_bytes_max };
        writer.mark_synced(synced);
        writer
    }

    /// The sequence of the next frame.
    pub const fn sequence_next(&self) -> u64 {
        self.next
    }

    /// The highest sequence known synced, 0 for none.
    pub const fn synced(&self) -> u64 {
        self.synced
    }

    /// Learns that all frames up to `sequence` are on stable storage. Frames written from now on say so, which is
    /// what turns the loss of one of those from a torn tail into corruption. Stale and future values are harmless.
    pub fn mark_synced(&mut self, sequence: u64) {
        self.synced = self.synced.max(sequence.min(self.next - 1));
    }

    /// Appends one frame whose body is what `body` appends, and answers its sequence.
    ///
    /// # Errors
    /// If `body` fails or appends more than the limit; writer and `buffer` are then as they were.
    ///
    /// # Panics
    /// If `body` shortens the buffer.
    pub fn append<E>(
        &mut self,
        buffer: &mut Vec<u8>,
        body: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<u64, EncodeError<E>> {
        let Self { checksum, next: sequence, synced, body_bytes_max } = *self;
        encode::append(buffer, body_bytes_max, body, |length, body| {
            FrameHeader { length, sequence, synced, body_sum: checksum.of(body) }.encode(checksum)
        })?;
        self.next += 1;
        Ok(sequence)
    }
}
