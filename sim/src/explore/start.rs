//! How nodes begin, and begin again.

use alloc::{collections::VecDeque, rc::Rc};
use core::mem;

use quorate_machine::{Durable, NodeId, Outbox, Ticket, Time};

use super::{
    Breach, Explored,
    action::Action,
    scene::{self, Left, Node, Scene, Slow, View},
    turn::{Stage, guarded},
};
use crate::{
    history::History,
    invariant::{Step, StepKind},
    journal::fold_of_checkpoint,
    node::place,
    subject::{App, ImageOf},
    world::draws,
};

/// A machine that wants to be woken at once for ever is explored as it is after so many turns.
const SETTLING_TURNS_MAX: usize = 1_000;

impl<S: Explored> Stage<'_, S> {
    /// The first scene: every node has been started, and has done what it wants to do at once.
    pub(super) fn begin(&mut self) -> Result<Scene<S>, Breach> {
        let mut scene = self.started()?;
        for _ in 0..SETTLING_TURNS_MAX {
            let mut nodes = (0_u8..).zip(&scene.nodes);
            let Some((node, prompt)) = nodes
                .find_map(|(at, node)| Some((at, node.prompt())).filter(|(_, it)| *it != Slow::default()))
            else {
                break;
            };
            let action = if prompt.wake {
                Action::Wake { node, at_once: true }
            } else {
                let records = scene.nodes[usize::from(node)].unsynced.len();
                Action::Persisted { node, records: u16::try_from(records).unwrap_or(u16::MAX) }
            };
            scene = self.turn(&mut scene, action)?.made(&scene);
        }
        Ok(scene)
    }

    fn started(&mut self) -> Result<Scene<S>, Breach> {
        let mut scene = Scene {
            nodes: Vec::new(),
            in_flight: Vec::new(),
            left: Left::all(&self.scope),
            ghost: S::Ghost::default(),
            sum: 0,
            name: 0,
        };
        for id in (1..=u64::from(self.scope.nodes)).map(NodeId) {
            self.line(|| format!("{id} starts"));
            let node = guarded(|| self.first(id))?;
            scene.nodes.push(Rc::new(node));
        }
        for at in 0..scene.nodes.len() {
            self.history = History::new();
            guarded(|| self.greet(&mut scene, at))?;
        }
        scene.name = scene::name(scene.sum, scene.left, &scene.ghost);
        Ok(scene)
    }

    fn greet(&mut self, scene: &mut Scene<S>, at: usize) -> Result<(), Breach> {
        let node = Rc::make_mut(&mut scene.nodes[at]);
        self.with_app(node, App::on_start);
        node.rehash();
        scene.sum = scene.sum.wrapping_add(node.hash);
        let step = Step { node: node.id, local: node.now, kind: StepKind::Started, effects: &[] };
        let mut ghost = mem::take(&mut scene.ghost);
        let view = View { scene, recorded: self.history.entries(), plan: &self.plan };
        self.subject.check(&view, &step, &mut ghost)?;
        scene.ghost = ghost;
        Ok(())
    }

    fn first(&self, id: NodeId) -> Result<Node<S>, Breach> {
        let app = self.subject.app(id, &self.plan);
        let image = Rc::default();
        let machine = self.recovered(id, 0, &image, &app, Time::ZERO)?;
        Ok(Node {
            id,
            machine,
            now: Time::ZERO,
            out: Outbox::new(),
            image,
            unsynced: VecDeque::new(),
            app: Rc::new(app),
            wanted: Vec::new(),
            next_tag: id.0 << 32,
            rng: self.rng.fork(draws::NODES).fork(id.0),
            open: Vec::new(),
            incarnation: 0,
            slow: Slow::default(),
            hash: 0,
        })
    }

    fn recovered(
        &self,
        id: NodeId,
        incarnation: u64,
        image: &Rc<ImageOf<S>>,
        app: &S::App,
        now: Time,
    ) -> Result<S::Machine, Breach> {
        let seed = self.rng.fork(draws::MACHINES).fork(place(id) as u64).fork(incarnation).draw();
        let config = self.subject.config(id, &self.plan, app);
        let machine = S::Machine::recover(config, (**image).clone(), seed, now).map_err(|error| {
            Breach::new("every image recovers", format!("{id} cannot recover: {error:?}"))
        })?;
        match fold_of_checkpoint(&machine) {
            Ok(folded) if folded == **image => Ok(machine),
            Ok(_) => {
                let why = format!("{id}: right after recovery, its checkpoint folds to another image");
                Err(Breach::new("recovery equals the fold", why))
            }
            Err(error) => Err(unfoldable::<S>(id, &error)),
        }
    }

    /// The process ends, and starts again from what its disk has kept.
    pub(super) fn restart(&mut self, node: &mut Node<S>, kept: usize) -> Result<(), Breach> {
        let (id, all) = (node.id, node.unsynced.len());
        self.line(|| format!("! {id} crashes, keeps {kept} of {all} unsynced records, starts again"));
        make_durable(node, kept)?;
        node.unsynced = VecDeque::new();
        node.out = Outbox::new();
        node.wanted = Vec::new();
        node.open = Vec::new();
        node.incarnation += 1;
        node.slow = Slow::default();
        Rc::make_mut(&mut node.app).on_crash();
        node.machine = self.recovered(id, node.incarnation, &node.image, &node.app, node.now)?;
        self.with_app(node, App::on_start);
        Ok(())
    }
}

/// Folds the first so many of the unsynced records into the image, and says which ticket to acknowledge.
pub(super) fn make_durable<S: Explored>(node: &mut Node<S>, records: usize) -> Result<Ticket, Breach> {
    let mut acknowledged = Ticket::NONE;
    for (ticket, record) in node.unsynced.drain(..records) {
        acknowledged = ticket.unwrap_or(acknowledged);
        S::Machine::absorb(Rc::make_mut(&mut node.image), record)
            .map_err(|error| unfoldable::<S>(node.id, &error))?;
    }
    Ok(acknowledged)
}

pub(super) fn checkpoint_equals_the_fold<S: Explored>(node: &Node<S>) -> Result<(), Breach> {
    let mut all = (*node.image).clone();
    for record in node.unsynced() {
        S::Machine::absorb(&mut all, record.clone()).map_err(|error| unfoldable::<S>(node.id, &error))?;
    }
    match fold_of_checkpoint(&node.machine) {
        Ok(folded) if folded == all => Ok(()),
        Ok(_) => {
            let why = format!("{}: its checkpoint folds to another image than its records", node.id);
            Err(Breach::new("checkpoint equals the fold", why))
        }
        Err(error) => Err(unfoldable::<S>(node.id, &error)),
    }
}

fn unfoldable<S: Explored>(id: NodeId, error: &<S::Machine as Durable>::Error) -> Breach {
    Breach::new("every record folds", format!("{id}: {error:?}"))
}
