use core::{fmt::Debug, time::Duration};

use quickcheck::{Arbitrary as _, Gen};
use quorate_machine::{Machine as _, Time};

use crate::{
    laws::{
        Finding, Scripted,
        rig::{Manners, Rig, digest},
    },
    subject::EffectOf,
};

/// What two machines that act alike agree in after a step.
#[derive(PartialEq, Eq)]
struct Act {
    effects: String,
    digest: u64,
    deadline: Option<Time>,
}

fn act<S: Scripted>(rig: &Rig<'_, S>, effects: &[EffectOf<S>]) -> Act {
    let (digest, deadline) = rig.state();
    Act { effects: told(effects), digest, deadline }
}

/// Effects need not be comparable; what they print is.
fn told(effects: &[impl Debug]) -> String {
    format!("{effects:?}")
}

fn same(turn: usize, first: &Act, second: &Act) -> Result<(), String> {
    let (what, first, second) = if first.effects != second.effects {
        ("effects", first.effects.clone(), second.effects.clone())
    } else if first.deadline != second.deadline {
        ("deadlines", format!("{:?}", first.deadline), format!("{:?}", second.deadline))
    } else if first.digest != second.digest {
        ("digests", format!("{:x}", first.digest), format!("{:x}", second.digest))
    } else {
        return Ok(());
    };
    Err(format!("at turn {turn} the {what} differ: {first} and {second}"))
}

/// Two instances fed the same script act alike.
///
/// # Errors
/// Where they part.
pub fn deterministic<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut first = Rig::experienced(subject, g)?;
    let mut second = first.twin(first.now)?;
    let mut acts = Vec::new();
    let script = first.play(g, Manners::Wild, |rig, _, effects| {
        acts.push(act(rig, effects));
        Ok(())
    })?;
    for (turn, (now, input)) in script.into_iter().enumerate() {
        let effects = second.feed(now, input)?;
        same(turn, &acts[turn], &act(&second, &effects))?;
    }
    Ok(Finding::Kept)
}

/// A clone acts like the original, and stepping one does not touch the other.
///
/// # Errors
/// Where they part.
pub fn forks_identically<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut original = Rig::experienced(subject, g)?;
    original.play(g, Manners::Wild, |_, _, _| Ok(()))?;
    let untouched = original.state();
    let mut fork = original.twin(original.now)?;
    fork.machine = original.machine.clone();
    fork.out = original.out.clone();
    fork.all = original.all.clone();
    let mut acts = Vec::new();
    let script = fork.play(g, Manners::Wild, |rig, _, effects| {
        acts.push(act(rig, effects));
        Ok(())
    })?;
    if original.state() != untouched {
        return Err("stepping a clone changed the original".to_owned());
    }
    for (turn, (now, input)) in script.into_iter().enumerate() {
        let effects = original.feed(now, input)?;
        same(turn, &acts[turn], &act(&original, &effects))?;
    }
    Ok(Finding::Kept)
}

/// If all instants are later by a constant, so are the deadlines, and nothing else changes.
///
/// # Errors
/// Where it does.
pub fn shifts_with_time<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let mut first = Rig::experienced(subject, g)?;
    let shift = Duration::from_nanos(u64::from(u32::arbitrary(g)) << 10);
    let mut second = first.twin(first.now + shift)?;
    let shifted = |deadline: Option<Time>| deadline.map(|due| due + shift);
    if second.machine.deadline() != shifted(first.machine.deadline()) {
        return Err("the first deadline does not shift".to_owned());
    }
    let mut acts = Vec::new();
    let script = first.play(g, Manners::Tame, |rig, _, effects| {
        acts.push(Act {
            effects: told(effects),
            digest: digest(&rig.machine),
            deadline: shifted(rig.machine.deadline()),
        });
        Ok(())
    })?;
    for (turn, (now, input)) in script.into_iter().enumerate() {
        let effects = second.feed(now + shift, input)?;
        same(turn, &acts[turn], &act(&second, &effects))?;
    }
    Ok(Finding::Kept)
}
