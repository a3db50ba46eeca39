use core::time::Duration;

use quorate_machine::{Durable, Input, Machine, NodeId, Rng, Tag, Ticket, Time};

use crate::{
    agenda::{Agenda, Planned},
    clock::LocalClock,
    fault::NodeSet,
    fingerprint::Fingerprint,
    history::History,
    invariant::{Invariant, Observer, View},
    network::{Letter, Network},
    node::{Node, place},
    noise::{framed_with_noise, is_taken},
    plan::{Plan, PlannedCommand},
    platter::Platter,
    queue::Queue,
    recording::{Fate, Happening, Recorder},
    report::{Counters, Marks, Verdict},
    subject::{App, CommandOf, MessageOf, OpOf, Subject, Wanted},
    trip::Trips,
};

/// The whole simulated world of one run: what happens next, and what that leads to.
pub(crate) struct World<'a, S: Subject> {
    pub(crate) subject: &'a S,
    pub(crate) plan: &'a Plan,
    pub(crate) now: Time,
    /// What the plan says will happen, latest first: kept out of the queue, which stays small and fast without it.
    agenda: Agenda,
    pub(crate) queue: Queue<What<S::Machine>>,
    pub(crate) nodes: Vec<Node<S>>,
    pub(crate) network: Network<MessageOf<S>>,
    pub(crate) invariants: Vec<Box<dyn Invariant<S>>>,
    pub(crate) history: History<OpOf<S>>,
    pub(crate) rng: Rng,
    pub(crate) trips: Trips,
    /// The nodes that have lost what they had acknowledged.
    pub(crate) lost: NodeSet,
    /// Empty until the liveness phase.
    pub(crate) core: NodeSet,
    pub(crate) events: u64,
    pub(crate) counters: Counters,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) marks: Marks,
    /// Whether there are marks to be hit, or somebody looks on.
    pub(crate) is_watched: bool,
    pub(crate) recorder: Recorder,
    /// What the invariant says that has something against the run as a whole, at length.
    pub(crate) explanation: Option<String>,
    pub(crate) observer: Option<&'a mut dyn Observer<S>>,
    /// Whether a machine is being called: a panic is then a verdict about it.
    pub(crate) in_machine: bool,
    pub(crate) next_tag: u64,
    /// What an application asked for during the step under way.
    pub(crate) wanted: Vec<(Duration, Wanted<CommandOf<S>>)>,
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

/// The names under which parts of the world draw from the plan's seed.
pub(crate) mod draws {
    pub(crate) const NETWORK: u64 = 1;
    pub(crate) const CLOCKS: u64 = 2;
    pub(crate) const NODES: u64 = 3;
    pub(crate) const COMMANDS: u64 = 4;
    pub(crate) const CORE: u64 = 5;
    pub(crate) const MACHINES: u64 = 6;
    pub(crate) const DISKS: u64 = 7;
    pub(crate) const NOISE: u64 = 8;
}

impl<'a, S: Subject> World<'a, S> {
    pub(crate) fn new(
        subject: &'a S,
        plan: &'a Plan,
        recorder: Recorder,
        observer: Option<&'a mut dyn Observer<S>>,
    ) -> Self {
        let rng = Rng::new(plan.seed);
        let bytes = plan.faults.iter().any(|(_, fault)| fault.is_about_bytes());
        let clocks = rng.fork(draws::CLOCKS);
        let nodes: Vec<_> = (1..=u64::from(plan.nodes))
            .map(|id| {
                let app = subject.app(NodeId(id), plan);
                let clock = LocalClock::new(&plan.clocks, clocks.fork(id));
                let platter = bytes.then(|| Platter::new(rng.fork(draws::DISKS).fork(id).draw()));
                Node::new(NodeId(id), app, clock, platter, rng.fork(draws::NODES).fork(id))
            })
            .collect();
        Self {
            subject,
            plan,
            now: Time::ZERO,
            agenda: Agenda::new(plan),
            queue: Queue::new(),
            network: Network::new(plan, nodes.len(), &rng.fork(draws::NETWORK)),
            trips: Trips::new(&plan.faults, nodes.len()),
            nodes,
            invariants: subject.invariants(),
            history: History::new(),
            rng,
            lost: NodeSet::EMPTY,
            core: NodeSet::EMPTY,
            events: 0,
            counters: Counters::default(),
            fingerprint: Fingerprint::new(plan.seed),
            explanation: None,
            is_watched: observer.is_some() || !subject.marks().is_empty(),
            marks: Marks::new(subject.marks()),
            recorder,
            observer,
            in_machine: false,
            next_tag: 1,
            wanted: Vec::new(),
        }
    }

