//! A journal in memory, beside what a scan of it must find.

use core::convert::Infallible;

use bytes::Bytes;
use quickcheck::{Arbitrary, Gen};
use quorate_wire::journal::{Frame, HEADER_BYTES, Header, Writer};

pub(crate) const SALT: u64 = 0x5a17;

/// One frame to write, and whether the file is synced after it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    body: Vec<u8>,
    sync: bool,
}

impl Step {
    pub(crate) fn of(body: &[u8], sync: bool) -> Self {
        Self { body: body.to_vec(), sync }
    }
}

impl Arbitrary for Step {
    fn arbitrary(g: &mut Gen) -> Self {
        Self { body: Vec::arbitrary(g), sync: u8::arbitrary(g) % 4 == 0 }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let sync = self.sync;
        Box::new(self.body.shrink().map(move |body| Self { body, sync }))
    }
}

pub(crate) struct Written {
    pub(crate) file: Vec<u8>,
    pub(crate) frames: Vec<Frame>,
}

impl Written {
    /// Writes frames 1, 2, … and keeps its own account of them.
    pub(crate) fn of(steps: &[Step], salt: u64) -> Self {
        let header = Header::new(salt, 1);
        let (mut file, mut frames) = (header.encode().to_vec(), Vec::new());
        let (mut writer, mut synced) = (Writer::new(&header, 0, u32::MAX), 0);
        for (sequence, step) in (1..).zip(steps) {
            let offset = file.len() as u64;
            assert_eq!(writer.append(&mut file, |body| put(body, &step.body)), Ok(sequence));
            frames.push(Frame { offset, sequence, synced, body: Bytes::copy_from_slice(&step.body) });
            if step.sync {
                synced = sequence;
                writer.mark_synced(synced);
            }
        }
        Self { file, frames }
    }

    pub(crate) fn sequence_next(&self) -> u64 {
        sequence_of(self.frames.len())
    }

    /// The offset of frame `number`, or the end of the file.
    pub(crate) fn offset(&self, number: usize) -> u64 {
        self.frames.get(number).map_or(self.file.len() as u64, |frame| frame.offset)
    }

    pub(crate) fn bytes(&self, number: usize) -> &[u8] {
        &self.file[to_usize(self.offset(number))..to_usize(self.offset(number + 1))]
    }

    /// The frames that end at or before `cut`.
    pub(crate) fn whole_before(&self, cut: usize) -> &[Frame] {
        assert!(cut >= HEADER_BYTES);
        let whole = self.frames.partition_point(|frame| frame.end() <= cut as u64);
        &self.frames[..whole]
    }
}

/// The sequence of frame `number`, counted from 0, or of the one that would come next.
pub(crate) fn sequence_of(number: usize) -> u64 {
    number as u64 + 1
}

pub(crate) fn to_usize(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a body writer")]
pub(crate) fn put(buffer: &mut Vec<u8>, body: &[u8]) -> Result<(), Infallible> {
    buffer.extend_from_slice(body);
    Ok(())
}
