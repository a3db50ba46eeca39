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

#[cfg(test)]
mod tests {
    use core::convert::Infallible;

    use quorate_machine::{InputOf, Machine, OutboxOf, Time};

    use super::*;

    /// A machine whose image is the list of its records.
    struct List;

    impl Machine for List {
        type Message = ();
        type Command = ();
        type Record = u64;
        type Event = ();

        fn step(&mut self, _: Time, _: InputOf<Self>, _: &mut OutboxOf<Self>) {}

        fn deadline(&self) -> Option<Time> {
            None
        }

        fn digest(&self, _: &mut dyn core::hash::Hasher) {}
    }

    impl Durable for List {
        type Config = ();
        type Image = Vec<u64>;
        type Error = Infallible;

        fn absorb(image: &mut Vec<u64>, record: u64) -> Result<(), Infallible> {
            image.push(record);
            Ok(())
        }

        fn recover((): (), _: Vec<u64>, _: u64, _: Time) -> Result<Self, Infallible> {
            Ok(Self)
        }

        fn checkpoint(&self, _: &mut dyn FnMut(u64)) {}
    }

    /// What the driver's duties promise, whatever happens in whatever order.
    #[test]
    fn what_survives_is_a_prefix_that_holds_all_that_was_acknowledged() {
        let mut lost = 0;
        for seed in 0..2_000 {
            let mut rng = Rng::new(seed);
            let mut disk = Disk::<List>::new();
            let mut issued: Vec<u64> = Vec::new();
            // How many records there were when each ticket was issued.
            let mut tickets: Vec<usize> = Vec::new();
            let mut acknowledged = 0;
            for _ in 0..rng.below(60) {
                let told = match rng.below(8) {
                    0..3 => {
                        issued.push(seed * 100 + issued.len() as u64);
                        let lazy = rng.below(3) == 0;
                        if !lazy {
                            tickets.push(issued.len());
                        }
                        let ticket = (!lazy).then_some(Ticket(tickets.len() as u64));
                        disk.append(ticket, issued[issued.len() - 1]);
                        None
                    }
                    3 => {
                        disk.start_sync();
                        None
                    }
                    4 | 5 => disk.end_sync().unwrap_or_default(),
                    6 if disk.wants_checkpoint(1) => {
                        assert_eq!(disk.fold_of_all(), Ok(issued.clone()));
                        disk.start_checkpoint(issued.clone(), Ticket(tickets.len() as u64));
                        None
                    }
                    _ => disk.end_checkpoint().unwrap_or_default(),
                };
                if let Some(ticket) = told {
                    let covered =
                        ticket.0.checked_sub(1).and_then(|at| tickets.get(usize::try_from(at).ok()?));
                    acknowledged = acknowledged.max(*covered.expect("only issued tickets are acknowledged"));
                }
                assert!(issued.starts_with(disk.image()), "seed {seed}");
                assert!(disk.image().len() >= acknowledged, "seed {seed}");
            }
            let how = [Loss::Nothing, Loss::Suffix, Loss::All][usize::try_from(seed % 3).unwrap_or(0)];
            let losses = disk.crash(how, &mut rng).unwrap_or_default();
            assert!(issued.starts_with(disk.image()) && disk.image().len() >= acknowledged, "seed {seed}");
            assert_eq!(usize::try_from(losses.records), Ok(issued.len() - disk.image().len()));
            assert!(how != Loss::Nothing || losses.records == 0);
            lost += losses.records;
        }
        assert!(lost > 1_000, "{lost} records lost: the crashes did not matter");
    }

    #[test]
    fn durable_and_never_told_is_noticed() {
        let mut disk = Disk::<List>::new();
        disk.append(Some(Ticket(1)), 1);
        assert!(disk.start_sync());
        assert_eq!(disk.end_sync(), Ok(Some(Ticket(1))));
        assert!(disk.crash(Loss::All, &mut Rng::new(1)).is_ok_and(|losses| losses.never_told));
        disk.append(Some(Ticket(1)), 2);
        disk.tell(Ticket(1));
        assert!(disk.crash(Loss::Nothing, &mut Rng::new(1)).is_ok_and(|losses| !losses.never_told));
        assert_eq!(disk.image(), &[1, 2]);
    }

    #[test]
    fn a_sync_that_a_checkpoint_overtakes_covers_nothing_new() {
        let mut disk = Disk::<List>::new();
        disk.append(Some(Ticket(1)), 1);
        disk.start_sync();
        disk.start_checkpoint(vec![1], Ticket(1));
        assert_eq!(disk.end_checkpoint(), Ok(Some(Ticket(1))));
        disk.append(Some(Ticket(2)), 2);
        assert_eq!(disk.end_sync(), Ok(None));
        assert_eq!(disk.image(), &[1]);
    }

    #[test]
    fn notes_alone_never_start_a_sync() {
        let mut disk = Disk::<List>::new();
        disk.append(None, 1);
        assert!(!disk.start_sync());
        disk.append(Some(Ticket(1)), 2);
        assert!(disk.start_sync());
        assert!(!disk.start_sync(), "one at a time");
        assert_eq!(disk.end_sync(), Ok(Some(Ticket(1))));
        assert_eq!(disk.image(), &[1, 2]);
    }
}
