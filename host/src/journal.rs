//! The journal's files: which there are, what they hold, and where writing goes on.
//!
//! `CURRENT` names a generation `g`. Its history is `checkpoint-g` (none for generation 0), then `journal-g` and every
//! `journal-(g+1)` … behind it: rotations whose checkpoint was not published. Anything else is a leftover.

use std::{
    fs::{self, File, OpenOptions},
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use quorate_wire::journal::{End, Frame, Header, JournalError, Scan};

use crate::folder::{self, Folder};

pub(crate) const CURRENT: &str = "CURRENT";

/// Why the journal cannot be opened. Unless a variant says otherwise, nothing on disk has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalFolderError {
    /// A file cannot be read or written. A torn tail may have been truncated, nothing else.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is damaged, or not ours.
    #[error("{}: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: JournalError,
    },
    /// `CURRENT` is there, and does not say which files count.
    #[error("{} is damaged", path.display())]
    Marker {
        /// The file.
        path: PathBuf,
    },
    /// A file that must be there is not.
    #[error("{} is missing", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file that had been finished ends in the middle of a frame.
    #[error("{} is corrupt at byte {offset}: it had been finished, and ends in a broken frame", path.display())]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// Where the broken frame begins.
        offset: u64,
    },
    /// A file does not continue where the one before it ends.
    #[error("{} begins with frame {found}, where frame {expected} belongs", path.display())]
    Gap {
        /// The file.
        path: PathBuf,
        /// The sequence expected.
        expected: u64,
        /// The sequence found.
        found: u64,
    },
}

/// What opening a journal found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// How many records were folded.
    pub records: u64,
    /// How many of them came from a checkpoint.
    pub checkpoint_records: u64,
    /// How many bytes of an interrupted write were cut off the end.
    pub torn_bytes: u64,
    /// How many bytes the journal has since its checkpoint.
    pub journal_bytes: u64,
    /// How often the data folder has been opened, this time included.
    pub incarnation: u64,
}

/// What `CURRENT` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) generation: u64,
    /// How many frames `checkpoint-<generation>` has: fewer is corruption.
    pub(crate) checkpoint_frames: u64,
    /// The sequence of the first frame of `journal-<generation>`.
    pub(crate) journal_first: u64,
}

impl Marker {
    fn read(folder: &Path) -> Result<Option<Self>, JournalFolderError> {
        let path = folder.join(CURRENT);
        let Some(text) = folder::read_text(&path).map_err(io(&path))? else { return Ok(None) };
        let number = |name| folder::field(&text, name).and_then(|value| value.parse().ok());
        let (Some(generation), Some(checkpoint_frames), Some(journal_first)) =
            (number("generation"), number("checkpoint_frames"), number("journal_first"))
        else {
            return Err(JournalFolderError::Marker { path });
        };
        Ok(Some(Self { generation, checkpoint_frames, journal_first }))
    }

    pub(crate) fn publish(&self, folder: &Path) -> io::Result<()> {
        let Self { generation, checkpoint_frames, journal_first } = self;
        let text = format!(
            "generation {generation}\ncheckpoint_frames {checkpoint_frames}\njournal_first {journal_first}\n"
        );
        folder::publish(folder, CURRENT, &text)
    }
}

/// A file that is part of the history.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    scan: Scan,
    is_checkpoint: bool,
}

impl Source {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn is_checkpoint(&self) -> bool {
        self.is_checkpoint
    }

    pub(crate) fn frames(self) -> impl Iterator<Item = Frame> {
        self.scan
    }
}

/// An open journal: its history, in order, and the file to append to.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) sources: Vec<Source>,
    pub(crate) generation: u64,
    pub(crate) file: File,
    pub(crate) header: Header,
    pub(crate) end: End,
    pub(crate) torn_bytes: u64,
    pub(crate) journal_bytes: u64,
    pub(crate) checkpoint_bytes: u64,
    published: u64,
}

