//! Reading a journal back: the frames in order, then a verdict about where they end.

use core::iter::FusedIterator;

use bytes::Bytes;

use super::{
    Fault, Frame, HEADER_BYTES, Header, JournalError, Salvage,
    frame::{self, FRAME_HEADER_BYTES},
};

/// Reads the frames of one file in order, up to the first bad one; [`end`](Self::end) then tells what that means.
///
/// It works on a file that is in memory as a whole: journals are kept short by compaction. A file too long to
/// read can be mapped, [`Bytes::from_owner`] takes a mapping.
#[derive(Clone, Debug)]
pub struct Scan {
    file: Bytes,
    header: Header,
    at: usize,
    next: u64,
    synced_floor: u64,
}

/// Where a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The sequence of the next frame to write.
    pub sequence_next: u64,
    /// The length of what is to be kept, in bytes from the start of the file.
    pub valid_length: u64,
    /// What lies behind it, if anything: truncate the file to `valid_length` and sync it *before* acting on its frames.
    pub torn: Option<Torn>,
}

/// The rest of a write that a crash interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Where it begins, in bytes from the start of the file.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// What is wrong with its first frame.
    pub fault: Fault,
}

impl Scan {
    /// Begins to read `file`. `None` if it holds no more than a beginning of a header or zeros alone: a crash came
    /// before anything was synced, so create it anew.
    ///
    /// `synced_floor` is what the caller knows from elsewhere, a later file or a marker: all frames up to this
    /// sequence had been synced. If the file turns out to end earlier, that is corruption.
    ///
    /// # Errors
    /// [`JournalError::NotAJournal`], [`JournalError::Version`] or [`JournalError::BadHeader`].
    pub fn open(file: Bytes, synced_floor: Option<u64>) -> Result<Option<Self>, JournalError> {
        match Header::decode(&file)? {
            Some(header) => Ok(Some(Self {
                file,
                header,
                at: HEADER_BYTES,
                next: header.first(),
                synced_floor: synced_floor.unwrap_or(0),
            })),
            None if synced_floor.is_some() => Err(JournalError::BadHeader),
            None => Ok(None),
        }
    }

    /// The file's header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Reads what has not been read yet, then judges where the frames end.
    ///
    /// The frames end at the first bad one. That is a torn tail unless a later frame, or the floor given to
    /// [`open`](Self::open), says that the bad one had been synced.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`]. What was read stays readable, and [`salvage`](Self::salvage) finds the rest.
    pub fn end(&mut self) -> Result<End, JournalError> {
        self.by_ref().for_each(drop);
        let (offset, sequence) = (self.at as u64, self.next);
        let fault = self.fault();
        let lost = |synced, witness| JournalError::Corrupt { offset, sequence, synced, fault, witness };
        if let Some(witness) = self.salvage().find(|frame| frame.synced >= sequence) {
            return Err(lost(witness.synced, Some(witness.offset)));
        }
        if self.synced_floor >= sequence {
            return Err(lost(self.synced_floor, None));
        }
        let bytes = self.rest().len() as u64;
        let torn = (bytes > 0).then_some(Torn { offset, bytes, fault });
        Ok(End { sequence_next: sequence, valid_length: offset, torn })
    }

    /// The whole frames not yet read, wherever they lie: after [`end`](Self::end), those behind the bad one.
    pub fn salvage(&self) -> Salvage {
        Salvage::new(self.file.clone(), &self.header, self.at as u64)
    }

    fn rest(&self) -> &[u8] {
        self.file.get(self.at..).unwrap_or_default()
    }

    fn fault(&self) -> Fault {
        let checksum = self.header.checksum();
        match frame::read(&self.file, self.at, checksum) {
            Some(Frame { sequence: found, .. }) => Fault::Sequence { found },
            None => frame::diagnose(self.rest(), checksum),
        }
    }
}

impl Iterator for Scan {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let frame = frame::read(&self.file, self.at, self.header.checksum())
            .filter(|frame| frame.sequence == self.next)?;
        self.at += FRAME_HEADER_BYTES + frame.body.len();
        self.next += 1;
        Some(frame)
    }
}

/// A bad frame is never passed, so the end stays the end.
impl FusedIterator for Scan {}
