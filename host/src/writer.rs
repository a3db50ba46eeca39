//! The journal thread: writes what the loop hands over, one write and one sync for all that waited.

use std::{
    collections::VecDeque,
    error::Error,
    fs::File,
    io::{self, Write as _},
    mem,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use quorate_machine::Ticket;
use quorate_wire::journal::{Header, Writer};
use tokio::sync::watch;

use crate::{
    Metrics,
    checkpoint::{Checkpoint, Written},
    folder::Folder,
    journal,
};

/// Above this many bytes an emptied buffer is given back instead of kept.
const BUFFER_BYTES_KEPT: usize = 4 << 20;
/// How much of the end of a burst is encoded before it is written.
const PIECE_BYTES: usize = 1 << 20;

/// Why the journal could not be written on. The instance has ended; everything acknowledged is on disk.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} {}: {source}; nothing acknowledged is lost",
    if source.kind() == io::ErrorKind::StorageFull { "disk full while writing" } else { "failed to write" },
    path.display()
)]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl WriteError {
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }
}

/// Appends the frame of a record.
pub(crate) type Encode =
    Box<dyn FnOnce(&mut Writer, &mut Vec<u8>) -> Result<(), Box<dyn Error + Send + Sync>> + Send>;

/// The end of a burst of records: the loop has other things to do than to encode all of it.
pub(crate) struct Rest {
    pub(crate) frames: Writer,
    pub(crate) records: Vec<Encode>,
}

/// Records in order: encoded ones, then those of a burst.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    pub(crate) rest: Option<Rest>,
    /// The highest ticket among the records; `None` if nobody waits for any of them.
    pub(crate) ticket: Option<Ticket>,
    /// The sequence of the last frame.
    pub(crate) sequence: u64,
    pub(crate) records: u64,
}

impl Batch {
    /// About how long it is when all is encoded: what is not yet is taken to be like what is.
    pub(crate) fn length(&self) -> usize {
        let rest = self.rest.as_ref().map_or(0, |rest| rest.records.len());
        let encoded = usize::try_from(self.records).unwrap_or(usize::MAX).saturating_sub(rest).max(1);
        self.bytes.len() + self.bytes.len() / encoded * rest
    }

    fn takes(&self, more: &Self) -> bool {
        let encoded = self.rest.is_none() && more.rest.is_none();
        encoded && self.bytes.len() + more.bytes.len() <= BUFFER_BYTES_KEPT
    }
}

/// From here on append to a new file, and make the checkpoint take the place of the old ones.
#[derive(Debug)]
pub(crate) struct Rotation {
    pub(crate) generation: u64,
    pub(crate) header: Header,
    pub(crate) checkpoint: Checkpoint,
}

/// How far the disk has come.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// Every ticket up to this one is durable.
    pub(crate) ticket: Ticket,
    /// Every frame up to this one is durable.
    pub(crate) sequence: u64,
    /// The generation that was last published.
    pub(crate) published: u64,
    /// How long its checkpoint is.
    pub(crate) checkpoint_bytes: u64,
    /// Why nothing more will become durable.
    pub(crate) failure: Option<Arc<WriteError>>,
    /// The thread has done everything it was given, and ended.
    pub(crate) ended: bool,
}

enum Job {
    Append(Batch),
    Rotate(Rotation),
}

