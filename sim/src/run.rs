use core::any::Any;
use core::panic::AssertUnwindSafe;
use std::panic::{catch_unwind, resume_unwind};

use quorate_machine::{Machine, Time};
use siphasher::sip::SipHasher13;

use crate::{
    plan::Plan,
    report::{Report, Verdict},
    subject::Subject,
    trace::Trace,
    world::{World, draws},
};

/// Runs the plan. The report is a function of the two arguments.
pub fn run<S: Subject>(subject: &S, plan: &Plan) -> Report {
    run_traced(subject, plan, 0)
}

/// Runs the plan, and keeps the latest `lines` steps as text.
pub fn run_traced<S: Subject>(subject: &S, plan: &Plan, lines: usize) -> Report {
    let mut world = World::new(subject, plan, Trace::new(lines));
    // After a panic the world is only read, never stepped again.
    let played = catch_unwind(AssertUnwindSafe(|| play(&mut world)));
    let verdict = match played {
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(verdict)) => verdict,
        Err(panic) if world.in_machine => world.violated("no panic", message(&*panic)),
        Err(panic) => resume_unwind(panic),
    };
    report(world, verdict)
}

fn play<S: Subject>(world: &mut World<'_, S>) -> Result<(), Verdict> {
    world.begin()?;
    let healed = Time::ZERO + world.plan.safety;
    world.run_until(healed)?;
    let rested = if world.plan.liveness.is_zero() { Ok(()) } else { find_rest(world, healed) };
    match rested {
        Ok(()) | Err(Verdict::Stuck { .. }) => world.judge_at_end().and(rested),
        Err(violated) => Err(violated),
    }
}

/// How often the core is asked whether it has got where it must get.
const LOOKS: u32 = 16;

fn find_rest<S: Subject>(world: &mut World<'_, S>, healed: Time) -> Result<(), Verdict> {
    let core = world.subject.core(world.plan, &mut world.rng.fork(draws::CORE));
    world.trace.phase(healed, || format!("liveness: the core {core} is healed"));
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
        counters: world.counters,
        trace: world.trace.into_lines(),
    }
}

pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
