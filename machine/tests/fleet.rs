//! A fleet acts like its members one by one.

use std::collections::BTreeMap;

use quickcheck::{Arbitrary, Gen, QuickCheck};
use quorate_machine::{
    Durable, Effect, Fleet, FleetError, FleetEvent, FleetImage, Input, InputOf, Keyed, Machine, NodeId,
    Outbox, OutboxOf, Tag, Ticket, Time,
};

/// Counts what it is told, wants to be woken `command` nanoseconds later, and says what became durable.
#[derive(Clone, Debug, Default, PartialEq)]
struct Member {
    seen: u64,
    wakes: u64,
    at: Option<Time>,
    waiting: Vec<Ticket>,
}

impl Machine for Member {
    type Message = u64;
    type Command = u64;
    type Record = u64;
    type Event = (&'static str, u64);

    fn step(&mut self, now: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        match input {
            Input::Receive { from, message } => {
                self.seen += message;
                out.send(from, self.seen);
            }
            Input::Submit { command, .. } => {
                self.seen += command;
                self.at = Some(Time::from_nanos(now.as_nanos() + command));
                self.waiting.push(out.persist(self.seen));
            }
            Input::Persisted(upto) => {
                let before = self.waiting.len();
                self.waiting.retain(|ticket| *ticket > upto);
                out.emit(("durable", (before - self.waiting.len()) as u64));
            }
            Input::Wake if self.at.is_some_and(|at| at <= now) => {
                self.wakes += 1;
                self.at = None;
                out.emit(("woken", self.wakes));
            }
            Input::Wake => {}
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.at
    }

    fn digest(&self, hasher: &mut dyn core::hash::Hasher) {
        hasher.write_u64(self.seen);
    }
}

impl Durable for Member {
    type Config = u64;
    type Image = u64;
    type Error = &'static str;

    fn absorb(image: &mut u64, record: u64) -> Result<(), &'static str> {
        if record < *image {
            return Err("went back");
        }
        *image = record;
        Ok(())
    }

    fn recover(config: u64, image: u64, _: u64, _: Time) -> Result<Self, &'static str> {
        if config == 0 { Err("zero") } else { Ok(Self { seen: image, ..Self::default() }) }
    }

    fn checkpoint(&self, record: &mut dyn FnMut(u64)) {
        record(self.seen);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Receive(u8, u64),
    Submit(u8, u64),
    Persisted(u8),
    Wake(u8),
}

impl Arbitrary for Step {
    fn arbitrary(g: &mut Gen) -> Self {
        let (key, amount) = (u8::arbitrary(g) % 5, u64::from(u8::arbitrary(g) % 20));
        match u8::arbitrary(g) % 4 {
            0 => Self::Receive(key, amount),
            1 => Self::Submit(key, amount),
            2 => Self::Persisted(key),
            _ => Self::Wake(u8::arbitrary(g) % 12),
        }
    }
}

/// Four members, and the same four by themselves with an outbox that numbers for all of them.
fn acts_like_its_members(steps: Vec<Step>) -> bool {
    let mut fleet: Fleet<u8, Member> = Fleet::new();
    let mut alone: BTreeMap<u8, Member> = BTreeMap::new();
    for key in 0..4 {
        fleet.insert(key, Member::default());
        alone.insert(key, Member::default());
    }
    let (mut out, mut naive_out) = (Outbox::new(), Outbox::new());
    let mut now = Time::ZERO;
    let mut issued = Vec::new();
    for step in steps {
        let expected = naive(&mut alone, &mut now, &step, &issued, &mut naive_out);
        let input = match step {
            Step::Receive(key, inner) => Input::Receive { from: NodeId(9), message: Keyed { key, inner } },
            Step::Submit(key, inner) => Input::Submit { tag: Tag(1), command: Keyed { key, inner } },
            Step::Persisted(nth) => Input::Persisted(pick(&issued, nth)),
            Step::Wake(_) => Input::Wake,
        };
        fleet.step(now, input, &mut out);
        let effects: Vec<_> = out.drain().collect();
        issued.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Persist { ticket, .. } => *ticket,
            Effect::Send { .. } | Effect::Emit(_) => None,
        }));
        let deadline = alone.values().filter_map(Machine::deadline).min();
        if effects != expected
            || fleet.deadline() != deadline
            || fleet.iter().any(|(k, m)| alone.get(k) != Some(m))
        {
            return false;
        }
    }
    true
}

fn pick(issued: &[Ticket], nth: u8) -> Ticket {
    issued.get(usize::from(nth)).copied().unwrap_or(Ticket(u64::MAX))
}

