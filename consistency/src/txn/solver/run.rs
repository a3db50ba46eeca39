use alloc::{boxed::Box, vec, vec::Vec};
use core::{fmt, hash::Hash};

use super::{
    agenda::Agenda,
    conclude::Rules,
    explain::{known_circle, prove},
    guess::{Guess, guess},
    polygraph::Polygraph,
    proof::{Refutation, Solution, Unresolved},
    reach::Reach,
    revealed::revealed,
    suppose::{Progress, Suppose},
};
use crate::txn::{
    bug::Bug,
    commit_order::CommitOrder,
    history::{History, RegisterOp},
    intern::Ambiguous,
    isolation::Isolation,
    weak::{Level, WeakOptions, weigh},
    weak_input::WeakInput,
};

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SolverOptions {
    /// Whether to judge without a search what [can be](Solver::new), and to try a guess first.
    pub shortcuts: bool,
    /// How many numbers may be kept, one for each moment of each transaction and each chain of sessions, at 5 bytes each, and 13
    /// once a search begins; where more are needed the verdict is unknown.
    pub cells_max: usize,
    /// How many pairs of writers may be in no order when the search begins, at about 100 bytes each; beyond that the verdict
    /// is unknown.
    pub pairs_max: usize,
    /// The classic mistake to make.
    #[cfg(quorate_bugs)]
    pub bug: Option<Bug>,
}

impl Default for SolverOptions {
    fn default() -> Self {
        Self {
            shortcuts: true,
            cells_max: 1 << 27,
            pairs_max: 1 << 22,
            #[cfg(quorate_bugs)]
            bug: None,
        }
    }
}

/// Judges a history of registers at a level, in at most this many steps. The verdict is exact, or it is unknown.
///
/// # Errors
/// If a value is written to a key twice.
pub fn solve<K: Clone + Hash + Eq, V: Hash + Eq>(
    history: &History<RegisterOp<K, V>>,
    isolation: Isolation,
    steps: u64,
) -> Result<Solution<K>, Ambiguous> {
    let mut solver = Solver::new(history, isolation, SolverOptions::default())?;
    solver.run(steps);
    Ok(solver.solution)
}

/// A search for an order of commits that explains a history of registers at a level, in steps: deterministic, and resumable
/// at any step.
///
/// A step is a bounded piece of work, though not always of the same size: something is concluded from something, or a row of numbers
/// is passed on. A piece of work that is larger than the steps that are left is paid for by those that are given next.
pub struct Solver<'a, K> {
    polygraph: Polygraph<'a, K>,
    rules: Rules,
    work: Work,
    given: u64,
    spent: u64,
    solution: Solution<K>,
}

enum Work {
    /// A guess at the order, of what is known at once.
    Guess,
    /// What follows from what is known.
    Conclude(Box<Reach>, Vec<u32>),
    /// What is left open.
    Plan(Box<Reach>),
    Suppose(Box<Reach>, Suppose),
    Done,
}

impl<K> fmt::Debug for Solver<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Solver").field("spent", &self.spent).finish_non_exhaustive()
    }
}

impl<'a, K: Clone + Hash + Eq> Solver<'a, K> {
    /// Prepares the search, and does at once what takes none: whether the history is causally consistent, whether what is known of the
    /// order at once is a circle, and, where there are shortcuts and the level is not prefix consistency, histories of
    /// *mini-transactions* (MTC, ICDE 2025): where each transaction reads a key before it writes it, the order of versions is
    /// known.
    ///
    /// # Errors
    /// If a value is written to a key twice.
    pub fn new<V: Hash + Eq>(
        history: &'a History<RegisterOp<K, V>>,
        isolation: Isolation,
        options: SolverOptions,
    ) -> Result<Self, Ambiguous> {
        let weak = WeakOptions::default();
        let mut input = WeakInput::new(history, weak)?;
        let (_, violations) = weigh(&mut input, Level::Causal, weak);
        let polygraph = Polygraph::new(history, input, isolation, options);
        let mut solver = Self {
            polygraph,
            rules: Rules { options },
            work: Work::Guess,
            given: 0,
            spent: 0,
            solution: Solution::Unknown(Unresolved::Steps),
        };
        if !violations.is_empty() {
            solver.end(Solution::Violated(Refutation::NotCausal(violations)));
        } else if let Some(circle) = known_circle(&solver.polygraph) {
            solver.end(Solution::Violated(Refutation::Forced(circle)));
        } else if options.shortcuts {
            match revealed(&solver.polygraph, options) {
                Some(Ok(order)) => solver.end_in(&order),
                Some(Err(proof)) => solver.end(Solution::Violated(Refutation::Forced(proof))),
                None => {}
            }
        }
        Ok(solver)
    }

    /// Searches for at most this many steps more. What the verdict is does not depend on how the steps are divided among
    /// calls; once it is [`Solution::Holds`] or [`Solution::Violated`] it stays.
    pub fn run(&mut self, steps: u64) -> &Solution<K> {
        self.given = self.given.saturating_add(steps);
        while self.spent < self.given && !matches!(self.work, Work::Done) {
            let cost = self.step();
            self.spent = self.spent.saturating_add(cost);
        }
        &self.solution
    }

