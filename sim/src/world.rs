use core::{mem, time::Duration};

use quorate_machine::{Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, Rng, Tag, Ticket, Time};

use crate::{
    clock::LocalClock,
    fault::{Fault, Loss, NodeSet, Trigger, Who},
    fingerprint::Fingerprint,
    history::History,
    invariant::{Invariant, Step, StepKind, View},
    network::{Letter, Network},
    node::Node,
    plan::{Plan, PlannedCommand},
    queue::Queue,
    report::{Counters, Verdict},
    subject::{Answers, App, CommandOf, MessageOf, OpOf, Subject, Wanted},
    trace::Trace,
    trip::Trips,
};

/// The whole simulated world of one run: what happens next, and what that leads to.
pub(crate) struct World<'a, S: Subject> {
    pub(crate) subject: &'a S,
    pub(crate) plan: &'a Plan,
    pub(crate) now: Time,
    pub(crate) queue: Queue<What<S::Machine>>,
    pub(crate) nodes: Vec<Node<S>>,
    pub(crate) network: Network<MessageOf<S>>,
    pub(crate) invariants: Vec<Box<dyn Invariant<S>>>,
    pub(crate) history: History<OpOf<S>>,
    pub(crate) rng: Rng,
    pub(crate) trips: Trips,
    /// Empty until the liveness phase.
    pub(crate) core: NodeSet,
    pub(crate) events: u64,
    pub(crate) counters: Counters,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) trace: Trace,
    /// Whether a machine is being called: a panic is then a verdict about it.
    pub(crate) in_machine: bool,
    next_tag: u64,
    wanted: Vec<(Duration, Wanted<CommandOf<S>>)>,
}

/// What may happen. What concerns one instance of a process names its incarnation, and is void for a later one.
pub(crate) enum What<M: Machine> {
    Deliver(Letter<M::Message>),
    Wake { node: usize, arming: u64 },
    Persisted { node: usize, incarnation: u64, ticket: Ticket },
    Submit { node: usize, incarnation: u64, tag: Tag, command: M::Command },
    Timer { node: usize, incarnation: u64, note: u64 },
    Client { command: usize },
    Synced { node: usize, incarnation: u64 },
    Checkpointed { node: usize, incarnation: u64 },
    Restart { node: usize, incarnation: u64 },
    Strike { fault: usize },
    Mend { from: NodeSet, to: NodeSet, both: bool },
}

const NETWORK: u64 = 1;
const CLOCKS: u64 = 2;
const NODES: u64 = 3;
const COMMANDS: u64 = 4;
pub(crate) const CORE: u64 = 5;
const MACHINES: u64 = 6;

/// An acknowledgement is repeated at most this much later.
const REPEAT_SPAN: Duration = Duration::from_millis(100);

impl<'a, S: Subject> World<'a, S> {
    pub(crate) fn new(subject: &'a S, plan: &'a Plan, trace: Trace) -> Self {
        let rng = Rng::new(plan.seed);
        let clocks = rng.fork(CLOCKS);
        let nodes: Vec<_> = (1..=u64::from(plan.nodes))
            .map(|id| {
                let app = subject.app(NodeId(id), plan);
                let clock = LocalClock::new(&plan.clocks, clocks.fork(id));
                Node::new(NodeId(id), app, clock, rng.fork(NODES).fork(id))
            })
            .collect();
        Self {
            subject,
            plan,
            now: Time::ZERO,
            queue: Queue::new(),
            network: Network::new(&plan.network, nodes.len(), &rng.fork(NETWORK)),
            trips: Trips::new(&plan.faults, nodes.len()),
            nodes,
            invariants: subject.invariants(),
            history: History::new(),
            rng,
            core: NodeSet::EMPTY,
            events: 0,
            counters: Counters::default(),
            fingerprint: Fingerprint::new(plan.seed),
            trace,
            in_machine: false,
            next_tag: 1,
            wanted: Vec::new(),
        }
    }

