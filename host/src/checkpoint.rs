//! Compaction: what the machine says its records add up to takes the place of the records.
//!
//! Rotate, write, sync, publish, delete. The journal has been rotated (the old file synced, the new one begun) before
//! anything here runs; until the marker is published the old files are the history, and from then on the new ones
//! are. A crash between any two steps leaves one or the other whole.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use quorate_wire::journal::{Header, Writer};

use crate::{
    folder,
    journal::{self, Marker},
    writer::WriteError,
};

/// A checkpoint as the bytes of its file.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    bytes: Vec<u8>,
    frames: u64,
}

impl Checkpoint {
    /// Collects what `records` appends, frame by frame.
    pub(crate) fn collect<E>(
        record_bytes_max: u32,
        records: impl FnOnce(&mut Writer, &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let header: Header = journal::new_header(1);
        let mut writer = Writer::new(&header, 0, record_bytes_max);
        let mut bytes = header.encode().to_vec();
        records(&mut writer, &mut bytes)?;
        Ok(Self { bytes, frames: writer.sequence_next() - 1 })
    }

    pub(crate) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Writes, syncs, publishes, and deletes what is no longer needed.
    pub(crate) fn complete(
        &self,
        folder: &Path,
        generation: u64,
        journal_first: u64,
    ) -> Result<(), WriteError> {
        let file = journal::checkpoint_path(folder, generation);
        self.write(folder, generation).map_err(WriteError::at(&file))?;
        self.publish(folder, generation, journal_first)
            .map_err(WriteError::at(&folder.join(journal::CURRENT)))?;
        journal::clean(folder, generation).map_err(WriteError::at(folder))
    }

    fn write(&self, folder: &Path, generation: u64) -> io::Result<()> {
        let mut file = File::create(journal::checkpoint_path(folder, generation))?;
        file.write_all(&self.bytes)?;
        file.sync_all()?;
        folder::sync_folder(folder)
    }

    fn publish(&self, folder: &Path, generation: u64, journal_first: u64) -> io::Result<()> {
        Marker { generation, checkpoint_frames: self.frames, journal_first }.publish(folder)
    }
}
