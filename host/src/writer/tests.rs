//! The journal thread on disks that do what a test tells them.

use std::{
    fs::{self, OpenOptions},
    io,
    sync::{Arc, mpsc},
    time::Duration,
};

use quorate_machine::{NodeId, Ticket};

use super::{Batch, Disk, JournalWriter, Progress, Tail};
use crate::{Folder, Identity, Metrics};

/// A rule that is broken shows as a failure, not as a wait for ever.
const PATIENCE: Duration = Duration::from_secs(10);

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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let found = async {
        loop {
            let progress = writer.progress();
            if seen(&progress) {
                return progress;
            }
            writer.changed().await;
        }
    };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, found).await }).expect("the thread gets there")
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

fn next(done: &mpsc::Receiver<Done>) -> Done {
    done.recv_timeout(PATIENCE).expect("the disk is used")
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
        assert_eq!(next(&done), Done::Appended(b"record".to_vec()));
        assert_eq!(next(&done), Done::SyncBegun);
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
    assert_eq!(next(&done), Done::Appended(b"a".to_vec()));
    assert_eq!(next(&done), Done::SyncBegun);
    for number in 2..=9 {
        writer.append(&mut batch(b"b", Some(number), number));
    }
    sync.send(Ok(())).unwrap();
    assert_eq!(next(&done), Done::Appended(b"bbbbbbbb".to_vec()));
    assert_eq!(next(&done), Done::SyncBegun);
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
