//! Lists that grow: what their reads say about the order of versions. Kingsbury and Alvaro, *Elle: Inferring Isolation
//! Anomalies from Experimental Observations*, VLDB 2020, §4.2.

use alloc::{vec, vec::Vec};
use core::hash::Hash;

use super::{
    bad_append,
    bug::Bug,
    cycle::{self, PROCESS, REALTIME, RW, SAME, WR, WW},
    graph::Edge,
    history::{History, ListOp, Status, TxnId},
    intern::{Ambiguous, Interned, NONE},
    order::{process_edges, realtime_edges},
    report::{Options, Report},
};

/// A value that is appended, once in a history.
#[derive(Debug)]
pub(super) struct Element<'a, V> {
    pub(super) value: &'a V,
    pub(super) key: u32,
    pub(super) txn: u32,
    /// Whether its transaction appends no more to this key.
    pub(super) is_last: bool,
    /// What its transaction appended to this key before it.
    pub(super) previous: u32,
    /// Its place in the order of versions; `NONE` if nobody saw it.
    pub(super) place: u32,
}

/// What a committed transaction saw.
#[derive(Debug)]
pub(super) struct Sight<'a, V> {
    pub(super) txn: u32,
    pub(super) op: u32,
    pub(super) key: u32,
    pub(super) values: &'a [V],
    /// Whether the transaction had neither read nor appended to the key before.
    pub(super) is_external: bool,
    /// Whether it is a beginning of the order of versions.
    pub(super) is_prefix: bool,
}

/// All that is known of the lists.
#[derive(Debug)]
pub(super) struct Lists<'a, K, V> {
    pub(super) interned: Interned<'a, K, V>,
    pub(super) elements: Vec<Element<'a, V>>,
    pub(super) sights: Vec<Sight<'a, V>>,
    /// The longest sight of each key.
    pub(super) longest: Vec<u32>,
    /// Where the versions of each key begin: one for each value of its longest sight, and one more for its end.
    pub(super) base: Vec<u32>,
    /// The element that makes each version out of the one before it; `NONE` at ends, and where the value is of nobody.
    pub(super) versions: Vec<u32>,
    /// Whether a transaction has committed, as far as anyone can tell.
    pub(super) is_live: Vec<bool>,
}

impl<'a, K: Hash + Eq, V: Hash + Eq> Lists<'a, K, V> {
    fn new(history: &'a History<ListOp<K, V>>, options: Options) -> Result<Self, Ambiguous> {
        let mut lists = Self {
            interned: Interned::new(),
            elements: Vec::new(),
            sights: Vec::new(),
            longest: Vec::new(),
            base: Vec::new(),
            versions: Vec::new(),
            is_live: history.transactions().iter().map(|txn| txn.status == Status::Committed).collect(),
        };
        lists.gather(history)?;
        lists.place(options);
        for element in &lists.elements {
            let transaction = history.get(TxnId(element.txn));
            if element.place != NONE && transaction.is_some_and(|txn| txn.status == Status::Unknown) {
                lists.is_live[element.txn as usize] = true;
            }
        }
        Ok(lists)
    }

