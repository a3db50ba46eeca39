use quickcheck::{Arbitrary as _, Gen};
use quorate_machine::{Input, InputOf, Machine as _, Time};

use crate::laws::{
    Finding, Scripted,
    rig::{Manners, Rig, digest},
};

/// Two instances that differ in their seeds alone answer messages, commands and acknowledgements alike. When they want to
/// be woken may differ, and so may what follows from that: as soon as a wake has parted them, two others start from
/// what is on disk.
///
/// # Errors
/// Which input they answer differently.
pub fn decides_without_its_seed<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    if !subject.decides_without_its_seed() {
        return Ok(Finding::NotClaimed);
    }
    let mut first = Rig::experienced(subject, g)?;
    let mut second = first.reseeded(u64::arbitrary(g))?;
    for turn in 0..g.size() {
        let (now, input) = first.turn(g, Manners::Tame);
        let now = if matches!(input, Input::Wake) { later_deadline(&first, &second, now) } else { now };
        if !step_alike(turn, &mut first, &mut second, now, &input)? {
            first = first.restarted(first.all.clone(), first.now)?;
            second = first.reseeded(u64::arbitrary(g))?;
        }
    }
    Ok(Finding::Kept)
}

/// Late enough that both have something to do: a driver may always be late.
fn later_deadline<S: Scripted>(first: &Rig<'_, S>, second: &Rig<'_, S>, now: Time) -> Time {
    let due = |rig: &Rig<'_, S>| rig.machine.deadline().unwrap_or(now);
    now.max(due(first)).max(due(second))
}

/// Says whether they still are in the same state, as far as it is told.
fn step_alike<S: Scripted>(
    turn: usize,
    first: &mut Rig<'_, S>,
    second: &mut Rig<'_, S>,
    now: Time,
    input: &InputOf<S::Machine>,
) -> Result<bool, String> {
    let one = format!("{:?}", first.feed(now, input.clone())?);
    let other = format!("{:?}", second.feed(now, input.clone())?);
    let alike = one == other && digest(&first.machine) == digest(&second.machine);
    if alike || matches!(input, Input::Wake) {
        return Ok(alike);
    }
    Err(format!(
        "at turn {turn}, with seeds {} and {}, {input:?} is answered by {one} and {other}{}",
        first.seed,
        second.seed,
        if one == other { ", and leaves different states" } else { "" }
    ))
}
