use core::{hash::Hasher as _, time::Duration};

use quickcheck::{Arbitrary as _, Gen};
use quorate_machine::{
    Durable, Effect, Input, InputOf, Machine, NodeId, Outbox, OutboxOf, Tag, Ticket, Time,
};
use siphasher::sip::SipHasher13;

use crate::{
    journal::fold_of_checkpoint,
    laws::{Scripted, below, draw::some_node},
    plan::Plan,
    subject::{ConfigOf, EffectOf, ImageOf},
};

/// One machine on a bench: fed by a script, its effects kept.
pub(super) struct Rig<'a, S: Scripted> {
    pub(super) subject: &'a S,
    pub(super) plan: Plan,
    pub(super) id: NodeId,
    pub(super) machine: S::Machine,
    pub(super) out: OutboxOf<S::Machine>,
    /// The latest instant fed.
    pub(super) now: Time,
    /// The image it started from, and the fold of that and all records issued since.
    pub(super) base: ImageOf<S>,
    pub(super) all: ImageOf<S>,
    pub(super) acknowledged: Ticket,
    pub(super) seed: u64,
    next_tag: u64,
}

/// How a script treats the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manners {
    /// As a driver that keeps its duties, among peers that may say anything.
    Tame,
    /// The clock leaps and goes backwards, strangers write, tickets are invented.
    Wild,
    /// Tame, and nothing ever becomes durable.
    Withheld,
}

/// What a script feeds, and when.
pub(super) type Turn<S> = (Time, InputOf<<S as crate::subject::Subject>::Machine>);

impl<'a, S: Scripted> Rig<'a, S> {
    /// A machine that has never run, among one to five nodes.
    pub(super) fn fresh(subject: &'a S, g: &mut Gen) -> Result<Self, String> {
        let nodes = 1 + u8::try_from(below(g, 5)).unwrap_or(0);
        // A subject may choose its limits by the plan's seed.
        let plan = Plan { seed: u64::arbitrary(g), nodes, ..Plan::default() };
        let id = NodeId(1 + below(g, u64::from(nodes)));
        let now = Time::from_nanos(below(g, 1 << 30));
        Self::recovered(subject, plan, id, ImageOf::<S>::default(), u64::arbitrary(g), now)
    }

    /// A machine that goes on from what one or two scripts left on its disk.
    pub(super) fn experienced(subject: &'a S, g: &mut Gen) -> Result<Self, String> {
        let mut rig = Self::fresh(subject, g)?;
        for _ in 0..below(g, 3) {
            rig.play(g, Manners::Tame, |_, _, _| Ok(()))?;
            rig = rig.restarted(rig.all.clone(), rig.now)?;
        }
        Ok(rig)
    }

    fn recovered(
        subject: &'a S,
        plan: Plan,
        id: NodeId,
        base: ImageOf<S>,
        seed: u64,
        now: Time,
    ) -> Result<Self, String> {
        let config = config(subject, &plan, id);
        Self::configured(subject, plan, id, config, base, seed, now)
    }

    /// A machine with a configuration of its own.
    pub(super) fn configured(
        subject: &'a S,
        plan: Plan,
        id: NodeId,
        config: ConfigOf<S>,
        base: ImageOf<S>,
        seed: u64,
        now: Time,
    ) -> Result<Self, String> {
        let machine = S::Machine::recover(config, base.clone(), seed, now)
            .map_err(|error| format!("a fold of its own records is refused: {error:?}"))?;
        let (out, all) = (Outbox::new(), base.clone());
        let (acknowledged, next_tag) = (Ticket::NONE, 1);
        Ok(Self { subject, plan, id, machine, out, now, base, all, acknowledged, seed, next_tag })
    }

    /// Another instance of the same node.
    pub(super) fn restarted(&self, image: ImageOf<S>, now: Time) -> Result<Self, String> {
        Self::recovered(self.subject, self.plan.clone(), self.id, image, self.seed, now)
    }

    /// A twin: the same node, image and seed, started at `now`.
    pub(super) fn twin(&self, now: Time) -> Result<Self, String> {
        self.restarted(self.base.clone(), now)
    }

    /// The same node and image with another seed, started now.
    pub(super) fn reseeded(&self, seed: u64) -> Result<Self, String> {
        let (plan, base) = (self.plan.clone(), self.base.clone());
        Self::recovered(self.subject, plan, self.id, base, seed, self.now)
    }

    /// Feeds one input, and checks what must be true of every step's effects.
    pub(super) fn feed(&mut self, now: Time, input: InputOf<S::Machine>) -> Result<Vec<EffectOf<S>>, String> {
        self.now = self.now.max(now);
        if let Input::Persisted(ticket) = input {
            if self.out.has_issued(ticket) {
                self.acknowledged = self.acknowledged.max(ticket);
            }
        }
        self.machine.step(now, input, &mut self.out);
        let effects: Vec<_> = self.out.drain().collect();
        for effect in &effects {
            if let Effect::Persist { record, .. } = effect {
                S::Machine::absorb(&mut self.all, record.clone())
                    .map_err(|error| format!("its own record does not fold: {error:?}"))?;
            }
        }
        Ok(effects)
    }

