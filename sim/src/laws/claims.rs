use core::fmt::Debug;

use quickcheck::{Arbitrary as _, Gen};
use quorate_machine::{Durable as _, Effect, Input, Machine as _, NodeId, Time};

use crate::{
    laws::{
        Encoded, Finding, Scripted,
        rig::{Manners, Rig, checkpointed},
    },
    subject::{EffectOf, ImageOf},
};

const fn finding(claimed: bool) -> Finding {
    if claimed { Finding::Kept } else { Finding::NotClaimed }
}

/// The configurations that must be refused are.
///
/// # Errors
/// Which is not.
pub fn refuses_bad_configs<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let rig = Rig::fresh(subject, g)?;
    let configs = subject.bad_configs(NodeId(1));
    let claimed = !configs.is_empty();
    for (at, config) in configs.into_iter().enumerate() {
        if S::Machine::recover(config, ImageOf::<S>::default(), 0, rig.now).is_ok() {
            return Err(format!("bad configuration {at} is accepted"));
        }
    }
    Ok(finding(claimed))
}

/// Whatever configuration is accepted, nothing that peers, clocks or drivers do makes the machine panic, write what does
/// not fold, or wake for ever; and what it wrote is accepted again.
///
/// # Errors
/// Only by the panic itself, or what it writes, or when it wakes.
pub fn accepted_configs_are_total<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut finding = Finding::NotClaimed;
    for _ in 0..CONFIGS {
        if some_config_is_total(subject, g)? {
            finding = Finding::Kept;
        }
    }
    Ok(finding)
}

const CONFIGS: usize = 3;

/// Says whether the one that was drawn is accepted. It is drawn again for each start: a configuration cannot be cloned.
fn some_config_is_total<S: Scripted>(subject: &S, g: &mut Gen) -> Result<bool, String> {
    let Rig { plan, id, now, seed, .. } = Rig::fresh(subject, g)?;
    let (size, drawn) = (g.size(), u64::arbitrary(g));
    let config = || subject.some_config(&mut Gen::from_size_and_seed(size, drawn), id, &plan);
    let mut image = ImageOf::<S>::default();
    let accepted =
        config().is_some_and(|config| S::Machine::recover(config, image.clone(), seed, now).is_ok());
    for _ in 0..2 {
        let Some(config) = config().filter(|_| accepted) else { return Ok(false) };
        let mut rig = Rig::configured(subject, plan.clone(), id, config, image, seed, now)?;
        rig.play(g, Manners::Tame, |rig, _, _| wakes_once(rig))?;
        rig.play(g, Manners::Wild, |_, _, _| Ok(()))?;
        image = checkpointed(&rig.machine)?;
    }
    Ok(true)
}

/// What is due now is no longer due once the machine has been woken; at the end of time nothing can be later.
fn wakes_once<S: Scripted>(rig: &mut Rig<'_, S>) -> Result<(), String> {
    let now = rig.now;
    let is_due = |rig: &Rig<'_, S>| rig.machine.deadline().is_some_and(|due| due <= now);
    if now == Time::MAX || !is_due(rig) {
        return Ok(());
    }
    rig.feed(now, Input::Wake)?;
    if is_due(rig) {
        Err(format!("woken at {now:?}, it still is due at {:?}", rig.machine.deadline()))
    } else {
        Ok(())
    }
}

/// A second copy right after the first leaves the digest as it is, persists nothing and tells nothing.
///
/// # Errors
/// What it does.
pub fn duplicates_are_harmless<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    let mut claimed = false;
    rig.play(g, Manners::Tame, |rig, g, _| {
        let Input::Receive { from, message } = rig.some_receive(g, Manners::Tame) else { return Ok(()) };
        if rig.subject.is_idempotent(&message) != Some(true) {
            return Ok(());
        }
        claimed = true;
        let input = || Input::Receive { from, message: message.clone() };
        rig.feed(rig.now, input())?;
        let (before, _) = rig.state();
        let effects = rig.feed(rig.now, input())?;
        if let Some(effect) = effects.iter().find(|effect| !matches!(effect, Effect::Send { .. })) {
            return Err(format!("a second {message:?} makes it do {effect:?}"));
        }
        if rig.state().0 == before { Ok(()) } else { Err(format!("a second {message:?} changes it")) }
    })?;
    Ok(finding(claimed))
}

