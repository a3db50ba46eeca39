//! One step of one node, and everything that follows from it at that instant.

use core::{mem, time::Duration};

use quorate_machine::{Effect, InputOf, Machine as _, Time};

use crate::{
    invariant::{Step, StepKind},
    node::place,
    recording::{self, Fate},
    report::Verdict,
    subject::{Answers, App as _, CommandOf, EventOf, OpOf, Subject, Wanted},
    world::{What, World},
};

/// Whether the process ended before all effects of its step were carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CutShort {
    No,
    ByPlan,
    ByFullDisk,
}

impl<S: Subject> World<'_, S> {
    /// Feeds a node one input; `letter` is the number of the message that it is, if it is one.
    pub(crate) fn feed(&mut self, at: usize, input: InputOf<S::Machine>, letter: u64) -> Result<(), Verdict> {
        let node = &mut self.nodes[at];
        let Some(machine) = &mut node.machine else { return Ok(()) };
        let kind = StepKind::of(&input);
        let local = node.clock.local(self.now);
        let whose = (node.id, node.incarnation);
        self.recorder.step(self.now, self.events, whose, || recording::fed(&input, letter));
        self.events += 1;
        self.in_machine = true;
        machine.step(local, input, &mut node.out);
        self.in_machine = false;
        self.settle(at, local, kind)
    }

    /// Everything that follows from one step.
    pub(crate) fn settle(&mut self, at: usize, local: Time, kind: StepKind) -> Result<(), Verdict> {
        let effects = self.nodes[at].out.len() as u64;
        self.fingerprint.step(self.now, at, kind, effects);
        if self.recorder.is_on() {
            self.record(at);
        }
        if effects > 0 {
            self.tell(at)?;
        }
        self.judge(at, local, kind)?;
        let cut_short = if effects > 0 { self.perform(at) } else { CutShort::No };
        if !self.wanted.is_empty() {
            self.submit_wanted(at);
        }
        self.arm(at);
        if cut_short == CutShort::ByFullDisk {
            self.run_out_of_disk(at)?;
        }
        if self.trips.any() {
            self.strike_tripped(at, cut_short == CutShort::ByPlan)?;
        }
        self.take_checkpoint(at)
    }

    fn record(&mut self, at: usize) {
        let (subject, node) = (self.subject, &self.nodes[at]);
        let portrait = || node.machine.as_ref().map(|machine| subject.portrait(machine)).unwrap_or_default();
        self.recorder.done(node.out.effects(), portrait);
    }

    /// Tells the application, and checks what must be true of every step's effects.
    fn tell(&mut self, at: usize) -> Result<(), Verdict> {
        let effects = mem::take(&mut self.nodes[at].out);
        let result = effects.effects().iter().try_for_each(|effect| match effect {
            Effect::Emit(event) => self.tell_one(at, event),
            Effect::Send { to, .. } if place(*to) == at => {
                let why = format!("{to} does {effect:?}");
                Err(self.violated("no message to itself", why))
            }
            Effect::Send { .. } | Effect::Persist { .. } => Ok(()),
        });
        self.nodes[at].out = effects;
        result
    }

    fn tell_one(&mut self, at: usize, event: &EventOf<S>) -> Result<(), Verdict> {
        self.counters.told += 1;
        self.with_app(at, |app, answers| app.on_event(event, answers));
        if self.subject.is_leader_event(event) {
            self.counters.leaders += 1;
            self.trips.on_leader(self.plan, at, self.counters.leaders);
        }
        match self.subject.tag_of(event) {
            Some(tag) if !self.nodes[at].open.remove(&tag) => {
                let why = format!("{} answers {tag:?}, which is not open, with {event:?}", self.nodes[at].id);
                Err(self.violated("one answer per command", why))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn judge(&mut self, at: usize, local: Time, kind: StepKind) -> Result<(), Verdict> {
        let mut invariants = mem::take(&mut self.invariants);
        let node = &self.nodes[at];
        let step = Step { node: node.id, local, kind, effects: node.out.effects() };
        let view = self.view();
        let broken = invariants
            .iter_mut()
            .find_map(|invariant| invariant.after(&view, &step).err().map(|why| (invariant.name(), why)));
        self.invariants = invariants;
        if self.is_watched {
            self.watch(at, local, kind);
        }
        broken.map_or(Ok(()), |(name, why)| Err(self.violated(name, why)))
    }

    /// Lets marks be hit, and the observer look.
    fn watch(&mut self, at: usize, local: Time, kind: StepKind) {
        let mut marks = mem::take(&mut self.marks);
        let mut observer = self.observer.take();
        let node = &self.nodes[at];
        let step = Step { node: node.id, local, kind, effects: node.out.effects() };
        let view = self.view();
        self.subject.mark(&view, &step, &mut marks);
        if let Some(observer) = &mut observer {
            observer.after(&view, &step);
        }
        self.marks = marks;
        self.observer = observer;
    }

    /// Hands the effects to network and disk, in order. Says whether a crash cut them short.
    fn perform(&mut self, at: usize) -> CutShort {
        let Self { nodes, network, queue, counters, trips, plan, now, recorder, subject, .. } = self;
        let all = nodes.len();
        let node = &mut nodes[at];
        for (nth, effect) in node.out.drain().enumerate() {
            let ends_process = match effect {
                Effect::Send { to, message } => {
                    let to = place(to);
                    let (number, fate) = if to < all {
                        let deliver = |at, letter| queue.push(at, What::Deliver(letter));
                        network.send(*now, (at, to), message, counters, deliver)
                    } else {
                        counters.stray += 1;
                        (0, Fate::Stray)
                    };
                    if recorder.is_on() {
                        recorder.sent(nth, number, fate);
                    }
                    node.sends += 1;
                    trips.on_send(plan, at, node.sends)
                }
                Effect::Persist { .. } if *now < node.full_until => return CutShort::ByFullDisk,
                Effect::Persist { ticket, record } => {
                    counters.persisted += 1;
                    node.persists += 1;
                    let bytes = if node.disk.has_bytes() { subject.encode(&record) } else { None };
                    node.disk.append(ticket, record, bytes.as_deref());
                    trips.on_persist(plan, at, node.persists)
                }
                Effect::Emit(_) => {
                    node.events += 1;
                    trips.on_event(plan, at, node.events)
                }
            };
            if ends_process {
                return CutShort::ByPlan;
            }
        }
        if node.disk.start_sync() {
            let synced = *now + node.sync_span(&plan.disk.sync, *now);
            queue.push(synced, What::Synced { node: at, incarnation: node.incarnation });
        }
        CutShort::No
    }

    pub(crate) fn with_app(
        &mut self,
        at: usize,
        call: impl FnOnce(&mut S::App, &mut Answers<'_, CommandOf<S>, OpOf<S>>),
    ) {
        let node = &mut self.nodes[at];
        let mut answers = Answers {
            node: node.id,
            world_now: self.now,
            now: node.clock.local(self.now),
            next_tag: &mut self.next_tag,
            rng: &mut node.rng,
            wanted: &mut self.wanted,
            history: &mut self.history,
        };
        call(&mut node.app, &mut answers);
    }

    pub(crate) fn submit_wanted(&mut self, node: usize) {
        let incarnation = self.nodes[node].incarnation;
        for (span, wanted) in self.wanted.drain(..) {
            let what = match wanted {
                Wanted::Submit { tag, command } => What::Submit { node, incarnation, tag, command },
                Wanted::Timer(about) => What::Timer { node, incarnation, note: about },
            };
            self.queue.push(self.now + span, what);
        }
    }

    /// Sees to it that the node is woken when it wants to be.
    pub(crate) fn arm(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let Some(deadline) = node.machine.as_ref().and_then(S::Machine::deadline) else { return };
        let due = if deadline <= node.clock.local(self.now) {
            self.now + node.draw(&self.plan.batching)
        } else {
            let lateness = Duration::ZERO..self.plan.clocks.lateness;
            node.clock.world(deadline).max(self.now) + node.draw(&lateness)
        };
        // An earlier wake stands: when it comes it is found early, and another is set.
        if node.armed.is_some_and(|armed| armed <= due) {
            return;
        }
        node.armed = Some(due);
        node.arming += 1;
        self.queue.push(due, What::Wake { node: at, arming: node.arming });
    }
}
