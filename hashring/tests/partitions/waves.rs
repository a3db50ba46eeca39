//! What must hold of waves and of progress, whoever carries them out and however often they begin anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use quorate_hashring::{
    Hashing, Node, Plan, SlotSpec,
    plan::{Action, MoveLimits, Progress, Region, Schedule, Stage, Step, StepError},
};
use quorate_machine::Rng;

use super::{
    plans::{change_nodes, ring, ring_of},
    tables::{ensure, nodes, sound, table},
};

/// Who has a whole copy of each region that changes, as they themselves know it.
struct Cluster<R> {
    /// The region, its least count of copies, its most, and who has it.
    regions: Vec<(R, usize, usize, BTreeSet<Arc<str>>)>,
}

impl<R: Region> Cluster<R> {
    fn new(plan: &Plan<R>) -> Self {
        let region = |change: &quorate_hashring::plan::Change<R>| {
            let (old, new) = (change.old().len(), change.new().len());
            (change.region().clone(), old.min(new), old.max(new) + 1, change.old().iter().cloned().collect())
        };
        Self { regions: plan.changes().iter().map(region).collect() }
    }

    /// Does a step, and says whether it could be done and what it leaves is enough.
    fn carry_out(&mut self, step: &Step<R>) -> Result<(), String> {
        let found = self.regions.iter_mut().find(|(region, ..)| *region == step.region);
        let (_, least, most, holders) = found.ok_or("no such region")?;
        match step.action {
            Action::Add => {
                let source = step.source.as_ref();
                ensure!(
                    source.map_or(holders.is_empty(), |source| holders.contains(source)),
                    "{step:?} has no source among {holders:?}"
                );
                holders.insert(Arc::clone(&step.node));
            }
            Action::Drop => {
                holders.remove(&step.node);
            }
        }
        ensure!(holders.len() >= *least, "{step:?} leaves {} copies", holders.len());
        ensure!(holders.len() <= *most, "{step:?} makes {} copies", holders.len());
        Ok(())
    }

    fn is_as_planned(&self, plan: &Plan<R>) -> bool {
        let new = |change: &quorate_hashring::plan::Change<R>| {
            change.new().iter().cloned().collect::<BTreeSet<_>>()
        };
        self.regions.iter().zip(plan.changes()).all(|((.., holders), change)| *holders == new(change))
    }
}

/// What is being done at once is within the limits.
fn within<R: Region>(steps: &[Step<R>], limits: MoveLimits, size: &dyn Fn(&R) -> u64) -> Result<(), String> {
    let (mut sources, mut targets) = (BTreeMap::new(), BTreeMap::new());
    let (mut count, mut total) = (0_u32, 0_u64);
    for step in steps.iter().filter(|step| step.action == Action::Add) {
        *targets.entry(&step.node).or_insert(0_u32) += 1;
        if let Some(source) = &step.source {
            *sources.entry(source).or_insert(0_u32) += 1;
        }
        count += 1;
        total += size(&step.region);
    }
    ensure!(sources.values().all(|&count| count <= limits.per_source), "sources {sources:?}");
    ensure!(targets.values().all(|&count| count <= limits.per_target), "targets {targets:?}");
    ensure!(count <= limits.in_all, "{count} copies at once");
    ensure!(total <= limits.size_in_all || count == 1, "{total} at once");
    Ok(())
}

fn limits(rng: &mut Rng) -> MoveLimits {
    let mut few = || 1 + u32::try_from(rng.below(3)).unwrap_or(0);
    MoveLimits { per_source: few(), per_target: few(), in_all: 2 * few(), size_in_all: 20 * u64::from(few()) }
}

/// Every wave, its steps in a random order: drops may come before what is added elsewhere.
fn check_waves<R: Region>(plan: &Plan<R>, rng: &mut Rng) -> Result<(usize, usize), String> {
    let limits = limits(rng);
    let size = |_: &R| 10;
    let schedule = sound(Schedule::new(plan, limits, size))?;
    let mut cluster = Cluster::new(plan);
    let mut waves = 0;
    for mut wave in schedule.waves() {
        ensure!(!wave.is_empty(), "an empty wave");
        within(&wave, limits, &size)?;
        for i in (1..wave.len()).rev() {
            wave.swap(i, usize::try_from(rng.below(i as u64 + 1)).unwrap_or(0));
        }
        wave.iter().try_for_each(|step| cluster.carry_out(step))?;
        waves += 1;
        ensure!(waves <= 4 * plan.moves().count(), "waves without end");
    }
    ensure!(cluster.is_as_planned(plan), "after the last wave something is left to do");
    ensure!(
        schedule.waves_min() <= waves,
        "{waves} waves, and there cannot be fewer than {}",
        schedule.waves_min()
    );
    Ok((waves, schedule.waves_min()))
}

