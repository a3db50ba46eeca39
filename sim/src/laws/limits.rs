use alloc::collections::BTreeSet;
use core::time::Duration;

use quickcheck::Gen;
use quorate_machine::{Effect, Input, InputOf, Machine as _, Time};

use crate::laws::{
    Finding, Scripted, below,
    rig::{Manners, Rig, checkpointed, config},
};

/// Nothing that peers, clocks or drivers do makes the machine panic.
///
/// # Errors
/// Only by the panic itself, or when its own records do not fold.
pub fn total_on_garbage<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    rig.play(g, Manners::Wild, |rig, _, _| {
        checkpointed(&rig.machine)?;
        Ok(())
    })?;
    Ok(Finding::Kept)
}

/// No step has more effects than stated, and none sends to the machine itself.
///
/// # Errors
/// How many, or what.
pub fn bounded<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    let max = subject.effects_max();
    rig.play(g, Manners::Wild, |rig, _, effects| {
        if effects.len() > max {
            return Err(format!("{} effects in one step, where {max} are stated", effects.len()));
        }
        match effects.iter().find(|effect| matches!(effect, Effect::Send { to, .. } if *to == rig.id)) {
            Some(effect) => Err(format!("it writes to itself: {effect:?}")),
            None => Ok(()),
        }
    })?;
    Ok(Finding::Kept)
}

/// However many messages come, and however often one of them, the state stays as small as stated, as long as the driver
/// keeps its duties.
///
/// # Errors
/// How large it is.
pub fn bounded_state<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    let config = config(subject, &rig.plan, rig.id);
    let Some(max) = subject.state_bytes_max(&config) else { return Ok(Finding::NotClaimed) };
    let within = |rig: &Rig<'_, S>, after: &str| {
        let bytes = subject.state_bytes(&rig.machine);
        if bytes <= max {
            return Ok(());
        }
        Err(format!("after {after} its state takes {bytes} bytes, where {max} are stated"))
    };
    for _ in 0..ROUNDS {
        rig.play(g, Manners::Tame, |_, _, _| Ok(()))?;
        within(&rig, "a script")?;
        let Some(input) = greedy(&rig, g) else { continue };
        for _ in 0..REPEATS {
            rig.feed(rig.now, input.clone())?;
        }
        within(&rig, &format!("{input:?}, {REPEATS} times"))?;
    }
    Ok(Finding::Kept)
}

/// A message, if one turns up, that makes the state grow even when it comes again: of a queue without a limit, some
/// message is like that.
fn greedy<S: Scripted>(rig: &Rig<'_, S>, g: &mut Gen) -> Option<InputOf<S::Machine>> {
    let mut candidates = (0..CANDIDATES).map(|_| rig.some_receive(g, Manners::Tame));
    candidates.find(|input| {
        let (mut machine, mut out) = (rig.machine.clone(), rig.out.clone());
        machine.step(rig.now, input.clone(), &mut out);
        let once = rig.subject.state_bytes(&machine);
        machine.step(rig.now, input.clone(), &mut out);
        rig.subject.state_bytes(&machine) > once
    })
}

const ROUNDS: usize = 12;
const CANDIDATES: usize = 16;
const REPEATS: usize = 1_000;

/// Each command is answered at most once, and nothing else is.
///
/// # Errors
/// Which answer is one too many.
pub fn answers_once<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    let mut answered = BTreeSet::new();
    rig.play(g, Manners::Tame, |rig, _, effects| {
        for effect in effects {
            let Effect::Emit(event) = effect else { continue };
            let Some(tag) = rig.subject.tag_of(event) else { continue };
            if tag.0 >= rig.next_tag() {
                return Err(format!("{event:?} answers {tag:?}, which nobody asked under"));
            }
            if !answered.insert(tag) {
                return Err(format!("{event:?} answers {tag:?} again"));
            }
        }
        Ok(())
    })?;
    Ok(Finding::Kept)
}

/// A wake before the deadline has no effects and leaves digest and deadline as they are.
///
/// # Errors
/// What it does instead.
pub fn early_wake_is_a_no_op<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    rig.play(g, Manners::Tame, |rig, g, _| {
        let before = rig.state();
        let early = match before.1 {
            Some(due) if due <= rig.now => return Ok(()),
            Some(due) => between(g, rig.now, due),
            None => rig.now + Duration::from_secs(below(g, 1_000)),
        };
        // Tried on a clone, so that the script goes on from where it was.
        let mut machine = rig.machine.clone();
        let mut out = rig.out.clone();
        core::mem::swap(&mut rig.machine, &mut machine);
        rig.machine.step(early, Input::Wake, &mut out);
        let after = rig.state();
        rig.machine = machine;
        if !out.is_empty() {
            return Err(format!("woken at {early:?}, before {:?}, it does {:?}", before.1, out.effects()));
        }
        if after == before {
            Ok(())
        } else {
            Err(format!("woken at {early:?}, before {:?}, it changes; next {:?}", before.1, after.1))
        }
    })?;
    Ok(Finding::Kept)
}

/// An instant from `start` to before `end`.
fn between(g: &mut Gen, start: Time, end: Time) -> Time {
    let width = u64::try_from(end.since(start).as_nanos()).unwrap_or(u64::MAX);
    let part = (u128::from(width) * u128::from(below(g, 1 << 16))) >> 16;
    start + Duration::from_nanos(u64::try_from(part).unwrap_or(0))
}

/// Right after a wake at an instant, the deadline is none or later than that instant.
///
/// # Errors
/// Where it stays.
pub fn due_wake_progresses<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    rig.play(g, Manners::Tame, |rig, g, _| {
        let Some(due) = rig.machine.deadline() else { return Ok(()) };
        let now =
            due.max(rig.now) + Duration::from_nanos(if below(g, 2) == 0 { 0 } else { below(g, 1 << 30) });
        rig.feed(now, Input::Wake)?;
        match rig.machine.deadline() {
            Some(next) if next <= now => {
                Err(format!("woken at {now:?}, due at {due:?}, its deadline is {next:?}"))
            }
            Some(_) | None => Ok(()),
        }
    })?;
    Ok(Finding::Kept)
}
