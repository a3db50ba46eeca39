//! What is wrong with lists without a look at cycles (Elle, §4.3 and §6.1).

use alloc::{vec, vec::Vec};
use core::hash::Hash;

use super::{
    anomaly::Anomaly,
    append::{Lists, Sight},
    bug::Bug,
    history::{History, ListOp, TxnId},
    intern::NONE,
    report::{Evidence, Finding, Options},
};

pub(super) fn find<K: Clone + Hash + Eq, V: Clone + Hash + Eq>(
    lists: &Lists<'_, K, V>,
    history: &History<ListOp<K, V>>,
    options: Options,
    findings: &mut Vec<Finding<K, V>>,
) {
    let mut bad = Bad { lists, history, options, findings };
    bad.internal();
    bad.future();
    bad.orders();
    bad.own_orders();
    bad.strange_values();
    bad.intermediate();
    bad.aborted();
    bad.lost_updates();
}

struct Bad<'a, 'h, K, V> {
    lists: &'a Lists<'h, K, V>,
    history: &'h History<ListOp<K, V>>,
    options: Options,
    findings: &'a mut Vec<Finding<K, V>>,
}

impl<K: Clone + Hash + Eq, V: Clone + Hash + Eq> Bad<'_, '_, K, V> {
    fn key(&self, key: u32) -> K {
        self.lists.interned.keys[key as usize].clone()
    }

    fn is_aborted(&self, txn: u32) -> bool {
        self.history.is_aborted(txn) && !self.options.has(Bug::AbortedAppendsIgnored)
    }

    fn read(&mut self, anomaly: Anomaly, sight: &Sight<'_, V>, value: Option<&V>, writer: Option<u32>) {
        let evidence = Evidence::Read {
            reader: TxnId(sight.txn),
            op: sight.op as usize,
            key: self.key(sight.key),
            value: value.cloned(),
            writer: writer.map(TxnId),
        };
        self.findings.push(Finding { anomaly, evidence });
    }

    /// What a transaction read of a key and appended to it since must be the end of what it reads next, and if it has read
    /// the key before, the whole.
    fn internal(&mut self) {
        let lists = self.lists;
        for sight in lists.sights.iter().filter(|sight| !sight.is_external) {
            let Some(transaction) = self.history.get(TxnId(sight.txn)) else { continue };
            let name = lists.interned.keys[sight.key as usize];
            let mut rest = sight.values;
            let mut is_right = true;
            for operation in transaction.ops[..sight.op as usize].iter().rev() {
                match operation {
                    ListOp::Append(key, value) if key == name => match rest.split_last() {
                        Some((last, before)) if last == value => rest = before,
                        _ => is_right = false,
                    },
                    ListOp::Read(key, values) if key == name => {
                        is_right &= rest == values.as_slice();
                        break;
                    }
                    ListOp::Append(..) | ListOp::Read(..) => {}
                }
            }
            if !is_right {
                self.read(Anomaly::Internal, sight, None, None);
            }
        }
    }

    fn future(&mut self) {
        let lists = self.lists;
        for sight in &lists.sights {
            let Some(transaction) = self.history.get(TxnId(sight.txn)) else { continue };
            let name = lists.interned.keys[sight.key as usize];
            for operation in &transaction.ops[sight.op as usize..] {
                if let ListOp::Append(key, value) = operation {
                    if key == name && lists.is_in(sight, value) {
                        self.read(Anomaly::FutureRead, sight, Some(value), None);
                    }
                }
            }
        }
    }

    fn orders(&mut self) {
        let lists = self.lists;
        for sight in lists.sights.iter().filter(|sight| !sight.is_prefix) {
            let longest = &lists.sights[lists.longest[sight.key as usize] as usize];
            let evidence = Evidence::Reads {
                key: self.key(sight.key),
                one: (TxnId(longest.txn), longest.op as usize),
                other: (TxnId(sight.txn), sight.op as usize),
            };
            self.findings.push(Finding { anomaly: Anomaly::IncompatibleOrder, evidence });
        }
    }