pub(crate) fn waves_keep_every_copy_until_the_next_is_there() -> Result<String, String> {
    let mut rng = Rng::new(10);
    let (mut waves, mut least, mut plans) = (0, 0, 0);
    let mut add = |(made, could): (usize, usize)| {
        (waves, least, plans) = (waves + made, least + could, plans + 1);
    };
    for _ in 0..80 {
        let old = ring(&mut rng)?;
        let mut new = old.clone();
        change_nodes(&mut new, &mut rng)?;
        let copies = 1 + usize::try_from(rng.below(3)).unwrap_or(0);
        add(check_waves(&sound(Plan::between(&old, &new, copies))?, &mut rng)?);
    }
    for _ in 0..60 {
        let weights: Vec<u32> =
            (0..=rng.below(6)).map(|_| 1 + u32::try_from(rng.below(3)).unwrap_or(0)).collect();
        let spec = SlotSpec { count: 40, copies: 3, ..SlotSpec::default() };
        let mut old = table(spec, nodes(&weights, &[]))?;
        sound(old.add(Node::new("z")))?;
        add(check_waves(&sound(Plan::between(&old, &old.rebalanced(), 3))?, &mut rng)?);
        if let Ok(new) = old.rebalanced().drained(&["a"]) {
            add(check_waves(&sound(Plan::between(&old, &new, 3))?, &mut rng)?);
            add(check_waves(&sound(Plan::between(&new, &old, 3))?, &mut rng)?);
        }
    }
    // Everything is elsewhere, and nothing was anywhere.
    let none = ring_of(Hashing::default(), [])?;
    let some = ring_of(Hashing::default(), nodes(&[1, 2, 1], &[]))?;
    add(check_waves(&sound(Plan::between(&none, &some, 2))?, &mut rng)?);
    add(check_waves(&sound(Plan::between(&some, &none, 2))?, &mut rng)?);
    Ok(format!("{plans} plans in {waves} waves; {least} would be needed at least"))
}

/// Whoever carries it out fails, is killed, and is followed by somebody who knows what was written down, and nothing else.
pub(crate) fn progress_outlives_whoever_makes_it() -> Result<String, String> {
    let mut rng = Rng::new(11);
    let (mut crashes, mut failures, mut done) = (0, 0, 0);
    for _ in 0..60 {
        let old = ring(&mut rng)?;
        let mut new = old.clone();
        change_nodes(&mut new, &mut rng)?;
        let plan = sound(Plan::between(&old, &new, 2))?;
        let (limits, size) = (limits(&mut rng), |_: &_| 10);
        let schedule = sound(Schedule::new(&plan, limits, size))?;
        let mut cluster = Cluster::new(&plan);
        let mut progress = Progress::new(&plan);
        let mut running: Vec<Step<_>> = vec![];
        let mut finished = BTreeSet::new();
        for round in 0_usize.. {
            ensure!(round < 100_000, "no end");
            if rng.below(40) == 0 {
                // Steps that had begun were carried out, or not.
                for step in running.drain(..) {
                    if rng.below(2) == 0 {
                        cluster.carry_out(&step)?;
                    }
                }
                progress.restart();
                crashes += 1;
                // Of a copy that was being dropped nobody knows how much is left.
                for (i, (.., holders)) in cluster.regions.iter().enumerate() {
                    let live = sound(plan.live(&progress, i))?.unwrap_or_default();
                    ensure!(live.iter().all(|name| holders.contains(name)), "{live:?} live after a crash");
                }
            }
            let ready = sound(schedule.ready(&progress))?;
            for step in ready {
                ensure!(!finished.contains(&(step.number, step.action)), "{step:?} is done again");
                sound(progress.start(&step))?;
                running.push(step);
            }
            within(&running, limits, &size)?;
            let looked_at = round % cluster.regions.len().max(1);
            for (i, (_, least, _, holders)) in cluster.regions.iter().enumerate().skip(looked_at).take(1) {
                let live = sound(plan.live(&progress, i))?.unwrap_or_default();
                ensure!(
                    live.iter().all(|name| holders.contains(name)),
                    "{live:?} live, and {holders:?} have it"
                );
                ensure!(live.len() >= *least, "{live:?} are live, of {least}");
            }
            if running.is_empty() {
                break;
            }
            let step = running.swap_remove(usize::try_from(rng.below(running.len() as u64)).unwrap_or(0));
            if rng.below(5) == 0 {
                sound(progress.fail(&step))?;
                failures += 1;
            } else {
                cluster.carry_out(&step)?;
                sound(progress.finish(&step))?;
                finished.insert((step.number, step.action));
                done += 1;
            }
        }
        ensure!(progress.is_done() && progress.done() == plan.moves().count(), "{} done", progress.done());
        ensure!(cluster.is_as_planned(&plan), "the cluster is not as planned");
    }
    Ok(format!("{done} steps are done through {crashes} crashes and {failures} failures"))
}

