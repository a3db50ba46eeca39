//! Plans and progress that were stored, checked.

use alloc::vec::Vec;

use super::{Change, Fingerprint, Fraction, Plan, Progress, Region, Stage};

/// What a plan is besides its changes.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) old: Fingerprint,
    pub(crate) new: Fingerprint,
    pub(crate) all: u128,
    pub(crate) unavoidable: u128,
    pub(crate) minimum: Fraction,
}

impl<R: Region> Plan<R> {
    pub(crate) const fn parts(&self) -> Parts {
        let Self { old, new, all, unavoidable, minimum, .. } = *self;
        Parts { old, new, all, unavoidable, minimum }
    }

    /// A plan that was stored; `None` if none was like this. That it is one between its tables is said by their fingerprints alone.
    pub(crate) fn restored(parts: Parts, changes: Vec<Change<R>>) -> Option<Self> {
        let Parts { old, new, all, unavoidable, minimum } = parts;
        let count = changes.iter().map(|change| change.moves().count() as u64).sum::<u64>();
        let moves = u32::try_from(count).ok().filter(|&moves| moves <= Self::MOVES_MAX)?;
        let print = Fingerprint::of_plan(old, new, &changes);
        let plan = Self { old, new, all, unavoidable, minimum, changes, moves, print };
        let made = plan.made_anew();
        let is_sound = plan.changes.iter().all(Change::is_sound)
            && R::are_in_order(&plan.changes.iter().map(Change::region).collect::<Vec<_>>())
            && plan.all >= made
            && made >= plan.unavoidable
            && plan.minimum <= Fraction::new(1, 1);
        is_sound.then_some(plan)
    }
}

impl Progress {
    pub(crate) fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Progress that was stored; `None` if none was like this.
    pub(crate) fn restored(plan: Fingerprint, stages: Vec<Stage>, failures: Vec<(u32, u32)>) -> Option<Self> {
        let is_rising = failures.windows(2).all(|two| matches!(two, [(a, _), (b, _)] if a < b));
        let is_sound = failures.iter().all(|&(number, times)| (number as usize) < stages.len() && times > 0);
        (is_rising && is_sound).then(|| Self { plan, stages, failures: failures.into_iter().collect() })
    }
}
