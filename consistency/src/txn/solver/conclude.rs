//! What follows from what is known.

use super::{
    SolverOptions,
    polygraph::{Cause, Polygraph},
    reach::{Conflict, Reach},
};
use crate::txn::bug::Bug;

/// Draws conclusions until there are none left.
///
/// Let `r` read a key from `v`, and let `w` be another transaction that writes it. Either `w` commits before `v`, or it commits
/// after `r` has read. So, whatever else is true:
///
/// 1. If `w` has committed when `r` reads, then `w` comes before `v` (Biswas and Enea, §2; their axioms have this form).
/// 2. If `v` commits before `w`, then `r` reads before `w` commits: Adya's anti-dependency.
/// 3. Where writers of one key exclude each other: if `v` has started when `w` commits, then `v` commits before `w` starts.
///
/// These are all conclusions from one pair of writers: `w` before `v` closes a circle if and only if the first rule, from a reader
/// of `w`, or the third concludes the opposite, or that is known. Of each chain the latest `w`, or `v`, is enough, as
/// the others come before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) options: SolverOptions,
}

impl Rules {
    /// One conclusion, or one step towards one; how much work that was, and `None` if there are none left.
    pub(super) fn step<K>(
        self,
        polygraph: &Polygraph<'_, K>,
        reach: &mut Reach,
    ) -> Result<Option<u64>, Conflict> {
        let moments = &polygraph.moments;
        if let Some(moment) = reach.next_grown() {
            // To pass on a long row is more work than to pass on a short one.
            let row = 1 + moments.chains as u64 / 32;
            let mut cost = 1;
            for place in polygraph.graph.out(moment) {
                let edge = polygraph.graph.edges[place];
                reach.pass_on(moments, edge.from, edge.to, 0)?;
                cost += row;
            }
            let mut added = reach.out(moment).next();
            while let Some(number) = added {
                reach.pass_on_added(moments, number)?;
                added = reach.after(number);
                cost += row;
            }
            return Ok(Some(cost));
        }
        let Some((moment, chain)) = reach.next_news() else { return Ok(None) };
        let mut cost = 1;
        if moments.is_start(moment) {
            cost += by_reader(polygraph, reach, moment, chain)?;
        }
        if moments.is_commit(moment) {
            cost += self.by_writer(polygraph, reach, moment, chain)?;
        }
        Ok(Some(cost))
    }

    /// The second rule and the third.
    fn by_writer<K>(
        self,
        polygraph: &Polygraph<'_, K>,
        reach: &mut Reach,
        moment: u32,
        chain: u32,
    ) -> Result<u64, Conflict> {
        let moments = &polygraph.moments;
        let txn = moments.txn(moment);
        let mut cost = 0;
        for key in polygraph.writes.of(txn) {
            cost += 1;
            let run = polygraph.writers.of_chain(*key, chain);
            let (past, blame) = (reach.past(moment, chain), reach.blame(moment, chain));
            let before = run.partition_point(|writer| writer.nth < past);
            if let Some(latest) = before.checked_sub(1).map(|at| run[at]) {
                let cause = Cause::Unseen { key: *key, writer: latest.txn };
                for reader in polygraph.readers.of(latest.version) {
                    if moments.txn(*reader) != txn && !self.options.has(Bug::ReadersMayBeOverwritten) {
                        reach.add(moments, (*reader, moment), cause, blame)?;
                        cost += 1;
                    }
                }
            }
            if polygraph.isolation.is_exclusive() {
                let started = run.partition_point(|writer| writer.nth <= past);
                let latest = started.checked_sub(1).map(|at| run[at]).filter(|latest| latest.txn != txn);
                if let Some(latest) = latest {
                    let ends = polygraph.in_order(latest.txn, txn);
                    reach.add(moments, ends, Cause::Conflict { key: *key }, blame)?;
                }
            }
        }
        Ok(cost)
    }
}

/// The first rule.
fn by_reader<K>(
    polygraph: &Polygraph<'_, K>,
    reach: &mut Reach,
    moment: u32,
    chain: u32,
) -> Result<u64, Conflict> {
    let moments = &polygraph.moments;
    let txn = moments.txn(moment);
    let mut cost = 0;
    for read in polygraph.reads.of(txn) {
        let Some(from) = polygraph.author.get(read.version as usize).copied() else { continue };
        cost += 1;
        let run = polygraph.writers.of_chain(read.key, chain);
        let (past, blame) = (reach.past(moment, chain), reach.blame(moment, chain));
        let before = run.partition_point(|writer| writer.nth < past);
        let latest = before.checked_sub(1).map(|at| run[at]);
        if let Some(latest) = latest.filter(|latest| latest.txn != from && latest.txn != txn) {
            let cause = Cause::Version { key: read.key, reader: txn };
            reach.add(moments, polygraph.in_order(latest.txn, from), cause, blame)?;
        }
    }
    Ok(cost)
}
