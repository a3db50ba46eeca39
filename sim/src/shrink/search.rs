use core::{mem, panic::AssertUnwindSafe, time::Duration};
use std::panic::catch_unwind;

use quorate_machine::{NodeId, Time};

use crate::{
    plan::{Expect, Plan},
    report::Verdict,
    run::run,
    shrink::{
        ddmin::ddmin,
        parts::{CALMINGS, is_sound, without_node},
    },
    subject::Subject,
};

/// The smallest plan so far, and what may still be spent on a smaller one.
pub(super) struct Search<'a, S> {
    pub(super) subject: &'a S,
    verdict: &'a Verdict,
    pub(super) best: Plan,
    /// How far the best plan's run came.
    reached: Duration,
    /// How much time to recover a stuck plan must leave.
    slack: Duration,
    budget: u64,
    runs: u64,
    events: u64,
    reserved: u64,
    pub(super) reseeds: u64,
    progressed: bool,
}

/// Runs that go on for ever are told by their length; a few of those cost as much as all others together.
const EVENTS_PER_RUN: u64 = 10_000;

impl<'a, S: Subject> Search<'a, S> {
    /// None if the plan does not fail like this, or must not be run.
    pub(super) fn begin(subject: &'a S, plan: &Plan, verdict: &'a Verdict, runs: u64) -> Option<Self> {
        let mut search = Self {
            subject,
            verdict,
            best: plan.clone(),
            reached: Duration::ZERO,
            slack: slack(plan),
            budget: runs,
            runs: 0,
            events: 0,
            reserved: 0,
            reseeds: 0,
            progressed: false,
        };
        // A plan that expects something else than to pass says so of all that it does.
        (plan.expect == Expect::Passed && !verdict.is_passed() && search.try_plan(plan.clone()))
            .then_some(search)
    }

    pub(super) fn end(self) -> (Plan, u64) {
        (self.best, self.runs)
    }

    /// Leaves so many runs for later.
    pub(super) fn reserve(&mut self, runs: u64) {
        self.reserved = runs;
    }

    pub(super) fn until_stable(&mut self, reseeds: u64, pass: impl Fn(&mut Self)) {
        self.reseeds = reseeds;
        self.progressed = true;
        while mem::take(&mut self.progressed) && !self.is_spent() {
            pass(self);
        }
    }

    pub(super) const fn is_stuck(&self) -> bool {
        matches!(self.verdict, Verdict::Stuck { .. } | Verdict::Unrecoverable { .. })
    }

    fn is_spent(&self) -> bool {
        let left = self.budget.saturating_sub(self.reserved);
        self.runs >= left || self.events >= left.saturating_mul(EVENTS_PER_RUN)
    }

    /// Keeps the candidate if it, or it under another seed, fails in the same way.
    pub(super) fn keep(&mut self, candidate: &Plan) -> bool {
        if *candidate == self.best || !self.is_fair(candidate) {
            return false;
        }
        let others = (0..=self.reseeds).filter(|seed| *seed != candidate.seed);
        let mut seeds =
            [candidate.seed].into_iter().chain(others.take(usize::try_from(self.reseeds).unwrap_or(0)));
        let kept = seeds.any(|seed| self.try_plan(Plan { seed, ..candidate.clone() }));
        self.progressed |= kept;
        kept
    }

    fn try_plan(&mut self, plan: Plan) -> bool {
        if self.is_spent() {
            return false;
        }
        self.runs += 1;
        // What the subject itself does not survive is something else.
        let Ok(report) = catch_unwind(AssertUnwindSafe(|| run(self.subject, &plan))) else { return false };
        self.events = self.events.saturating_add(report.events);
        // Another invariant, or the same one stuck rather than violated, may well be another mistake.
        let same = mem::discriminant(&report.verdict) == mem::discriminant(self.verdict)
            && report.verdict.invariant() == self.verdict.invariant();
        if same {
            self.best = plan;
            self.reached = report.virtual_time;
        }
        same
    }

    fn is_fair(&self, candidate: &Plan) -> bool {
        is_sound(candidate) && (!self.is_stuck() || slack(candidate) >= self.slack)
    }

    pub(super) fn drop_what_is_not_needed(&mut self) {
        self.cut_time();
        self.thin(|plan| &mut plan.faults);
        self.thin(|plan| &mut plan.links);
        self.thin(|plan| &mut plan.commands);
        self.drop_nodes();
        self.calm_down();
    }

    /// Ends the run where it fails, without a healed core if that is not what it is about.
    fn cut_time(&mut self) {
        if self.is_stuck() {
            return;
        }
        let reached = round_up(self.reached);
        let safety = if self.best.liveness.is_zero() { reached.min(self.best.safety) } else { reached };
        self.keep(&Plan { safety, liveness: Duration::ZERO, ..self.best.clone() });
    }

    fn thin<T: Clone>(&mut self, list: impl Fn(&mut Plan) -> &mut Vec<T>) {
        let all = list(&mut self.best).clone();
        ddmin(all.len(), |kept| {
            let mut candidate = self.best.clone();
            *list(&mut candidate) = kept.iter().filter_map(|at| all.get(*at).cloned()).collect();
            self.keep(&candidate)
        });
    }

    /// A smaller cluster may be stuck because it is too small, so a stuck plan keeps its nodes.
    fn drop_nodes(&mut self) {
        let nodes = if self.is_stuck() { 0 } else { self.best.nodes };
        for node in (1..=u64::from(nodes)).rev().map(NodeId) {
            if self.best.nodes > 1 {
                self.keep(&without_node(&self.best, node));
            }
        }
    }

    fn calm_down(&mut self) {
        let mut all_calm = self.best.clone();
        for calm in CALMINGS {
            calm(&mut all_calm);
        }
        if self.keep(&all_calm) {
            return;
        }
        for calm in CALMINGS {
            let mut candidate = self.best.clone();
            calm(&mut candidate);
            self.keep(&candidate);
        }
    }
}

/// How long there is to recover after the last command and the last fault.
fn slack(plan: &Plan) -> Duration {
    let last = plan.commands.iter().map(|command| command.at.since(Time::ZERO)).max().unwrap_or_default();
    plan.safety.saturating_add(plan.liveness).saturating_sub(last.max(plan.safety))
}

fn round_up(span: Duration) -> Duration {
    Duration::from_millis(u64::try_from(span.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX))
}
