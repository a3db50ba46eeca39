//! Trying both orders of what is in no order.

use alloc::{collections::BTreeSet, vec::Vec};

use super::{
    agenda::{Agenda, Pair},
    conclude::Rules,
    explain::prove,
    polygraph::{Cause, Polygraph},
    proof::{Proof, Refutation},
    reach::{Conflict, Mark, Reach},
};
use crate::txn::{bug::Bug, history::TxnId};

/// How many pairs are tried in order to find one of which both orders lead to a circle at once, and how many steps each gets.
const EITHER_MAX: usize = 256;
const EITHER_STEPS: u64 = 1 << 14;

/// A pair whose order is supposed, the first one first.
#[derive(Clone, Copy, Debug)]
struct Level {
    pair: Pair,
    cursor: usize,
    mark: Mark,
}

/// What one part of the search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    /// Everything is in order.
    Ordered,
    /// There is no order.
    Exhausted,
}

/// A search, part by part. Suppositions are undone as far as the latest of those that a circle rests on (*conflict-directed
/// backjumping*, Prosser, Computational Intelligence 9(3), 1993), and the pair that was undone is the first to be tried again.
#[derive(Debug)]
pub(super) struct Suppose {
    agenda: Agenda,
    levels: Vec<Level>,
    cursor: usize,
    urgent: Option<Pair>,
    circles: u64,
    /// As it was before the present part.
    mark: Mark,
}

const fn bit(level: usize) -> u64 {
    1 << (level % 64)
}

impl Suppose {
    pub(super) fn new(agenda: Agenda, reach: &mut Reach) -> Self {
        reach.begin_to_suppose();
        Self { agenda, levels: Vec::new(), cursor: 0, urgent: None, circles: 0, mark: reach.mark() }
    }

    /// One step of the search, and how much work that was.
    pub(super) fn step<K>(
        &mut self,
        rules: Rules,
        polygraph: &Polygraph<'_, K>,
        reach: &mut Reach,
    ) -> (Progress, u64) {
        match rules.step(polygraph, reach) {
            Ok(Some(cost)) => return (Progress::More, cost),
            Err(conflict) => return (self.resolve(rules, polygraph, reach, conflict), 1),
            Ok(None) => {}
        }
        let Some(part) = self.agenda.parts.last() else { return (Progress::Ordered, 1) };
        let is_open = |pair: &Pair| {
            let is_before = |one: u32, other: u32| {
                let (from, to) = polygraph.in_order(one, other);
                reach.is_before(&polygraph.moments, from, to)
            };
            !is_before(pair.first, pair.second) && !is_before(pair.second, pair.first)
        };
        let from = self.cursor;
        let pair = self.urgent.take().filter(is_open);
        let pair = pair.or_else(|| {
            self.cursor += part[from..].iter().take_while(|pair| !is_open(pair)).count();
            part.get(self.cursor).copied()
        });
        let cost = 1 + (self.cursor - from) as u64;
        let Some(pair) = pair else {
            self.agenda.parts.pop();
            self.levels.clear();
            self.cursor = 0;
            reach.keep();
            self.mark = reach.mark();
            return (Progress::More, cost);
        };
        let level = self.levels.len();
        self.levels.push(Level { pair, cursor: self.cursor, mark: reach.mark() });
        let ends = polygraph.in_order(pair.first, pair.second);
        match reach.add(&polygraph.moments, ends, Cause::Supposed, bit(level)) {
            Ok(()) => (Progress::More, cost),
            Err(conflict) => (self.resolve(rules, polygraph, reach, conflict), cost),
        }
    }

    /// Goes back to the latest supposition that is to blame, and supposes nothing but that it is wrong.
    fn resolve<K>(
        &mut self,
        rules: Rules,
        polygraph: &Polygraph<'_, K>,
        reach: &mut Reach,
        mut conflict: Conflict,
    ) -> Progress {
        self.circles += 1;
        reach.hush();
        while let Some(level) = self.levels.pop() {
            reach.undo(level.mark);
            let own = bit(self.levels.len());
            if conflict.blame & own == 0 {
                continue;
            }
            if rules.options.has(Bug::OneOrderTried) {
                break;
            }
            // From here on an earlier one may have the same bit.
            let rest = if self.levels.len() >= 64 { conflict.blame } else { conflict.blame & !own };
            let rest = if rules.options.has(Bug::SuppositionsForgotten) { 0 } else { rest };
            self.cursor = level.cursor;
            self.urgent = Some(level.pair);
            let ends = polygraph.in_order(level.pair.second, level.pair.first);
            match reach.add(&polygraph.moments, ends, Cause::Supposed, rest) {
                Ok(()) => return Progress::More,
                Err(next) => conflict = next,
            }
            reach.hush();
        }
        Progress::Exhausted
    }

    /// Why the present part has no order.
    pub(super) fn refute<K: Clone>(
        &mut self,
        rules: Rules,
        polygraph: &Polygraph<'_, K>,
        reach: &mut Reach,
    ) -> (Refutation<K>, u64) {
        reach.hush();
        reach.undo(self.mark);
        let part = self.agenda.parts.pop().unwrap_or_default();
        let name = |txn: u32| polygraph.txns[txn as usize];
        let mut cost = 0;
        for pair in part.iter().take(EITHER_MAX) {
            let mut way = |one, other| circle(rules, polygraph, reach, (one, other), &mut cost);
            let Some(forwards) = way(pair.first, pair.second) else { continue };
            let Some(backwards) = way(pair.second, pair.first) else { continue };
            let (one, other) = (name(pair.first), name(pair.second));
            return (Refutation::EitherWay { one, other, forwards, backwards }, cost);
        }
        let txns = part.iter().flat_map(|pair| [name(pair.first), name(pair.second)]);
        let txns: BTreeSet<TxnId> = txns.collect();
        (Refutation::Exhausted { txns: txns.into_iter().collect(), circles: self.circles }, cost)
    }
}

/// What it leads to that one comes before another, if that is a circle at once.
fn circle<K: Clone>(
    rules: Rules,
    polygraph: &Polygraph<'_, K>,
    reach: &mut Reach,
    (one, other): (u32, u32),
    cost: &mut u64,
) -> Option<Proof<K>> {
    let mark = reach.mark();
    let ends = polygraph.in_order(one, other);
    let mut found = reach.add(&polygraph.moments, ends, Cause::Supposed, 0).err();
    let mut left = EITHER_STEPS;
    while found.is_none() && left > 0 {
        match rules.step(polygraph, reach) {
            Ok(Some(work)) => {
                *cost += work;
                left = left.saturating_sub(work);
            }
            Ok(None) => break,
            Err(conflict) => found = Some(conflict),
        }
    }
    let proof = found.map(|conflict| prove(polygraph, reach, conflict.moment));
    reach.hush();
    reach.undo(mark);
    proof
}
