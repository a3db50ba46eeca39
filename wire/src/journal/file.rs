//! The header at the start of a journal file.

use super::JournalError;
use crate::{
    checksum::Checksum,
    header::{Fields, Sealed},
};

/// The version this crate writes, and the only one it reads.
pub const VERSION: u8 = 1;

/// Bytes before the first frame.
pub const HEADER_BYTES: usize = 28;

const MAGIC: [u8; 7] = *b"QUORJNL";

/// Sequences have this much room above the highest first one, so that counting on never overflows.
const FIRST_MAX: u64 = 1 << 63;

/// What a file says about all its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    salt: u64,
    first: u64,
}

impl Header {
    /// The header of a file whose first frame will carry `first`, moved into 1 ..= 2⁶³: 0 is no sequence, it says
    /// "none" where a frame names the highest synced one.
    ///
    /// Draw `salt` at random for every file, and from a source that clients cannot guess: it is why frames
    /// left by an older file in the same disk blocks, and frames smuggled into a body, never verify.
    pub fn new(salt: u64, first: u64) -> Self {
        Self { salt, first: first.clamp(1, FIRST_MAX) }
    }

    /// The salt of every checksum in the file.
    pub const fn salt(&self) -> u64 {
        self.salt
    }

    /// The sequence of the file's first frame.
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// The bytes to begin the file with. Sync them before anything refers to the file.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        Fields::new()
            .put(&MAGIC)
            .put(&[VERSION])
            .put(&self.salt.to_le_bytes())
            .put(&self.first.to_le_bytes())
            .seal(Checksum::PLAIN)
    }

    /// Reads the header of a file. `None` if the file holds only part of a header, or zeros alone, as
    /// a crash leaves it that came before the header was synced.
    ///
    /// # Errors
    /// [`JournalError::NotAJournal`], [`JournalError::Version`] or [`JournalError::BadHeader`].
    pub fn decode(file: &[u8]) -> Result<Option<Self>, JournalError> {
        if is_unborn(file) {
            return Ok(None);
        }
        let Some(mut sealed) = Sealed::front::<HEADER_BYTES>(file) else {
            return Err(JournalError::NotAJournal);
        };
        let whole = sealed.found == sealed.sum(Checksum::PLAIN);
        let (Some(magic), Some(version), Some(salt), Some(first)) =
            (sealed.take(), sealed.u8(), sealed.u64(), sealed.u64())
        else {
            return Err(JournalError::BadHeader);
        };
        if !whole && (magic == MAGIC || magic == [0; 7]) {
            return Err(JournalError::BadHeader);
        }
        if magic != MAGIC {
            return Err(JournalError::NotAJournal);
        }
        if version != VERSION {
            return Err(JournalError::Version { found: version, known: VERSION });
        }
        if first == 0 || first > FIRST_MAX {
            return Err(JournalError::BadHeader);
        }
        Ok(Some(Self { salt, first }))
    }

    /// The checksum of everything after the header.
    pub(super) fn checksum(&self) -> Checksum {
        Checksum::salted(self.salt)
    }
}

/// A short file that does not begin as ours does is somebody else's, and must not be taken for empty.
fn is_unborn(file: &[u8]) -> bool {
    let begun = file.len() < HEADER_BYTES && file.iter().zip(&MAGIC).all(|(found, magic)| found == magic);
    begun || file.iter().all(|&byte| byte == 0)
}