pub(crate) fn steps_out_of_turn_change_nothing() -> Result<String, String> {
    let spec = SlotSpec { count: 16, ..SlotSpec::default() };
    let mut old = table(spec, nodes(&[1, 1], &[]))?;
    sound(old.add(Node::new("z")))?;
    let plan = sound(Plan::between(&old, &old.rebalanced(), 1))?;
    let schedule = sound(Schedule::new(&plan, MoveLimits::default(), |_| 1))?;
    let mut progress = Progress::new(&plan);
    let step = sound(schedule.ready(&progress))?.into_iter().next().ok_or("nothing to do")?;
    let waiting = StepError::OutOfTurn { stage: Stage::Waiting };
    ensure!(
        progress.finish(&step) == Err(waiting) && progress.fail(&step) == Err(waiting),
        "it has not begun"
    );
    sound(progress.start(&step))?;
    ensure!(progress.start(&step) == Err(StepError::OutOfTurn { stage: Stage::Adding }), "it begins twice");
    ensure!(sound(schedule.ready(&progress))?.is_empty(), "the only target is busy");
    sound(progress.finish(&step))?;
    ensure!(progress.finish(&step) == Err(StepError::OutOfTurn { stage: Stage::Added }), "it ends twice");
    let moves = u32::try_from(progress.len()).unwrap_or(0);
    let mut nobody = step;
    nobody.number = moves;
    ensure!(progress.start(&nobody) == Err(StepError::NoSuchMove { moves }), "a step of no move begins");

    // The progress of one plan is none of another.
    let back = sound(Plan::between(&old.rebalanced(), &old, 1))?;
    let other = sound(Schedule::new(&back, MoveLimits::default(), |_| 1))?;
    let refused = other.ready(&progress).map(|_| ()).map_err(|error| (error.plan, error.progress));
    ensure!(refused == Err((back.fingerprint(), plan.fingerprint())), "{refused:?}");
    ensure!(back.live(&progress, 0).is_err(), "what is live of another plan");
    ensure!(sound(plan.live(&progress, usize::MAX))?.is_none(), "what is live of no change");
    for limits in [
        MoveLimits { per_source: 0, ..MoveLimits::default() },
        MoveLimits { per_target: 0, ..MoveLimits::default() },
        MoveLimits { in_all: 0, ..MoveLimits::default() },
        MoveLimits { size_in_all: 0, ..MoveLimits::default() },
    ] {
        ensure!(Schedule::new(&plan, limits, |_| 1).is_err(), "{limits:?} let something move");
    }
    // What is larger than the limit goes alone, and what is larger than any number does not overflow.
    let limits = MoveLimits { per_source: 9, per_target: 9, size_in_all: 5, ..MoveLimits::default() };
    let schedule = sound(Schedule::new(&plan, limits, |_| u64::MAX))?;
    let alone = |wave: Vec<Step<u32>>| wave.iter().filter(|step| step.action == Action::Add).count() <= 1;
    ensure!(schedule.waves().all(alone), "what is too large does not go alone");
    ensure!(schedule.waves().count() == plan.moves().count() + 1, "{} waves", schedule.waves().count());
    Ok("steps out of turn are refused".into())
}
