use alloc::collections::VecDeque;

use quorate_machine::{Durable, Rng, Ticket};

use crate::fault::Loss;

/// One node's stable storage at the level of records: an image, the journal's unsynced end, at most one sync and one
/// checkpoint under way.
pub(crate) struct Disk<M: Durable> {
    /// The fold of the durable records.
    image: M::Image,
    unsynced: VecDeque<Entry<M::Record>>,
    /// How many of the unsynced records the sync under way covers.
    syncing: Option<usize>,
    checkpoint: Option<Checkpoint<M>>,
    records_since_checkpoint: u32,
    /// The latest ticket that is durable, and the latest that the machine was told of.
    durable: Ticket,
    told: Ticket,
}

struct Entry<R> {
    ticket: Option<Ticket>,
    record: R,
}

/// A checkpoint on its way to the disk.
struct Checkpoint<M: Durable> {
    folded: M::Image,
    upto: Ticket,
    /// How many of the unsynced records it describes.
    covers: usize,
    /// The later records that became durable while it was under way.
    tail: Vec<M::Record>,
}

/// What a crash did to a disk.
#[derive(Default)]
pub(crate) struct Losses {
    pub(crate) records: u64,
    /// Something was durable under a ticket, and the machine had not been told.
    pub(crate) never_told: bool,
}

impl<M> Disk<M>
where
    M: Durable<Record: Clone>,
{
    pub(crate) fn new() -> Self {
        Self {
            image: M::Image::default(),
            unsynced: VecDeque::new(),
            syncing: None,
            checkpoint: None,
            records_since_checkpoint: 0,
            durable: Ticket::NONE,
            told: Ticket::NONE,
        }
    }

    pub(crate) const fn image(&self) -> &M::Image {
        &self.image
    }

    pub(crate) fn unsynced(&self) -> impl Iterator<Item = &M::Record> {
        self.unsynced.iter().map(|entry| &entry.record)
    }

    pub(crate) fn append(&mut self, ticket: Option<Ticket>, record: M::Record) {
        self.unsynced.push_back(Entry { ticket, record });
        self.records_since_checkpoint += 1;
    }

    /// Starts a sync of all that is unsynced, if somebody waits for one and none is under way.
    pub(crate) fn start_sync(&mut self) -> bool {
        let wanted = self.syncing.is_none() && self.unsynced.iter().any(|entry| entry.ticket.is_some());
        if wanted {
            self.syncing = Some(self.unsynced.len());
        }
        wanted
    }

    /// Ends the sync under way, and says which ticket to acknowledge.
    pub(crate) fn end_sync(&mut self) -> Result<Option<Ticket>, M::Error> {
        let mut acknowledged = None;
        for _ in 0..self.syncing.take().unwrap_or(0) {
            let Some(Entry { ticket, record }) = self.unsynced.pop_front() else { break };
            acknowledged = ticket.or(acknowledged);
            match &mut self.checkpoint {
                Some(checkpoint) if checkpoint.covers == 0 => checkpoint.tail.push(record.clone()),
                Some(checkpoint) => checkpoint.covers -= 1,
                None => {}
            }
            M::absorb(&mut self.image, record)?;
        }
        self.durable = acknowledged.unwrap_or(self.durable).max(self.durable);
        Ok(acknowledged)
    }

    pub(crate) fn tell(&mut self, ticket: Ticket) {
        self.told = self.told.max(ticket);
    }

    /// Whether a checkpoint is due when one is taken `every` so many records.
    pub(crate) const fn wants_checkpoint(&self, every: u32) -> bool {
        every > 0 && self.checkpoint.is_none() && self.records_since_checkpoint >= every
    }

    /// What all records issued so far add up to.
    pub(crate) fn fold_of_all(&self) -> Result<M::Image, M::Error> {
        let mut image = self.image.clone();
        for entry in &self.unsynced {
            M::absorb(&mut image, entry.record.clone())?;
        }
        Ok(image)
    }

    /// Starts to write a checkpoint that folds to `folded` and covers every ticket up to `upto`.
    pub(crate) fn start_checkpoint(&mut self, folded: M::Image, upto: Ticket) {
        self.records_since_checkpoint = 0;
        let covers = self.unsynced.len();
        self.checkpoint = Some(Checkpoint { folded, upto, covers, tail: Vec::new() });
    }

    /// The checkpoint has replaced the journal before it; says which ticket to acknowledge.
    pub(crate) fn end_checkpoint(&mut self) -> Result<Option<Ticket>, M::Error> {
        let Some(Checkpoint { folded, upto, covers, tail }) = self.checkpoint.take() else { return Ok(None) };
        self.unsynced.drain(..covers.min(self.unsynced.len()));
        self.syncing = self.syncing.map(|count| count.saturating_sub(covers));
        self.image = folded;
        for record in tail {
            M::absorb(&mut self.image, record)?;
        }
        self.durable = self.durable.max(upto);
        Ok((upto > Ticket::NONE).then_some(upto))
    }

    pub(crate) fn crash(&mut self, loss: Loss, rng: &mut Rng) -> Result<Losses, M::Error> {
        let unsynced = self.unsynced.len();
        let kept = match loss {
            Loss::Nothing => unsynced,
            Loss::Suffix => usize::try_from(rng.below(unsynced as u64 + 1)).unwrap_or(unsynced),
            Loss::All => 0,
        };
        for Entry { ticket, record } in self.unsynced.drain(..).take(kept) {
            self.durable = ticket.unwrap_or(self.durable);
            M::absorb(&mut self.image, record)?;
        }
        let losses = Losses { records: (unsynced - kept) as u64, never_told: self.durable > self.told };
        self.syncing = None;
        self.checkpoint = None;
        self.durable = Ticket::NONE;
        self.told = Ticket::NONE;
        Ok(losses)
    }
}
