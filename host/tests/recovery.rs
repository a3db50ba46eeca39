//! What a crash leaves in the journal, and what a bad disk does.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "tests of a driver meet the real world, and say what went wrong by panicking"
)]

mod common;

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::PathBuf,
};

use common::{Cluster, run};
use quorate_host::{JournalFolderError, OpenError};
use quorate_wire::journal::{FRAME_HEADER_BYTES, HEADER_BYTES, JournalError};

/// A version is two numbers of eight bytes.
const FRAME_BYTES: usize = FRAME_HEADER_BYTES + 16;

async fn written(values: u64) -> (Cluster, PathBuf) {
    let mut cluster = Cluster::new(1);
    let mut node = cluster.start(1);
    for value in 1..=values {
        node.write(value).await;
    }
    node.stop().await;
    let journal = cluster.data(1).join("journal-0");
    (cluster, journal)
}

#[test]
fn a_torn_tail_is_cut_off_and_reported() {
    run(async {
        let (mut cluster, journal) = written(5).await;
        let whole = fs::read(&journal).unwrap();
        for torn in [&b"garbage"[..], &[0; 100], &whole[HEADER_BYTES..HEADER_BYTES + 20]] {
            OpenOptions::new().append(true).open(&journal).unwrap().write_all(torn).unwrap();
            let recovery = cluster.open(1).unwrap().host.recovery();
            assert_eq!((recovery.records, recovery.torn_bytes), (5, torn.len() as u64));
            assert_eq!(fs::read(&journal).unwrap(), whole);
        }
        let mut node = cluster.start(1);
        assert_eq!(node.recovery.torn_bytes, 0);
        assert_eq!(node.write(6).await.number, 6);
        node.stop().await;
    });
}

#[test]
fn a_flipped_bit_in_a_synced_frame_is_corruption_that_names_its_place_and_changes_nothing() {
    run(async {
        let (mut cluster, journal) = written(5).await;
        let mut bytes = fs::read(&journal).unwrap();
        let third = HEADER_BYTES + 2 * FRAME_BYTES;
        bytes[third + FRAME_BYTES - 1] ^= 1;
        // A torn tail behind it must stay, too.
        bytes.extend_from_slice(b"torn");
        fs::write(&journal, &bytes).unwrap();
        let Err(OpenError::Journal(error)) = cluster.open(1) else { panic!("opened") };
        let JournalFolderError::Damaged { path, source: JournalError::Corrupt { offset, sequence, .. } } =
            &error
        else {
            panic!("another error: {error}")
        };
        assert_eq!((path, *offset, *sequence), (&journal, third as u64, 3));
        assert!(error.to_string().contains("journal-0"), "{error}");
        assert!(error.to_string().contains(&third.to_string()), "{error}");
        assert_eq!(fs::read(&journal).unwrap(), bytes);
    });
}

#[test]
fn checkpoints_keep_the_journal_short_and_the_state_whole() {
    run(async {
        let mut cluster = Cluster::new(1);
        cluster.limits.checkpoint_bytes_min = 1_000;
        let mut node = cluster.start(1);
        let mut written = 0;
        while node.metrics.checkpoints() < 3 {
            written += 1;
            node.write(written).await;
        }
        node.stop().await;

        // Three checkpoints of one record each took the place of at least a thousand bytes each.
        let replaced = 3 * (1_000 / FRAME_BYTES as u64);
        let mut node = cluster.start(1);
        assert!(node.recovery.records <= written - replaced + 1, "{:?} after {written}", node.recovery);
        assert_eq!(node.recovery.checkpoint_records, 1);
        assert_eq!(node.write(written + 1).await.number, written + 1);
        node.stop().await;
    });
}

#[test]
fn a_copy_of_the_folder_taken_at_any_moment_has_everything_acknowledged() {
    run(async {
        let mut cluster = Cluster::new(1);
        cluster.limits.checkpoint_bytes_min = 300;
        let mut node = cluster.start(1);
        let mut copies = 0;
        for value in 1..=50 {
            let number = node.write(value).await.number;
            let copy = tempfile::tempdir().unwrap();
            // Files vanish under a copy that a checkpoint overtakes: such a copy is of no single moment.
            let Ok(()) = try_copy(&cluster.data(1), copy.path()) else { continue };
            let mut twin = Cluster::new(1);
            twin.folder = copy;
            let latest = twin.open(1).unwrap().host;
            let found = image_of(latest).await;
            assert!(found >= number, "{found} after {number} was acknowledged");
            copies += 1;
        }
        assert!(copies > 10, "only {copies} copies were of a single moment");
        node.stop().await;
    });
}

fn try_copy(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    let data = to.join("n1");
    fs::create_dir(&data)?;
    let marker = fs::read(from.join("CURRENT"))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), data.join(entry.file_name()))?;
    }
    if fs::read(from.join("CURRENT"))? != marker || fs::read(data.join("CURRENT"))? != marker {
        return Err(std::io::ErrorKind::Interrupted.into());
    }
    Ok(())
}

async fn image_of(host: quorate_host::Host<common::Teller>) -> u64 {
    let handle = host.handle();
    let running = tokio::spawn(host.run());
    let mut image = Vec::new();
    let records = handle
        .inspect(|machine, _| {
            let mut records = Vec::new();
            quorate_machine::Durable::checkpoint(machine, &mut |version| records.push(version));
            records
        })
        .await
        .unwrap();
    image.extend(records);
    handle.stop();
    running.await.unwrap().unwrap();
    image.iter().map(|version: &common::Version| version.number).max().unwrap_or(0)
}

/// A device that is always full stands in for the file that the next step would write.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_ends_the_host_and_loses_nothing_acknowledged() {
    for file in ["journal-1", "checkpoint-1"] {
        run(async {
            let mut cluster = Cluster::new(1);
            cluster.limits.checkpoint_bytes_min = 300;
            let mut node = cluster.start(1);
            node.write(1).await;
            let full = cluster.data(1).join(file);
            std::os::unix::fs::symlink("/dev/full", &full).unwrap();
            let mut acknowledged = 1;
            while node.handle.submit(quorate_machine::Tag(7), 7).await.is_ok() {
                match common::soon("an event or the end", node.events.recv()).await {
                    Some(common::Event::Written { version, .. }) => acknowledged = version.number,
                    _ => break,
                }
            }
            let error = common::soon("the end", node.running).await.unwrap().unwrap_err();
            assert!(matches!(error, quorate_host::RunError::Journal(_)), "{error}");
            assert!(error.to_string().starts_with("disk full while writing "), "{error}");
            assert!(error.to_string().contains(file), "{error}");

            fs::remove_file(full).unwrap();
            let mut node = cluster.start(1);
            let next = node.write(8).await.number;
            assert!(next > acknowledged, "{next} after {acknowledged} was acknowledged");
            node.stop().await;
        });
    }
}
