//! The store to a file and back, over a client connection.
//!
//! A dump is one linearizable read of the whole store, so it is the store of one moment. The node holds it in memory
//! while it is sent, as it does when it writes a snapshot. The file is a sequence of [frames](quorate_wire::frame),
//! each with its checksum: a header that states the format, the parts, and an end that counts them, without which
//! the file is not whole. Restoring is done with plain commands, and works on an empty store only.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use bytes::{Bytes, BytesMut};
use quorate_wire::frame::{self, FrameError};
use respite::{RespConfig, RespError, RespFrame, RespReader, RespWriter};
use thiserror::Error;
use tokio::{
    io::BufWriter,
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::store::{DumpedItem, ImageError, items};

const HEADER: &[u8] = b"quorate dump 1";
const END: &[u8] = b"end ";
/// More than any part that a node sends.
const FRAME_BYTES_MAX: u32 = 64 << 20;
/// How much of a value goes into one command, so that any server takes it.
const CHUNK_BYTES: usize = 512 << 10;
/// How many commands, and about how many bytes of them, are sent before their replies are read.
const WINDOW_COMMANDS: usize = 256;
const WINDOW_BYTES: usize = 1 << 20;

/// What was dumped or restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many keys.
    pub keys: u64,
    /// How many bytes of keys and values.
    pub bytes: u64,
}

/// Why a store was not dumped or restored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DumpError {
    /// The node cannot be reached, or the connection broke. A restore may have been done in part.
    #[error("the connection to {address} failed: {source}")]
    Connection {
        /// The node.
        address: SocketAddr,
        /// Why.
        source: RespError,
    },
    /// The node answered with an error. A restore may have been done in part.
    #[error("the node answered: {line}")]
    Refused {
        /// The error line.
        line: String,
    },
    /// The node answered what no node answers: it is something else.
    #[error("the node's answer is not one to this question")]
    Answer,
    /// The file cannot be written or read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is damaged. Nothing was restored.
    #[error("{} is damaged: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How.
        source: FrameError,
    },
    /// The file is no dump, or not all of one. Nothing was restored.
    #[error("{} is not a whole dump of quorate", path.display())]
    NotADump {
        /// The file.
        path: PathBuf,
    },
    /// The frames are whole, and do not hold a store. Nothing was restored.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// There are keys in the store, and a restore would mix with them. Nothing was restored.
    #[error("the store holds {keys} keys; a dump is restored into an empty store only")]
    NotEmpty {
        /// How many.
        keys: i64,
    },
}

/// Writes the store of the cluster that this node belongs to into a file. A file of this name is replaced once the
/// dump is complete, and stays as it is if it fails.
///
/// # Errors
/// [`DumpError`]
pub async fn dump(address: SocketAddr, file: &Path) -> Result<Summary, DumpError> {
    let mut client = Client::connect(address).await?;
    let parts = client.dump().await?;
    let summary = summarise(&parts)?;
    let failed = |source| DumpError::File { path: file.to_owned(), source };
    write(file, &parts).map_err(failed)?;
    Ok(summary)
}

/// Puts what a file holds into an empty store. The whole file is checked before anything is restored.
///
/// # Errors
/// [`DumpError`]; its variants say whether something was restored.
pub async fn restore(address: SocketAddr, file: &Path) -> Result<Summary, DumpError> {
    let parts = read(file)?;
    let summary = summarise(&parts)?;
    let mut client = Client::connect(address).await?;
    let keys = client.count_keys().await?;
    if keys != 0 {
        return Err(DumpError::NotEmpty { keys });
    }
    for item in items(&parts)? {
        client.put(&item?).await?;
    }
    client.settle().await?;
    Ok(summary)
}

fn summarise(parts: &[Bytes]) -> Result<Summary, DumpError> {
    let mut summary = Summary::default();
    for item in items(parts)? {
        let item = item?;
        summary.keys += 1;
        summary.bytes += (item.key.len() + item.value.len()) as u64;
    }
    Ok(summary)
}

