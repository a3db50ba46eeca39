//! A Raft cluster as a subject of the simulator: a register service on each node, and what must hold of it all.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::wildcard_enum_match_arm, reason = "an invariant looks only at the effects that it is about")]

mod elections;
pub mod explored;
mod invariants;
mod marks;
pub mod plans;
mod reads;
mod service;
mod timing;

use core::time::Duration;

use quorate_consistency::spec::Register;
use quorate_machine::{NodeId, Rng, Tag};
use quorate_quorum::Voters;
use quorate_raft::{Command, Config, Event, Message, Raft, Record, Role, Status};
use quorate_sim::{Invariant, Linearizable, Marks, NodeSet, Plan, Portrait, Step, Subject, View};

pub use service::Service;

pub const ELECTION_TIMEOUT: Duration = Duration::from_millis(300);
pub const HEARTBEAT: Duration = Duration::from_millis(50);
pub const DISK_TIMEOUT: Duration = Duration::from_millis(200);

/// Raft with one register service per node, whole or with one seeded bug.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cluster {
    #[cfg(quorate_bugs)]
    pub bug: Option<quorate_raft::Bug>,
}

impl Subject for Cluster {
    type Machine = Raft;
    type App = Service;

    fn config(&self, id: NodeId, plan: &Plan, app: &Service) -> Config {
        let voters = Voters::majority((1..=u64::from(plan.nodes)).map(NodeId)).expect("distinct ids");
        // Small limits reach the edges; which ones is the plan's seed's choice.
        let mut rng = Rng::new(plan.seed).fork(0x636f_6e66);
        let mut pick =
            |choices: &[usize]| choices[usize::try_from(rng.below(choices.len() as u64)).unwrap_or(0)];
        Config {
            election_timeout: ELECTION_TIMEOUT,
            heartbeat: HEARTBEAT,
            disk_timeout: DISK_TIMEOUT,
            outcome_timeout: Duration::from_secs(2),
            batch_entries_max: pick(&[1, 2, 3, 64]),
            batch_bytes_max: pick(&[400, 4096]),
            proposal_bytes_max: 64,
            inflight_messages_max: pick(&[1, 2, 16]),
            inflight_bytes_max: pick(&[1, 300, 100_000]),
            log_bytes_max: pick(&[4_000, 1_000_000]),
            outstanding_max: pick(&[4, 1_000]),
            snapshot_part_bytes_max: 24,
            snapshot_parts_max: 64,
            log_keep_entries: [0, 1, 5][pick(&[0, 1, 2])],
            applied: app.durable(),
            #[cfg(quorate_bugs)]
            bug: self.bug,
            ..Config::new(id, voters)
        }
    }

    fn app(&self, _: NodeId, plan: &Plan) -> Service {
        let snapshot_every =
            [u64::MAX, 1, 4, 12][usize::try_from(Rng::new(plan.seed).fork(1).below(4)).unwrap_or(0)];
        let has_disk = Rng::new(plan.seed).fork(2).below(4) == 0;
        Service::new(snapshot_every, [8, 24][usize::from(plan.seed % 3 == 0)], has_disk)
    }

    fn command(&self, k: u64, rng: &mut Rng) -> Command {
        match rng.below(8) {
            0..4 => Command::Propose(service::write(k, 0)),
            4 => Command::ProposeAll((0..=rng.below(3)).map(|part| service::write(k, part)).collect()),
            _ => Command::Read,
        }
    }

    fn tag_of(&self, event: &Event) -> Option<Tag> {
        match event {
            Event::Proposed { tag, .. }
            | Event::Readable { tag, .. }
            | Event::Compacted { tag, .. }
            | Event::Refused { tag, .. }
            | Event::Unknown { tag } => Some(*tag),
            Event::Committed { .. } | Event::Restore { .. } | Event::Role { .. } => None,
        }
    }

    fn encode(&self, record: &Record) -> Option<Vec<u8>> {
        postcard::to_allocvec(record).ok()
    }

    fn encode_message(&self, message: &Message) -> Option<Vec<u8>> {
        postcard::to_allocvec(message).ok()
    }

    fn marks(&self) -> &'static [&'static str] {
        marks::ALL
    }

    fn mark(&self, view: &View<'_, Self>, step: &Step<'_, Self>, marks: &mut Marks) {
        marks::mark(view, step, marks);
    }

    fn portrait(&self, raft: &Raft) -> Portrait {
        let status = raft.status();
        Portrait { role: format!("{:?}", status.role).to_lowercase(), state: format!("{status:#?}") }
    }

    fn invariants(&self) -> Vec<Box<dyn Invariant<Self>>> {
        let parts = [
            invariants::all(),
            elections::all(),
            reads::all(),
            timing::all(),
            vec![Box::new(Linearizable::new(Register { initial: 0 }))],
        ];
        parts.into_iter().flatten().collect()
    }

    fn is_leader_event(&self, event: &Event) -> bool {
        matches!(event, Event::Role { role: Role::Leader, .. })
    }

    /// A leader whose whole log, with an entry of its own term, is committed and delivered on those who follow it.
    fn at_rest(&self, view: &View<'_, Self>) -> Result<(), String> {
        let core: NodeSet = view.core();
        let alive = core.iter().filter_map(|id| view.node(id)?.machine());
        let statuses: Vec<_> = alive.map(Raft::status).collect();
        if statuses.len() < core.iter().count() {
            return Err("a node of the core is down".to_owned());
        }
        // The leader may be outside of the core, if it happens to be whole.
        let up: Vec<_> = view.nodes().iter().filter_map(|node| Some(node.machine()?.status())).collect();
        let Some(leader) =
            up.iter().filter(|status| status.role == Role::Leader).max_by_key(|status| status.term)
        else {
            return Err(format!("no leader: {statuses:?}"));
        };
        let caught_up =
            |status: &&Status| status.leader == Some(leader.id) && status.delivered == leader.last.index;
        // A leader outside of the core that reaches a quorum may leave members of the core behind for ever: that the
        // others have a leader is what keeps those members from deposing it.
        let (among, needed) = if core.contains(leader.id) {
            (&statuses, statuses.len())
        } else {
            (&up, usize::from(view.plan().nodes) / 2 + 1)
        };
        if among.iter().filter(caught_up).count() >= needed {
            return Ok(());
        }
        Err(format!("not all of {statuses:?} are where {leader:?} is"))
    }
}