    /// Starts every node.
    pub(crate) fn begin(&mut self) -> Result<(), Verdict> {
        (0..self.nodes.len()).try_for_each(|node| self.start(node))
    }

    /// Lets the next thing happen, unless that is after `end`.
    pub(crate) fn advance(&mut self, end: Time) -> Result<bool, Verdict> {
        let Some((at, what)) = self.next_until(end) else { return Ok(false) };
        self.now = at;
        if let Some(until) = self.paused(&what) {
            self.queue.push(until, what);
            return Ok(true);
        }
        self.happen(what).map(|()| true)
    }

    /// What the plan says comes before whatever else falls on the same instant.
    fn next_until(&mut self, end: Time) -> Option<(Time, What<S::Machine>)> {
        let queued = self.queue.next_at();
        match self.agenda.next_at(self.plan) {
            Some(at) if at <= end && queued.is_none_or(|queued| at <= queued) => {
                let what = match self.agenda.pop(self.plan)? {
                    Planned::Fault(fault) => What::Strike { fault },
                    Planned::Command(command) => What::Client { command },
                };
                Some((at, what))
            }
            Some(_) | None => queued.filter(|at| *at <= end).and_then(|_| self.queue.pop()),
        }
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
                self.feed(node, Input::Persisted(ticket), 0)
            }
            What::Submit { node, incarnation, tag, command } if self.lives(node, incarnation) => {
                self.nodes[node].open.insert(tag);
                self.feed(node, Input::Submit { tag, command }, 0)
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

    fn on_deliver(&mut self, letter: Letter<MessageOf<S>>) -> Result<(), Verdict> {
        self.network.arrived(&letter);
        let Letter { from, to, number, corrupt, message } = letter;
        let undelivered = if !self.network.is_open(from, to) {
            self.counters.cut += 1;
            Fate::Cut
        } else if self.nodes[to].machine.is_none() {
            self.counters.missed += 1;
            Fate::Missed
        } else if corrupt {
            self.counters.corrupted += 1;
            self.judge_corruption(number, &message)?;
            Fate::Corrupted
        } else {
            self.counters.delivered += 1;
            let from = self.nodes[from].id;
            return self.feed(to, Input::Receive { from, message }, number);
        };
        let to = self.nodes[to].id;
        self.recorder.add(self.now, || Happening::Undelivered { letter: number, to, fate: undelivered });
        Ok(())
    }

    /// A frame some of whose bits have turned over must be refused.
    fn judge_corruption(&self, number: u64, message: &MessageOf<S>) -> Result<(), Verdict> {
        let Some(body) = self.subject.encode_message(message) else { return Ok(()) };
        let mut rng = self.rng.fork(draws::NOISE).fork(number);
        if is_taken(&body, &framed_with_noise(&body, &mut rng)) {
            return Err(
                self.violated("corruption is noticed", format!("{message:?} came damaged and was taken"))
            );
        }
        Ok(())
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
        self.feed(at, Input::Wake, 0)?;
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
        let command = self.subject.command(k, &mut self.rng.fork(draws::COMMANDS).fork(k));
        let tag = Tag(self.next_tag);
        self.next_tag += 1;
        self.counters.commands += 1;
        self.with_app(node, |app, answers| app.on_client(k, tag, &command, answers));
        self.nodes[node].open.insert(tag);
        self.feed(node, Input::Submit { tag, command }, 0)
    }

    pub(crate) fn view(&self) -> View<'_, S> {
        View { nodes: &self.nodes, history: &self.history, plan: self.plan, now: self.now, core: self.core }
    }

    pub(crate) fn violated(&self, invariant: &'static str, why: String) -> Verdict {
        Verdict::Violated { invariant, at: self.events, why }
    }

    pub(crate) fn unfoldable(&self, at: usize, error: &<S::Machine as Durable>::Error) -> Verdict {
        self.violated("every record folds", format!("{}: {error:?}", self.nodes[at].id))
    }
}