impl Job {
    fn takes(&self, more: &Batch) -> bool {
        matches!(self, Self::Append(batch) if batch.takes(more))
    }
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// An emptied buffer, to be swapped for a full one.
    spare: Vec<u8>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    bytes: AtomicUsize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The loop's end of the journal thread. Dropping it waits until everything handed over has been written.
pub(crate) struct JournalWriter {
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread needs of a file; tests put a bad disk in its place.
pub(crate) trait Disk: Send {
    /// Appends all of it, or fails.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was appended survive a crash.
    fn sync(&mut self) -> io::Result<()>;
    /// Takes everything behind `length` back, for good.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Disk for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.sync_all()
    }
}

/// The file that is appended to.
pub(crate) struct Tail {
    pub(crate) file: Box<dyn Disk>,
    pub(crate) generation: u64,
    /// All bytes of the file, synced.
    pub(crate) length: u64,
}

impl JournalWriter {
    pub(crate) fn start(
        folder: Arc<Folder>,
        tail: Tail,
        synced: u64,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let first = Progress {
            ticket: Ticket::NONE,
            sequence: synced,
            published: 0,
            checkpoint_bytes: 0,
            failure: None,
            ended: false,
        };
        let (report, progress) = watch::channel(first);
        let worker = Worker {
            folder,
            synced_length: tail.length,
            tail,
            shared: Arc::clone(&shared),
            report: Arc::new(report),
            metrics,
            checkpointing: None,
        };
        let thread = thread::Builder::new().name("quorate-journal".into()).spawn(|| worker.run())?;
        Ok(Self { shared, progress, thread: Some(thread) })
    }

    /// Hands a batch over; what comes back in it is an empty buffer.
    pub(crate) fn append(&self, batch: &mut Batch) {
        let mut queue = self.shared.lock();
        self.shared.bytes.fetch_add(batch.length(), Ordering::Relaxed);
        if let Some(Job::Append(waiting)) = queue.jobs.back_mut().filter(|job| job.takes(batch)) {
            waiting.bytes.extend_from_slice(&batch.bytes);
            waiting.ticket = batch.ticket.or(waiting.ticket);
            waiting.sequence = batch.sequence;
            waiting.records += batch.records;
            batch.bytes.clear();
            *batch = Batch { bytes: mem::take(&mut batch.bytes), ..Batch::default() };
            return;
        }
        let empty = Batch { bytes: mem::take(&mut queue.spare), ..Batch::default() };
        let full = mem::replace(batch, empty);
        queue.jobs.push_back(Job::Append(full));
        drop(queue);
        self.shared.filled.notify_one();
    }

    pub(crate) fn rotate(&self, rotation: Rotation) {
        self.shared.lock().jobs.push_back(Job::Rotate(rotation));
        self.shared.filled.notify_one();
    }

    /// How many bytes wait to be durable.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn progress(&mut self) -> Progress {
        self.progress.borrow_and_update().clone()
    }

    /// Waits for progress not yet seen.
    pub(crate) async fn changed(&mut self) {
        if self.progress.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// No more will come: the thread ends when it has done what it was given.
    pub(crate) fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.filled.notify_one();
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        self.close();
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            drop(panic); // the default hook has reported it
        }
    }
}

struct Worker {
    folder: Arc<Folder>,
    tail: Tail,
    synced_length: u64,
    shared: Arc<Shared>,
    report: Arc<watch::Sender<Progress>>,
    metrics: Arc<Metrics>,
    checkpointing: Option<JoinHandle<()>>,
}

impl Worker {
    fn run(mut self) {
        if let Err(error) = self.work() {
            self.give_up(error);
        }
        self.join_checkpoint();
        self.report.send_modify(|progress| progress.ended = true);
    }

    fn join_checkpoint(&mut self) {
        if let Some(Err(panic)) = self.checkpointing.take().map(JoinHandle::join) {
            drop(panic); // the default hook has reported it
        }
    }

