//! How far a plan has come.

use alloc::{collections::BTreeMap, sync::Arc, vec, vec::Vec};

use super::{
    Plan,
    change::Change,
    fingerprint::Fingerprint,
    regions::Region,
    schedule::{Action, Step},
};
use crate::bug::Bug;

/// Which moves of a plan are done, and which have begun. Plain data: store it whenever a step begins or ends, and whoever reads it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub(super) plan: Fingerprint,
    /// Of each move.
    pub(super) stages: Vec<Stage>,
    /// How often steps of a move have failed.
    pub(super) failures: BTreeMap<u32, u32>,
}

/// How far a move has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Stage {
    /// Nothing has been done.
    Waiting,
    /// The new copy is being made.
    Adding,
    /// The new copy is there, and so is the old one.
    Added,
    /// Somebody has begun to drop the old copy, and has failed or is gone. It counts no more.
    Fading,
    /// The old copy is being dropped.
    Dropping,
    /// It is done.
    Done,
}

/// The progress is one of another plan, or one that this plan cannot have; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is the progress of plan {progress}, not of {plan}")]
pub struct OtherPlan {
    /// The plan at hand.
    pub plan: Fingerprint,
    /// The plan whose progress it is.
    pub progress: Fingerprint,
}

/// A step cannot begin or end; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The plan has no such move.
    #[error("there are {moves} moves")]
    NoSuchMove {
        /// How many it has.
        moves: u32,
    },
    /// It is not what comes next for this move.
    #[error("the move is {stage:?}")]
    OutOfTurn {
        /// How far the move has come.
        stage: Stage,
    },
}

impl<R: Region> Plan<R> {
    /// The nodes on which the region of a change has a whole copy that nobody has begun to drop. `None` if there is no such change.
    ///
    /// # Errors
    ///
    /// It is the progress of another plan.
    pub fn live(&self, progress: &Progress, change: usize) -> Result<Option<Vec<Arc<str>>>, OtherPlan> {
        progress.check(self)?;
        let first: usize = self.changes.iter().take(change).map(|change| change.moves().count()).sum();
        let stages = progress.stages.get(first..).unwrap_or_default();
        Ok(self.changes.get(change).map(|change| change.live(stages)))
    }
}

impl<R: Region> Change<R> {
    fn live(&self, stages: &[Stage]) -> Vec<Arc<str>> {
        let mut live = self.old.clone();
        for (step, &stage) in self.moves().zip(stages) {
            if stage >= Stage::Added {
                live.extend(step.to);
            }
            if stage >= Stage::Fading {
                live.retain(|name| Some(name) != step.from.as_ref());
            }
        }
        live
    }
}

impl Progress {
    /// Nothing of that plan has been done.
    pub fn new<R: Region>(plan: &Plan<R>) -> Self {
        Self {
            plan: plan.fingerprint(),
            stages: vec![Stage::Waiting; plan.moves as usize],
            failures: BTreeMap::new(),
        }
    }

    /// Which plan it is the progress of.
    pub const fn plan(&self) -> Fingerprint {
        self.plan
    }

    /// How far a move has come.
    pub fn stage(&self, number: u32) -> Option<Stage> {
        self.stages.get(number as usize).copied()
    }

    /// How many moves are done.
    pub fn done(&self) -> usize {
        self.stages.iter().filter(|&&stage| stage == Stage::Done).count()
    }

    /// Of how many.
    pub fn len(&self) -> usize {
        self.stages.len()
    }

    /// Whether the plan has no moves.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Whether all moves are done.
    pub fn is_done(&self) -> bool {
        self.done() == self.len()
    }

    /// The moves of which a step has failed, and how often.
    pub fn failures(&self) -> impl Iterator<Item = (u32, u32)> {
        self.failures.iter().map(|(&number, &times)| (number, times))
    }

    /// A step begins.
    ///
    /// # Errors
    ///
    /// Nothing has changed: see [`StepError`].
    pub fn start<R>(&mut self, step: &Step<R>) -> Result<(), StepError> {
        let next = match step.action {
            Action::Add => Stage::Adding,
            Action::Drop => Stage::Dropping,
        };
        let may = |stage| match step.action {
            Action::Add => stage == Stage::Waiting,
            Action::Drop => {
                matches!(stage, Stage::Added | Stage::Fading) || (stage == Stage::Waiting && step.is_whole)
            }
        };
        self.advance(step.number, may, next)
    }

    /// A step that has begun is done.
    ///
    /// # Errors
    ///
    /// Nothing has changed: see [`StepError`].
    pub fn finish<R>(&mut self, step: &Step<R>) -> Result<(), StepError> {
        let (now, next) = match step.action {
            Action::Add if step.is_whole => (Stage::Adding, Stage::Done),
            Action::Add => (Stage::Adding, Stage::Added),
            Action::Drop => (Stage::Dropping, Stage::Done),
        };
        self.advance(step.number, |stage| stage == now, next)
    }

    /// A step that has begun has failed, and shall be tried again.
    ///
    /// # Errors
    ///
    /// Nothing has changed: see [`StepError`].
    pub fn fail<R>(&mut self, step: &Step<R>) -> Result<(), StepError> {
        let (now, next) = match step.action {
            Action::Add => (Stage::Adding, Stage::Waiting),
            Action::Drop => (Stage::Dropping, Stage::Fading),
        };
        self.advance(step.number, |stage| stage == now, next)?;
        let times = self.failures.entry(step.number).or_default();
        *times = times.saturating_add(1);
        Ok(())
    }

    /// Whoever carried it out is gone, and with them whatever they had begun: that is done again.
    pub fn restart(&mut self) {
        for stage in &mut self.stages {
            *stage = match stage {
                Stage::Adding => Stage::Waiting,
                Stage::Dropping => Stage::Fading,
                Stage::Done if Bug::ProgressForgetsDone.is_planted() => Stage::Waiting,
                Stage::Waiting | Stage::Added | Stage::Fading | Stage::Done => *stage,
            };
        }
    }

    fn advance(&mut self, number: u32, may: impl Fn(Stage) -> bool, next: Stage) -> Result<(), StepError> {
        let moves = u32::try_from(self.stages.len()).unwrap_or(u32::MAX);
        let stage = self.stages.get_mut(number as usize).ok_or(StepError::NoSuchMove { moves })?;
        if !may(*stage) {
            return Err(StepError::OutOfTurn { stage: *stage });
        }
        *stage = next;
        Ok(())
    }

    pub(super) fn check<R: Region>(&self, plan: &Plan<R>) -> Result<(), OtherPlan> {
        if self.plan == plan.print && self.stages.len() == plan.moves as usize {
            return Ok(());
        }
        Err(self.alien(plan))
    }

    pub(super) const fn alien<R>(&self, plan: &Plan<R>) -> OtherPlan {
        OtherPlan { plan: plan.print, progress: self.plan }
    }
}
