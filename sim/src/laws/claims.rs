use quickcheck::Gen;
use quorate_machine::{Durable as _, Effect, Input, NodeId};

use crate::{
    laws::{
        Encoded, Finding, Scripted,
        rig::{Manners, Rig},
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
