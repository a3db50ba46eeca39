//! A group that broadcasts, as a subject of the simulator: a set of numbers beside each member, and what must hold.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![allow(clippy::wildcard_enum_match_arm, reason = "an invariant looks only at the effects that it is about")]

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use quorate_machine::{NodeId, Rng, Tag};
use quorate_sim::{Answers, App, Bounds, Invariant, Marks, Plan, Step, StepKind, Subject, View, generate};
use quorate_vclock::{
    Dot, VClock,
    broadcast::{Broadcast, Command, Config, Content, Event, Message, Origin, Record, Refusal},
};

use crate::invariants;

pub const INTERVAL: Duration = Duration::from_millis(50);

/// The machine, whole or with one seeded bug.
#[derive(Clone, Copy, Debug, Default)]
pub struct Group {
    #[cfg(quorate_bugs)]
    pub bug: Option<quorate_vclock::Bug>,
}

/// The application: what it was told, in order, and the set of all numbers as its state.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub state: BTreeSet<u64>,
    /// What was delivered since the cut, in order.
    pub delivered: Vec<Dot<Origin>>,
    /// What the state that was taken includes.
    pub cut: VClock<Origin>,
    /// What the latest event said had been delivered.
    pub reached: VClock<Origin>,
    pub members: Vec<NodeId>,
    /// Which birth comes next, if the disk is lost.
    pub births: u64,
    compact_every: usize,
    compacts_after: Duration,
    since: usize,
}

pub fn payload(number: u64) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

