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

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::Write as _,
        path::{Path, PathBuf},
    };

    use quorate_machine::NodeId;
    use quorate_wire::journal::Writer;

    use super::Checkpoint;
    use crate::{
        Folder, Identity, JournalFolderError,
        journal::{self, Opened},
    };

    const MAX: u32 = 64;

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
        let body = |body: &mut Vec<u8>| -> Result<(), ()> {
            body.extend_from_slice(&number.to_le_bytes());
            Ok(())
        };
        writer.append(bytes, body).unwrap();
    }

    fn checkpoint(number: u64) -> Checkpoint {
        let collect = |writer: &mut Writer, bytes: &mut Vec<u8>| -> Result<(), ()> {
            append(writer, bytes, number);
            Ok(())
        };
        Checkpoint::collect(MAX, collect).unwrap()
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

        let checkpoint = checkpoint(5);
        let file = journal::checkpoint_path(&disk.path, 1);
        for length in 0..checkpoint.len() {
            checkpoint.write(&disk.path, 1).unwrap();
            cut(&file, length);
            survives(&disk, 6, &["journal-0", "journal-1"], "while the checkpoint is written");
        }
        checkpoint.write(&disk.path, 1).unwrap();
        survives(&disk, 6, &["journal-0", "journal-1"], "written");

        fs::write(disk.path.join("TEMPORARY"), "generation 1\nchec").unwrap();
        survives(&disk, 6, &["journal-0", "journal-1"], "while the marker is written");

        checkpoint.publish(&disk.path, 1, 6).unwrap();
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
        let checkpoint = checkpoint(1);
        checkpoint.complete(&disk.path, 1, 2).unwrap();
        for length in 0..checkpoint.len() {
            let copy = disk.crashed();
            cut(&journal::checkpoint_path(&copy.path, 1), length);
            let error = copy.reopen().unwrap_err();
            assert!(matches!(error, JournalFolderError::Damaged { .. }), "cut to {length}: {error}");
        }
    }
}
