//! The loop's side of the journal: records become frames here, and a checkpoint is begun when one is due.

use quorate_machine::{Durable, Machine, Ticket};
use quorate_wire::{
    Codec, EncodeError,
    journal::{Header, Writer},
};

use crate::{
    Limits, RunError,
    checkpoint::Checkpoint,
    journal,
    writer::{Batch, Encode, JournalWriter, Progress, Rest, Rotation},
};

/// How much of a turn's records is encoded in the loop; of a larger burst, the rest is left to the journal thread.
const BATCH_BYTES_ENCODED: usize = 1 << 20;

/// Where records go.
pub(crate) struct Ledger {
    frames: Writer,
    /// Of the journal's file.
    salt: u64,
    batch: Batch,
    writer: JournalWriter,
    sizes: Sizes,
    acknowledged: Ticket,
    limits: Limits,
}

/// What decides when a checkpoint is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// The generation appended to; a checkpoint is under way while it is above the published one.
    pub(crate) generation: u64,
    pub(crate) journal_bytes: u64,
    pub(crate) checkpoint_bytes: u64,
    /// The generation whose checkpoint is under way.
    pub(crate) pending: Option<u64>,
}

impl Ledger {
    pub(crate) fn new(
        frames: Writer,
        salt: u64,
        writer: JournalWriter,
        sizes: Sizes,
        limits: Limits,
    ) -> Self {
        Self { frames, salt, batch: Batch::default(), writer, sizes, acknowledged: Ticket::NONE, limits }
    }

    /// Appends a record to the batch of this turn.
    pub(crate) fn persist<R, C>(&mut self, ticket: Option<Ticket>, record: R) -> Result<(), RunError>
    where
        R: Send + 'static,
        C: Codec<R>,
    {
        if self.batch.bytes.len() < BATCH_BYTES_ENCODED {
            let appended = self.frames.append(&mut self.batch.bytes, |body| C::encode(&record, body));
            self.batch.sequence = appended.map_err(unwritable)?;
        } else {
            self.leave_to_the_thread::<R, C>(record);
        }
        self.batch.records += 1;
        self.batch.ticket = ticket.or(self.batch.ticket);
        Ok(())
    }

    fn leave_to_the_thread<R, C>(&mut self, record: R)
    where
        R: Send + 'static,
        C: Codec<R>,
    {
        let encode: Encode = Box::new(move |frames, bytes| {
            let appended = frames.append(bytes, |body| C::encode(&record, body));
            appended.map(drop).map_err(Into::into)
        });
        let frames = &self.frames;
        let rest =
            self.batch.rest.get_or_insert_with(|| Rest { frames: frames.clone(), records: Vec::new() });
        rest.records.push(encode);
        self.batch.sequence += 1;
    }

    /// Hands the batch of this turn to the journal thread.
    pub(crate) fn flush(&mut self) {
        if self.batch.bytes.is_empty() {
            return;
        }
        self.sizes.journal_bytes += self.batch.length() as u64;
        if self.batch.rest.is_some() {
            // The thread numbers the rest; here counting goes on behind it.
            let next = Header::new(self.salt, self.batch.sequence + 1);
            self.frames = Writer::new(&next, self.frames.synced(), self.limits.record_bytes_max);
        }
        self.writer.append(&mut self.batch);
    }

    /// What has newly become durable, if anything.
    pub(crate) fn take_progress(&mut self) -> Result<Option<Ticket>, RunError> {
        let Progress { ticket, sequence, published, checkpoint_bytes, failure, ended } =
            self.writer.progress();
        if let Some(failure) = failure {
            return Err(RunError::Journal(failure));
        }
        if ended {
            return Err(RunError::JournalThread);
        }
        self.frames.mark_synced(sequence);
        if self.sizes.pending.is_some_and(|pending| pending <= published) {
            self.sizes.pending = None;
            self.sizes.checkpoint_bytes = checkpoint_bytes;
        }
        let news = ticket > self.acknowledged;
        self.acknowledged = ticket;
        Ok(news.then_some(ticket))
    }

    /// Waits until there may be progress.
    pub(crate) async fn changed(&mut self) {
        self.writer.changed().await;
    }

    /// Whether the disk is so far behind that commands should wait.
    pub(crate) fn is_behind(&self) -> bool {
        self.writer.queued_bytes() > self.limits.journal_queue_bytes_max
    }

    /// Whether it is so far behind that even messages should wait.
    pub(crate) fn is_far_behind(&self) -> bool {
        self.writer.queued_bytes() > self.limits.journal_backlog_bytes_max
    }

    /// Whether every ticket up to `issued` has been acknowledged.
    pub(crate) fn is_caught_up(&self, issued: Ticket) -> bool {
        self.acknowledged >= issued
    }

    pub(crate) const fn journal_bytes(&self) -> u64 {
        self.sizes.journal_bytes
    }