    fn work(&mut self) -> Result<(), WriteError> {
        while let Some(job) = self.next() {
            match job {
                Job::Append(batch) => self.append(batch)?,
                Job::Rotate(rotation) => self.rotate(rotation)?,
            }
        }
        self.sync()
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.shared.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            if queue.closed {
                return None;
            }
            queue = self.shared.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn append(&mut self, mut batch: Batch) -> Result<(), WriteError> {
        let length = batch.length();
        self.metrics.journal_records.add(batch.records);
        self.write(&batch.bytes)?;
        batch.bytes.clear();
        if let Some(rest) = batch.rest.take() {
            self.append_rest(rest, &mut batch.bytes)?;
        }
        if batch.ticket.is_some() {
            self.sync()?;
        }
        self.shared.bytes.fetch_sub(length, Ordering::Relaxed);
        if batch.bytes.capacity() <= BUFFER_BYTES_KEPT {
            self.shared.lock().spare = batch.bytes;
        }
        // Reported even if nothing became durable: the loop may wait for the queue to be shorter.
        self.report.send_modify(|progress| {
            if let Some(ticket) = batch.ticket {
                progress.ticket = ticket;
                progress.sequence = batch.sequence;
            }
        });
        Ok(())
    }

    fn append_rest(&mut self, rest: Rest, piece: &mut Vec<u8>) -> Result<(), WriteError> {
        let Rest { mut frames, records } = rest;
        for encode in records {
            let encoded = encode(&mut frames, piece).map_err(io::Error::other);
            encoded.map_err(WriteError::at(&self.path()))?;
            if piece.len() >= PIECE_BYTES {
                self.write(piece)?;
                piece.clear();
            }
        }
        self.write(piece)?;
        piece.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.tail.file.append(bytes).map_err(WriteError::at(&self.path()))?;
        self.tail.length += bytes.len() as u64;
        self.metrics.journal_bytes_written.add(bytes.len() as u64);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), WriteError> {
        if self.synced_length == self.tail.length {
            return Ok(());
        }
        let begin = Instant::now();
        self.tail.file.sync().map_err(WriteError::at(&self.path()))?;
        let nanos = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.metrics.journal_syncs.add(1);
        self.metrics.journal_sync_nanos.add(nanos);
        self.metrics.journal_sync_nanos_max.raise(nanos);
        self.synced_length = self.tail.length;
        Ok(())
    }

    fn rotate(&mut self, rotation: Rotation) -> Result<(), WriteError> {
        // The loop begins one checkpoint at a time; two could publish their markers in the wrong order.
        self.join_checkpoint();
        self.sync()?;
        let Rotation { generation, header, checkpoint } = rotation;
        let path = journal::journal_path(self.folder.path(), generation);
        let file = journal::create(self.folder.path(), generation, &header).map_err(WriteError::at(&path))?;
        let length = quorate_wire::journal::HEADER_BYTES as u64;
        self.tail = Tail { file: Box::new(file), generation, length };
        self.synced_length = length;
        self.write_beside(generation, header.first(), checkpoint)
    }

    fn write_beside(
        &mut self,
        generation: u64,
        first: u64,
        checkpoint: Checkpoint,
    ) -> Result<(), WriteError> {
        let (folder, report, metrics) =
            (Arc::clone(&self.folder), Arc::clone(&self.report), Arc::clone(&self.metrics));
        let write = move || match checkpoint.complete(folder.path(), generation, first) {
            Ok(Written { bytes, .. }) => {
                metrics.checkpoints.add(1);
                metrics.checkpoint_bytes.set(bytes);
                tracing::info!(generation, bytes, "checkpoint published");
                report.send_modify(|progress| {
                    progress.published = generation;
                    progress.checkpoint_bytes = bytes;
                });
            }
            Err(error) => fail(&report, error),
        };
        let thread = thread::Builder::new().name("quorate-checkpoint".into()).spawn(write);
        self.checkpointing = Some(thread.map_err(WriteError::at(self.folder.path()))?);
        Ok(())
    }

    /// Takes back what was not synced: the system may hold it in memory as if it were on disk, and a restart would
    /// believe it.
    fn give_up(&mut self, error: WriteError) {
        if let Err(error) = self.tail.file.cut(self.synced_length) {
            tracing::warn!(%error, "the unsynced end of the journal could not be cut off");
        }
        fail(&self.report, error);
    }

    fn path(&self) -> PathBuf {
        journal::journal_path(self.folder.path(), self.tail.generation)
    }
}

fn fail(report: &watch::Sender<Progress>, error: WriteError) {
    tracing::error!(%error, "the journal has failed");
    report.send_modify(|progress| {
        progress.failure.get_or_insert_with(|| Arc::new(error));
    });
}

#[cfg(test)]
mod tests;
