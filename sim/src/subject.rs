use core::{fmt::Debug, time::Duration};

use quorate_machine::{Durable, Machine, NodeId, Rng, Tag, Time};

use crate::{
    fault::NodeSet,
    history::{History, Kind},
    invariant::{Invariant, Step, View},
    plan::Plan,
    recording::Portrait,
    report::Marks,
};

/// What is to be proven: a machine, how to configure it, what surrounds it, and what must hold.
///
/// Implement it for a type of your own (mostly a unit struct), so that tests can prove foreign machines too.
pub trait Subject: Sync + Sized {
    /// The machine.
    type Machine: Durable<
            Message: Clone + Debug,
            Command: Clone + Debug,
            Record: Clone + Debug,
            Event: Clone + Debug,
            Error: Debug,
        > + Clone;
    /// What answers the machine's events on each node; `()` if nothing needs to.
    type App: App<Self::Machine>;

    /// The configuration of node `id`, at its first start and at every restart.
    fn config(&self, id: NodeId, plan: &Plan, app: &Self::App) -> ConfigOf<Self>;

    /// The application of node `id`, which outlives its machine's instances.
    fn app(&self, id: NodeId, plan: &Plan) -> Self::App;

    /// The plan's command number `k`. The randomness depends on the plan's seed and `k` alone.
    fn command(&self, k: u64, rng: &mut Rng) -> CommandOf<Self>;

    /// Which command this event answers. The simulator demands one answer per command and instance, and at rest that
    /// no command of the core is left without.
    fn tag_of(&self, event: &EventOf<Self>) -> Option<Tag>;

    /// What must hold; made anew for each run.
    fn invariants(&self) -> Vec<Box<dyn Invariant<Self>>> {
        Vec::new()
    }

    /// Whether this event says that its node now leads: what [`Trigger::AfterLeader`](crate::Trigger::AfterLeader)
    /// counts.
    fn is_leader_event(&self, _event: &EventOf<Self>) -> bool {
        false
    }

    /// Rare things that a whole suite must have met; [`Subject::mark`] says when.
    fn marks(&self) -> &'static [&'static str] {
        &[]
    }

    /// Looks at a step, as an invariant does, and hits the marks that it is an instance of. Called only if there are any.
    fn mark(&self, _view: &View<'_, Self>, _step: &Step<'_, Self>, _marks: &mut Marks) {}

    /// What a machine is like, for pictures.
    fn portrait(&self, _machine: &Self::Machine) -> Portrait {
        Portrait::default()
    }

    /// The bytes of a record, for the faults that damage them. `None` if the subject does not say: its disks then lose
    /// records, whole.
    fn encode(&self, _record: &RecordOf<Self>) -> Option<Vec<u8>> {
        None
    }

    /// The bytes of a message, for `corruption`: they are framed, damaged, and must be refused. `None` if the subject
    /// does not say: a damaged message is then simply lost.
    fn encode_message(&self, _message: &MessageOf<Self>) -> Option<Vec<u8>> {
        None
    }

    /// Whether a node whose disk was wiped may come back under its old name, with nothing.
    fn survives_wipe(&self) -> bool {
        false
    }

    /// How many nodes may lose what they had acknowledged, to a wipe or to damage: by default all but a majority. A plan
    /// that destroys more must expect to be [unrecoverable](crate::Expect::Unrecoverable).
    fn disks_lost_max(&self, plan: &Plan) -> usize {
        usize::from(plan.nodes.saturating_sub(1)) / 2
    }

    /// Which nodes are healed for the liveness phase: by default a random majority, out of those that are not destroyed.
    fn core(&self, plan: &Plan, healthy: NodeSet, rng: &mut Rng) -> NodeSet {
        let mut core = healthy;
        let majority = usize::from(plan.nodes) / 2 + 1;
        let spared = rng.below(u64::try_from(core.len().saturating_sub(majority)).unwrap_or(0) + 1);
        for _ in 0..spared {
            let pick = usize::try_from(rng.below(core.len() as u64)).unwrap_or(0);
            core = core.iter().nth(pick).map_or(core, |node| core.without(node));
        }
        core
    }

    /// Whether the healed core has got where it must get.
    ///
    /// # Errors
    /// Why it has not, in words. Asked now and then during the liveness phase; only the last answer counts.
    fn at_rest(&self, _view: &View<'_, Self>) -> Result<(), String> {
        Ok(())
    }
}