    /// Begins a checkpoint if the journal has grown enough. The outbox is drained and the batch is flushed.
    pub(crate) fn checkpoint_if_due<M, C>(&mut self, machine: &M)
    where
        M: Durable,
        M::Record: Send + 'static,
        C: Codec<<M as Machine>::Record>,
    {
        let Sizes { journal_bytes, checkpoint_bytes, pending, .. } = self.sizes;
        let enough = self.limits.checkpoint_bytes_min.max(checkpoint_bytes.saturating_mul(2));
        if pending.is_some() || journal_bytes <= enough {
            return;
        }
        debug_assert!(self.batch.bytes.is_empty(), "a checkpoint is taken behind everything issued");
        let mut records = Vec::new();
        machine.checkpoint(&mut |record| records.push(record));
        let checkpoint = Checkpoint::new::<_, C>(self.limits.record_bytes_max, records);
        let generation = self.sizes.generation + 1;
        let first = self.frames.sequence_next();
        let header = journal::new_header(first);
        // The thread syncs the old file before it begins the new one.
        self.frames = Writer::new(&header, first - 1, self.limits.record_bytes_max);
        self.salt = header.salt();
        self.sizes = Sizes { generation, journal_bytes: 0, pending: Some(generation), ..self.sizes };
        tracing::info!(generation, journal_bytes, "checkpoint begun");
        self.writer.rotate(Rotation { generation, header, checkpoint });
    }

    /// Hands over the rest and waits until the thread has ended.
    pub(crate) async fn close(mut self) -> Result<(), RunError> {
        self.flush();
        self.writer.close();
        loop {
            let Progress { failure, ended, .. } = self.writer.progress();
            if ended {
                return failure.map_or(Ok(()), |failure| Err(RunError::Journal(failure)));
            }
            self.writer.changed().await;
        }
    }
}

fn unwritable<E: core::error::Error + Send + Sync + 'static>(error: EncodeError<E>) -> RunError {
    RunError::Record(Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, sync::Arc};

    use bytes::Bytes;
    use quorate_machine::{NodeId, Ticket};
    use quorate_wire::{Codec, journal::Writer};

    use super::{BATCH_BYTES_ENCODED, Ledger, Sizes};
    use crate::{
        Folder, Identity, Limits, Metrics,
        journal::{self, Source},
        writer::{JournalWriter, Tail},
    };

    struct Raw;

    impl Codec<Bytes> for Raw {
        type Error = Infallible;

        fn encode(value: &Bytes, buffer: &mut Vec<u8>) -> Result<(), Infallible> {
            buffer.extend_from_slice(value);
            Ok(())
        }

        fn decode(bytes: &Bytes) -> Result<Bytes, Infallible> {
            Ok(bytes.clone())
        }
    }

    fn ledger(folder: &Arc<Folder>) -> (Ledger, Vec<Bytes>) {
        let opened = journal::open(folder).unwrap();
        assert_eq!(opened.torn_bytes, 0);
        let frames = Writer::resume(&opened.header, &opened.end, Limits::default().record_bytes_max);
        let tail = Tail { file: Box::new(opened.file), generation: 0, length: opened.end.valid_length };
        let writer =
            JournalWriter::start(Arc::clone(folder), tail, frames.synced(), Arc::new(Metrics::default()));
        let sizes = Sizes { generation: 0, journal_bytes: 0, checkpoint_bytes: 0, pending: None };
        let held = opened.sources.into_iter().flat_map(Source::frames).map(|frame| frame.body).collect();
        (Ledger::new(frames, opened.header.salt(), writer.unwrap(), sizes, Limits::default()), held)
    }

    #[test]
    fn a_burst_that_the_thread_encodes_stands_in_order_among_what_the_loop_encoded() {
        let holder = tempfile::tempdir().unwrap();
        let identity = Identity { cluster: "c".into(), node: NodeId(1) };
        let folder = Arc::new(Folder::open(&holder.path().join("data"), identity).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut expected = Vec::new();
        for life in 0..3_u8 {
            let (mut ledger, held) = ledger(&folder);
            assert!(held == expected, "{} records instead of {}", held.len(), expected.len());
            for (turn, bytes) in [10, BATCH_BYTES_ENCODED / 4, 10].into_iter().enumerate() {
                for record in 0..20_u8 {
                    let record = Bytes::from(vec![life ^ record; bytes + usize::from(record)]);
                    expected.push(record.clone());
                    let ticket = (record.len() % 2 == 0).then_some(Ticket(turn as u64 + 1));
                    ledger.persist::<_, Raw>(ticket, record).unwrap();
                }
                assert_eq!(ledger.batch.rest.is_some(), bytes > 10);
                ledger.flush();
            }
            runtime.block_on(ledger.close()).unwrap();
        }
        assert!(ledger(&folder).1 == expected);
    }
}