    /// Starts every node, and lays out what the plan says will happen.
    pub(crate) fn begin(&mut self) -> Result<(), Verdict> {
        for (fault, (trigger, _)) in self.plan.faults.iter().enumerate() {
            if let Trigger::At(at) = trigger {
                self.queue.push(*at, What::Strike { fault });
            }
        }
        for (command, planned) in self.plan.commands.iter().enumerate() {
            self.queue.push(planned.at, What::Client { command });
        }
        (0..self.nodes.len()).try_for_each(|node| self.start(node))
    }

    /// Lets the next thing happen, unless that is after `end`.
    pub(crate) fn advance(&mut self, end: Time) -> Result<bool, Verdict> {
        if self.queue.next_at().is_none_or(|at| at > end) {
            return Ok(false);
        }
        let Some((at, what)) = self.queue.pop() else { return Ok(false) };
        self.now = at;
        if let Some(until) = self.paused(&what) {
            self.queue.push(until, what);
            return Ok(true);
        }
        self.happen(what).map(|()| true)
    }

    /// Until when the process that this concerns does nothing. Its disk, and the world, go on.
    fn paused(&self, what: &What<S::Machine>) -> Option<Time> {
        let node = match what {
            What::Deliver(letter) => letter.to,
            What::Client { command } => place(self.plan.commands[*command].node),
            What::Wake { node, .. }
            | What::Persisted { node, .. }
            | What::Submit { node, .. }
            | What::Timer { node, .. } => *node,
            What::Synced { .. }
            | What::Checkpointed { .. }
            | What::Restart { .. }
            | What::Strike { .. }
            | What::Mend { .. } => return None,
        };
        self.nodes.get(node).map(|node| node.paused_until).filter(|until| *until > self.now)
    }

    fn happen(&mut self, what: What<S::Machine>) -> Result<(), Verdict> {
        match what {
            What::Deliver(letter) => self.on_deliver(letter),
            What::Wake { node, arming } => self.on_wake(node, arming),
            What::Persisted { node, incarnation, ticket } if self.lives(node, incarnation) => {
                self.nodes[node].disk.tell(ticket);
                self.feed(node, Input::Persisted(ticket))
            }
            What::Submit { node, incarnation, tag, command } if self.lives(node, incarnation) => {
                self.nodes[node].open.insert(tag);
                self.feed(node, Input::Submit { tag, command })
            }
            What::Timer { node, incarnation, note } if self.lives(node, incarnation) => {
                self.with_app(node, |app, answers| app.on_timer(note, answers));
                self.submit_wanted(node);
                Ok(())
            }
            What::Client { command } => self.on_client(self.plan.commands[command]),
            What::Synced { node, incarnation } if self.lives(node, incarnation) => self.on_synced(node),
            What::Checkpointed { node, incarnation } if self.lives(node, incarnation) => {
                self.on_checkpointed(node)
            }
            What::Restart { node, incarnation } if self.nodes[node].incarnation == incarnation => {
                self.start(node)
            }
            What::Strike { fault } => self.strike(fault, None),
            What::Mend { from, to, both } => {
                if self.core.is_empty() {
                    self.network.cut(from, to, both, true);
                }
                Ok(())
            }
            What::Persisted { .. }
            | What::Submit { .. }
            | What::Timer { .. }
            | What::Synced { .. }
            | What::Checkpointed { .. }
            | What::Restart { .. } => Ok(()),
        }
    }

    fn lives(&self, node: usize, incarnation: u64) -> bool {
        let node = &self.nodes[node];
        node.machine.is_some() && node.incarnation == incarnation
    }

    fn on_deliver(&mut self, Letter { from, to, message }: Letter<MessageOf<S>>) -> Result<(), Verdict> {
        if !self.network.is_open(from, to) {
            self.counters.cut += 1;
            return Ok(());
        }
        if self.nodes[to].machine.is_none() {
            self.counters.missed += 1;
            return Ok(());
        }
        self.counters.delivered += 1;
        let from = self.nodes[from].id;
        self.feed(to, Input::Receive { from, message })
    }

