//! The data folder: whose it is, which format it has, and that nobody else has it open.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use fs4::{FileExt, TryLockError};
use quorate_machine::NodeId;

/// The format this crate writes, and the highest it reads.
pub const FORMAT_VERSION: u32 = 1;

const LOCK: &str = "LOCK";
const FORMAT: &str = "FORMAT";
const INCARNATION: &str = "INCARNATION";
const TEMPORARY: &str = "TEMPORARY";

/// Whose data a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The cluster's name: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub cluster: String,
    /// The node within it.
    pub node: NodeId,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Another process has it open. Nothing changed.
    #[error("the data folder {} is in use by another process", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// It cannot be created, read or written. It may have been created.
    #[error("the data folder cannot be used: {}: {source}", path.display())]
    Unwritable {
        /// The file or folder that failed.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The path names something that is no folder. Nothing changed.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder holds somebody else's files. Nothing changed.
    #[error("{} holds other files (among them {found:?}) and is not a data folder of quorate", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// One of its files.
        found: String,
    },
    /// A later version wrote it. Nothing changed.
    #[error(
        "the data folder has format {found}, this version knows formats up to {known}: use a newer quorate"
    )]
    NewerFormat {
        /// The folder's format.
        found: u32,
        /// The highest known here.
        known: u32,
    },
    /// It is the data of another node or another cluster. Nothing changed.
    #[error(
        "the data folder belongs to node {} of cluster {:?}, not to node {} of cluster {:?}",
        found.node.0, found.cluster, expected.node.0, expected.cluster
    )]
    Foreign {
        /// Who wanted to open it.
        expected: Identity,
        /// Whose it is.
        found: Identity,
    },
    /// One of its small text files is not what was written. Nothing changed.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

impl FolderError {
    pub(crate) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Unwritable { path, source }
    }
}

/// A data folder, locked for this process until the value is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    identity: Identity,
    incarnation: u64,
    /// Kept for its lock, which goes with it.
    _lock: File,
}

impl Folder {
    /// Locks the folder, creating it if it is not there, and counts one more incarnation, durably.
    ///
    /// # Errors
    /// [`FolderError`]; its variants say what changed.
    pub fn open(path: &Path, identity: Identity) -> Result<Self, FolderError> {
        if path.exists() && !path.is_dir() {
            return Err(FolderError::NotAFolder { path: path.to_owned() });
        }
        refuse_others(path)?;
        create(path)?;
        let lock = lock(path)?;
        check_format(path, &identity)?;
        let incarnation = next_incarnation(path)?;
        Ok(Self { path: path.to_owned(), identity, incarnation, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whose it is.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// How often it has been opened, this time included.
    pub const fn incarnation(&self) -> u64 {
        self.incarnation
    }
}

fn refuse_others(path: &Path) -> Result<(), FolderError> {
    if !path.exists() || path.join(FORMAT).exists() {
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(FolderError::unwritable(path))? {
        let name = entry.map_err(FolderError::unwritable(path))?.file_name();
        // A crash before FORMAT was published leaves these.
        if name != LOCK && name != TEMPORARY && name != "lost+found" {
            let found = name.to_string_lossy().into_owned();
            return Err(FolderError::NotOurs { path: path.to_owned(), found });
        }
    }
    Ok(())
}

fn create(path: &Path) -> Result<(), FolderError> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(FolderError::unwritable(path))?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sync_folder(parent).map_err(FolderError::unwritable(parent))
}

fn lock(path: &Path) -> Result<File, FolderError> {
    let file = path.join(LOCK);
    let unwritable = FolderError::unwritable(&file);
    let lock = match OpenOptions::new().create(true).truncate(false).write(true).open(&file) {
        Ok(lock) => lock,
        Err(source) => return Err(unwritable(source)),
    };
    match FileExt::try_lock(&lock) {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(FolderError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(unwritable(source)),
    }
}

fn check_format(path: &Path, identity: &Identity) -> Result<(), FolderError> {
    let file = path.join(FORMAT);
    let Some(text) = read_text(&file).map_err(FolderError::unwritable(&file))? else {
        let Identity { cluster, node } = identity;
        let text =
            format!("quorate data folder\nformat {FORMAT_VERSION}\ncluster {cluster}\nnode {}\n", node.0);
        return publish(path, FORMAT, &text).map_err(FolderError::unwritable(&file));
    };
    let damaged = || FolderError::Damaged { path: file.clone() };
    let found: u32 = field(&text, "format").and_then(|value| value.parse().ok()).ok_or_else(damaged)?;
    if found > FORMAT_VERSION {
        return Err(FolderError::NewerFormat { found, known: FORMAT_VERSION });
    }
    let cluster = field(&text, "cluster").ok_or_else(damaged)?.to_owned();
    let node = field(&text, "node").and_then(|value| value.parse().ok()).map(NodeId).ok_or_else(damaged)?;
    let found = Identity { cluster, node };
    if found != *identity {
        return Err(FolderError::Foreign { expected: identity.clone(), found });
    }
    Ok(())
}

fn next_incarnation(path: &Path) -> Result<u64, FolderError> {
    let file = path.join(INCARNATION);
    let latest = match read_text(&file).map_err(FolderError::unwritable(&file))? {
        None => 0,
        Some(text) => text.trim().parse::<u64>().map_err(|_| FolderError::Damaged { path: file.clone() })?,
    };
    let incarnation = latest.saturating_add(1);
    publish(path, INCARNATION, &format!("{incarnation}\n")).map_err(FolderError::unwritable(&file))?;
    Ok(incarnation)
}

/// The text of a small file, `None` if there is no such file.
pub(crate) fn read_text(file: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The rest of the line that begins with `name` and a space.
pub(crate) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

/// Replaces a small file in one step: after a crash it is the old one or the new one.
pub(crate) fn publish(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let temporary = folder.join(TEMPORARY);
    let mut file = File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join(name))?;
    sync_folder(folder)
}

/// Makes the folder's list of names durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
