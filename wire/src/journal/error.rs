//! What is wrong with one frame, and what is wrong with a whole file.

/// Why the bytes at some offset are not the frame that belongs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The file ends here, between frames, before a frame that must be there.
    Missing,
    /// The file ends inside the frame.
    Cut,
    /// All bytes of the frame's header are zero: space that was never written, or never reached the disk.
    Blank,
    /// The header's checksum does not match.
    Header,
    /// The body's checksum does not match.
    Body,
    /// A whole frame of this file, but another one: written to the wrong place, or one before it is lost.
    Sequence {
        /// The sequence it carries.
        found: u64,
    },
}

/// Why a journal cannot be opened. Reading changes nothing: the file is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file begins with something else. It is somebody else's: leave it alone.
    #[error("the file is no journal")]
    NotAJournal,
    /// The file was written by a later version.
    #[error("the journal is of version {found}, versions up to {known} are known")]
    Version {
        /// The file's version.
        found: u8,
        /// The highest version known here.
        known: u8,
    },
    /// The file's header is damaged or missing although the file had been in use; without its salt no frame
    /// can be verified. Someone who knows the salt can still read the frames with [`Salvage`](super::Salvage).
    #[error("the journal's header is damaged")]
    BadHeader,
    /// A frame that had been synced is damaged or missing. All frames before it have been given out, those
    /// after it are read by [`Scan::salvage`](super::Scan::salvage).
    #[error(
        "the journal is corrupt at byte {offset}: frame {sequence} is bad ({fault:?}) and frames up to {synced} had been synced"
    )]
    Corrupt {
        /// Where the bad frame begins, in bytes from the start of the file.
        offset: u64,
        /// The sequence of the frame that belongs there.
        sequence: u64,
        /// The sequence up to which frames are known to have been synced; at least `sequence`.
        synced: u64,
        /// What is wrong with it.
        fault: Fault,
        /// Where the later frame that proves it begins; `None` if the caller's own knowledge does.
        witness: Option<u64>,
    },
}