    fn on_wake(&mut self, at: usize, arming: u64) -> Result<(), Verdict> {
        let node = &mut self.nodes[at];
        if node.arming != arming {
            return Ok(());
        }
        node.armed = None;
        let Some(machine) = &node.machine else { return Ok(()) };
        let local = node.clock.local(self.now);
        if machine.deadline().is_none_or(|deadline| deadline > local) {
            self.arm(at);
            return Ok(());
        }
        self.feed(at, Input::Wake)?;
        let node = &self.nodes[at];
        match node.machine.as_ref().and_then(Machine::deadline).filter(|deadline| *deadline <= local) {
            Some(deadline) => {
                let why = format!("{}: after a wake at {local:?} its deadline is {deadline:?}", node.id);
                Err(self.violated("deadline moves", why))
            }
            None => Ok(()),
        }
    }

    fn on_client(&mut self, PlannedCommand { node, k, .. }: PlannedCommand) -> Result<(), Verdict> {
        let node = place(node);
        if self.nodes.get(node).is_none_or(|node| node.machine.is_none()) {
            self.counters.unreachable += 1;
            return Ok(());
        }
        let command = self.subject.command(k, &mut self.rng.fork(COMMANDS).fork(k));
        let tag = Tag(self.next_tag);
        self.next_tag += 1;
        self.counters.commands += 1;
        self.with_app(node, |app, answers| app.on_client(k, tag, &command, answers));
        self.nodes[node].open.insert(tag);
        self.feed(node, Input::Submit { tag, command })?;
        self.submit_wanted(node);
        Ok(())
    }

    fn feed(&mut self, at: usize, input: InputOf<S::Machine>) -> Result<(), Verdict> {
        let node = &mut self.nodes[at];
        let Some(machine) = &mut node.machine else { return Ok(()) };
        let kind = StepKind::of(&input);
        let local = node.clock.local(self.now);
        self.trace.input(self.now, self.events, node.id, &input);
        self.events += 1;
        self.in_machine = true;
        machine.step(local, input, &mut node.out);
        self.in_machine = false;
        self.settle(at, local, kind)
    }

    /// Everything that follows from one step.
    fn settle(&mut self, at: usize, local: Time, kind: StepKind) -> Result<(), Verdict> {
        let effects = self.nodes[at].out.len() as u64;
        self.fingerprint.step(self.now, at, kind, effects);
        if effects > 0 {
            self.trace.effects(self.nodes[at].out.effects());
            self.tell(at)?;
        }
        self.judge(at, local, kind)?;
        let cut_short = effects > 0 && self.perform(at);
        if !self.wanted.is_empty() {
            self.submit_wanted(at);
        }
        self.arm(at);
        if self.trips.any() {
            self.strike_tripped(at, cut_short)?;
        }
        self.take_checkpoint(at)
    }

    /// Tells the application, and checks that each command is answered once.
    fn tell(&mut self, at: usize) -> Result<(), Verdict> {
        let effects = mem::take(&mut self.nodes[at].out);
        let result = effects.effects().iter().try_for_each(|effect| match effect {
            Effect::Emit(event) => self.tell_one(at, event),
            Effect::Send { .. } | Effect::Persist { .. } => Ok(()),
        });
        self.nodes[at].out = effects;
        result
    }

    fn tell_one(&mut self, at: usize, event: &<S::Machine as Machine>::Event) -> Result<(), Verdict> {
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
        broken.map_or(Ok(()), |(name, why)| Err(self.violated(name, why)))
    }