    /// What the search has come to.
    pub const fn solution(&self) -> &Solution<K> {
        &self.solution
    }

    /// How many steps the search has taken.
    pub const fn steps(&self) -> u64 {
        self.spent
    }

    fn end(&mut self, solution: Solution<K>) {
        (self.solution, self.work) = (solution, Work::Done);
    }

    /// The history holds, since all moments can be in this order.
    fn end_in(&mut self, order: &[u32]) {
        let (moments, txns) = (&self.polygraph.moments, &self.polygraph.txns);
        let commits = order.iter().filter(|moment| moments.is_commit(**moment));
        let order = commits.map(|moment| txns[moments.txn(*moment) as usize]).collect();
        self.end(Solution::Holds(CommitOrder { order }));
    }

    fn step(&mut self) -> u64 {
        let whole = 1 + self.polygraph.moments.len() as u64;
        match core::mem::replace(&mut self.work, Work::Done) {
            Work::Guess => {
                self.begin();
                whole
            }
            Work::Conclude(reach, order) => self.conclude(reach, order),
            Work::Plan(reach) => {
                let before = reach.added.len() as u64;
                whole + before + self.plan(reach)
            }
            Work::Suppose(reach, search) => self.suppose(reach, search),
            Work::Done => 1,
        }
    }

    fn begin(&mut self) {
        if self.rules.options.shortcuts {
            let Guess { order, is_right } = guess(&self.polygraph, None);
            if is_right {
                return self.end_in(&order);
            }
        }
        let moments = &self.polygraph.moments;
        if moments.len().saturating_mul(moments.chains) > self.rules.options.cells_max {
            return self.end(Solution::Unknown(Unresolved::Cells));
        }
        let mut order = sorted(&self.polygraph, None);
        order.reverse();
        self.work = Work::Conclude(Box::new(Reach::new(moments)), order);
    }

    fn conclude(&mut self, mut reach: Box<Reach>, mut asleep: Vec<u32>) -> u64 {
        match self.rules.step(&self.polygraph, &mut reach) {
            Err(conflict) => {
                let proof = prove(&self.polygraph, &reach, conflict.moment);
                self.end(Solution::Violated(Refutation::Forced(proof)));
                1
            }
            Ok(cost) => {
                let is_over = cost.is_none() && asleep.is_empty();
                if let Some(moment) = cost.is_none().then(|| asleep.pop()).flatten() {
                    reach.wake(moment);
                }
                self.work = if is_over { Work::Plan(reach) } else { Work::Conclude(reach, asleep) };
                cost.unwrap_or(1)
            }
        }
    }

    fn plan(&mut self, mut reach: Box<Reach>) -> u64 {
        let options = self.rules.options;
        let found = guess(&self.polygraph, Some(&reach));
        let is_right = found.is_right || options.has(Bug::GuessTrusted);
        if options.shortcuts && is_right {
            self.end_in(&found.order);
            return 0;
        }
        match Agenda::new(&self.polygraph, &reach, &found, options) {
            Err(_) => {
                self.end(Solution::Unknown(Unresolved::Pairs));
                options.pairs_max as u64
            }
            Ok(agenda) => {
                let pairs: usize = agenda.parts.iter().map(Vec::len).sum();
                let search = Suppose::new(agenda, &mut reach);
                self.work = Work::Suppose(reach, search);
                pairs as u64
            }
        }
    }

    fn suppose(&mut self, mut reach: Box<Reach>, mut search: Suppose) -> u64 {
        let (progress, cost) = search.step(self.rules, &self.polygraph, &mut reach);
        match progress {
            Progress::More => {
                self.work = Work::Suppose(reach, search);
                cost
            }
            Progress::Ordered => {
                let order = sorted(&self.polygraph, Some(&reach));
                self.end_in(&order);
                cost
            }
            Progress::Exhausted => {
                let (refutation, more) = search.refute(self.rules, &self.polygraph, &mut reach);
                self.end(Solution::Violated(refutation));
                cost + more
            }
        }
    }
}

/// All moments in an order that agrees with what is known.
fn sorted<K>(polygraph: &Polygraph<'_, K>, reach: Option<&Reach>) -> Vec<u32> {
    let (graph, count) = (&polygraph.graph, polygraph.moments.len());
    let added = reach.map_or(&[][..], |reach| &reach.added[..]);
    let mut missing = vec![0_u32; count];
    graph.edges.iter().for_each(|edge| missing[edge.to as usize] += 1);
    for edge in added {
        missing[edge.to as usize] += 1;
    }
    let mut order: Vec<u32> = (0..).take(count).filter(|at| missing[*at as usize] == 0).collect();
    let mut at = 0;
    while let Some(moment) = order.get(at).copied() {
        at += 1;
        let known = graph.edges[graph.out(moment)].iter().map(|edge| edge.to);
        let added = reach
            .into_iter()
            .flat_map(|reach| reach.out(moment).map(|number| reach.added[number as usize].to));
        for to in known.chain(added) {
            missing[to as usize] -= 1;
            if missing[to as usize] == 0 {
                order.push(to);
            }
        }
    }
    order
}
