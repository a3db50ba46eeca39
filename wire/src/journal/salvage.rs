//! Every readable frame, whatever lies between.

use bytes::Bytes;

use super::{
    Frame, Header,
    frame::{self, FRAME_HEADER_BYTES},
};
use crate::checksum::Checksum;

/// Searches a file for whole frames at every offset, in whatever order and with whatever gaps they lie.
///
/// It is how a scan finds the later frame that proves corruption, and how a person gets back what is readable of
/// a corrupt journal. The frames it finds are whole and of this file, but not a history: do not fold them unasked.
///
/// The cost is linear in the bytes searched: a checksum of 24 bytes where a header is possible at all, and of a
/// body only behind a header that verifies.
#[derive(Clone, Debug)]
pub struct Salvage {
    file: Bytes,
    checksum: Checksum,
    at: usize,
}

impl Salvage {
    /// Searches `file` from `offset` on, for frames written under `header`, which need not be in the file.
    pub fn new(file: Bytes, header: &Header, offset: u64) -> Self {
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        Self { file, checksum: header.checksum(), at }
    }
}

impl Iterator for Salvage {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        while self.file.len().saturating_sub(self.at) >= FRAME_HEADER_BYTES {
            if let Some(frame) = frame::read(&self.file, self.at, self.checksum) {
                self.at += FRAME_HEADER_BYTES + frame.body.len();
                return Some(frame);
            }
            self.at += 1;
        }
        None
    }
}
