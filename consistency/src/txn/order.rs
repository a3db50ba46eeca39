//! Who came before whom without a look at data: in sessions, and in real time.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use super::{
    bug::Bug,
    graph::Edge,
    history::{History, NEVER, Status},
    report::Options,
};

/// Edges between the neighbours of each process; `is_live` says which transactions count.
pub(super) fn process_edges<O>(history: &History<O>, is_live: &[bool], kind: u8, edges: &mut Vec<Edge>) {
    let mut last: BTreeMap<u64, u32> = BTreeMap::new();
    for (txn, transaction) in (0..).zip(&history.transactions).filter(|(txn, _)| is_live[*txn as usize]) {
        if let Some(from) = last.insert(transaction.process, txn) {
            edges.push(Edge { from, to: txn, cause: 0, kind });
        }
    }
}

/// Edges that imply all of real time: each transaction comes after the *frontier* when it is invoked, those that have ended
/// and of which none ended before another was invoked. There are never more of them than processes.
pub(super) fn realtime_edges<O>(
    history: &History<O>,
    is_live: &[bool],
    kind: u8,
    options: Options,
    edges: &mut Vec<Edge>,
) {
    if !history.has_real_time {
        return;
    }
    let mut events = vec![NEVER; history.events as usize];
    for (txn, transaction) in (0..).zip(&history.transactions) {
        for at in [transaction.invoked, transaction.ended] {
            if let Some(event) = events.get_mut(at as usize) {
                *event = txn;
            }
        }
    }
    let mut frontier: Vec<u32> = Vec::new();
    for (at, txn) in (0..).zip(events) {
        let Some(transaction) = history.transactions.get(txn as usize).filter(|_| is_live[txn as usize])
        else {
            continue;
        };
        if at == transaction.invoked {
            edges.extend(frontier.iter().map(|from| Edge { from: *from, to: txn, cause: 0, kind }));
        } else if transaction.status == Status::Committed {
            frontier.retain(|earlier| {
                let is_before = history.transactions[*earlier as usize].ended < transaction.invoked;
                !is_before && !options.has(Bug::FrontierDropsAnEdge)
            });
            frontier.push(txn);
        }
    }
}
