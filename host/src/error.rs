use std::{error::Error, io, path::PathBuf, sync::Arc};

use crate::{AddressError, ConfigError, FolderError, JournalFolderError, WriteError};

/// Why a host does not start. `E` is the machine's own error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError<E> {
    /// The configuration cannot work. Nothing has been touched.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A peer's address cannot be used. Nothing has been touched.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalFolderError),
    /// A whole frame of the journal holds no record. A torn tail may have been truncated, nothing else changed.
    #[error("{}: the frame at byte {offset} holds no record: {source}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Where the frame begins.
        offset: u64,
        /// What the codec says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The machine cannot fold a record. A torn tail may have been truncated, nothing else changed.
    #[error("{}: the record at byte {offset} cannot follow those before it: {error}", path.display())]
    Absorb {
        /// The file.
        path: PathBuf,
        /// Where its frame begins.
        offset: u64,
        /// What the machine says.
        error: E,
    },
    /// The machine refuses the image or its configuration. A torn tail may have been truncated, nothing else changed.
    #[error("the machine cannot be recovered: {0}")]
    Recover(E),
    /// The journal thread cannot be started.
    #[error("the journal thread cannot be started: {0}")]
    Thread(#[source] io::Error),
}

/// Why a running host ended by itself. Everything acknowledged is on disk; open it again to go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] Arc<WriteError>),
    /// The journal thread is gone.
    #[error("the journal thread has ended unexpectedly")]
    JournalThread,
    /// The machine issued a record that cannot be written: it is over its limit, or has no encoding.
    #[error("the machine issued a record that cannot be written: {0}")]
    Record(#[source] Box<dyn Error + Send + Sync>),
    /// The listening socket could not be given to the runtime.
    #[error("the listener cannot be used: {0}")]
    Listen(#[source] io::Error),
}