    fn gather(&mut self, history: &'a History<ListOp<K, V>>) -> Result<(), Ambiguous> {
        let operations = history.transactions().iter().flat_map(|txn| &txn.ops);
        self.interned.reserve(operations.filter(|op| matches!(op, ListOp::Append(..))).count());
        // Of each key, who touched it last, and what it appended last.
        let mut touched: Vec<(u32, u32)> = Vec::new();
        for (txn, transaction) in (0..).zip(history.transactions()) {
            for (op, operation) in (0..).zip(&transaction.ops) {
                let (ListOp::Append(name, _) | ListOp::Read(name, _)) = operation;
                let key = self.interned.key(name);
                if touched.len() <= key as usize {
                    touched.push((NONE, NONE));
                    self.longest.push(NONE);
                }
                let touch = &mut touched[key as usize];
                let is_external = touch.0 != txn;
                if is_external {
                    *touch = (txn, NONE);
                }
                match operation {
                    ListOp::Append(_, value) => {
                        let number = u32::try_from(self.elements.len()).unwrap_or(NONE);
                        if let Some(first) = self.interned.write(key, value, number) {
                            let first = TxnId(self.elements[first as usize].txn);
                            return Err(Ambiguous { first, second: TxnId(txn) });
                        }
                        if let Some(earlier) = self.elements.get_mut(touch.1 as usize) {
                            earlier.is_last = false;
                        }
                        let (previous, place) = (touch.1, NONE);
                        touch.1 = number;
                        self.elements.push(Element { value, key, txn, is_last: true, previous, place });
                    }
                    ListOp::Read(..) if transaction.status != Status::Committed => {}
                    ListOp::Read(_, values) => {
                        let number = u32::try_from(self.sights.len()).unwrap_or(NONE);
                        let longest = &mut self.longest[key as usize];
                        let before = self.sights.get(*longest as usize).map(|sight| sight.values.len());
                        if before.is_none_or(|before| before < values.len()) {
                            *longest = number;
                        }
                        self.sights.push(Sight { txn, op, key, values, is_external, is_prefix: true });
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the longest sight of each key for the order of its versions.
    fn place(&mut self, options: Options) {
        for (key, longest) in (0..).zip(&self.longest) {
            self.base.push(u32::try_from(self.versions.len()).unwrap_or(NONE));
            let values = self.sights.get(*longest as usize).map_or(&[][..], |sight| sight.values);
            for nth in 0..values.len() {
                let is_reversed = options.has(Bug::VersionsReversed);
                let value = &values[if is_reversed { values.len() - 1 - nth } else { nth }];
                let element = self.interned.find(key, value).unwrap_or(NONE);
                match self.elements.get_mut(element as usize) {
                    Some(found) if found.place == NONE => {
                        found.place = u32::try_from(self.versions.len()).unwrap_or(NONE);
                        self.versions.push(element);
                    }
                    _ => self.versions.push(NONE),
                }
            }
            self.versions.push(NONE);
        }
        for at in 0..self.sights.len() {
            let sight = &self.sights[at];
            let whole = self.longest_of(sight.key);
            let is_prefix = whole.starts_with(sight.values) || options.has(Bug::OrdersNotCompared);
            self.sights[at].is_prefix = is_prefix;
        }
    }

    pub(super) fn longest_of(&self, key: u32) -> &'a [V] {
        self.sights.get(self.longest[key as usize] as usize).map_or(&[], |sight| sight.values)
    }

    /// The place of the version after as many values of a key.
    pub(super) fn version_after(&self, key: u32, values: usize) -> usize {
        self.base[key as usize] as usize + values
    }

    /// The last value that was seen, as an element; `NONE` if there is none, or nobody appended it.
    pub(super) fn last_of(&self, sight: &Sight<'a, V>) -> u32 {
        match sight.values.split_last() {
            None => NONE,
            // Without a look into the table, which is the slowest thing here.
            Some((_, before)) if sight.is_prefix => {
                self.versions[self.version_after(sight.key, before.len())]
            }
            Some((last, _)) => self.interned.find(sight.key, last).unwrap_or(NONE),
        }
    }

    fn edges(&self, history: &History<ListOp<K, V>>, options: Options) -> (Vec<Edge>, usize) {
        let next = self.next_versions(history);
        let mut edges = Vec::with_capacity(self.elements.len() * 2 + self.sights.len() * 2);
        let mut unseen = Unseen::new(self, history, options);
        for (key, base) in (0..).zip(&self.base) {
            let (mut at, mut before) = (next[*base as usize], NONE);
            while at != NONE {
                let element = self.versions[at as usize];
                let txn = self.elements[element as usize].txn;
                if before != NONE {
                    edges.push(Edge { from: before, to: txn, cause: element, kind: WW });
                }
                before = txn;
                at = next[at as usize + 1];
            }
            if before != NONE {
                unseen.follow(key, before, WW, &mut edges);
            }
        }
        for sight in self.sights.iter().filter(|sight| sight.is_external) {
            let cause = self.last_of(sight);
            let last = self.elements.get(cause as usize);
            if let Some(last) = last.filter(|last| !is_aborted(history, last)) {
                edges.push(Edge { from: last.txn, to: sight.txn, cause, kind: WR });
            }
            if !sight.is_prefix || options.has(Bug::AntiDependenciesDropped) {
                continue;
            }
            let at = next[self.version_after(sight.key, sight.values.len())];
            if at == NONE {
                unseen.follow(sight.key, sight.txn, RW, &mut edges);
            } else {
                let cause = self.versions[at as usize];
                let to = self.elements[cause as usize].txn;
                edges.push(Edge { from: sight.txn, to, cause, kind: RW });
            }
        }
        let nodes = unseen.finish(&mut edges);
        process_edges(history, &self.is_live, PROCESS, &mut edges);
        realtime_edges(history, &self.is_live, REALTIME, options, &mut edges);
        (edges, nodes)
    }

    /// For each version the first from there on that somebody made who did not abort.
    fn next_versions(&self, history: &History<ListOp<K, V>>) -> Vec<u32> {
        let mut next = vec![NONE; self.versions.len()];
        for (key, base) in self.base.iter().enumerate().rev() {
            let end = self.base.get(key + 1).map_or(self.versions.len(), |end| *end as usize) - 1;
            for at in (*base as usize..end).rev() {
                let element = self.elements.get(self.versions[at] as usize);
                let is_made = element.is_some_and(|element| !is_aborted(history, element));
                next[at] = if is_made { u32::try_from(at).unwrap_or(NONE) } else { next[at + 1] };
            }
        }
        next
    }
}

fn is_aborted<O, V>(history: &History<O>, element: &Element<'_, V>) -> bool {
    history.get(TxnId(element.txn)).is_some_and(|txn| txn.status == Status::Aborted)
}

/// Appends of committed transactions that nobody has read: they come after the longest sight, in an order that is not known.
///
/// So that not each whole sight needs an edge to each of them, those of a key are a chain of nodes of their own, of which each
/// leads to one transaction and to the next node, and a second chain that runs the other way: whoever appends itself comes
/// before all others, by the node before its own and the one after it.
struct Unseen {
    /// The elements, by key.
    elements: Vec<u32>,
    starts: Vec<u32>,
    /// The transaction of each element.
    txns: Vec<u32>,
    nodes: u32,
}

impl Unseen {
    fn new<K: Hash + Eq, V: Hash + Eq>(
        lists: &Lists<'_, K, V>,
        history: &History<ListOp<K, V>>,
        options: Options,
    ) -> Self {
        let is_unseen = |element: &Element<'_, V>| {
            let transaction = history.get(TxnId(element.txn));
            let is_committed = transaction.is_some_and(|txn| txn.status == Status::Committed);
            element.place == NONE
                && element.is_last
                && is_committed
                && !options.has(Bug::UnseenAppendsIgnored)
        };
        let mut found: Vec<(u32, u32)> = (0..)
            .zip(&lists.elements)
            .filter(|(_, element)| is_unseen(element))
            .map(|(at, element)| (element.key, at))
            .collect();
        found.sort_unstable();
        let starts = (0..=lists.base.len())
            .map(|key| u32::try_from(found.partition_point(|(of, _)| (*of as usize) < key)).unwrap_or(NONE));
        Self {
            starts: starts.collect(),
            txns: found.iter().map(|(_, at)| lists.elements[*at as usize].txn).collect(),
            elements: found.into_iter().map(|(_, at)| at).collect(),
            nodes: u32::try_from(history.transactions().len()).unwrap_or(NONE),
        }
    }

    /// The node that leads to this element and all after it, or all before it.
    fn node(&self, at: u32, is_forward: bool) -> u32 {
        self.nodes + at * 2 + u32::from(!is_forward)
    }

    /// Whatever is unseen of this key comes after a transaction.
    fn follow(&mut self, key: u32, from: u32, kind: u8, edges: &mut Vec<Edge>) {
        let (begin, end) = (self.starts[key as usize], self.starts[key as usize + 1]);
        let txns = &self.txns[begin as usize..end as usize];
        // They are in the order of their transactions, which have one each.
        let own = txns.binary_search(&from).ok().and_then(|at| Some(begin + u32::try_from(at).ok()?));
        let mut lead = |at: u32, is_forward: bool| {
            edges.push(Edge { from, to: self.node(at, is_forward), cause: self.elements[at as usize], kind });
        };
        match own {
            Some(own) => {
                if own > begin {
                    lead(own - 1, false);
                }
                if own + 1 < end {
                    lead(own + 1, true);
                }
            }
            None if begin < end => lead(begin, true),
            None => {}
        }
    }

    /// Adds the chains; how many nodes there are then.
    fn finish(self, edges: &mut Vec<Edge>) -> usize {
        for pair in self.starts.windows(2) {
            for at in pair[0]..pair[1] {
                let cause = self.elements[at as usize];
                for is_forward in [true, false] {
                    let from = self.node(at, is_forward);
                    edges.push(Edge { from, to: self.txns[at as usize], cause, kind: SAME });
                    let onward = if is_forward { Some(at + 1) } else { at.checked_sub(1) };
                    if let Some(onward) = onward.filter(|onward| (pair[0]..pair[1]).contains(onward)) {
                        edges.push(Edge { from, to: self.node(onward, is_forward), cause, kind: SAME });
                    }
                }
            }
        }
        self.nodes as usize + self.txns.len() * 2
    }
}

/// Judges a history of lists by the dependencies that its reads show.
///
/// What is found is real: no order of the transactions explains it. It takes time and memory in proportion to the history, as
/// long as there are no cycles.
///
/// # Errors
/// If a value is appended to a key twice.
pub fn check_list_append<K: Clone + Hash + Eq, V: Clone + Hash + Eq>(
    history: &History<ListOp<K, V>>,
    options: Options,
) -> Result<Report<K, V>, Ambiguous> {
    let lists = Lists::new(history, options)?;
    let mut findings = Vec::new();
    bad_append::find(&lists, history, options, &mut findings);
    let (edges, nodes) = lists.edges(history, options);
    let is_truncated =
        cycle::find(&lists, history.transactions().len(), &edges, nodes, options, &mut findings);
    Ok(Report { findings, is_truncated })
}
