//! One step of one node, and what follows from it at once.

use alloc::rc::Rc;
use core::{fmt::Write as _, mem};

use quorate_machine::{Effect, Input, InputOf, Machine as _};

use super::{
    Breach, Explored,
    scene::{Letter, Node, Scene, View},
    start::checkpoint_equals_the_fold,
    turn::{Change, Stage},
};
use crate::{
    invariant::{Step, StepKind},
    node::place,
    subject::{Answers, App as _, CommandOf, OpOf},
};

impl<S: Explored> Stage<'_, S> {
    pub(super) fn feed(
        &mut self,
        scene: &mut Scene<S>,
        mut node: Rc<Node<S>>,
        input: InputOf<S::Machine>,
        change: &mut Change<S>,
    ) -> Result<(), Breach> {
        let kind = StepKind::of(&input);
        self.line(|| match &input {
            Input::Receive { from, message } => format!("{} <- {from} {message:?}", node.id),
            Input::Submit { tag, command } => format!("{} submit {} {command:?}", node.id, tag.0),
            Input::Persisted(ticket) => format!("{} persisted {}", node.id, ticket.0),
            Input::Wake => format!("{} wake at {:?}", node.id, node.now),
        });
        self.effects.clear();
        let Node { machine, out, now, .. } = Rc::make_mut(&mut node);
        let effects = &mut self.effects;
        out.embed(&mut self.scratch, |out| machine.step(*now, input, out), |effect, _| effects.push(effect));
        self.line_effects();
        self.tell(Rc::make_mut(&mut node))?;
        self.settle(scene, node, kind, change)
    }

    /// Tells the application, and checks what must be true of every step's effects.
    fn tell(&mut self, node: &mut Node<S>) -> Result<(), Breach> {
        let effects = mem::take(&mut self.effects);
        for effect in &effects {
            match effect {
                Effect::Emit(event) => {
                    self.with_app(node, |app, answers| app.on_event(event, answers));
                    let Some(tag) = self.subject.tag_of(event) else { continue };
                    let Ok(place) = node.open.binary_search(&tag) else {
                        let why = format!("{} answers {tag:?}, which is not open, with {event:?}", node.id);
                        return Err(Breach::new("one answer per command", why));
                    };
                    node.open.remove(place);
                }
                Effect::Send { to, .. } if *to == node.id => {
                    return Err(Breach::new("no message to itself", format!("{to} does {effect:?}")));
                }
                Effect::Send { .. } | Effect::Persist { .. } => {}
            }
        }
        self.effects = effects;
        Ok(())
    }

    /// Has the step judged, and hands its effects to network and disk.
    pub(super) fn settle(
        &mut self,
        scene: &mut Scene<S>,
        node: Rc<Node<S>>,
        kind: StepKind,
        change: &mut Change<S>,
    ) -> Result<(), Breach> {
        let at = place(node.id);
        let (id, local, nodes) = (node.id, node.now, scene.nodes.len());
        let before = mem::replace(&mut scene.nodes[at], node);
        let step = Step { node: id, local, kind, effects: &self.effects };
        let view = View { scene, recorded: self.history.entries(), plan: &self.plan };
        let judged = self.subject.check(&view, &step, &mut change.ghost);
        let mut node = mem::replace(&mut scene.nodes[at], before);
        judged?;
        let changed = Rc::make_mut(&mut node);
        for effect in self.effects.drain(..) {
            match effect {
                Effect::Send { to, message } if place(to) < nodes => {
                    let end = |id| u8::try_from(place(id)).unwrap_or(u8::MAX);
                    let letter = Letter::new(end(id), end(to), message);
                    change.sum = change.sum.wrapping_add(letter.key);
                    change.put.push(letter);
                }
                Effect::Persist { ticket, record } => changed.unsynced.push_back((ticket, record)),
                Effect::Send { .. } | Effect::Emit(_) => {}
            }
        }
        self.place(scene, node, change)
    }

    /// The node is done with this turn.
    pub(super) fn place(
        &mut self,
        scene: &Scene<S>,
        mut node: Rc<Node<S>>,
        change: &mut Change<S>,
    ) -> Result<(), Breach> {
        let at = place(node.id);
        Rc::make_mut(&mut node).rehash();
        let hash = node.hash;
        if self.met.insert(hash) {
            checkpoint_equals_the_fold(&node)?;
        }
        change.sum = change.sum.wrapping_sub(scene.nodes[at].hash).wrapping_add(hash);
        change.node = Some((at, node));
        Ok(())
    }

    pub(super) fn with_app(
        &mut self,
        node: &mut Node<S>,
        call: impl FnOnce(&mut S::App, &mut Answers<'_, CommandOf<S>, OpOf<S>>),
    ) {
        let mut answers = Answers {
            node: node.id,
            world_now: node.now,
            now: node.now,
            next_tag: &mut node.next_tag,
            rng: &mut node.rng,
            wanted: &mut self.asked,
            history: &mut self.history,
        };
        call(Rc::make_mut(&mut node.app), &mut answers);
        // How long it wants to wait is an instant like any other: it may be over at any time.
        node.wanted.extend(self.asked.drain(..).map(|(_, wanted)| wanted));
    }

    pub(super) fn line(&mut self, text: impl FnOnce() -> String) {
        if let Some(play) = &mut self.play {
            play.push(text());
        }
    }

    /// Adds what a step did to the line that says what it was fed.
    fn line_effects(&mut self) {
        let Some(line) = self.play.as_mut().and_then(|play| play.last_mut()) else { return };
        for (at, effect) in self.effects.iter().enumerate() {
            line.push_str(if at == 0 { "  -> " } else { ", " });
            // Writing to a string cannot fail.
            let _ = match effect {
                Effect::Send { to, message } => write!(line, "send {to} {message:?}"),
                Effect::Persist { ticket: Some(ticket), record } => {
                    write!(line, "persist {} {record:?}", ticket.0)
                }
                Effect::Persist { ticket: None, record } => write!(line, "note {record:?}"),
                Effect::Emit(event) => write!(line, "emit {event:?}"),
            };
        }
    }
}
