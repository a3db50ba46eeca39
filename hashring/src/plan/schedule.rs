//! Which moves of a plan are made at the same time.

use alloc::{collections::BTreeMap, sync::Arc, vec, vec::Vec};
use core::cmp::Reverse;

use super::{
    Plan,
    progress::{OtherPlan, Progress, Stage},
    regions::Region,
};
use crate::bug::Bug;

/// How much may be done at the same time. Copies count that are being made; to drop one costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct MoveLimits {
    /// How many copies may be read from one node: 1.
    pub per_source: u32,
    /// How many copies may be written to one node: 1.
    pub per_target: u32,
    /// How many copies may be made in all: as many as nodes allow.
    pub in_all: u32,
    /// What they may be together, in the unit in which the caller says how large regions are. What is larger than that goes alone. As much as
    /// there is.
    pub size_in_all: u64,
}

impl Default for MoveLimits {
    fn default() -> Self {
        Self { per_source: 1, per_target: 1, in_all: u32::MAX, size_in_all: u64::MAX }
    }
}

/// Under these limits nothing would ever move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a limit of 0 lets nothing move")]
pub struct MoveLimitsError;

/// What is done with a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is made.
    Add,
    /// It is dropped.
    Drop,
}

/// One thing to do. It has to be possible to do it again, since nobody knows of a step that was begun whether it was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<R> {
    /// Which of the plan's moves it is part of, from 0.
    pub number: u32,
    /// What is done.
    pub action: Action,
    /// With the copy of this region,
    pub region: R,
    /// on this node.
    pub node: Arc<str>,
    /// Of a copy that is made, a node that has one: that which will lose it, if there is one. `None` if nobody has it yet.
    pub source: Option<Arc<str>>,
    /// Whether it is all of its move.
    pub(super) is_whole: bool,
}

/// The moves of a plan under limits.
///
/// Of each region at most one step is made at a time, and a copy is dropped only when that which takes its place is there. So at any
/// instant a region has at least as many whole copies as in the table that has fewer of it, and at most one more than in the table
/// that has more; that holds in whatever order the steps of a wave are done, and when some are not done at all.
#[derive(Clone, Debug)]
pub struct Schedule<'a, R> {
    plan: &'a Plan<R>,
    limits: MoveLimits,
    tasks: Vec<Task>,
    /// The tasks in the order in which they are looked at.
    order: Vec<u32>,
    names: Vec<Arc<str>>,
}

#[derive(Clone, Debug)]
struct Task {
    change: usize,
    from: Option<u32>,
    to: Option<u32>,
    source: Option<u32>,
    size: u64,
}

impl Task {
    fn can_be(&self, stage: Stage) -> bool {
        match stage {
            Stage::Waiting | Stage::Done => true,
            Stage::Adding => self.to.is_some(),
            Stage::Added => self.to.is_some() && self.from.is_some(),
            Stage::Fading | Stage::Dropping => self.from.is_some(),
        }
    }

    /// What is to be done next; `None` if it is being done, or there is nothing left.
    fn next(&self, stage: Stage) -> Option<Action> {
        let adds = self.to.is_some() && !(Bug::WaveDropsFirst.is_planted() && self.from.is_some());
        match stage {
            Stage::Waiting if adds => Some(Action::Add),
            Stage::Waiting | Stage::Added | Stage::Fading => Some(Action::Drop),
            Stage::Adding | Stage::Dropping | Stage::Done => None,
        }
    }
}

impl<'a, R: Region> Schedule<'a, R> {
    /// The moves of that plan, of regions that are as large as the caller says.
    ///
    /// # Errors
    ///
    /// A limit is 0.
    pub fn new(
        plan: &'a Plan<R>,
        limits: MoveLimits,
        size: impl Fn(&R) -> u64,
    ) -> Result<Self, MoveLimitsError> {
        if [limits.per_source, limits.per_target, limits.in_all].contains(&0) || limits.size_in_all == 0 {
            return Err(MoveLimitsError);
        }
        let mut schedule = Self { plan, limits, tasks: vec![], order: vec![], names: vec![] };
        let mut numbers: BTreeMap<Arc<str>, u32> = BTreeMap::new();
        for (i, change) in plan.changes().iter().enumerate() {
            let size = size(change.region());
            let mut keeper = change.kept().next().or(change.old().first()).cloned();
            for step in change.moves() {
                let mut number = |name: Arc<str>| {
                    *numbers.entry(name).or_insert_with_key(|name| {
                        schedule.names.push(Arc::clone(name));
                        u32::try_from(schedule.names.len() - 1).unwrap_or(u32::MAX)
                    })
                };
                let source = step.to.as_ref().and(step.from.clone().or_else(|| keeper.clone()));
                // Of what nobody had, the first copy is where others come from.
                keeper = keeper.or_else(|| step.to.clone());
                let task = Task {
                    change: i,
                    from: step.from.map(&mut number),
                    to: step.to.map(&mut number),
                    source: source.map(&mut number),
                    size,
                };
                schedule.tasks.push(task);
            }
        }
        schedule.put_in_order();
        Ok(schedule)
    }