/// While nothing becomes durable, nothing leaves that depends on the disk.
///
/// # Errors
/// What leaves.
pub fn nothing_leaks_before_its_ticket<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::fresh(subject, g)?;
    let mut claimed = false;
    rig.play(g, Manners::Withheld, |rig, _, effects| {
        for effect in effects {
            match rig.subject.depends_on_disk(effect) {
                Some(true) => return Err(format!("with nothing durable it does {effect:?}")),
                Some(false) => claimed = true,
                None => {}
            }
        }
        Ok(())
    })?;
    Ok(finding(claimed))
}

/// Messages, records and images come back from their encoding as they were.
///
/// # Errors
/// What does not.
pub fn round_trips<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    let mut claimed = false;
    let mut judge = |subject: &S, what: Encoded<'_, S>| match subject.round_trip(what) {
        Some(result) => {
            claimed = true;
            result
        }
        None => Ok(()),
    };
    rig.play(g, Manners::Wild, |rig, g, effects| {
        judge(rig.subject, Encoded::Image(&rig.all))?;
        let message = rig.subject.message(g, &rig.machine);
        judge(rig.subject, Encoded::Message(&message))?;
        effects.iter().try_for_each(|effect| judge_effect::<S>(rig.subject, &mut judge, effect))
    })?;
    Ok(finding(claimed))
}

/// The encodings that the subject keeps are what they were.
///
/// # Errors
/// What has changed, and how to say that it was meant.
pub fn golden_bytes<S: Scripted>(subject: &S, _: &mut Gen) -> Result<Finding, String> {
    match subject.golden() {
        Some(golden) => golden.check().map(|()| Finding::Kept),
        None => Ok(Finding::NotClaimed),
    }
}

/// What a trace shows of messages, commands and effects is one line, not empty and not endless.
///
/// # Errors
/// What is not.
pub fn prints_in_a_line<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    rig.play(g, Manners::Wild, |rig, g, effects| {
        readable("a message", &rig.subject.message(g, &rig.machine))?;
        readable("a command", &rig.subject.plausible_command(g, &rig.machine))?;
        effects.iter().try_for_each(|effect| match effect {
            Effect::Send { message, .. } => readable("a message", message),
            Effect::Persist { record, .. } => readable("a record", record),
            Effect::Emit(event) => readable("an event", event),
        })
    })?;
    Ok(Finding::Kept)
}

fn readable(what: &str, value: &impl Debug) -> Result<(), String> {
    let shown = format!("{value:?}");
    if shown.trim().is_empty() {
        return Err(format!("{what} prints nothing"));
    }
    if shown.contains('\n') {
        return Err(format!("{what} prints more than one line: {shown}"));
    }
    if shown.len() > SHOWN_BYTES_MAX {
        return Err(format!("{what} prints {} bytes, where {SHOWN_BYTES_MAX} can be read", shown.len()));
    }
    Ok(())
}

const SHOWN_BYTES_MAX: usize = 10_000;

fn judge_effect<S: Scripted>(
    subject: &S,
    judge: &mut impl FnMut(&S, Encoded<'_, S>) -> Result<(), String>,
    effect: &EffectOf<S>,
) -> Result<(), String> {
    match effect {
        Effect::Send { message, .. } => judge(subject, Encoded::Message(message)),
        Effect::Persist { record, .. } => judge(subject, Encoded::Record(record)),
        Effect::Emit(_) => Ok(()),
    }
}
