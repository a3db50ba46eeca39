//! Makes a failing plan smaller. What stays is what the failure needs.

mod ddmin;
mod moments;
mod parts;
mod quantities;
mod search;

use core::{fmt, time::Duration};

use crate::{
    plan::{Plan, Span},
    report::Verdict,
    runner::quietly,
    shrink::{parts::CALMINGS, search::Search},
    subject::Subject,
};

/// Makes the plan smaller, while it fails in the same way, in at most `runs` runs.
///
/// Dropped first is what is large: the time after the violation; faults, links that differ and commands, by delta
/// debugging; nodes; rates, and the width of latencies. Dropping one thing changes the timing of all others, so that a
/// candidate which passes is tried again under other seeds: none at first, later up to 64. Then what is left is made
/// plain: a fault at an instant becomes one after the n-th record, event or message of a node where that fails as well,
/// since such a plan survives changes of code; numbers become small and round.
///
/// Failing in the same way means: the same invariant, and violated rather than stuck or the reverse. A stuck plan keeps
/// its nodes and its time to recover, without which sound machines get stuck too. Panics on the way are not printed.
pub fn shrink<S: Subject>(subject: &S, plan: &Plan, verdict: &Verdict, runs: u64) -> Shrunk {
    quietly(|| shrink_loudly(subject, plan, verdict, runs))
}

fn shrink_loudly<S: Subject>(subject: &S, plan: &Plan, verdict: &Verdict, runs: u64) -> Shrunk {
    let before = Size::of(plan);
    let Some(mut search) = Search::begin(subject, plan, verdict, runs) else {
        return Shrunk { plan: plan.clone(), runs: 0, before, after: before };
    };
    // Reseeding pays most, and costs most: what is left over must do for making the rest plain.
    search.reserve(runs / 4);
    for reseeds in [0, 8, 64] {
        search.until_stable(reseeds, Search::drop_what_is_not_needed);
    }
    search.reserve(0);
    search.until_stable(2, |search| {
        search.prefer_moments();
        search.make_plain();
        search.drop_what_is_not_needed();
    });
    let (plan, runs) = search.end();
    let after = Size::of(&plan);
    Shrunk { plan, runs, before, after }
}

/// A plan made smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The smallest plan found that fails in the same way.
    pub plan: Plan,
    /// How many runs that took.
    pub runs: u64,
    /// How large the plan was.
    pub before: Size,
    /// How large it is.
    pub after: Size,
}

/// How large a plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Faults struck by time or event.
    pub faults: usize,
    /// Client commands.
    pub commands: usize,
    /// Nodes.
    pub nodes: u8,
    /// How many rates, ranges, links and differences of clocks are other than in the calmest of plans.
    pub rates: usize,
    /// How long a run takes at most.
    pub virtual_time: Duration,
}

impl Size {
    /// The size of the plan.
    pub fn of(plan: &Plan) -> Self {
        let is_calm = |calm: &&fn(&mut Plan)| {
            let mut calmer = plan.clone();
            calm(&mut calmer);
            calmer == *plan
        };
        Self {
            faults: plan.faults.len(),
            commands: plan.commands.len(),
            nodes: plan.nodes,
            rates: CALMINGS.len() - CALMINGS.iter().filter(is_calm).count() + plan.links.len(),
            virtual_time: plan.safety.saturating_add(plan.liveness),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { faults, commands, nodes, rates, virtual_time } = *self;
        let counts =
            [(faults, "fault"), (commands, "command"), (usize::from(nodes), "node"), (rates, "rate")];
        for (count, what) in counts {
            write!(f, "{count} {what}{}, ", if count == 1 { "" } else { "s" })?;
        }
        Span(virtual_time).fmt(f)
    }
}
