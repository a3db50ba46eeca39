//! What the world as a whole is asked: not after a step, but at rest and at the end.

use core::{mem, time::Duration};

use quorate_machine::Time;

use crate::{report::Verdict, subject::Subject, world::World};

/// More inputs than this within one virtual millisecond are a livelock.
const EVENTS_PER_MILLISECOND_MAX: u64 = 100_000;

impl<S: Subject> World<'_, S> {
    /// Lets everything happen that is due by `end`.
    pub(crate) fn run_until(&mut self, end: Time) -> Result<(), Verdict> {
        let mut mark = (self.now, self.events);
        while self.advance(end)? {
            if self.now.since(mark.0) >= Duration::from_millis(1) {
                mark = (self.now, self.events);
            } else if self.events - mark.1 > EVENTS_PER_MILLISECOND_MAX {
                let why = format!("over {EVENTS_PER_MILLISECOND_MAX} inputs within a millisecond");
                return Err(self.violated("time moves on", why));
            }
        }
        self.now = end;
        Ok(())
    }

    /// Asks everyone whether the core has got where it must get.
    pub(crate) fn judge_at_rest(&mut self) -> Result<(), Verdict> {
        if let Err(why) = self.subject.at_rest(&self.view()) {
            return Err(Verdict::Stuck { invariant: "at rest", why });
        }
        let mut waiting = self.nodes.iter().filter(|node| self.core.contains(node.id));
        let unanswered = waiting.find_map(|node| Some((node.id, *node.open.first()?)));
        if let Some((node, tag)) = unanswered {
            let why = format!("{node} has not answered {tag:?}");
            return Err(Verdict::Stuck { invariant: "one answer per command", why });
        }
        let mut invariants = mem::take(&mut self.invariants);
        let view = self.view();
        let stuck = invariants.iter_mut().find_map(|invariant| {
            let why = invariant.at_rest(&view).err()?;
            Some(Verdict::Stuck { invariant: invariant.name(), why })
        });
        self.invariants = invariants;
        stuck.map_or(Ok(()), Err)
    }

    /// Asks the invariants about the run as a whole. What is violated counts for more than what is not decided.
    pub(crate) fn judge_at_end(&mut self) -> Result<(), Verdict> {
        let mut invariants = mem::take(&mut self.invariants);
        let view = self.view();
        let objections = invariants.iter_mut().filter_map(|invariant| {
            let objection = invariant.at_end(&view).err()?;
            Some((invariant.name(), objection))
        });
        let mut first = None;
        for (name, objection) in objections {
            let is_violation = objection.is_violation();
            if first.is_none() || is_violation {
                first = Some((name, objection));
            }
            if is_violation {
                break;
            }
        }
        self.invariants = invariants;
        let Some((invariant, objection)) = first else { return Ok(()) };
        let is_violation = objection.is_violation();
        let (why, explanation) = objection.into_parts();
        self.explanation = explanation;
        Err(if is_violation { self.violated(invariant, why) } else { Verdict::Undecided { invariant, why } })
    }
}
