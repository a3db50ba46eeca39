//! Compaction: what the machine says its records add up to takes the place of the records.
//!
//! Rotate, write, sync, publish, delete. The journal has been rotated (the old file synced, the new one begun) before
//! anything here runs; until the marker is published the old files are the history, and from then on the new ones
//! are. A crash between any two steps leaves one or the other whole.

use std::{
    error::Error,
    fmt,
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use quorate_wire::{
    Codec,
    journal::{Header, Writer},
};

use crate::{
    folder,
    journal::{self, Marker},
    writer::WriteError,
};

/// How much of a checkpoint is encoded before it is written.
const PIECE_BYTES: usize = 1 << 20;

/// Appends the frame of the next record, if there is one.
type NextFrame =
    dyn FnMut(&mut Writer, &mut Vec<u8>) -> Option<Result<(), Box<dyn Error + Send + Sync>>> + Send;

/// What will stand in a checkpoint. It is encoded where it is written, which is not in the loop.
pub(crate) struct Checkpoint {
    record_bytes_max: u32,
    next_frame: Box<NextFrame>,
}

/// A checkpoint's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) bytes: u64,
    frames: u64,
}

impl Checkpoint {
    pub(crate) fn new<R, C>(record_bytes_max: u32, records: Vec<R>) -> Self
    where
        R: Send + 'static,
        C: Codec<R>,
    {
        let mut records = records.into_iter();
        let next_frame = move |frames: &mut Writer, bytes: &mut Vec<u8>| {
            let record = records.next()?;
            let appended = frames.append(bytes, |body| C::encode(&record, body));
            Some(appended.map(drop).map_err(Into::into))
        };
        Self { record_bytes_max, next_frame: Box::new(next_frame) }
    }

    /// Writes, syncs, publishes, and deletes what is no longer needed.
    pub(crate) fn complete(
        self,
        folder: &Path,
        generation: u64,
        journal_first: u64,
    ) -> Result<Written, WriteError> {
        let file = journal::checkpoint_path(folder, generation);
        let written = self.write(folder, generation).map_err(WriteError::at(&file))?;
        written
            .publish(folder, generation, journal_first)
            .map_err(WriteError::at(&folder.join(journal::CURRENT)))?;
        journal::clean(folder, generation).map_err(WriteError::at(folder))?;
        Ok(written)
    }

    fn write(mut self, folder: &Path, generation: u64) -> io::Result<Written> {
        let mut file = File::create(journal::checkpoint_path(folder, generation))?;
        let header: Header = journal::new_header(1);
        let mut frames = Writer::new(&header, 0, self.record_bytes_max);
        let mut piece = header.encode().to_vec();
        let mut bytes = 0;
        loop {
            let next = (self.next_frame)(&mut frames, &mut piece).transpose().map_err(io::Error::other)?;
            if next.is_none() || piece.len() >= PIECE_BYTES {
                file.write_all(&piece)?;
                bytes += piece.len() as u64;
                piece.clear();
            }
            if next.is_none() {
                break;
            }
        }
        file.sync_all()?;
        folder::sync_folder(folder)?;
        Ok(Written { bytes, frames: frames.sequence_next() - 1 })
    }
}

impl Written {
    fn publish(self, folder: &Path, generation: u64, journal_first: u64) -> io::Result<()> {
        Marker { generation, checkpoint_frames: self.frames, journal_first }.publish(folder)
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        fs,
        io::Write as _,
        path::{Path, PathBuf},
    };

    use bytes::Bytes;
    use quorate_machine::NodeId;
    use quorate_wire::{Codec, journal::Writer};

    use super::Checkpoint;
    use crate::{
        Folder, Identity, JournalFolderError,
        journal::{self, Opened},
    };

    const MAX: u32 = 64;

    struct Number;

    impl Codec<u64> for Number {
        type Error = Infallible;

        fn encode(number: &u64, buffer: &mut Vec<u8>) -> Result<(), Infallible> {
            buffer.extend_from_slice(&number.to_le_bytes());
            Ok(())
        }