/// Judges all files, then cuts a torn tail off the last one and syncs it; folding comes after that.
pub(crate) fn open(folder: &Folder) -> Result<Opened, JournalFolderError> {
    let path = folder.path();
    let marker = match Marker::read(path)? {
        Some(marker) => marker,
        None => begin(path)?,
    };
    let checkpoint = (marker.generation > 0).then(|| read_checkpoint(path, &marker)).transpose()?;
    let checkpoint_bytes = checkpoint.as_ref().map_or(0, |(_, bytes)| *bytes);
    let mut sources: Vec<Source> = checkpoint.into_iter().map(|(source, _)| source).collect();
    let last = latest_generation(path, marker.generation)?;
    let journals = read_journals(path, &marker, last)?;
    let journal_bytes = journals.iter().map(Journal::valid_bytes).sum();
    let Some(tail) = journals.last() else {
        return Err(JournalFolderError::Missing { path: journal_path(path, marker.generation) });
    };
    let (file, header, end) = tail.resume(path, last)?;
    let torn_bytes = tail.torn_bytes();
    sources.extend(journals.into_iter().filter_map(Journal::into_source));
    let published = marker.generation;
    Ok(Opened {
        sources,
        generation: last,
        file,
        header,
        end,
        torn_bytes,
        journal_bytes,
        checkpoint_bytes,
        published,
    })
}

impl Opened {
    /// Deletes what is no part of the history.
    pub(crate) fn clean(&self, folder: &Folder) -> Result<(), JournalFolderError> {
        clean(folder.path(), self.published).map_err(io(folder.path()))
    }
}

/// Deletes journals older than the published generation, and every checkpoint but its own.
pub(crate) fn clean(folder: &Path, published: u64) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let stale_journal = generation_in(name, "journal-").is_some_and(|found| found < published);
        let stale_checkpoint = generation_in(name, "checkpoint-").is_some_and(|found| found != published);
        if stale_journal || stale_checkpoint {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The header of a new file, with a salt that nobody can guess.
pub(crate) fn new_header(first: u64) -> Header {
    Header::new(RandomState::new().build_hasher().finish(), first)
}

/// Begins a journal file, durable before anything refers to it.
pub(crate) fn create(folder: &Path, generation: u64, header: &Header) -> io::Result<File> {
    let mut file = File::create(journal_path(folder, generation))?;
    file.write_all(&header.encode())?;
    file.sync_all()?;
    folder::sync_folder(folder)?;
    Ok(file)
}

pub(crate) fn journal_path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("journal-{generation}"))
}

pub(crate) fn checkpoint_path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("checkpoint-{generation}"))
}

fn generation_in(name: &str, kind: &str) -> Option<u64> {
    name.strip_prefix(kind)?.parse().ok()
}

/// The first generation of a new folder. Without a marker nothing has ever been appended: if there is anything
/// in the files, the marker was lost, and what is there must not be taken for new.
fn begin(folder: &Path) -> Result<Marker, JournalFolderError> {
    let first = journal_path(folder, 0);
    let lost = || JournalFolderError::Missing { path: folder.join(CURRENT) };
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let name = entry.map_err(io(folder))?.file_name();
        let name = name.to_string_lossy();
        let later = generation_in(&name, "journal-").is_some_and(|generation| generation > 0);
        if later || generation_in(&name, "checkpoint-").is_some() {
            return Err(lost());
        }
    }
    if first.exists()
        && fs::metadata(&first).map_err(io(&first))?.len() > quorate_wire::journal::HEADER_BYTES as u64
    {
        return Err(lost());
    }
    let header = new_header(1);
    create(folder, 0, &header).map_err(io(&first))?;
    let marker = Marker { generation: 0, checkpoint_frames: 0, journal_first: header.first() };
    marker.publish(folder).map_err(io(&folder.join(CURRENT)))?;
    Ok(marker)
}

fn read_checkpoint(folder: &Path, marker: &Marker) -> Result<(Source, u64), JournalFolderError> {
    let path = checkpoint_path(folder, marker.generation);
    let file = read(&path)?;
    let bytes = file.len() as u64;
    let scan = Scan::open(file, Some(marker.checkpoint_frames)).map_err(damaged(&path))?;
    let Some(scan) = scan else { return Err(damaged(&path)(JournalError::BadHeader)) };
    let end = scan.clone().end().map_err(damaged(&path))?;
    if let Some(torn) = end.torn {
        return Err(JournalFolderError::Unfinished { path, offset: torn.offset });
    }
    let (expected, found) = (marker.checkpoint_frames.saturating_add(1), end.sequence_next);
    if expected != found {
        return Err(JournalFolderError::Gap { path, expected, found });
    }
    Ok((Source { path, scan, is_checkpoint: true }, bytes))
}