pub fn number_of(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Ledger {
    /// Whether the application has been told of this, or has taken over a state that includes it.
    pub fn knows(&self, dot: &Dot<Origin>) -> bool {
        self.cut.contains(dot) || self.delivered.contains(dot)
    }

    fn encoded(&self) -> Bytes {
        self.state.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    fn forget(&mut self) {
        self.state.clear();
        self.delivered.clear();
        self.cut = VClock::new();
        self.reached = VClock::new();
    }
}

impl App<Broadcast> for Ledger {
    type Op = ();

    fn on_event(&mut self, event: &Event, answers: &mut Answers<'_, Command, ()>) {
        match event {
            Event::Delivered { entries, delivered } => {
                for entry in entries {
                    if let Content::Payload(bytes) = &entry.payload {
                        self.state.insert(number_of(bytes));
                    }
                    self.delivered.push(entry.dot);
                }
                self.reached.clone_from(delivered);
                self.since += entries.len();
                if self.since >= self.compact_every {
                    self.since = 0;
                    // Whoever writes its state in the background hands over what has been overtaken meanwhile.
                    let late = answers.rng().span(Duration::ZERO..self.compacts_after);
                    let command = Command::Compact { cut: self.reached.clone(), state: self.encoded() };
                    answers.submit_after(late, command);
                }
            }
            Event::Restored { snapshot } => {
                self.forget();
                self.state = snapshot.state.chunks_exact(8).map(number_of).collect();
                self.cut.clone_from(&snapshot.cut);
                self.reached.clone_from(&snapshot.cut);
            }
            Event::Members { members } => self.members.clone_from(members),
            _ => {}
        }
    }

    fn on_crash(&mut self) {
        self.forget();
        self.births += 1;
    }
}

pub const MARKS: &[&str] = &[
    "a question was asked",
    "a state was handed over",
    "a node was born again",
    "messages were forgotten",
    "a node was admitted",
    "a node was removed",
    "a window was used up",
    "a message waited for another",
    "a snapshot was of no cut any more",
    "a stranger was ignored",
    "a former life was ignored",
];

impl Subject for Group {
    type Machine = Broadcast;
    type App = Ledger;

    fn config(&self, id: NodeId, plan: &Plan, app: &Ledger) -> Config {
        let mut rng = Rng::new(plan.seed).fork(0x6263_6173);
        let mut pick =
            |choices: &[usize]| choices[usize::try_from(rng.below(choices.len() as u64)).unwrap_or(0)];
        // In half of the plans the last node is admitted later.
        let late = u8::from(plan.nodes > 2 && pick(&[0, 1]) == 1);
        let founders: Vec<_> = (1..=u64::from(plan.nodes - late)).map(NodeId).collect();
        Config {
            contacts: founders.clone(),
            digest_interval: INTERVAL,
            payload_bytes_max: 64,
            batch_bytes_max: [1 << 10, 1 << 14][pick(&[0, 1])],
            repair_bytes_max: [1 << 10, 1 << 16][pick(&[0, 1])],
            window_max: u64::try_from(pick(&[3, 1_000, 1_000])).unwrap_or(3),
            store_bytes_max: [16 << 10, 1 << 20][pick(&[0, 1, 1])],
            origins_max: 24,
            members_max: 6,
            #[cfg(quorate_bugs)]
            bug: self.bug,
            ..Config::new(id, app.births, founders)
        }
    }

    fn app(&self, _: NodeId, plan: &Plan) -> Ledger {
        let every = [1, 5, 20, usize::MAX];
        Ledger {
            state: BTreeSet::new(),
            delivered: Vec::new(),
            cut: VClock::new(),
            reached: VClock::new(),
            members: Vec::new(),
            births: 1,
            compact_every: every[usize::try_from(Rng::new(plan.seed).fork(1).below(4)).unwrap_or(0)],
            compacts_after: Duration::from_millis(plan.seed % 4 * 100),
            since: 0,
        }
    }

    fn command(&self, k: u64, rng: &mut Rng) -> Command {
        match rng.below(40) {
            0 => Command::Remove(NodeId(1 + rng.below(5))),
            1..4 => Command::Admit(NodeId(1 + rng.below(5))),
            _ => Command::Broadcast(payload(k)),
        }
    }

    fn tag_of(&self, event: &Event) -> Option<Tag> {
        match event {
            Event::Done { tag, .. } | Event::Compacted { tag } | Event::Refused { tag, .. } => Some(*tag),
            _ => None,
        }
    }

    fn encode(&self, record: &Record) -> Option<Vec<u8>> {
        postcard::to_allocvec(record).ok()
    }

    fn encode_message(&self, message: &Message) -> Option<Vec<u8>> {
        postcard::to_allocvec(message).ok()
    }

    fn survives_wipe(&self) -> bool {
        true
    }

    fn marks(&self) -> &'static [&'static str] {
        MARKS
    }

    fn mark(&self, view: &View<'_, Self>, step: &Step<'_, Self>, marks: &mut Marks) {
        use quorate_machine::Effect::{Emit, Persist, Send};
        for effect in step.effects {
            match effect {
                Send { message: Message::Digest { want: Some(_), .. }, .. } => {
                    marks.hit("a question was asked");
                }
                Emit(Event::Restored { .. }) if matches!(step.kind, StepKind::Persisted(_)) => {
                    marks.hit("a state was handed over");
                }
                Persist { record: Record::Birth(origin), .. } if origin.birth > 1 => {
                    marks.hit("a node was born again");
                }
                Persist { record: Record::Pruned(_), .. } => marks.hit("messages were forgotten"),
                Emit(Event::Refused { refusal: Refusal::Window { .. }, .. }) => {
                    marks.hit("a window was used up");
                }
                Emit(Event::Refused { refusal: Refusal::NotACut, .. }) => {
                    marks.hit("a snapshot was of no cut any more");
                }
                _ => {}
            }
        }
        let Some(machine) = view.node(step.node).and_then(|node| node.machine()) else { return };
        let members = machine.members().iter().count();
        let founders = usize::from(view.plan().nodes);
        if members > founders {
            marks.hit("a node was admitted");
        }
        if members + 1 < founders {
            marks.hit("a node was removed");
        }
        if machine.waiting() > 0 {
            marks.hit("a message waited for another");
        }
        let counters = machine.counters();
        if counters.strangers > 0 {
            marks.hit("a stranger was ignored");
        }
        if counters.former > 0 {
            marks.hit("a former life was ignored");
        }
    }

    fn invariants(&self) -> Vec<Box<dyn Invariant<Self>>> {
        invariants::all()
    }

    /// Those of the core that are members by each other's view have delivered the same, and their applications agree. If
    /// these are all members, everything is stable.
    fn at_rest(&self, view: &View<'_, Self>) -> Result<(), String> {
        let nodes: Vec<_> = view.core().iter().filter_map(|id| view.node(id)).collect();
        let up: Vec<_> =
            nodes.iter().filter_map(|node| Some((node.id(), node.machine()?, node.app()))).collect();
        if up.len() < nodes.len() {
            return Err("a node of the core is down".to_owned());
        }
        let mutual = |id: NodeId| up.iter().all(|(_, machine, _)| machine.members().contains(id));
        let among: Vec<_> = up.iter().filter(|(id, ..)| mutual(*id)).collect();
        let Some((first, machine, ledger)) = among.first() else { return Ok(()) };
        for (id, other, app) in &among {
            if other.delivered() != machine.delivered() {
                return Err(format!("{first} has {:?}, {id} {:?}", machine.delivered(), other.delivered()));
            }
            let all_are_well =
                other.members().iter().all(|member| among.iter().any(|(id, ..)| *id == member));
            if all_are_well && !other.stable().descends(other.delivered()) {
                return Err(format!("for {id} {:?} is stable, of {:?}", other.stable(), other.delivered()));
            }
            if app.state != ledger.state || app.members != ledger.members {
                return Err(format!("{first} and {id} have delivered the same and differ"));
            }
        }
        Ok(())
    }
}

pub fn bounds() -> Bounds {
    Bounds { nodes: 1..=5, commands_max: 80, disks_lost_max: 1, ..Bounds::default() }
}

/// A third each: what the simulator offers; many short faults; and disks that are lost while messages come back from the
/// past.
pub fn plan(seed: u64) -> Plan {
    let churn = Bounds {
        nodes: 2..=5,
        outage_max: Duration::from_millis(300),
        latency_max: Duration::from_millis(40),
        sync_max: Duration::from_millis(15),
        faults_max: 40,
        ..bounds()
    };
    match seed % 3 {
        0 => generate::mix(seed, &bounds()),
        1 => generate::mix(seed, &churn),
        _ => {
            let mut plan = generate::mix(seed, &churn);
            plan.network.replay = quorate_machine::Chance::ppm(50_000);
            plan.network.replay_span = Duration::from_millis(500);
            plan
        }
    }
}