    /// The moves of the nodes that have most to do come first, since they are what the plan waits for; then the largest.
    fn put_in_order(&mut self) {
        let degrees = self.degrees();
        let waits = |node: Option<u32>| {
            self.waits(node.and_then(|node| degrees.get(node as usize).copied()).unwrap_or_default())
        };
        let urgency = |task: &Task| (waits(task.source).max(waits(task.to)), task.size);
        let mut order: Vec<_> =
            self.tasks.iter().zip(0..).map(|(task, i)| (Reverse(urgency(task)), i)).collect();
        order.sort_unstable();
        self.order = order.into_iter().map(|(_, i)| i).collect();
    }

    /// The plan.
    pub const fn plan(&self) -> &'a Plan<R> {
        self.plan
    }

    /// The steps that may begin now, beside those that have begun.
    ///
    /// # Errors
    ///
    /// It is the progress of another plan, or of none.
    pub fn ready(&self, progress: &Progress) -> Result<Vec<Step<R>>, OtherPlan> {
        progress.check(self.plan)?;
        if !self.can_be(&progress.stages) {
            return Err(progress.alien(self.plan));
        }
        Ok(self.choose(&progress.stages, &self.order))
    }

    /// Whether the moves of each region have come so far one after the other, and none is where it cannot be.
    fn can_be(&self, stages: &[Stage]) -> bool {
        let mut before = None;
        self.tasks.iter().zip(stages).all(|(task, &stage)| {
            let is_blocked =
                before.is_some_and(|(change, stage)| change == task.change && stage != Stage::Done);
            before = Some((task.change, stage));
            task.can_be(stage) && (!is_blocked || stage == Stage::Waiting)
        })
    }

    /// Waves of steps: those of a wave may be done in any order and all at once, those of the next when all of them are done.
    pub fn waves(&self) -> Waves<'_, 'a, R> {
        Waves { schedule: self, stages: vec![Stage::Waiting; self.tasks.len()], order: self.order.clone() }
    }

    /// Fewer waves there cannot be: some node has so many copies to read or write, or some region so many steps.
    pub fn waves_min(&self) -> usize {
        let mut steps = vec![0_usize; self.plan.changes().len()];
        for task in &self.tasks {
            let ends = usize::from(task.from.is_some()) + usize::from(task.to.is_some());
            steps.get_mut(task.change).into_iter().for_each(|steps| *steps += ends);
        }
        let of_regions = steps.into_iter().max().unwrap_or(0);
        let adds = || self.tasks.iter().filter(|task| task.to.is_some());
        let of_all = u32::try_from(adds().count()).unwrap_or(u32::MAX).div_ceil(self.limits.in_all);
        let of_nodes = self.degrees().into_iter().map(|degree| self.waits(degree)).max().unwrap_or(0);
        // After the last copy that is made, the one in whose place it is has to be dropped.
        let has_last = of_all > 0 && adds().all(|task| task.from.is_some());
        of_regions.max(of_nodes.max(of_all) as usize + usize::from(has_last))
    }

    /// How many copies are read from each node, and how many are written to it.
    fn degrees(&self) -> Vec<(u32, u32)> {
        let mut degrees = vec![(0, 0); self.names.len()];
        for task in self.tasks.iter().filter(|task| task.to.is_some()) {
            bump(&mut degrees, task.source, |(sources, _)| *sources += 1);
            bump(&mut degrees, task.to, |(_, targets)| *targets += 1);
        }
        degrees
    }

    /// How many waves that takes.
    fn waits(&self, (sources, targets): (u32, u32)) -> u32 {
        sources.div_ceil(self.limits.per_source).max(targets.div_ceil(self.limits.per_target))
    }

    fn choose(&self, stages: &[Stage], order: &[u32]) -> Vec<Step<R>> {
        let mut busy = Busy::new(self);
        let mut current = vec![None; self.plan.changes().len()];
        for (i, (task, &stage)) in (0_u32..).zip(self.tasks.iter().zip(stages)) {
            if stage == Stage::Adding {
                busy.begin(task);
            }
            // One after the other in each region.
            if let Some(current @ None) = current.get_mut(task.change).filter(|_| stage != Stage::Done) {
                *current = Some(i);
            }
        }
        let mut steps = vec![];
        for &i in order {
            let Some((task, &stage)) = self.tasks.get(i as usize).zip(stages.get(i as usize)) else {
                continue;
            };
            if current.get(task.change) != Some(&Some(i)) {
                continue;
            }
            match task.next(stage) {
                Some(Action::Add) if busy.has_room(task, &self.limits) => {
                    busy.begin(task);
                    steps.extend(self.step(i, task, Action::Add));
                }
                Some(Action::Drop) => steps.extend(self.step(i, task, Action::Drop)),
                Some(Action::Add) | None => {}
            }
        }
        steps
    }

    fn step(&self, number: u32, task: &Task, action: Action) -> Option<Step<R>> {
        let name = |node: u32| self.names.get(node as usize).cloned();
        let (node, source) = match action {
            Action::Add => (task.to, task.source.and_then(name)),
            Action::Drop => (task.from, None),
        };
        Some(Step {
            number,
            action,
            region: self.plan.changes().get(task.change)?.region().clone(),
            node: name(node?)?,
            source,
            is_whole: task.from.is_none() || task.to.is_none(),
        })
    }
}