    pub(crate) fn view(&self) -> View<'_, S> {
        View { nodes: &self.nodes, history: &self.history, plan: self.plan, now: self.now, core: self.core }
    }

    /// Hands the effects to network and disk, in order. Says whether a crash cut them short.
    fn perform(&mut self, at: usize) -> bool {
        let Self { nodes, network, queue, counters, trips, plan, now, .. } = self;
        let all = nodes.len();
        let node = &mut nodes[at];
        let mut cut_short = false;
        for effect in node.out.drain() {
            cut_short = match effect {
                Effect::Send { to, message } => {
                    let to = place(to);
                    if to < all {
                        let letter = Letter { from: at, to, message };
                        network
                            .send(*now, letter, counters, |at, letter| queue.push(at, What::Deliver(letter)));
                    } else {
                        counters.stray += 1;
                    }
                    node.sends += 1;
                    trips.on_send(plan, at, node.sends)
                }
                Effect::Persist { ticket, record } => {
                    counters.persisted += 1;
                    node.persists += 1;
                    node.disk.append(ticket, record);
                    trips.on_persist(plan, at, node.persists)
                }
                Effect::Emit(_) => {
                    node.events += 1;
                    trips.on_event(plan, at, node.events)
                }
            };
            if cut_short {
                break;
            }
        }
        if !cut_short && node.disk.start_sync() {
            let synced = *now + span(&mut node.rng, &plan.disk.sync);
            queue.push(synced, What::Synced { node: at, incarnation: node.incarnation });
        }
        cut_short
    }

    fn with_app(
        &mut self,
        at: usize,
        call: impl FnOnce(&mut S::App, &mut Answers<'_, CommandOf<S>, OpOf<S>>),
    ) {
        let node = &mut self.nodes[at];
        let mut answers = Answers {
            node: node.id,
            now: self.now,
            local: node.clock.local(self.now),
            next_tag: &mut self.next_tag,
            rng: &mut node.rng,
            wanted: &mut self.wanted,
            history: &mut self.history,
        };
        call(&mut node.app, &mut answers);
    }

    fn submit_wanted(&mut self, node: usize) {
        let incarnation = self.nodes[node].incarnation;
        for (span, wanted) in self.wanted.drain(..) {
            let what = match wanted {
                Wanted::Submit { tag, command } => What::Submit { node, incarnation, tag, command },
                Wanted::Timer(note) => What::Timer { node, incarnation, note },
            };
            self.queue.push(self.now + span, what);
        }
    }

    /// Sees to it that the node is woken when it wants to be.
    fn arm(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let Some(deadline) = node.machine.as_ref().and_then(Machine::deadline) else { return };
        let due = if deadline <= node.clock.local(self.now) {
            self.now + span(&mut node.rng, &self.plan.batching)
        } else {
            let lateness = Duration::ZERO..self.plan.clocks.lateness;
            node.clock.world(deadline).max(self.now) + span(&mut node.rng, &lateness)
        };
        // An earlier wake stands: when it comes it is found early, and another is set.
        if node.armed.is_some_and(|armed| armed <= due) {
            return;
        }
        node.armed = Some(due);
        node.arming += 1;
        self.queue.push(due, What::Wake { node: at, arming: node.arming });
    }

    fn on_synced(&mut self, at: usize) -> Result<(), Verdict> {
        self.counters.syncs += 1;
        let node = &mut self.nodes[at];
        let acknowledged = match node.disk.end_sync() {
            Ok(acknowledged) => acknowledged,
            Err(error) => return Err(self.unfoldable(at, &error)),
        };
        self.trace.synced(self.now, node.id, acknowledged);
        if node.disk.start_sync() {
            let synced = self.now + span(&mut node.rng, &self.plan.disk.sync);
            self.queue.push(synced, What::Synced { node: at, incarnation: node.incarnation });
        }
        self.acknowledge(at, acknowledged);
        Ok(())
    }

    fn acknowledge(&mut self, at: usize, ticket: Option<Ticket>) {
        let Some(ticket) = ticket else { return };
        let node = &mut self.nodes[at];
        let incarnation = node.incarnation;
        let told = self.now + span(&mut node.rng, &self.plan.disk.tell);
        self.queue.push(told, What::Persisted { node: at, incarnation, ticket });
        if node.rng.chance(self.plan.disk.repeat) {
            let again = told + node.rng.span(Duration::ZERO..REPEAT_SPAN);
            self.queue.push(again, What::Persisted { node: at, incarnation, ticket });
        }
    }

    fn take_checkpoint(&mut self, at: usize) -> Result<(), Verdict> {
        let node = &mut self.nodes[at];
        if !node.disk.wants_checkpoint(self.plan.disk.checkpoint_every) {
            return Ok(());
        }
        let Some(machine) = &node.machine else { return Ok(()) };
        self.counters.checkpoints += 1;
        self.in_machine = true;
        let checkpoint = folded_checkpoint(machine);
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
        let done = self.now + span(&mut node.rng, &self.plan.disk.checkpoint);
        self.queue.push(done, What::Checkpointed { node: at, incarnation: node.incarnation });
        Ok(())
    }

    fn on_checkpointed(&mut self, at: usize) -> Result<(), Verdict> {
        self.counters.checkpoints_done += 1;
        match self.nodes[at].disk.end_checkpoint() {
            Ok(acknowledged) => {
                self.acknowledge(at, acknowledged);
                Ok(())
            }
            Err(error) => Err(self.unfoldable(at, &error)),
        }
    }

    /// Recovers the node's machine from its image.
    pub(crate) fn start(&mut self, at: usize) -> Result<(), Verdict> {
        let seed = self.rng.fork(MACHINES).fork(at as u64).fork(self.nodes[at].incarnation).draw();
        let node = &mut self.nodes[at];
        let config = self.subject.config(node.id, self.plan, &node.app);
        let local = node.clock.local(self.now);
        let image = node.disk.image().clone();
        self.trace.started(self.now, node.id, node.incarnation);
        self.in_machine = true;
        let machine = match S::Machine::recover(config, image, seed, local) {
            Ok(machine) => machine,
            Err(error) => {
                let why = format!("{} cannot recover: {error:?}", node.id);
                return Err(self.violated("every image recovers", why));
            }
        };
        let checkpoint = folded_checkpoint(&machine);
        self.in_machine = false;
        node.machine = Some(machine);
        match checkpoint {
            Ok(folded) if folded == *node.disk.image() => {}
            Ok(_) => {
                let why = format!("{}: right after recovery, its checkpoint folds to another image", node.id);
                return Err(self.violated("recovery equals the fold", why));
            }
            Err(error) => return Err(self.unfoldable(at, &error)),
        }
        if node.incarnation > 0 {
            self.counters.restarts += 1;
        }
        self.with_app(at, |app, answers| app.on_start(answers));
        self.settle(at, local, StepKind::Started)
    }

    fn strike_tripped(&mut self, at: usize, cut_short: bool) -> Result<(), Verdict> {
        self.counters.crashes_mid_step += u64::from(cut_short);
        while let Some((fault, by)) = self.trips.next() {
            self.counters.triggered += 1;
            self.strike(fault, Some(by))?;
        }
        debug_assert!(!cut_short || self.nodes[at].machine.is_none(), "effects were dropped for a crash");
        Ok(())
    }

    /// What the plan's fault does. `it` set it off.
    fn strike(&mut self, fault: usize, it: Option<usize>) -> Result<(), Verdict> {
        if !self.core.is_empty() {
            return Ok(());
        }
        let fault = self.plan.faults[fault].1;
        let nodes = self.nodes.len();
        let whom = |who| match who {
            Who::Node(node) => Some(place(node)).filter(|at| *at < nodes),
            Who::It => it,
        };
        self.trace.fault(self.now, &fault);
        match fault {
            Fault::Crash { who, down, loss } => match whom(who) {
                Some(at) => return self.crash(at, down, loss),
                None => return Ok(()),
            },
            Fault::Pause { who, span } => {
                let Some(at) = whom(who) else { return Ok(()) };
                self.counters.pauses += 1;
                let node = &mut self.nodes[at];
                node.paused_until = node.paused_until.max(self.now + span);
            }
            Fault::Cut { from, to, both, span } => self.cut(from, to, both, span),
            Fault::Isolate { who, span } => {
                let Some(at) = whom(who) else { return Ok(()) };
                let alone = NodeSet::EMPTY.with(self.nodes[at].id);
                let others = NodeSet::first(self.plan.nodes).without(self.nodes[at].id);
                self.cut(alone, others, true, span);
            }
            Fault::Clog { from, to, span } => {
                self.counters.clogs += 1;
                let (from, to) = (NodeSet::EMPTY.with(from), NodeSet::EMPTY.with(to));
                self.network.clog(from, to, self.now + span);
            }
            Fault::Jump { who, by } => {
                let Some(at) = whom(who) else { return Ok(()) };
                self.counters.jumps += 1;
                self.nodes[at].clock.jump(by);
                self.nodes[at].armed = None;
                self.arm(at);
            }
        }
        Ok(())
    }

    fn cut(&mut self, from: NodeSet, to: NodeSet, both: bool, span: Duration) {
        self.counters.cuts += 1;
        self.network.cut(from, to, both, false);
        self.queue.push(self.now + span, What::Mend { from, to, both });
    }

    fn crash(&mut self, at: usize, down: Duration, loss: Loss) -> Result<(), Verdict> {
        let node = &mut self.nodes[at];
        if node.machine.take().is_none() {
            return Ok(());
        }
        node.incarnation += 1;
        node.out = Outbox::new();
        node.armed = None;
        node.arming += 1;
        node.paused_until = Time::ZERO;
        node.open.clear();
        node.app.on_crash();
        let losses = match node.disk.crash(loss, &mut node.rng) {
            Ok(losses) => losses,
            Err(error) => return Err(self.unfoldable(at, &error)),
        };
        let restart = What::Restart { node: at, incarnation: node.incarnation };
        self.queue.push(self.now + down, restart);
        self.counters.crashed(loss, losses.records, losses.never_told);
        Ok(())
    }

    /// Heals the core for good, and leaves the rest as it is for ever.
    pub(crate) fn heal(&mut self, core: NodeSet) -> Result<(), Verdict> {
        self.core = core;
        self.trips.disarm();
        self.network.heal(core);
        for at in 0..self.nodes.len() {
            let node = &mut self.nodes[at];
            if !core.contains(node.id) {
                if node.paused_until > self.now {
                    node.paused_until = Time::MAX;
                }
                if node.machine.is_none() {
                    node.incarnation += 1;
                }
                continue;
            }
            node.paused_until = Time::ZERO;
            if node.machine.is_none() {
                node.incarnation += 1;
                self.start(at)?;
            }
        }
        Ok(())
    }

    pub(crate) fn violated(&self, invariant: &'static str, why: String) -> Verdict {
        Verdict::Violated { invariant, at: self.events, why }
    }

    fn unfoldable(&self, at: usize, error: &<S::Machine as Durable>::Error) -> Verdict {
        self.violated("every record folds", format!("{}: {error:?}", self.nodes[at].id))
    }
}

fn folded_checkpoint<M: Durable>(machine: &M) -> Result<M::Image, M::Error> {
    let mut image = M::Image::default();
    let mut result = Ok(());
    machine.checkpoint(&mut |record| {
        if result.is_ok() {
            result = M::absorb(&mut image, record);
        }
    });
    result.map(|()| image)
}

/// Draws only from ranges that have something to choose from.
fn span(rng: &mut Rng, range: &core::ops::Range<Duration>) -> Duration {
    if range.is_empty() { range.start } else { rng.span(range.clone()) }
}

/// Where the node sits; somewhere beyond all nodes if there is no such node.
fn place(node: NodeId) -> usize {
    usize::try_from(node.0).ok().and_then(|id| id.checked_sub(1)).unwrap_or(usize::MAX)
}