        fn decode(bytes: &Bytes) -> Result<u64, Infallible> {
            Ok(u64::from_le_bytes(bytes[..].try_into().unwrap()))
        }
    }

    /// A history is a list of numbers that folds to the highest one: a checkpoint is that number alone.
    struct Disk {
        path: PathBuf,
        _holder: tempfile::TempDir,
    }

    impl Disk {
        fn new() -> Self {
            let holder = tempfile::tempdir().unwrap();
            Self { path: holder.path().join("data"), _holder: holder }
        }

        /// The disk as a crash at this very moment leaves it.
        fn crashed(&self) -> Self {
            let copy = Self::new();
            fs::create_dir(&copy.path).unwrap();
            for entry in fs::read_dir(&self.path).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), copy.path.join(entry.file_name())).unwrap();
            }
            copy
        }

        fn open(&self) -> Result<(Folder, Opened), JournalFolderError> {
            let identity = Identity { cluster: "c".into(), node: NodeId(1) };
            let folder = Folder::open(&self.path, identity).unwrap();
            journal::open(&folder).map(|opened| (folder, opened))
        }

        /// Opens, folds, cleans, and says what the history adds up to and which files are left.
        fn reopen(&self) -> Result<(u64, Vec<String>), JournalFolderError> {
            let (folder, mut opened) = self.open()?;
            let sources = opened.sources.drain(..).flat_map(journal::Source::frames);
            let numbers = sources.map(|frame| u64::from_le_bytes(frame.body[..].try_into().unwrap()));
            let highest = numbers.max().unwrap_or(0);
            opened.clean(&folder)?;
            let mut names: Vec<String> = fs::read_dir(&self.path)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.starts_with("journal") || name.starts_with("checkpoint"))
                .collect();
            names.sort();
            Ok((highest, names))
        }

        fn append(&self, number: u64) {
            let (_folder, mut opened) = self.open().unwrap();
            let mut writer = Writer::resume(&opened.header, &opened.end, MAX);
            let mut bytes = Vec::new();
            append(&mut writer, &mut bytes, number);
            opened.file.write_all(&bytes).unwrap();
        }
    }

    fn append(writer: &mut Writer, bytes: &mut Vec<u8>, number: u64) {
        writer.append(bytes, |body| Number::encode(&number, body)).unwrap();
    }

    fn checkpoint(number: u64) -> Checkpoint {
        Checkpoint::new::<u64, Number>(MAX, vec![number])
    }

    /// However the disk was left: all of the history is there, it can be continued, and is there again.
    fn survives(disk: &Disk, highest: u64, files: &[&str], when: &str) {
        let copy = disk.crashed();
        let (found, names) = copy.reopen().unwrap_or_else(|error| panic!("{when}: {error}"));
        assert_eq!((found, names), (highest, files.iter().map(ToString::to_string).collect()), "{when}");
        copy.append(highest + 1);
        assert_eq!(copy.reopen().unwrap().0, highest + 1, "{when}, continued");
    }

    fn cut(path: &Path, length: u64) {
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
    }

    #[test]
    fn a_crash_at_any_step_of_a_checkpoint_loses_nothing() {
        let disk = Disk::new();
        (1..=5).for_each(|number| disk.append(number));
        survives(&disk, 5, &["journal-0"], "before");

        let header = journal::new_header(6);
        let file = journal::journal_path(&disk.path, 1);
        for length in 0..28 {
            fs::write(&file, &header.encode()[..length]).unwrap();
            survives(&disk, 5, &["journal-0", "journal-1"], "while the new journal is begun");
        }
        journal::create(&disk.path, 1, &header).unwrap();
        survives(&disk, 5, &["journal-0", "journal-1"], "rotated");

        disk.append(6);
        survives(&disk, 6, &["journal-0", "journal-1"], "rotated and written on");

        let written = checkpoint(5).write(&disk.path, 1).unwrap();
        let file = journal::checkpoint_path(&disk.path, 1);
        for length in 0..written.bytes {
            checkpoint(5).write(&disk.path, 1).unwrap();
            cut(&file, length);
            survives(&disk, 6, &["journal-0", "journal-1"], "while the checkpoint is written");
        }
        let written = checkpoint(5).write(&disk.path, 1).unwrap();
        survives(&disk, 6, &["journal-0", "journal-1"], "written");

        fs::write(disk.path.join("TEMPORARY"), "generation 1\nchec").unwrap();
        survives(&disk, 6, &["journal-0", "journal-1"], "while the marker is written");

        written.publish(&disk.path, 1, 6).unwrap();
        survives(&disk, 6, &["checkpoint-1", "journal-1"], "published");

        journal::clean(&disk.path, 1).unwrap();
        survives(&disk, 6, &["checkpoint-1", "journal-1"], "cleaned");
    }

    #[test]
    fn rotations_without_a_published_checkpoint_add_up() {
        let disk = Disk::new();
        disk.append(1);
        for generation in 1..=3 {
            journal::create(&disk.path, generation, &journal::new_header(generation + 1)).unwrap();
            disk.append(generation + 1);
        }
        survives(&disk, 4, &["journal-0", "journal-1", "journal-2", "journal-3"], "three rotations");
        checkpoint(4).complete(&disk.path, 3, 4).unwrap();
        survives(&disk, 4, &["checkpoint-3", "journal-3"], "a checkpoint at last");
    }

    #[test]
    fn a_torn_tail_is_allowed_in_the_last_journal_only() {
        let disk = Disk::new();
        (1..=3).for_each(|number| disk.append(number));
        journal::create(&disk.path, 1, &journal::new_header(4)).unwrap();
        let file = journal::journal_path(&disk.path, 0);
        let length = fs::metadata(&file).unwrap().len();

        let torn = disk.crashed();
        cut(&journal::journal_path(&torn.path, 0), length - 1);
        let error = torn.reopen().unwrap_err();
        assert!(
            matches!(&error, JournalFolderError::Damaged { path, .. } if path.ends_with("journal-0")),
            "{error}"
        );

        fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(b"garbage").unwrap();
        let error = disk.reopen().unwrap_err();
        assert!(
            matches!(error, JournalFolderError::Unfinished { offset, .. } if offset == length),
            "{error}"
        );
    }

    #[test]
    fn files_that_are_lost_are_missed() {
        let disk = Disk::new();
        disk.append(1);
        let without = |name: &str| {
            let copy = disk.crashed();
            fs::remove_file(copy.path.join(name)).unwrap();
            copy.reopen().unwrap_err()
        };
        assert!(matches!(without("CURRENT"), JournalFolderError::Missing { .. }));
        assert!(matches!(without("journal-0"), JournalFolderError::Missing { .. }));
        journal::create(&disk.path, 1, &journal::new_header(2)).unwrap();
        checkpoint(1).complete(&disk.path, 1, 2).unwrap();
        let without = |name: &str| {
            let copy = disk.crashed();
            fs::remove_file(copy.path.join(name)).unwrap();
            copy.reopen().unwrap_err()
        };
        assert!(matches!(without("CURRENT"), JournalFolderError::Missing { .. }));
        assert!(matches!(without("checkpoint-1"), JournalFolderError::Missing { .. }));
        assert!(matches!(without("journal-1"), JournalFolderError::Missing { .. }));
    }

    #[test]
    fn a_published_checkpoint_must_be_whole() {
        let disk = Disk::new();
        disk.append(1);
        journal::create(&disk.path, 1, &journal::new_header(2)).unwrap();
        let written = checkpoint(1).complete(&disk.path, 1, 2).unwrap();
        for length in 0..written.bytes {
            let copy = disk.crashed();
            cut(&journal::checkpoint_path(&copy.path, 1), length);
            let error = copy.reopen().unwrap_err();
            assert!(matches!(error, JournalFolderError::Damaged { .. }), "cut to {length}: {error}");
        }
    }
}