    /// The order of versions is that in which each transaction appended its own.
    fn own_orders(&mut self) {
        let lists = self.lists;
        for element in lists.elements.iter().filter(|element| element.place != NONE) {
            let Some(previous) = lists.elements.get(element.previous as usize) else { continue };
            if previous.place > element.place {
                let evidence = Evidence::Appends {
                    txn: TxnId(element.txn),
                    key: self.key(element.key),
                    one: previous.value.clone(),
                    other: element.value.clone(),
                };
                self.findings.push(Finding { anomaly: Anomaly::IncompatibleOrder, evidence });
            }
        }
    }

    /// Values that nobody appended or that come twice: in the longest sights, which hold those of all their beginnings, and
    /// in the sights that are no beginnings.
    fn strange_values(&mut self) {
        let lists = self.lists;
        let mut in_sight = vec![NONE; lists.elements.len()];
        for (number, sight) in (0..).zip(&lists.sights) {
            if sight.is_prefix && lists.longest[sight.key as usize] != number {
                continue;
            }
            for value in sight.values {
                match lists.interned.find(sight.key, value) {
                    None => self.read(Anomaly::GarbageRead, sight, Some(value), None),
                    Some(element) => {
                        let last = &mut in_sight[element as usize];
                        let is_again = *last == number;
                        *last = number;
                        if is_again {
                            let writer = lists.elements[element as usize].txn;
                            self.read(Anomaly::DuplicateElements, sight, Some(value), Some(writer));
                        }
                    }
                }
            }
        }
    }

    fn intermediate(&mut self) {
        let lists = self.lists;
        for sight in &lists.sights {
            let last = lists.elements.get(lists.last_of(sight) as usize);
            if let Some(last) = last.filter(|last| !last.is_last && last.txn != sight.txn) {
                self.read(Anomaly::G1b, sight, Some(last.value), Some(last.txn));
            }
        }
    }

    /// Values of transactions that aborted: the first of them in each sight, and who built on them.
    fn aborted(&mut self) {
        let lists = self.lists;
        let mut first_aborted = vec![usize::MAX; lists.base.len()];
        for (key, first) in (0..).zip(&mut first_aborted) {
            let base = lists.version_after(key, 0);
            let length = lists.longest_of(key).len();
            let mut aborted = None;
            for (nth, element) in lists.versions[base..base + length].iter().enumerate() {
                let Some(element) = lists.elements.get(*element as usize) else { continue };
                if self.is_aborted(element.txn) {
                    *first = nth.min(*first);
                    aborted = Some(element.txn);
                } else if let Some(one) = aborted.take() {
                    let (one, other) = (TxnId(one), TxnId(element.txn));
                    let evidence = Evidence::Updates { key: self.key(key), one, other };
                    self.findings.push(Finding { anomaly: Anomaly::DirtyUpdate, evidence });
                }
            }
        }
        for sight in &lists.sights {
            let first = if sight.is_prefix {
                sight.values.get(first_aborted[sight.key as usize])
            } else {
                sight.values.iter().find(|value| {
                    let element = lists.interned.find(sight.key, value);
                    element.is_some_and(|element| self.is_aborted(lists.elements[element as usize].txn))
                })
            };
            let Some(value) = first else { continue };
            let element = lists.interned.find(sight.key, value);
            let writer = element.map(|element| lists.elements[element as usize].txn);
            self.read(Anomaly::G1a, sight, Some(value), writer);
        }
    }

    /// Committed transactions that read a version of a key before they appended to it: no two may read the same.
    fn lost_updates(&mut self) {
        let lists = self.lists;
        let mut by_version = vec![NONE; lists.versions.len()];
        for sight in lists.sights.iter().filter(|sight| sight.is_external && sight.is_prefix) {
            let Some(transaction) = self.history.get(TxnId(sight.txn)) else { continue };
            let name = lists.interned.keys[sight.key as usize];
            let appends =
                |operation: &ListOp<K, V>| matches!(operation, ListOp::Append(key, _) if key == name);
            if !transaction.ops[sight.op as usize..].iter().any(appends) {
                continue;
            }
            let first = &mut by_version[lists.version_after(sight.key, sight.values.len())];
            if *first == NONE {
                *first = sight.txn;
            } else {
                let (one, other) = (TxnId(*first), TxnId(sight.txn));
                let evidence = Evidence::Updates { key: self.key(sight.key), one, other };
                self.findings.push(Finding { anomaly: Anomaly::LostUpdate, evidence });
            }
        }
    }
}