fn write(file: &Path, parts: &[Bytes]) -> io::Result<()> {
    let mut bytes = Vec::new();
    let end = [END, parts.len().to_string().as_bytes()].concat();
    let bodies = [HEADER].into_iter().chain(parts.iter().map(|part| &part[..])).chain([end.as_slice()]);
    for body in bodies {
        let append = |buffer: &mut Vec<u8>| -> Result<(), core::convert::Infallible> {
            buffer.extend_from_slice(body);
            Ok(())
        };
        frame::encode(FRAME_BYTES_MAX, &mut bytes, append).map_err(io::Error::other)?;
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write_synced(&temporary, &bytes).and_then(|()| std::fs::rename(&temporary, file));
    if written.is_err() {
        // It may never have been made.
        let _ = std::fs::remove_file(&temporary);
    }
    written?;
    std::fs::File::open(folder)?.sync_all()
}

fn write_synced(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = std::fs::File::create(file)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()
}

fn read(file: &Path) -> Result<Vec<Bytes>, DumpError> {
    let path = || file.to_owned();
    let bytes = std::fs::read(file).map_err(|source| DumpError::File { path: path(), source })?;
    let mut bytes = BytesMut::from(Bytes::from(bytes));
    let mut bodies = Vec::new();
    while let Some(body) = frame::decode(FRAME_BYTES_MAX, &mut bytes)
        .map_err(|source| DumpError::Damaged { path: path(), source })?
    {
        bodies.push(body);
    }
    let not_a_dump = || DumpError::NotADump { path: path() };
    let end = bodies.pop().ok_or_else(not_a_dump)?;
    let count = end.strip_prefix(END).and_then(|count| core::str::from_utf8(count).ok());
    let whole = bytes.is_empty() && count.and_then(|count| count.parse().ok()) == bodies.len().checked_sub(1);
    if !whole || bodies.first().is_none_or(|header| header != HEADER) {
        return Err(not_a_dump());
    }
    bodies.remove(0);
    Ok(bodies)
}

/// A connection that sends commands ahead and reads their replies in bulk.
struct Client {
    address: SocketAddr,
    reader: RespReader<OwnedReadHalf>,
    writer: RespWriter<BufWriter<OwnedWriteHalf>>,
    ahead_commands: usize,
    ahead_bytes: usize,
}

impl Client {
    async fn connect(address: SocketAddr) -> Result<Self, DumpError> {
        let failed = |source: io::Error| DumpError::Connection { address, source: source.into() };
        let stream = TcpStream::connect(address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (reader, writer) = stream.into_split();
        let reader = RespReader::new(reader, RespConfig::default());
        let writer = RespWriter::new(BufWriter::new(writer));
        Ok(Self { address, reader, writer, ahead_commands: 0, ahead_bytes: 0 })
    }

    async fn dump(&mut self) -> Result<Vec<Bytes>, DumpError> {
        self.send(&[b"QUORATE.DUMP"]).await?;
        let RespFrame::Array(count) = self.reply().await? else { return Err(DumpError::Answer) };
        let mut parts = Vec::new();
        for _ in 0..count {
            let RespFrame::BlobString(part) = self.reply().await? else { return Err(DumpError::Answer) };
            parts.push(part);
        }
        Ok(parts)
    }

    async fn count_keys(&mut self) -> Result<i64, DumpError> {
        self.send(&[b"DBSIZE"]).await?;
        let RespFrame::Integer(keys) = self.reply().await? else { return Err(DumpError::Answer) };
        Ok(keys)
    }

    /// Sets a key; a long value in chunks, its end last.
    async fn put(&mut self, item: &DumpedItem) -> Result<(), DumpError> {
        let mut chunks = item.value.chunks(CHUNK_BYTES);
        let end = item.ends_at_ms.map(|at_ms| at_ms.to_string());
        let first = chunks.next().unwrap_or_default();
        match &end {
            Some(at_ms) if item.value.len() <= CHUNK_BYTES => {
                self.ahead(&[b"SET", &item.key, first, b"PXAT", at_ms.as_bytes()]).await?;
                return Ok(());
            }
            _ => self.ahead(&[b"SET", &item.key, first]).await?,
        }
        for chunk in chunks {
            self.ahead(&[b"APPEND", &item.key, chunk]).await?;
        }
        match &end {
            Some(at_ms) => self.ahead(&[b"PEXPIREAT", &item.key, at_ms.as_bytes()]).await,
            None => Ok(()),
        }
    }

    async fn ahead(&mut self, words: &[&[u8]]) -> Result<(), DumpError> {
        self.send(words).await?;
        self.ahead_commands += 1;
        self.ahead_bytes += words.iter().map(|word| word.len()).sum::<usize>();
        if self.ahead_commands >= WINDOW_COMMANDS || self.ahead_bytes >= WINDOW_BYTES {
            self.settle().await?;
        }
        Ok(())
    }

    /// Reads the replies to what was sent ahead.
    async fn settle(&mut self) -> Result<(), DumpError> {
        for _ in 0..self.ahead_commands {
            self.reply().await?;
        }
        (self.ahead_commands, self.ahead_bytes) = (0, 0);
        Ok(())
    }

    async fn send(&mut self, words: &[&[u8]]) -> Result<(), DumpError> {
        let address = self.address;
        let failed = |source| DumpError::Connection { address, source };
        self.writer.write_array(words.len()).await.map_err(failed)?;
        for word in words {
            self.writer.write_blob_string(word).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn reply(&mut self) -> Result<RespFrame, DumpError> {
        let address = self.address;
        let failed = |source| DumpError::Connection { address, source };
        self.writer.flush().await.map_err(failed)?;
        match self.reader.frame().await.map_err(failed)? {
            Some(RespFrame::SimpleError(line) | RespFrame::BlobError(line)) => {
                Err(DumpError::Refused { line: String::from_utf8_lossy(&line).into_owned() })
            }
            Some(frame) => Ok(frame),
            None => Err(failed(RespError::EndOfInput)),
        }
    }
}
