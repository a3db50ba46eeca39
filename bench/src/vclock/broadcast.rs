//! Causal broadcast in one thread, without faults and with disks that answer at once. No crate does the same, so it has no
//! rival.

use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use quorate_machine::{Durable as _, Effect, Input, Machine, NodeId, Outbox, Tag, Time};
use quorate_vclock::broadcast::{Broadcast, Command, Config, Event, Image, Message, Record};

use crate::cpu::cpu_time;

/// Messages that each member broadcasts before any is carried.
const BATCH: u64 = 16;

struct Group {
    members: Vec<(Broadcast, Outbox<Message, Record, Event>)>,
    now: Time,
    delivered: u64,
    stable: u64,
}

/// How long `members` take until each has delivered `rounds` times 16 messages of 64 bytes of each of them, and how many
/// deliveries that is.
///
/// # Panics
/// If not everything is delivered everywhere.
pub fn broadcast(members: u64, rounds: u64) -> (Duration, u64) {
    let mut group = Group::new(members);
    let payload = Bytes::from_static(&[7; 64]);
    let begun = cpu_time();
    for _ in 0..rounds {
        let submits = (0..members).flat_map(|id| (0..BATCH).map(move |tag| (id, tag)));
        let submit =
            |(id, tag)| (id, Input::Submit { tag: Tag(tag), command: Command::Broadcast(payload.clone()) });
        group.carry(submits.map(submit).collect());
    }
    let time = cpu_time().saturating_sub(begun);
    let all = members * members * rounds * BATCH;
    assert_eq!(group.delivered, all, "everything is delivered everywhere");
    assert!(group.stable > 0, "what all have is known to all");
    (time, all)
}

type In = Input<Message, Command>;

impl Group {
    fn new(members: u64) -> Self {
        let ids: Vec<NodeId> = (0..members).map(NodeId).collect();
        let member = |id: &NodeId| {
            let config = Config { window_max: 1 << 40, ..Config::new(*id, 1, ids.clone()) };
            let machine = Broadcast::recover(config, Image::default(), id.0, Time::ZERO);
            (machine.expect("a configuration that is usable"), Outbox::new())
        };
        let mut group =
            Self { members: ids.iter().map(member).collect(), now: Time::ZERO, delivered: 0, stable: 0 };
        group.carry(VecDeque::new());
        group
    }

    /// Carries everything that is under way, and wakes who wants to be woken within a digest interval.
    fn carry(&mut self, mut inputs: VecDeque<(u64, In)>) {
        let until = self.now + Config::new(NodeId(0), 1, Vec::new()).digest_interval * 2;
        loop {
            while let Some((id, input)) = inputs.pop_front() {
                self.step(id, input, &mut inputs);
            }
            let deadlines =
                (0..).zip(&self.members).filter_map(|(id, (member, _))| Some((member.deadline()?, id)));
            let Some((deadline, id)) = deadlines.min().filter(|(deadline, _)| *deadline <= until) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(deadline);
            self.step(id, Input::Wake, &mut inputs);
        }
    }

    fn step(&mut self, id: u64, input: In, inputs: &mut VecDeque<(u64, In)>) {
        let Some((member, out)) = usize::try_from(id).ok().and_then(|at| self.members.get_mut(at)) else {
            return;
        };
        member.step(self.now, input, out);
        for effect in out.drain() {
            match effect {
                Effect::Send { to, message } => {
                    inputs.push_back((to.0, Input::Receive { from: NodeId(id), message }));
                }
                Effect::Persist { ticket, .. } => {
                    inputs.extend(ticket.map(|ticket| (id, Input::Persisted(ticket))));
                }
                Effect::Emit(Event::Delivered { entries, .. }) => self.delivered += entries.len() as u64,
                Effect::Emit(Event::Stable { .. }) => self.stable += 1,
                Effect::Emit(_) => {}
            }
        }
    }
}