/// What is being done.
struct Busy {
    sources: Vec<u32>,
    targets: Vec<u32>,
    count: u32,
    size: u64,
}

impl Busy {
    fn new<R>(schedule: &Schedule<'_, R>) -> Self {
        let none = vec![0; schedule.names.len()];
        Self { sources: none.clone(), targets: none, count: 0, size: 0 }
    }

    fn has_room(&self, task: &Task, limits: &MoveLimits) -> bool {
        let is_below = |counts: &[u32], node: Option<u32>, most: u32| {
            node.is_none_or(|node| counts.get(node as usize).is_some_and(|&count| count < most))
        };
        let size = self.size.saturating_add(task.size);
        is_below(&self.sources, task.source, limits.per_source)
            && is_below(&self.targets, task.to, limits.per_target)
            && self.count < limits.in_all
            && (size <= limits.size_in_all || self.count == 0)
    }

    fn begin(&mut self, task: &Task) {
        bump(&mut self.sources, task.source, |count| *count += 1);
        bump(&mut self.targets, task.to, |count| *count += 1);
        self.count += 1;
        self.size = self.size.saturating_add(task.size);
    }
}

fn bump<T>(counts: &mut [T], node: Option<u32>, by: impl Fn(&mut T)) {
    if let Some(count) = node.and_then(|node| counts.get_mut(node as usize)) {
        by(count);
    }
}

/// The waves of a plan, one after the other: see [`Schedule::waves`].
#[derive(Clone, Debug)]
pub struct Waves<'s, 'a, R> {
    schedule: &'s Schedule<'a, R>,
    stages: Vec<Stage>,
    /// What is not done yet.
    order: Vec<u32>,
}

impl<R: Region> Iterator for Waves<'_, '_, R> {
    type Item = Vec<Step<R>>;

    fn next(&mut self) -> Option<Self::Item> {
        let steps = self.schedule.choose(&self.stages, &self.order);
        for step in &steps {
            let stage = if step.action == Action::Add && !step.is_whole { Stage::Added } else { Stage::Done };
            if let Some(place) = self.stages.get_mut(step.number as usize) {
                *place = stage;
            }
        }
        let stages = &self.stages;
        self.order.retain(|&i| stages.get(i as usize).is_some_and(|&stage| stage != Stage::Done));
        (!steps.is_empty()).then_some(steps)
    }
}

impl<R: Region> core::iter::FusedIterator for Waves<'_, '_, R> {}