    /// Plays a script of up to the generator's size, looking at every step.
    pub(super) fn play(
        &mut self,
        g: &mut Gen,
        manners: Manners,
        mut look: impl FnMut(&mut Self, &mut Gen, &[EffectOf<S>]) -> Result<(), String>,
    ) -> Result<Vec<Turn<S>>, String> {
        let mut script = Vec::new();
        for _ in 0..g.size() {
            let (now, input) = self.turn(g, manners);
            script.push((now, input.clone()));
            let effects = self.feed(now, input)?;
            look(self, g, &effects)?;
        }
        Ok(script)
    }

    /// What to feed next, and when.
    pub(super) fn turn(&mut self, g: &mut Gen, manners: Manners) -> Turn<S> {
        let now = match manners {
            Manners::Wild => wild_instant(g, self.now),
            Manners::Tame | Manners::Withheld => self.now + Duration::from_nanos(some_span(g)),
        };
        match below(g, 16) {
            0..7 => (now, self.some_receive(g, manners)),
            7..10 => {
                let tag = Tag(self.next_tag);
                self.next_tag += 1;
                (now, Input::Submit { tag, command: self.subject.plausible_command(g, &self.machine) })
            }
            10..13 if manners != Manners::Withheld => (now, Input::Persisted(self.some_ticket(g, manners))),
            13 => (now, Input::Wake),
            _ => (
                self.machine
                    .deadline()
                    .map_or(now, |due| if manners == Manners::Wild { now } else { due.max(self.now) }),
                Input::Wake,
            ),
        }
    }

    /// From whom a message comes is authentic; what it says is up to the subject.
    pub(super) fn some_receive(&self, g: &mut Gen, manners: Manners) -> InputOf<S::Machine> {
        let message = self.subject.message(g, &self.machine);
        let from = match manners {
            Manners::Wild => some_node(g, self.plan.nodes),
            Manners::Tame | Manners::Withheld => {
                let from = 1 + below(g, u64::from(self.plan.nodes));
                if from == self.id.0 { NodeId(u64::from(self.plan.nodes) + 1) } else { NodeId(from) }
            }
        };
        Input::Receive { from, message }
    }

    fn some_ticket(&self, g: &mut Gen, manners: Manners) -> Ticket {
        let issued = self.out.issued().0;
        match below(g, 8) {
            0 if manners == Manners::Wild => Ticket(u64::arbitrary(g)),
            1 if manners == Manners::Wild => Ticket(issued.saturating_add(1)),
            0..5 => Ticket(issued),
            _ => Ticket(below(g, issued + 1)),
        }
    }

    /// The tag of the next command.
    pub(super) const fn next_tag(&self) -> u64 {
        self.next_tag
    }

    /// The digest and the deadline: what a no-op leaves as it is.
    pub(super) fn state(&self) -> (u64, Option<Time>) {
        (digest(&self.machine), self.machine.deadline())
    }
}

pub(super) fn config<S: Scripted>(subject: &S, plan: &Plan, id: NodeId) -> ConfigOf<S> {
    subject.config(id, plan, &subject.app(id, plan))
}

pub(super) fn digest<M: Machine>(machine: &M) -> u64 {
    let mut hasher = SipHasher13::new();
    machine.digest(&mut hasher);
    hasher.finish()
}

pub(super) fn hashed_bytes<M: Machine>(machine: &M) -> usize {
    let mut counter = Counter(0);
    machine.digest(&mut counter);
    counter.0
}

struct Counter(usize);

impl core::hash::Hasher for Counter {
    fn write(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// What a machine's checkpoint folds to.
pub(super) fn checkpointed<M: Durable<Error: core::fmt::Debug>>(machine: &M) -> Result<M::Image, String> {
    fold_of_checkpoint(machine)
        .map_err(|error| format!("a record of its checkpoint does not fold: {error:?}"))
}

/// Of every magnitude up to about a minute, often zero.
fn some_span(g: &mut Gen) -> u64 {
    if below(g, 4) == 0 {
        return 0;
    }
    let bits = below(g, 36);
    below(g, 1 << bits.min(31)) << bits.saturating_sub(31)
}

fn wild_instant(g: &mut Gen, now: Time) -> Time {
    match below(g, 16) {
        0 => Time::ZERO,
        1 => Time::from_nanos(u64::MAX - below(g, 3)),
        2 => Time::from_nanos(u64::arbitrary(g)),
        3..6 => Time::from_nanos(now.as_nanos().saturating_sub(some_span(g))),
        _ => now + Duration::from_nanos(some_span(g)),
    }
}
