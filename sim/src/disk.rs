use alloc::collections::VecDeque;

use quorate_machine::{Durable, Rng, Ticket};

use crate::{
    fault::Loss,
    platter::{Found, Platter},
};

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
    /// The bytes of the records since the last checkpoint, in runs whose plan damages bytes.
    platter: Option<Platter>,
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
pub(crate) struct Losses {
    pub(crate) records: u64,
    /// Something was durable under a ticket, and the machine had not been told.
    pub(crate) never_told: bool,
    /// What became of the bytes.
    pub(crate) found: Found,
}

impl<M> Disk<M>
where
    M: Durable<Record: Clone>,
{
    pub(crate) fn new(platter: Option<Platter>) -> Self {
        Self {
            image: M::Image::default(),
            unsynced: VecDeque::new(),
            syncing: None,
            checkpoint: None,
            records_since_checkpoint: 0,
            durable: Ticket::NONE,
            told: Ticket::NONE,
            platter,
        }
    }

    /// Whether bytes are kept, so that records must come with theirs.
    pub(crate) const fn has_bytes(&self) -> bool {
        self.platter.is_some()
    }

    /// The bytes, to be damaged.
    pub(crate) const fn platter(&mut self) -> Option<&mut Platter> {
        self.platter.as_mut()
    }

    pub(crate) const fn image(&self) -> &M::Image {
        &self.image
    }

    pub(crate) fn unsynced(&self) -> impl Iterator<Item = &M::Record> {
        self.unsynced.iter().map(|entry| &entry.record)
    }

    /// Takes a record, with its bytes if the subject knows them.
    pub(crate) fn append(&mut self, ticket: Option<Ticket>, record: M::Record, bytes: Option<&[u8]>) {
        match (&mut self.platter, bytes) {
            (Some(platter), Some(bytes)) => platter.append(bytes),
            _ => self.platter = None,
        }
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
        let synced = self.syncing.take().unwrap_or(0);
        if let Some(platter) = &mut self.platter {
            platter.sync(synced);
        }
        for _ in 0..synced {
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
        if let Some(platter) = &mut self.platter {
            platter.replace(tail.len() + self.unsynced.len(), tail.len());
        }
        self.image = folded;
        for record in tail {
            M::absorb(&mut self.image, record)?;
        }
        self.durable = self.durable.max(upto);
        Ok((upto > Ticket::NONE).then_some(upto))
    }

    pub(crate) fn crash(&mut self, loss: Loss, rng: &mut Rng) -> Result<Losses, M::Error> {
        let (kept, found) = self.survivors(loss, rng);
        let mut gone = 0;
        for (Entry { ticket, record }, kept) in self.unsynced.drain(..).zip(kept) {
            if kept {
                self.durable = ticket.unwrap_or(self.durable);
                M::absorb(&mut self.image, record)?;
            } else {
                gone += 1;
            }
        }
        let losses = Losses { records: gone, never_told: self.durable > self.told, found };
        self.syncing = None;
        self.checkpoint = None;
        self.durable = Ticket::NONE;
        self.told = Ticket::NONE;
        Ok(losses)
    }

    /// Which of the unsynced records survive.
    fn survivors(&mut self, loss: Loss, rng: &mut Rng) -> (Vec<bool>, Found) {
        let unsynced = self.unsynced.len();
        let first = |kept: usize| (0..unsynced).map(|nth| nth < kept).collect::<Vec<_>>();
        match (loss, &mut self.platter) {
            (Loss::Subset, platter) => {
                let kept: Vec<_> = (0..unsynced).map(|_| rng.below(2) == 0).collect();
                if let Some(platter) = platter {
                    platter.keep(&kept);
                }
                (kept, Found::Whole { unsynced })
            }
            (loss, Some(platter)) => match platter.crash(loss, rng) {
                Found::Whole { unsynced: kept } => (first(kept), Found::Whole { unsynced: kept }),
                found @ (Found::Corrupt | Found::Short | Found::MadeUp) => (first(0), found),
            },
            (Loss::Nothing, None) => (first(unsynced), Found::Whole { unsynced }),
            (Loss::Suffix | Loss::Torn | Loss::Pages, None) => {
                let kept = usize::try_from(rng.below(unsynced as u64 + 1)).unwrap_or(unsynced);
                (first(kept), Found::Whole { unsynced: kept })
            }
            (Loss::All, None) => (first(0), Found::Whole { unsynced: 0 }),
        }
    }

    /// Nothing is left.
    pub(crate) fn wipe(&mut self) {
        let platter = self.platter.take().map(Platter::blank);
        *self = Self::new(platter);
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
            let mut disk = Disk::<List>::new((seed % 2 == 0).then(|| Platter::new(seed)));
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
                        let record = issued[issued.len() - 1];
                        disk.append(ticket, record, Some(&record.to_le_bytes()));
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
            let hows = [Loss::Nothing, Loss::Suffix, Loss::All, Loss::Torn, Loss::Pages];
            let how = hows[usize::try_from(seed / 2 % 5).unwrap_or(0)];
            let Ok(losses) = disk.crash(how, &mut rng);
            assert!(matches!(losses.found, Found::Whole { .. }), "seed {seed}: {:?}", losses.found);
            assert!(issued.starts_with(disk.image()) && disk.image().len() >= acknowledged, "seed {seed}");
            assert_eq!(usize::try_from(losses.records), Ok(issued.len() - disk.image().len()));
            assert!(how != Loss::Nothing || losses.records == 0);
            lost += losses.records;
        }
        assert!(lost > 1_000, "{lost} records lost: the crashes did not matter");
    }

    #[test]
    fn a_subset_keeps_what_it_keeps_in_order() {
        let mut gaps = 0;
        for seed in 0..200 {
            let mut disk = Disk::<List>::new((seed % 2 == 0).then(|| Platter::new(seed)));
            for record in 0_u64..6 {
                disk.append(Some(Ticket(record + 1)), record, Some(&record.to_le_bytes()));
            }
            let Ok(losses) = disk.crash(Loss::Subset, &mut Rng::new(seed));
            let kept = disk.image().clone();
            assert!(kept.is_sorted() && kept.len() as u64 + losses.records == 6);
            gaps += usize::from(!(0..6).collect::<Vec<_>>().starts_with(&kept));
            disk.append(Some(Ticket(1)), 7, Some(&7_u64.to_le_bytes()));
            let Ok(losses) = disk.crash(Loss::Nothing, &mut Rng::new(seed));
            assert_eq!((losses.found, disk.image().len()), (Found::Whole { unsynced: 1 }, kept.len() + 1));
        }
        assert!(gaps > 100, "{gaps} subsets that are no prefix");
    }

    #[test]
    fn damage_is_noticed_or_shortens_and_never_makes_anything_up() {
        let (mut corrupt, mut short, mut whole) = (0, 0, 0);
        for seed in 0..2_000 {
            let mut rng = Rng::new(seed);
            let mut disk = Disk::<List>::new(Some(Platter::new(seed)));
            for record in 0..4 + rng.below(6) {
                disk.append(Some(Ticket(record + 1)), record, Some(&record.to_le_bytes()));
                if rng.below(2) == 0 {
                    disk.start_sync();
                    let _ = disk.end_sync();
                }
            }
            let damaged = match (disk.platter(), seed % 2) {
                (Some(platter), 0) => platter.rot(&mut rng),
                (Some(platter), _) => platter.misdirect(&mut rng),
                (None, _) => false,
            };
            let synced = disk.image().clone();
            let Ok(losses) = disk.crash(Loss::All, &mut rng);
            match losses.found {
                Found::Corrupt => corrupt += 1,
                Found::Short => short += 1,
                Found::Whole { .. } => whole += u64::from(damaged),
                Found::MadeUp => panic!("seed {seed}"),
            }
            assert_eq!(disk.image(), &synced, "the fold of what was synced is what there was");
        }
        println!("noticed {corrupt}, short {short}, harmless {whole}");
        assert!(corrupt > 500 && short > 100, "noticed {corrupt}, short {short}, harmless {whole}");
    }

    #[test]
    fn durable_and_never_told_is_noticed() {
        let mut disk = Disk::<List>::new(None);
        disk.append(Some(Ticket(1)), 1, None);
        assert!(disk.start_sync());
        assert_eq!(disk.end_sync(), Ok(Some(Ticket(1))));
        assert!(disk.crash(Loss::All, &mut Rng::new(1)).is_ok_and(|losses| losses.never_told));
        disk.append(Some(Ticket(1)), 2, None);
        disk.tell(Ticket(1));
        assert!(disk.crash(Loss::Nothing, &mut Rng::new(1)).is_ok_and(|losses| !losses.never_told));
        assert_eq!(disk.image(), &[1, 2]);
    }

    #[test]
    fn a_sync_that_a_checkpoint_overtakes_covers_nothing_new() {
        let mut disk = Disk::<List>::new(None);
        disk.append(Some(Ticket(1)), 1, None);
        disk.start_sync();
        disk.start_checkpoint(vec![1], Ticket(1));
        assert_eq!(disk.end_checkpoint(), Ok(Some(Ticket(1))));
        disk.append(Some(Ticket(2)), 2, None);
        assert_eq!(disk.end_sync(), Ok(None));
        assert_eq!(disk.image(), &[1]);
    }

    #[test]
    fn notes_alone_never_start_a_sync() {
        let mut disk = Disk::<List>::new(None);
        disk.append(None, 1, None);
        assert!(!disk.start_sync());
        disk.append(Some(Ticket(1)), 2, None);
        assert!(disk.start_sync());
        assert!(!disk.start_sync(), "one at a time");
        assert_eq!(disk.end_sync(), Ok(Some(Ticket(1))));
        assert_eq!(disk.image(), &[1, 2]);
    }
}