/// The highest of the consecutive generations from the published one on.
fn latest_generation(folder: &Path, published: u64) -> Result<u64, JournalFolderError> {
    let mut latest = published;
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let name = entry.map_err(io(folder))?.file_name();
        latest = latest.max(generation_in(&name.to_string_lossy(), "journal-").unwrap_or(0));
    }
    Ok(latest)
}

/// One journal file, judged.
struct Journal {
    path: PathBuf,
    /// Where the next frame goes, and `None` for a scan if the file has to be begun anew.
    first: u64,
    read: Option<(Scan, End)>,
}

fn read_journals(folder: &Path, marker: &Marker, last: u64) -> Result<Vec<Journal>, JournalFolderError> {
    let mut journals = Vec::new();
    let mut first = marker.journal_first;
    let mut file = read(&journal_path(folder, marker.generation))?;
    // The published journal's header was synced before the marker.
    let mut floor = Some(first.saturating_sub(1));
    for generation in marker.generation..=last {
        let path = journal_path(folder, generation);
        let next = (generation < last).then(|| read(&journal_path(folder, generation + 1))).transpose()?;
        // A journal is synced before the next one begins: it holds all frames below the next one's first.
        if let Some(next) = &next {
            let header = Header::decode(next).map_err(damaged(&journal_path(folder, generation + 1)))?;
            floor = header.map(|header| header.first() - 1).or(floor).or(Some(0));
        }
        let journal = Journal::judge(path, file, first, floor)?;
        if let (Some(offset), true) = (journal.torn_offset(), next.is_some()) {
            return Err(JournalFolderError::Unfinished { path: journal.path, offset });
        }
        first = journal.sequence_next();
        journals.push(journal);
        floor = None;
        let Some(next) = next else { break };
        file = next;
    }
    Ok(journals)
}

impl Journal {
    fn judge(path: PathBuf, file: Bytes, first: u64, floor: Option<u64>) -> Result<Self, JournalFolderError> {
        let Some(scan) = Scan::open(file, floor).map_err(damaged(&path))? else {
            return Ok(Self { path, first, read: None });
        };
        let found = scan.header().first();
        if found != first {
            return Err(JournalFolderError::Gap { path, expected: first, found });
        }
        let end = scan.clone().end().map_err(damaged(&path))?;
        Ok(Self { path, first, read: Some((scan, end)) })
    }

    fn sequence_next(&self) -> u64 {
        self.read.as_ref().map_or(self.first, |(_, end)| end.sequence_next)
    }

    fn torn_offset(&self) -> Option<u64> {
        self.read.as_ref().and_then(|(_, end)| end.torn).map(|torn| torn.offset)
    }

    fn torn_bytes(&self) -> u64 {
        self.read.as_ref().and_then(|(_, end)| end.torn).map_or(0, |torn| torn.bytes)
    }

    fn valid_bytes(&self) -> u64 {
        self.read.as_ref().map_or(0, |(_, end)| end.valid_length)
    }

    /// Makes the file end with its last whole frame, durably, and opens it for more.
    fn resume(&self, folder: &Path, generation: u64) -> Result<(File, Header, End), JournalFolderError> {
        let Some((scan, end)) = &self.read else {
            let header = new_header(self.first);
            let file = create(folder, generation, &header).map_err(io(&self.path))?;
            let valid_length = quorate_wire::journal::HEADER_BYTES as u64;
            return Ok((file, header, End { sequence_next: self.first, valid_length, torn: None }));
        };
        let file = OpenOptions::new().append(true).open(&self.path).map_err(io(&self.path))?;
        if end.torn.is_some() {
            file.set_len(end.valid_length).map_err(io(&self.path))?;
        }
        // What a killed process wrote may be in memory only; it must not be folded and then lost.
        file.sync_all().map_err(io(&self.path))?;
        Ok((file, *scan.header(), *end))
    }

    fn into_source(self) -> Option<Source> {
        let (scan, _) = self.read?;
        Some(Source { path: self.path, scan, is_checkpoint: false })
    }
}

fn read(path: &Path) -> Result<Bytes, JournalFolderError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Bytes::from(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(JournalFolderError::Missing { path: path.to_owned() })
        }
        Err(source) => Err(io(path)(source)),
    }
}

fn io(path: &Path) -> impl Fn(io::Error) -> JournalFolderError + '_ {
    move |source| JournalFolderError::Io { path: path.to_owned(), source }
}

fn damaged(path: &Path) -> impl Fn(JournalError) -> JournalFolderError + '_ {
    move |source| JournalFolderError::Damaged { path: path.to_owned(), source }
}