type FleetEffect = Effect<Keyed<u8, u64>, Keyed<u8, u64>, FleetEvent<u8, u64, (&'static str, u64)>>;

fn naive(
    alone: &mut BTreeMap<u8, Member>,
    now: &mut Time,
    step: &Step,
    issued: &[Ticket],
    out: &mut OutboxOf<Member>,
) -> Vec<FleetEffect> {
    let mut inputs: Vec<(u8, InputOf<Member>)> = Vec::new();
    match step {
        Step::Receive(key, message) => {
            inputs.push((*key, Input::Receive { from: NodeId(9), message: *message }));
        }
        Step::Submit(key, command) if alone.contains_key(key) => {
            inputs.push((*key, Input::Submit { tag: Tag(1), command: *command }));
        }
        Step::Submit(key, inner) => {
            let command = Keyed { key: *key, inner: *inner };
            return vec![Effect::Emit(FleetEvent::NoMember { tag: Tag(1), command })];
        }
        Step::Persisted(nth) => {
            let upto = pick(issued, *nth);
            let covered = |member: &Member| member.waiting.iter().any(|ticket| *ticket <= upto);
            let waiting = alone.iter().filter(|(_, member)| upto != Ticket(u64::MAX) && covered(member));
            inputs.extend(waiting.map(|(key, _)| (*key, Input::Persisted(upto))));
        }
        Step::Wake(later) => {
            *now = Time::from_nanos(now.as_nanos() + u64::from(*later));
            let mut due: Vec<_> = alone.iter().filter_map(|(key, m)| Some((m.at?, *key))).collect();
            due.sort_unstable();
            inputs.extend(due.into_iter().filter(|(at, _)| at <= now).map(|(_, key)| (key, Input::Wake)));
        }
    }
    let mut effects = Vec::new();
    for (key, input) in inputs {
        let Some(member) = alone.get_mut(&key) else { continue };
        member.step(*now, input, out);
        effects.extend(out.drain().map(|effect| match effect {
            Effect::Send { to, message } => Effect::Send { to, message: Keyed { key, inner: message } },
            Effect::Persist { ticket, record } => {
                Effect::Persist { ticket, record: Keyed { key, inner: record } }
            }
            Effect::Emit(event) => Effect::Emit(FleetEvent::Member(Keyed { key, inner: event })),
        }));
    }
    effects
}

#[test]
fn a_fleet_acts_like_its_members() {
    QuickCheck::new()
        .rng(Gen::from_size_and_seed(120, 11))
        .tests(3_000)
        .quickcheck(acts_like_its_members as fn(Vec<Step>) -> bool);
}

#[test]
fn strays_are_counted_and_removed_members_forgotten() {
    let mut fleet: Fleet<u8, Member> = Fleet::default();
    let mut out = Outbox::new();
    assert!(fleet.is_empty() && fleet.insert(1, Member::default()).is_none());
    fleet.step(Time::ZERO, Input::Submit { tag: Tag(1), command: Keyed { key: 1, inner: 5 } }, &mut out);
    assert_eq!((fleet.len(), fleet.deadline()), (1, Some(Time::from_nanos(5))));
    let ticket = out.issued();
    out.drain().for_each(drop);
    assert_eq!(fleet.remove(&1).map(|member| member.seen), Some(5));
    fleet.step(Time::ZERO, Input::Persisted(ticket), &mut out);
    fleet.step(Time::ZERO, Input::Receive { from: NodeId(2), message: Keyed { key: 1, inner: 5 } }, &mut out);
    assert!(out.is_empty() && fleet.deadline().is_none());
    assert_eq!(fleet.strays(), 1);
}

#[test]
fn a_fleet_survives_its_process() {
    type Kept = Fleet<u8, Member>;
    let mut image = FleetImage::default();
    for (key, inner) in [(1, 5), (2, 3), (1, 9)] {
        Kept::absorb(&mut image, Keyed { key, inner }).unwrap();
    }
    let back = Kept::absorb(&mut image.clone(), Keyed { key: 2, inner: 1 });
    assert_eq!(back, Err(FleetError::Member { key: 2, error: "went back" }));
    let recover = |config: &[(u8, u64)]| {
        Kept::recover(config.iter().copied().collect(), image.clone(), 0, Time::ZERO).map(|fleet| {
            let mut again = FleetImage::default();
            fleet.checkpoint(&mut |record| Kept::absorb(&mut again, record).unwrap());
            (fleet.get(&1).map(|member| member.seen), again)
        })
    };
    let fresh = FleetImage(BTreeMap::from([(1, 9), (2, 3), (3, 0)]));
    assert_eq!(recover(&[(1, 1), (2, 1), (3, 1)]), Ok((Some(9), fresh)));
    assert_eq!(recover(&[(1, 1)]), Err(FleetError::Orphan { key: 2 }));
    assert_eq!(recover(&[(1, 1), (2, 0)]), Err(FleetError::Member { key: 2, error: "zero" }));
}
