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
mod tests {
    use std::{
        fs::{self, OpenOptions},
        io,
        sync::{Arc, mpsc},
    };

    use quorate_machine::{NodeId, Ticket};

    use super::{Batch, Disk, JournalWriter, Progress, Tail};
    use crate::{Folder, Identity, Metrics};

    fn start<D: Disk + 'static>(
        tail: impl FnOnce(&Folder) -> D,
    ) -> (JournalWriter, Arc<Metrics>, tempfile::TempDir) {
        let holder = tempfile::tempdir().unwrap();
        let identity = Identity { cluster: "c".into(), node: NodeId(1) };
        let folder = Arc::new(Folder::open(&holder.path().join("data"), identity).unwrap());
        let metrics = Arc::new(Metrics::default());
        let tail = Tail { file: Box::new(tail(&folder)), generation: 0, length: 0 };
        (JournalWriter::start(folder, tail, 0, Arc::clone(&metrics)).unwrap(), metrics, holder)
    }

    fn batch(bytes: &[u8], ticket: Option<u64>, sequence: u64) -> Batch {
        Batch { bytes: bytes.to_vec(), ticket: ticket.map(Ticket), sequence, records: 1, rest: None }
    }

    fn wait(writer: &mut JournalWriter, seen: impl Fn(&Progress) -> bool) -> Progress {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            loop {
                let progress = writer.progress();
                if seen(&progress) {
                    return progress;
                }
                writer.changed().await;
            }
        })
    }

    #[test]
    fn a_full_disk_is_reported_and_nothing_is_acknowledged() {
        let (mut writer, _, _holder) = start(|_| OpenOptions::new().write(true).open("/dev/full").unwrap());
        writer.append(&mut batch(b"record", Some(1), 1));
        let progress = wait(&mut writer, |progress| progress.ended);
        let failure = progress.failure.unwrap();
        assert_eq!(failure.source.kind(), io::ErrorKind::StorageFull);
        assert!(failure.to_string().starts_with("disk full while writing "), "{failure}");
        assert!(failure.to_string().ends_with("nothing acknowledged is lost"), "{failure}");
        assert_eq!(progress.ticket, Ticket::NONE);
    }

    #[test]
    fn what_is_handed_over_is_written_in_order_and_lazy_records_cost_no_sync() {
        let (mut writer, metrics, holder) =
            start(|folder| fs::File::create(folder.path().join("journal-0")).unwrap());
        let mut expected = Vec::new();
        for sequence in 1..=100_u8 {
            expected.push(sequence);
            let ticket = (sequence % 10 == 0).then_some(u64::from(sequence / 10));
            writer.append(&mut batch(&[sequence], ticket, u64::from(sequence)));
        }
        let progress = wait(&mut writer, |progress| progress.ticket == Ticket(10));
        assert!(progress.sequence == 100 && progress.failure.is_none());
        assert!((1..=10).contains(&metrics.journal_syncs()), "{} syncs", metrics.journal_syncs());
        let synced = metrics.journal_syncs();
        writer.append(&mut batch(&[101], None, 101));
        expected.push(101);
        drop(writer);
        assert_eq!(metrics.journal_syncs(), synced + 1, "the end is synced");
        assert_eq!(fs::read(holder.path().join("data/journal-0")).unwrap(), expected);
    }

    /// A disk that tells what is done to it, and syncs when it is told to, or fails.
    struct Puppet {
        told: mpsc::Sender<Done>,
        syncs: mpsc::Receiver<io::Result<()>>,
    }

    #[derive(Debug, PartialEq, Eq)]
    enum Done {
        Appended(Vec<u8>),
        SyncBegun,
        Cut(u64),
    }

    impl Disk for Puppet {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.told.send(Done::Appended(bytes.to_vec())).map_err(io::Error::other)
        }

        fn sync(&mut self) -> io::Result<()> {
            self.told.send(Done::SyncBegun).map_err(io::Error::other)?;
            self.syncs.recv().map_err(io::Error::other)?
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            self.told.send(Done::Cut(length)).map_err(io::Error::other)
        }
    }

    type Strings = (mpsc::Receiver<Done>, mpsc::Sender<io::Result<()>>);

    fn start_puppet() -> (JournalWriter, Strings, tempfile::TempDir) {
        let ((told, done), (sync, syncs)) = (mpsc::channel(), mpsc::channel());
        let (writer, _, holder) = start(|_| Puppet { told, syncs });
        (writer, (done, sync), holder)
    }

    #[test]
    fn nothing_is_acknowledged_before_its_sync_has_returned() {
        let (mut writer, (done, sync), _holder) = start_puppet();
        for number in 1..=20 {
            writer.append(&mut batch(b"record", Some(number), number));
            assert_eq!(done.recv().unwrap(), Done::Appended(b"record".to_vec()));
            assert_eq!(done.recv().unwrap(), Done::SyncBegun);
            let meanwhile = writer.progress();
            assert_eq!((meanwhile.ticket, meanwhile.sequence), (Ticket(number - 1), number - 1));
            sync.send(Ok(())).unwrap();
            let after = wait(&mut writer, |progress| progress.ticket != Ticket(number - 1));
            assert_eq!((after.ticket, after.sequence), (Ticket(number), number));
        }
    }

    #[test]
    fn what_comes_during_a_sync_shares_the_next() {
        let (mut writer, (done, sync), _holder) = start_puppet();
        writer.append(&mut batch(b"a", Some(1), 1));
        assert_eq!(done.recv().unwrap(), Done::Appended(b"a".to_vec()));
        assert_eq!(done.recv().unwrap(), Done::SyncBegun);
        for number in 2..=9 {
            writer.append(&mut batch(b"b", Some(number), number));
        }
        sync.send(Ok(())).unwrap();
        assert_eq!(done.recv().unwrap(), Done::Appended(b"bbbbbbbb".to_vec()));
        assert_eq!(done.recv().unwrap(), Done::SyncBegun);
        assert_eq!(writer.progress().ticket, Ticket(1));
        sync.send(Ok(())).unwrap();
        assert_eq!(wait(&mut writer, |progress| progress.ticket > Ticket(1)).ticket, Ticket(9));
    }

    #[test]
    fn a_failed_sync_is_the_end_and_takes_back_what_was_not_synced() {
        let (mut writer, (done, sync), _holder) = start_puppet();
        writer.append(&mut batch(b"kept", Some(1), 1));
        sync.send(Ok(())).unwrap();
        wait(&mut writer, |progress| progress.ticket == Ticket(1));
        writer.append(&mut batch(b"lost", Some(2), 2));
        sync.send(Err(io::ErrorKind::StorageFull.into())).unwrap();
        writer.append(&mut batch(b"late", Some(3), 3));
        let end = wait(&mut writer, |progress| progress.ended);
        assert_eq!((end.ticket, end.sequence), (Ticket(1), 1));
        assert_eq!(end.failure.unwrap().source.kind(), io::ErrorKind::StorageFull);
        assert_eq!(done.try_iter().last(), Some(Done::Cut(4)));
    }
}
