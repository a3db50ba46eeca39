//! Lists that grow: what their reads say about the order of versions. Kingsbury and Alvaro, *Elle: Inferring Isolation
//! Anomalies from Experimental Observations*, VLDB 2020, §4.2.

use alloc::{vec, vec::Vec};
use core::hash::Hash;

use super::{
    bad_append,
    bug::Bug,
    cycle::{self, PROCESS, REALTIME, RW, WR, WW},
    fan::Fans,
    graph::Edge,
    history::{History, ListOp, Status, TxnId},
    intern::{Ambiguous, Interned, NONE},
    order::{process_edges, realtime_edges},
    report::{Dependency, Options, Report},
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

    /// Whether a value that somebody appends was seen. (In an order that is known it has a place; a long list is not searched.)
    pub(super) fn is_in(&self, sight: &Sight<'a, V>, value: &'a V) -> bool {
        if !sight.is_prefix {
            return sight.values.contains(value);
        }
        let element = self.interned.find(sight.key, value).and_then(|at| self.elements.get(at as usize));
        element.is_some_and(|element| {
            element.place != NONE
                && (element.place as usize) < self.version_after(sight.key, sight.values.len())
        })
    }

    fn edges(&self, history: &History<ListOp<K, V>>, options: Options) -> (Vec<Edge>, usize) {
        let next = self.next_versions(history);
        let mut edges = Vec::with_capacity(self.elements.len() * 2 + self.sights.len() * 2);
        let unseen = self.unseen(history, options);
        for (key, base) in self.base.iter().enumerate() {
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
            if let Some(last) = last.filter(|last| !history.is_aborted(last.txn)) {
                edges.push(Edge { from: last.txn, to: sight.txn, cause, kind: WR });
            }
            if !sight.is_prefix || options.has(Bug::AntiDependenciesDropped) {
                continue;
            }
            let at = next[self.version_after(sight.key, sight.values.len())];
            if at == NONE {
                unseen.follow(sight.key as usize, sight.txn, RW, &mut edges);
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

    /// Appends of committed transactions that nobody has read, by key: they come after the longest sight, in an order that is
    /// not known.
    fn unseen(&self, history: &History<ListOp<K, V>>, options: Options) -> Fans {
        let is_unseen = |element: &Element<'_, V>| {
            let transaction = history.get(TxnId(element.txn));
            let is_committed = transaction.is_some_and(|txn| txn.status == Status::Committed);
            element.place == NONE
                && element.is_last
                && is_committed
                && !options.has(Bug::UnseenAppendsIgnored)
        };
        let elements = (0..).zip(&self.elements).filter(|(_, element)| is_unseen(element));
        let members = elements.map(|(at, element)| (element.key, element.txn, at)).collect();
        Fans::new(self.base.len(), members, history.transactions().len())
    }

    /// For each version the first from there on that somebody made who did not abort.
    fn next_versions(&self, history: &History<ListOp<K, V>>) -> Vec<u32> {
        let mut next = vec![NONE; self.versions.len()];
        for (key, base) in self.base.iter().enumerate().rev() {
            let end = self.base.get(key + 1).map_or(self.versions.len(), |end| *end as usize) - 1;
            for at in (*base as usize..end).rev() {
                let element = self.elements.get(self.versions[at] as usize);
                let is_made = element.is_some_and(|element| !history.is_aborted(element.txn));
                next[at] = if is_made { u32::try_from(at).unwrap_or(NONE) } else { next[at + 1] };
            }
        }
        next
    }
}

impl<K: Clone, V: Clone> Lists<'_, K, V> {
    fn why(&self, edge: Edge) -> Dependency<K, V> {
        let element = &self.elements[edge.cause as usize];
        let key = self.interned.keys[element.key as usize].clone();
        let value = element.value.clone();
        match edge.kind {
            WW => {
                // Elements are in the order of their transactions: what the earlier one appended last.
                let from = self.elements.partition_point(|other| other.txn < edge.from);
                let own = self.elements[from..].iter().take_while(|other| other.txn == edge.from);
                let before = own.filter(|other| other.key == element.key && other.place != NONE).last();
                let before = before.map_or_else(|| value.clone(), |other| other.value.clone());
                Dependency::Ww { key, before, after: value }
            }
            WR => Dependency::Wr { key, value },
            _ => Dependency::Rw { key, value },
        }
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
    let txns = history.transactions().len();
    let cycles = cycle::find(&edges, txns, nodes, options);
    let is_truncated = cycles.is_truncated;
    findings.extend(cycles.told(txns, |edge| lists.why(edge)));
    Ok(Report { findings, is_truncated })
}
