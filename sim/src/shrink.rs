use crate::{plan::Plan, report::Verdict, run::run, subject::Subject};

/// Makes the plan smaller, while the same invariant fails, in at most `runs` runs.
///
/// Drops halves, quarters and so on of the faults and of the commands, until no single one can be dropped; then
/// switches off each rate. A candidate that passes is tried again under a few other seeds, since dropping one thing
/// changes the timing of all others.
pub fn shrink<S: Subject>(subject: &S, plan: &Plan, verdict: &Verdict, runs: u64) -> Plan {
    let mut search = Search { subject, invariant: verdict.invariant(), best: plan.clone(), runs };
    loop {
        let before = search.best.clone();
        search.thin(|plan| &mut plan.faults);
        search.thin(|plan| &mut plan.commands);
        search.calm_down();
        if search.best == before || search.runs == 0 {
            return search.best;
        }
    }
}

struct Search<'a, S> {
    subject: &'a S,
    invariant: Option<&'static str>,
    best: Plan,
    runs: u64,
}

const RESEEDS: u64 = 4;

impl<S: Subject> Search<'_, S> {
    /// Keeps the candidate if it, or it under another seed, fails in the same way.
    fn keep(&mut self, candidate: &Plan) -> bool {
        for reseed in 0..=RESEEDS {
            let Some(left) = self.runs.checked_sub(1) else { return false };
            self.runs = left;
            let plan = Plan { seed: candidate.seed.wrapping_add(reseed), ..candidate.clone() };
            if run(self.subject, &plan).verdict.invariant() == self.invariant {
                self.best = plan;
                return true;
            }
        }
        false
    }

    fn thin<T: Clone>(&mut self, part: impl Fn(&mut Plan) -> &mut Vec<T>) {
        let mut size = part(&mut self.best).len();
        while size > 0 && self.runs > 0 {
            let mut start = 0;
            while start < part(&mut self.best).len() {
                let mut candidate = self.best.clone();
                let list = part(&mut candidate);
                let end = (start + size).min(list.len());
                list.drain(start..end);
                if !self.keep(&candidate) {
                    start += size;
                }
            }
            size /= 2;
        }
    }

    fn calm_down(&mut self) {
        let calm = Plan::default();
        let changes: [fn(&mut Plan, &Plan); 10] = [
            |plan, calm| plan.network.loss = calm.network.loss,
            |plan, calm| plan.network.duplication = calm.network.duplication,
            |plan, calm| plan.network.replay = calm.network.replay,
            |plan, calm| plan.network.spike = calm.network.spike,
            |plan, calm| plan.network.latency = calm.network.latency.clone(),
            |plan, calm| plan.disk.repeat = calm.disk.repeat,
            |plan, calm| plan.disk.tell = calm.disk.tell.clone(),
            |plan, calm| plan.disk.checkpoint_every = calm.disk.checkpoint_every,
            |plan, calm| plan.clocks = calm.clocks.clone(),
            |plan, calm| plan.batching = calm.batching.clone(),
        ];
        for change in changes {
            let mut candidate = self.best.clone();
            change(&mut candidate, &calm);
            if candidate != self.best {
                self.keep(&candidate);
            }
        }
    }
}
