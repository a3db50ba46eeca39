use quickcheck::Gen;
use quorate_machine::{Effect, Input, Ticket};

use crate::laws::{
    Finding, Scripted, below,
    rig::{Manners, Rig, checkpointed},
};

/// Tickets leave in strictly rising order, and all of them were issued.
///
/// # Errors
/// Which does not.
pub fn tickets_rise<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    let mut latest = Ticket::NONE;
    rig.play(g, Manners::Wild, |rig, _, effects| {
        for effect in effects {
            let Effect::Persist { ticket: Some(ticket), .. } = effect else { continue };
            if *ticket <= latest || !rig.out.has_issued(*ticket) {
                return Err(format!("after {latest:?} comes {effect:?}"));
            }
            latest = *ticket;
        }
        Ok(())
    })?;
    Ok(Finding::Kept)
}

/// An acknowledgement that comes again, is older than another, or was never due, does nothing.
///
/// # Errors
/// What it does.
pub fn foreign_persisted_is_harmless<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    rig.play(g, Manners::Tame, |rig, g, _| {
        let issued = rig.out.issued().0;
        let ticket = match below(g, 4) {
            0 => Ticket(issued.saturating_add(1)),
            1 => Ticket(u64::MAX),
            2 => rig.acknowledged,
            _ => Ticket(below(g, rig.acknowledged.0.saturating_add(1))),
        };
        let before = rig.state();
        let effects = rig.feed(rig.now, Input::Persisted(ticket))?;
        if !effects.is_empty() {
            return Err(format!("{ticket:?} of {issued} issued makes it do {effects:?}"));
        }
        if rig.state() == before { Ok(()) } else { Err(format!("{ticket:?} of {issued} issued changes it")) }
    })?;
    Ok(Finding::Kept)
}

/// What is recovered from a fold of records is, described by its own checkpoint, that same fold.
///
/// # Errors
/// That it is not, or that the fold is refused.
pub fn recovery_equals_the_fold<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    rig.play(g, Manners::Tame, |rig, _, effects| {
        if !effects.iter().any(|effect| matches!(effect, Effect::Persist { .. })) {
            return Ok(());
        }
        let restarted = rig.restarted(rig.all.clone(), rig.now)?;
        if checkpointed(&restarted.machine)? == rig.all {
            Ok(())
        } else {
            Err("recovered from a fold, its checkpoint folds to something else".to_owned())
        }
    })?;
    Ok(Finding::Kept)
}

/// After every step, the checkpoint folds to what all records issued so far fold to.
///
/// # Errors
/// That it does not.
pub fn checkpoint_equals_the_fold<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut rig = Rig::experienced(subject, g)?;
    rig.play(g, Manners::Wild, |rig, _, effects| {
        if checkpointed(&rig.machine)? == rig.all {
            Ok(())
        } else {
            Err(format!("after {effects:?} its checkpoint folds to another image than its records"))
        }
    })?;
    Ok(Finding::Kept)
}