/// The configuration of a subject's machine.
pub type ConfigOf<S> = <<S as Subject>::Machine as Durable>::Config;
/// The image of a subject's machine.
pub type ImageOf<S> = <<S as Subject>::Machine as Durable>::Image;
/// The messages of a subject's machine.
pub type MessageOf<S> = <<S as Subject>::Machine as Machine>::Message;
/// The commands of a subject's machine.
pub type CommandOf<S> = <<S as Subject>::Machine as Machine>::Command;
/// The records of a subject's machine.
pub type RecordOf<S> = <<S as Subject>::Machine as Machine>::Record;
/// The events of a subject's machine.
pub type EventOf<S> = <<S as Subject>::Machine as Machine>::Event;
/// The effects of a subject's machine.
pub type EffectOf<S> = quorate_machine::EffectOf<<S as Subject>::Machine>;
/// What a subject's application records in the history.
pub type OpOf<S> = <<S as Subject>::App as App<<S as Subject>::Machine>>::Op;

/// The application beside one node's machine: it is told the node's events, in order, and answers with commands.
///
/// It outlives the machine's instances, so it is also the model of its own disk: [`App::on_crash`] forgets what was in
/// memory.
pub trait App<M: Machine> {
    /// What it records in the [`History`].
    type Op: Clone + Debug;

    /// A new instance of the machine starts.
    fn on_start(&mut self, _answers: &mut Answers<'_, M::Command, Self::Op>) {}

    /// A client's command number `k` is about to be submitted under `tag`.
    fn on_client(
        &mut self,
        _k: u64,
        _tag: Tag,
        _command: &M::Command,
        _answers: &mut Answers<'_, M::Command, Self::Op>,
    ) {
    }

    /// The machine says something.
    fn on_event(&mut self, event: &M::Event, answers: &mut Answers<'_, M::Command, Self::Op>);

    /// A timer set with [`Answers::later`] is due.
    fn on_timer(&mut self, _note: u64, _answers: &mut Answers<'_, M::Command, Self::Op>) {}

    /// The process ends: only what the application had made durable remains.
    fn on_crash(&mut self) {}
}

impl<M: Machine> App<M> for () {
    type Op = ();

    fn on_event(&mut self, _: &M::Event, _: &mut Answers<'_, M::Command, ()>) {}
}

/// What an [`App`] may do when it is called.
#[derive(Debug)]
pub struct Answers<'a, C, Op> {
    pub(crate) node: NodeId,
    pub(crate) world_now: Time,
    pub(crate) now: Time,
    pub(crate) next_tag: &'a mut u64,
    pub(crate) rng: &'a mut Rng,
    pub(crate) wanted: &'a mut Vec<(Duration, Wanted<C>)>,
    pub(crate) history: &'a mut History<Op>,
}

#[derive(Clone, Debug)]
pub(crate) enum Wanted<C> {
    Submit { tag: Tag, command: C },
    Timer(u64),
}

impl<C, Op> Answers<'_, C, Op> {
    /// Which node this is.
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// The instant by this node's clock.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// Randomness of this node's application.
    pub const fn rng(&mut self) -> &mut Rng {
        self.rng
    }

    /// Submits a command as soon as this step is over, under the returned tag. Lost if the process ends first.
    pub fn submit(&mut self, command: C) -> Tag {
        self.submit_after(Duration::ZERO, command)
    }

    /// Submits a command after a while. Lost if the process ends first.
    pub fn submit_after(&mut self, span: Duration, command: C) -> Tag {
        let tag = Tag(*self.next_tag);
        *self.next_tag += 1;
        self.wanted.push((span, Wanted::Submit { tag, command }));
        tag
    }

    /// Has [`App::on_timer`] called after a while: how an application models its own disk. Lost if the process ends
    /// first.
    pub fn later(&mut self, span: Duration, note: u64) {
        self.wanted.push((span, Wanted::Timer(note)));
    }

    /// Records that a client asked for `op`.
    pub fn invoke(&mut self, process: Tag, op: Op) {
        self.history.push(process, Kind::Invoke, op, self.world_now);
    }

    /// Records that it was done.
    pub fn ok(&mut self, process: Tag, op: Op) {
        self.history.push(process, Kind::Ok, op, self.world_now);
    }

    /// Records that it was certainly not done.
    pub fn fail(&mut self, process: Tag, op: Op) {
        self.history.push(process, Kind::Fail, op, self.world_now);
    }

    /// Records that nobody knows.
    pub fn info(&mut self, process: Tag, op: Op) {
        self.history.push(process, Kind::Info, op, self.world_now);
    }
}
