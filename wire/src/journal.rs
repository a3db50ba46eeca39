//! The format of a journal file: what survives a crash, and how to tell a torn tail from corruption.
//!
//! A file is one [`Header`] and then frames, back to back. The README explains the rule that reads them back;
//! the bytes are these, all integers little-endian.
//!
//! | offset in the file | bytes | field of the header |
//! |---:|---:|---|
//! | 0 | 7 | magic, `QUORJNL` |
//! | 7 | 1 | version, [`VERSION`] |
//! | 8 | 8 | salt |
//! | 16 | 8 | sequence of the first frame |
//! | 24 | 4 | CRC-32 of the 24 bytes before |
//! | 28 | … | frames |
//!
//! | offset in the frame | bytes | field of a frame |
//! |---:|---:|---|
//! | 0 | 4 | body length |
//! | 4 | 8 | sequence |
//! | 12 | 8 | highest sequence known synced when the frame was written; 0: none |
//! | 20 | 4 | CRC-32 of salt ‖ body |
//! | 24 | 4 | CRC-32 of salt ‖ the 24 bytes before |
//! | 28 | … | body |
//!
//! Every later version keeps the 28 bytes of the file's header, so that it can always be told apart.

mod error;
mod file;
mod frame;
mod salvage;
mod scan;
mod writer;

pub use self::{
    error::{Fault, JournalError},
    file::{HEADER_BYTES, Header, VERSION},
    frame::{FRAME_HEADER_BYTES, Frame},
    salvage::Salvage,
    scan::{End, Scan, Torn},
    writer::Writer,
};
