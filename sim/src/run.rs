use core::{any::Any, fmt, panic::AssertUnwindSafe};
use std::panic::{catch_unwind, resume_unwind};

use quorate_machine::{Machine, Time};
use siphasher::sip::SipHasher13;

use crate::{
    history::History,
    invariant::Observer,
    plan::{Expect, Plan},
    recording::{Happening, Recorder},
    report::{Report, Verdict},
    subject::Subject,
    world::{World, draws},
};

/// Runs the plan. The report is a function of the two arguments.
pub fn run<S: Subject>(subject: &S, plan: &Plan) -> Report {
    Run::new(subject, plan).go()
}

/// Runs the plan, and records the latest `moments`.
pub fn run_recorded<S: Subject>(subject: &S, plan: &Plan, moments: usize) -> Report {
    Run::new(subject, plan).recorded(moments).go()
}

/// One run, about to begin.
pub struct Run<'a, S: Subject> {
    subject: &'a S,
    plan: &'a Plan,
    moments: usize,
    history: bool,
    observer: Option<&'a mut dyn Observer<S>>,
}

impl<'a, S: Subject> Run<'a, S> {
    /// A run of the plan that records nothing but the history.
    pub const fn new(subject: &'a S, plan: &'a Plan) -> Self {
        Self { subject, plan, moments: 0, history: true, observer: None }
    }

    /// Records the latest `moments`.
    #[must_use]
    pub const fn recorded(mut self, moments: usize) -> Self {
        self.moments = moments;
        self
    }

    /// Lets the applications' history go, so that a long run takes no more memory than a short one. An invariant that
    /// judges histories then sees an empty one.
    #[must_use]
    pub const fn without_history(mut self) -> Self {
        self.history = false;
        self
    }

    /// Lets somebody look on.
    #[must_use]
    pub fn observed(mut self, observer: &'a mut dyn Observer<S>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Runs.
    pub fn go(self) -> Report {
        let Self { subject, plan, moments, history, observer } = self;
        let mut world = World::new(subject, plan, Recorder::new(moments), observer);
        if !history {
            world.history = History::unkept();
        }
        // After a panic the world is only read, never stepped again.
        let played = catch_unwind(AssertUnwindSafe(|| play(&mut world)));
        let verdict = match played {
            Ok(Ok(())) if plan.expect == Expect::Passed => Verdict::Passed,
            Ok(Ok(())) => world.violated("recoverable", "the plan expects that it is not".to_owned()),
            Ok(Err(verdict)) => verdict,
            Err(panic) if world.in_machine => world.violated("no panic", message(&*panic)),
            Err(panic) => resume_unwind(panic),
        };
        if let Some(observer) = world.observer.take() {
            observer.at_end(&world.view(), &verdict);
        }
        report(world, verdict)
    }
}

impl<S: Subject> fmt::Debug for Run<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a run of\n{}", self.plan)
    }
}

fn play<S: Subject>(world: &mut World<'_, S>) -> Result<(), Verdict> {
    world.begin()?;
    let healed = Time::ZERO + world.plan.safety;
    world.run_until(healed)?;
    let rested = if world.plan.liveness.is_zero() { Ok(()) } else { find_rest(world, healed) };
    match rested {
        Ok(()) | Err(Verdict::Stuck { .. } | Verdict::Unrecoverable { .. }) => match world.judge_at_end() {
            Err(Verdict::Undecided { .. }) if rested.is_err() => rested,
            judged => judged.and(rested),
        },
        Err(violated) => Err(violated),
    }
}

/// How often the core is asked whether it has got where it must get.
const LOOKS: u32 = 16;

fn find_rest<S: Subject>(world: &mut World<'_, S>, healed: Time) -> Result<(), Verdict> {
    let (lost, survivable) = (world.lost, world.subject.disks_lost_max(world.plan));
    if lost.len() > survivable {
        let why =
            format!("{lost} lost their disks, and the machine claims to survive the loss of {survivable}");
        return Err(Verdict::Unrecoverable { why });
    }
    let healthy = world.nodes.iter().filter(|node| !node.destroyed).map(|node| node.id).collect();
    let core = world.subject.core(world.plan, healthy, &mut world.rng.fork(draws::CORE));
    world.recorder.add(healed, || Happening::Phase { text: format!("liveness: the core {core} is healed") });
    world.heal(core)?;
    let last_command = world.plan.commands.iter().map(|command| command.at).max().unwrap_or(Time::ZERO);
    let mut rested = Ok(());
    for look in 1..=LOOKS {
        let until = healed + world.plan.liveness / LOOKS * look;
        world.run_until(until)?;
        rested = world.judge_at_rest();
        if rested.is_ok() && last_command <= until {
            break;
        }
    }
    rested
}

fn report<S: Subject>(mut world: World<'_, S>, verdict: Verdict) -> Report {
    for node in &world.nodes {
        let mut hasher = SipHasher13::new();
        if let Some(machine) = &node.machine {
            if !world.in_machine {
                machine.digest(&mut hasher);
            }
        }
        world.fingerprint.word(core::hash::Hasher::finish(&hasher));
        world.fingerprint.word(node.incarnation);
    }
    Report {
        fingerprint: world.fingerprint.value(),
        events: world.events,
        virtual_time: world.now.since(Time::ZERO),
        verdict,
        explanation: world.explanation,
        counters: world.counters,
        marks: world.marks,
        recording: world.recorder.into_recording(world.plan.nodes),
    }
}

pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
