//! One frame of a journal.

use bytes::Bytes;

use super::Fault;
use crate::{
    checksum::Checksum,
    header::{Fields, Sealed},
};

/// Bytes a frame adds to its body.
pub const FRAME_HEADER_BYTES: usize = 28;

/// A frame read back, verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where it begins, in bytes from the start of the file.
    pub offset: u64,
    /// Its sequence.
    pub sequence: u64,
    /// The highest sequence known synced when it was written, 0 for none; always below its own.
    pub synced: u64,
    /// Its body: a slice of the file's bytes, which stay in memory as long as it does.
    pub body: Bytes,
}

impl Frame {
    /// Where the next frame begins.
    pub fn end(&self) -> u64 {
        self.offset + (FRAME_HEADER_BYTES + self.body.len()) as u64
    }
}

/// The fields in front of a body.
pub(super) struct FrameHeader {
    pub(super) length: u32,
    pub(super) sequence: u64,
    pub(super) synced: u64,
    pub(super) body_sum: u32,
}

impl FrameHeader {
    pub(super) fn encode(&self, checksum: Checksum) -> [u8; FRAME_HEADER_BYTES] {
        Fields::new()
            .put(&self.length.to_le_bytes())
            .put(&self.sequence.to_le_bytes())
            .put(&self.synced.to_le_bytes())
            .put(&self.body_sum.to_le_bytes())
            .seal(checksum)
    }

    /// The header that `bytes` begin with if there is a frame at all, and what would prove it.
    fn parse(bytes: &[u8]) -> Option<(Self, Sealed<'_>)> {
        let sealed = Sealed::front::<FRAME_HEADER_BYTES>(bytes)?;
        let mut fields = sealed;
        let (length, sequence, synced) = (fields.u32()?, fields.u64()?, fields.u64()?);
        Some((Self { length, sequence, synced, body_sum: fields.u32()? }, sealed))
    }

    fn is_proven(&self, sealed: &Sealed<'_>, checksum: Checksum) -> bool {
        self.synced < self.sequence && sealed.sum(checksum) == sealed.found
    }
}

/// The whole frame at `offset`, whichever it is.
pub(super) fn read(file: &Bytes, offset: usize, checksum: Checksum) -> Option<Frame> {
    let bytes = file.get(offset..)?;
    let (header, sealed) = FrameHeader::parse(bytes)?;
    // Whether the body fits is asked before any checksum: a search tries every offset, and most fail here.
    let body = bytes.get(FRAME_HEADER_BYTES..)?.get(..header.length as usize)?;
    let whole = header.is_proven(&sealed, checksum) && checksum.of(body) == header.body_sum;
    whole.then(|| Frame {
        offset: offset as u64,
        sequence: header.sequence,
        synced: header.synced,
        body: file.slice_ref(body),
    })
}

/// Why [`read`] finds no frame at the front of `bytes`.
pub(super) fn diagnose(bytes: &[u8], checksum: Checksum) -> Fault {
    if bytes.is_empty() {
        return Fault::Missing;
    }
    let front = bytes.get(..FRAME_HEADER_BYTES).unwrap_or(bytes);
    if front.iter().all(|&byte| byte == 0) {
        return Fault::Blank;
    }
    let Some((header, sealed)) = FrameHeader::parse(bytes) else { return Fault::Cut };
    if !header.is_proven(&sealed, checksum) {
        return Fault::Header;
    }
    if bytes.len() - FRAME_HEADER_BYTES < header.length as usize {
        return Fault::Cut;
    }
    Fault::Body
}
