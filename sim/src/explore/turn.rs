//! What one action does.

use alloc::rc::Rc;
use core::{panic::AssertUnwindSafe, time::Duration};
use std::panic::catch_unwind;

use quorate_machine::{Input, Machine as _, NodeId, Outbox, OutboxOf, Rng, Tag};

use super::{
    Breach, Explored, Scope,
    action::Action,
    names::Names,
    scene::{self, Left, Letter, Node, Scene, Slow},
    start::make_durable,
};
use crate::{
    history::History,
    invariant::StepKind,
    plan::Plan,
    run::message,
    subject::{App as _, CommandOf, EffectOf, MessageOf, OpOf, Wanted},
    world::draws,
};

/// Plays actions. It holds nothing of the world, only memory that is used again and what has been checked already.
pub(super) struct Stage<'a, S: Explored> {
    pub(super) subject: &'a S,
    pub(super) plan: Plan,
    pub(super) scope: Scope,
    pub(super) rng: Rng,
    /// The hashes of the node states met so far.
    pub(super) met: Names,
    pub(super) scratch: OutboxOf<S::Machine>,
    pub(super) effects: Vec<EffectOf<S>>,
    pub(super) asked: Vec<(Duration, Wanted<CommandOf<S>>)>,
    pub(super) history: History<OpOf<S>>,
    /// The play as text, if anybody wants it.
    pub(super) play: Option<Vec<String>>,
}

/// What an action makes of a scene, as long as nobody knows whether that is new.
pub(super) struct Change<S: Explored> {
    pub(super) node: Option<(usize, Rc<Node<S>>)>,
    pub(super) taken: Option<usize>,
    pub(super) put: Vec<Letter<MessageOf<S>>>,
    pub(super) left: Left,
    pub(super) ghost: S::Ghost,
    pub(super) sum: u128,
    /// Of the scene after it.
    pub(super) name: u128,
}

impl<S: Explored> Change<S> {
    fn none(scene: &Scene<S>) -> Self {
        let Scene { left, ghost, sum, .. } = scene;
        let (left, ghost) = (*left, ghost.clone());
        Self { node: None, taken: None, put: Vec::new(), left, ghost, sum: *sum, name: 0 }
    }

    fn take(&mut self, scene: &Scene<S>, letter: usize) {
        self.sum = self.sum.wrapping_sub(scene.in_flight[letter].key);
        self.taken = Some(letter);
    }

    /// Whether a message has arrived and has changed nothing. The scene in which it is still in flight can do all that
    /// the scene after it can do: leave it there for ever.
    pub(super) fn is_void(&self, before: &Scene<S>, action: Action) -> bool {
        let arrives = matches!(action, Action::Deliver { .. } | Action::Copy { .. });
        let same = |(at, node): &(usize, Rc<Node<S>>)| before.nodes[*at].hash == node.hash;
        arrives
            && self.put.is_empty()
            && self.node.as_ref().is_some_and(same)
            && before.name == scene::name(before.sum, before.left, &self.ghost)
    }

    /// The scene after it.
    pub(super) fn made(self, before: &Scene<S>) -> Scene<S> {
        let nodes = before.nodes.clone();
        let mut in_flight = Vec::with_capacity(before.in_flight.len() + self.put.len());
        in_flight.extend(before.in_flight.iter().cloned());
        let mut scene =
            Scene { nodes, in_flight, left: self.left, ghost: self.ghost, sum: self.sum, name: self.name };
        if let Some((at, node)) = self.node {
            scene.nodes[at] = node;
        }
        if let Some(letter) = self.taken {
            scene.take(letter);
        }
        for letter in self.put {
            scene.put(letter);
        }
        scene
    }
}

impl<'a, S: Explored> Stage<'a, S> {
    pub(super) fn new(subject: &'a S, scope: &Scope) -> Self {
        let plan = Plan { seed: scope.seed, nodes: scope.nodes, ..Plan::default() };
        Self {
            subject,
            rng: Rng::new(plan.seed),
            plan,
            scope: *scope,
            met: Names::new(),
            scratch: Outbox::new(),
            effects: Vec::new(),
            asked: Vec::new(),
            history: History::new(),
            play: None,
        }
    }

    /// What the action makes of the scene, which is as before unless something panicked.
    pub(super) fn turn(&mut self, scene: &mut Scene<S>, action: Action) -> Result<Change<S>, Breach> {
        guarded(|| self.turn_unguarded(scene, action))
    }

