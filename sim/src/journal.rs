//! What the disks do in the meantime: syncs, acknowledgements, checkpoints.

use core::time::Duration;

use quorate_machine::{Durable, Ticket};

use crate::{
    recording::Happening,
    report::Verdict,
    subject::Subject,
    world::{What, World},
};

/// An acknowledgement is repeated at most this much later.
const REPEAT_SPAN: Duration = Duration::from_millis(100);

impl<S: Subject> World<'_, S> {
    pub(crate) fn on_synced(&mut self, at: usize) -> Result<(), Verdict> {
        self.counters.syncs += 1;
        let node = &mut self.nodes[at];
        let acknowledged = match node.disk.end_sync() {
            Ok(acknowledged) => acknowledged,
            Err(error) => return Err(self.unfoldable(at, &error)),
        };
        let id = node.id;
        self.recorder.add(self.now, || Happening::Synced { node: id, upto: acknowledged });
        if node.disk.start_sync() {
            let synced = self.now + node.sync_span(&self.plan.disk.sync, self.now);
            self.queue.push(synced, What::Synced { node: at, incarnation: node.incarnation });
        }
        self.acknowledge(at, acknowledged);
        Ok(())
    }

    fn acknowledge(&mut self, at: usize, ticket: Option<Ticket>) {
        let Some(ticket) = ticket else { return };
        let node = &mut self.nodes[at];
        let incarnation = node.incarnation;
        let told = self.now + node.draw(&self.plan.disk.tell);
        self.queue.push(told, What::Persisted { node: at, incarnation, ticket });
        if node.rng.chance(self.plan.disk.repeat) {
            let again = told + node.rng.span(Duration::ZERO..REPEAT_SPAN);
            self.queue.push(again, What::Persisted { node: at, incarnation, ticket });
        }
    }

    pub(crate) fn take_checkpoint(&mut self, at: usize) -> Result<(), Verdict> {
        let node = &mut self.nodes[at];
        if !node.disk.wants_checkpoint(self.plan.disk.checkpoint_every) {
            return Ok(());
        }
        let Some(machine) = &node.machine else { return Ok(()) };
        self.counters.checkpoints += 1;
        self.in_machine = true;
        let checkpoint = fold_of_checkpoint(machine);
        self.in_machine = false;
        let (folded, all) = match (checkpoint, node.disk.fold_of_all()) {
            (Ok(folded), Ok(all)) => (folded, all),
            (Err(error), _) | (_, Err(error)) => return Err(self.unfoldable(at, &error)),
        };
        if folded != all {
            let why = format!("{}: its checkpoint folds to another image than its records", node.id);
            return Err(self.violated("checkpoint equals the fold", why));
        }
        node.disk.start_checkpoint(folded, node.out.issued());
        let done = self.now + node.draw(&self.plan.disk.checkpoint);
        self.queue.push(done, What::Checkpointed { node: at, incarnation: node.incarnation });
        Ok(())
    }

    pub(crate) fn on_checkpointed(&mut self, at: usize) -> Result<(), Verdict> {
        self.counters.checkpoints_done += 1;
        let node = self.nodes[at].id;
        match self.nodes[at].disk.end_checkpoint() {
            Ok(acknowledged) => {
                self.recorder.add(self.now, || Happening::Checkpointed { node, upto: acknowledged });
                self.acknowledge(at, acknowledged);
                Ok(())
            }
            Err(error) => Err(self.unfoldable(at, &error)),
        }
    }
}

/// What a machine's checkpoint adds up to.
pub(crate) fn fold_of_checkpoint<M: Durable>(machine: &M) -> Result<M::Image, M::Error> {
    let mut image = M::Image::default();
    let mut result = Ok(());
    machine.checkpoint(&mut |record| {
        if result.is_ok() {
            result = M::absorb(&mut image, record);
        }
    });
    result.map(|()| image)
}