    fn turn_unguarded(&mut self, scene: &mut Scene<S>, action: Action) -> Result<Change<S>, Breach> {
        let mut change = Change::none(scene);
        self.history = History::new();
        match action {
            Action::Wake { node, at_once } => {
                change.left.wakes -= u8::from(!at_once);
                let node = copy(scene, node);
                self.wake(scene, node, &mut change)?;
            }
            Action::Deliver { letter } | Action::Copy { letter } => {
                let kept = matches!(action, Action::Copy { .. });
                self.deliver(scene, usize::from(letter), kept, &mut change)?;
            }
            Action::Drop { letter } => {
                change.left.drops -= 1;
                change.take(scene, usize::from(letter));
                let Letter { from, to, message, .. } = &scene.in_flight[usize::from(letter)];
                self.line(|| format!("! n{} never gets {message:?} of n{}", to + 1, from + 1));
            }
            Action::Persisted { node, records } => {
                let mut node = copy(scene, node);
                let ticket = make_durable(Rc::make_mut(&mut node), usize::from(records))?;
                self.feed(scene, node, Input::Persisted(ticket), &mut change)?;
            }
            Action::Submit { node } => {
                let k = u64::from(self.scope.commands - scene.left.commands);
                change.left.commands -= 1;
                let mut node = copy(scene, node);
                let command = self.subject.command(k, &mut self.rng.fork(draws::COMMANDS).fork(k));
                let tag = Tag(k + 1);
                self.with_app(Rc::make_mut(&mut node), |app, answers| {
                    app.on_client(k, tag, &command, answers);
                });
                self.submit(scene, node, tag, command, &mut change)?;
            }
            Action::Answer { node, nth } => {
                let node = copy(scene, node);
                self.answer(scene, node, usize::from(nth), &mut change)?;
            }
            Action::Delay { node, disk } => {
                change.left.delays = change.left.delays.map(|delays| delays - 1);
                let mut node = copy(scene, node);
                self.line(|| format!("! {} is slow {}", node.id, if disk { "to sync" } else { "to wake" }));
                let Slow { wake, disk: sync } = &mut Rc::make_mut(&mut node).slow;
                *(if disk { sync } else { wake }) = true;
                self.place(scene, node, &mut change)?;
            }
            Action::Crash { node, kept } => {
                change.left.crashes -= 1;
                let mut node = copy(scene, node);
                self.restart(Rc::make_mut(&mut node), usize::from(kept))?;
                self.effects.clear();
                self.settle(scene, node, StepKind::Started, &mut change)?;
            }
        }
        change.name = scene::name(change.sum, change.left, &change.ghost);
        Ok(change)
    }

    fn deliver(
        &mut self,
        scene: &mut Scene<S>,
        letter: usize,
        kept: bool,
        change: &mut Change<S>,
    ) -> Result<(), Breach> {
        let Letter { from, to, message, .. } = scene.in_flight[letter].clone();
        let node = copy(scene, to);
        if kept {
            change.left.duplicates -= 1;
            self.line(|| format!("! n{} will get {message:?} of n{} again", to + 1, from + 1));
        } else {
            change.take(scene, letter);
        }
        let input = Input::Receive { from: NodeId(u64::from(from) + 1), message: (*message).clone() };
        self.feed(scene, node, input, change)
    }

    /// The application gets one of the things that it has asked for, in any order.
    fn answer(
        &mut self,
        scene: &mut Scene<S>,
        mut node: Rc<Node<S>>,
        nth: usize,
        change: &mut Change<S>,
    ) -> Result<(), Breach> {
        match Rc::make_mut(&mut node).wanted.remove(nth) {
            Wanted::Submit { tag, command } => self.submit(scene, node, tag, command, change),
            Wanted::Timer(about) => {
                self.line(|| format!("{} its application's timer {about}", node.id));
                self.with_app(Rc::make_mut(&mut node), |app, answers| app.on_timer(about, answers));
                self.place(scene, node, change)
            }
        }
    }

    fn wake(
        &mut self,
        scene: &mut Scene<S>,
        mut node: Rc<Node<S>>,
        change: &mut Change<S>,
    ) -> Result<(), Breach> {
        let woken = Rc::make_mut(&mut node);
        woken.now = woken.machine.deadline().unwrap_or(woken.now).max(woken.now);
        woken.slow.wake = false;
        self.feed(scene, node, Input::Wake, change)?;
        let Some((_, node)) = &change.node else { return Ok(()) };
        match node.machine.deadline().filter(|deadline| *deadline <= node.now) {
            Some(deadline) => {
                let why = format!("{}: after a wake at {:?} its deadline is {deadline:?}", node.id, node.now);
                Err(Breach::new("deadline moves", why))
            }
            None => Ok(()),
        }
    }

    fn submit(
        &mut self,
        scene: &mut Scene<S>,
        mut node: Rc<Node<S>>,
        tag: Tag,
        command: CommandOf<S>,
        change: &mut Change<S>,
    ) -> Result<(), Breach> {
        let open = &mut Rc::make_mut(&mut node).open;
        let place = open.partition_point(|open| *open < tag);
        open.insert(place, tag);
        self.feed(scene, node, Input::Submit { tag, command }, change)
    }
}

/// A copy that belongs to this turn alone.
fn copy<S: Explored>(scene: &Scene<S>, node: u8) -> Rc<Node<S>> {
    Rc::new(Node::clone(&scene.nodes[usize::from(node)]))
}

/// A panic is a breach like any other: the play that leads to it is worth more than its backtrace.
pub(super) fn guarded<T>(act: impl FnOnce() -> Result<T, Breach>) -> Result<T, Breach> {
    // What a panic leaves half done is not looked at again.
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| Err(Breach::new("no panic", message(&*panic))))
}
