//! Registers whose values are written once each: what reads say about who wrote before whom. Kingsbury and Alvaro, *Elle:
//! Inferring Isolation Anomalies from Experimental Observations*, VLDB 2020, §5.2.

use alloc::vec::Vec;
use core::hash::Hash;

use super::{
    bad_register,
    cycle::{self, PROCESS, REALTIME, RW, WR, WW},
    fan::Fans,
    graph::Edge,
    history::{History, RegisterOp, Status, TxnId},
    intern::{Ambiguous, Interned, NONE, number},
    order::{process_edges, realtime_edges},
    report::{Dependency, Options, Report},
    version::VersionOrder,
};

/// A value that is written, once in a history.
#[derive(Debug)]
pub(super) struct Write<'a, V> {
    pub(super) value: &'a V,
    pub(super) key: u32,
    pub(super) txn: u32,
    /// What its transaction makes of the key.
    pub(super) version: u32,
}

/// What one transaction makes of one key, whatever it wrote there on the way.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) key: u32,
    pub(super) txn: u32,
    /// Its last write.
    pub(super) last: u32,
    /// What its transaction had read of the key before it wrote there; `NONE` if it had not, or did not commit.
    pub(super) base: u32,
}

/// What a committed transaction saw.
#[derive(Debug)]
pub(super) struct Sight<'a, V> {
    pub(super) txn: u32,
    pub(super) op: u32,
    pub(super) key: u32,
    pub(super) value: Option<&'a V>,
    /// Who wrote it; `NONE` if it is the initial value, or nobody's.
    pub(super) write: u32,
    /// The last operation of its transaction on this key before it; `NONE` if there is none.
    pub(super) previous: u32,
}

impl<V> Sight<'_, V> {
    /// Whether the transaction had neither read nor written the key before.
    pub(super) const fn is_external(&self) -> bool {
        self.previous == NONE
    }
}

/// All that is known of the registers.
#[derive(Debug)]
pub(super) struct Registers<'a, K, V> {
    pub(super) interned: Interned<'a, K, V>,
    /// In the order of their transactions.
    pub(super) writes: Vec<Write<'a, V>>,
    /// In the order of their transactions. The initial versions have the numbers after these, by key.
    pub(super) versions: Vec<Version>,
    pub(super) sights: Vec<Sight<'a, V>>,
    /// Whether a transaction has committed, as far as anyone can tell.
    pub(super) is_live: Vec<bool>,
}

/// What a transaction has done to a key so far.
#[derive(Clone, Copy)]
struct Touch {
    txn: u32,
    op: u32,
    version: u32,
    sight: u32,
}

const UNTOUCHED: Touch = Touch { txn: NONE, op: NONE, version: NONE, sight: NONE };

impl<'a, K: Hash + Eq, V: Hash + Eq> Registers<'a, K, V> {
    fn new(history: &'a History<RegisterOp<K, V>>) -> Result<Self, Ambiguous> {
        let mut registers = Self {
            interned: Interned::new(),
            writes: Vec::new(),
            versions: Vec::new(),
            sights: Vec::new(),
            is_live: history.transactions().iter().map(|txn| txn.status == Status::Committed).collect(),
        };
        registers.gather(history)?;
        registers.resolve(history);
        Ok(registers)
    }

    fn gather(&mut self, history: &'a History<RegisterOp<K, V>>) -> Result<(), Ambiguous> {
        let operations = history.transactions().iter().flat_map(|txn| &txn.ops);
        self.interned.reserve(operations.filter(|op| matches!(op, RegisterOp::Write(..))).count());
        let mut touched: Vec<Touch> = Vec::new();
        for (txn, transaction) in (0..).zip(history.transactions()) {
            for (op, operation) in (0..).zip(&transaction.ops) {
                let (RegisterOp::Write(name, _) | RegisterOp::Read(name, _)) = operation;
                let key = self.interned.key(name);
                if touched.len() <= key as usize {
                    touched.push(UNTOUCHED);
                }
                let touch = &mut touched[key as usize];
                if touch.txn != txn {
                    *touch = Touch { txn, ..UNTOUCHED };
                }
                match operation {
                    RegisterOp::Write(_, value) => {
                        let write = number(self.writes.len());
                        if let Some(first) = self.interned.write(key, value, write) {
                            let first = TxnId(self.writes[first as usize].txn);
                            return Err(Ambiguous { first, second: TxnId(txn) });
                        }
                        if touch.version == NONE {
                            touch.version = number(self.versions.len());
                            self.versions.push(Version { key, txn, last: write, base: touch.sight });
                        }
                        self.versions[touch.version as usize].last = write;
                        self.writes.push(Write { value, key, txn, version: touch.version });
                    }
                    RegisterOp::Read(..) if transaction.status != Status::Committed => continue,
                    RegisterOp::Read(_, value) => {
                        let (value, previous) = (value.as_ref(), touch.op);
                        if previous == NONE {
                            touch.sight = number(self.sights.len());
                        }
                        self.sights.push(Sight { txn, op, key, value, write: NONE, previous });
                    }
                }
                touch.op = op;
            }
        }
        Ok(())
    }

    /// Finds out who wrote what was seen, and who has committed since that was seen.
    fn resolve(&mut self, history: &History<RegisterOp<K, V>>) {
        for sight in &mut self.sights {
            let found = sight.value.and_then(|value| self.interned.find(sight.key, value));
            sight.write = found.unwrap_or(NONE);
            let Some(write) = self.writes.get(sight.write as usize) else { continue };
            if history.transactions()[write.txn as usize].status == Status::Unknown {
                self.is_live[write.txn as usize] = true;
            }
        }
    }
}

impl<K, V> Registers<'_, K, V> {
    pub(super) fn keys(&self) -> usize {
        self.interned.keys.len()
    }

    /// The version of a key that nobody wrote.
    pub(super) fn initial(&self, key: u32) -> u32 {
        number(self.versions.len()) + key
    }

    /// The version that was seen; `NONE` if nobody wrote it, or its own transaction did.
    pub(super) fn seen(&self, sight: &Sight<'_, V>) -> u32 {
        match (sight.value, self.writes.get(sight.write as usize)) {
            (None, _) => self.initial(sight.key),
            (Some(_), Some(write)) if write.txn != sight.txn => write.version,
            (Some(_), _) => NONE,
        }
    }

    /// The version that this one was made of; `NONE` if that is not known.
    pub(super) fn base(&self, version: &Version) -> u32 {
        self.sights.get(version.base as usize).map_or(NONE, |sight| self.seen(sight))
    }

    fn edges<O>(&self, history: &History<O>, order: &VersionOrder, options: Options) -> (Vec<Edge>, usize) {
        let mut edges = Vec::with_capacity(self.versions.len() + self.sights.len() * 2);
        let next = order.next.iter().filter_map(|(version, next)| {
            let next = self.versions.get(*next as usize)?;
            Some((*version, next.txn, next.last))
        });
        let groups = self.versions.len() + self.keys();
        let fans = Fans::new(groups, next.collect(), history.transactions().len());
        for (at, version) in self.versions.iter().enumerate() {
            if self.is_live[version.txn as usize] {
                fans.follow(at, version.txn, WW, &mut edges);
            }
        }
        for sight in self.sights.iter().filter(|sight| sight.is_external()) {
            let seen = self.seen(sight);
            if seen == NONE {
                continue;
            }
            if let Some(write) = self.writes.get(sight.write as usize) {
                if !history.is_aborted(write.txn) {
                    edges.push(Edge { from: write.txn, to: sight.txn, cause: sight.write, kind: WR });
                }
            }
            fans.follow(seen as usize, sight.txn, RW, &mut edges);
        }
        let nodes = fans.finish(&mut edges);
        process_edges(history, &self.is_live, PROCESS, &mut edges);
        realtime_edges(history, &self.is_live, REALTIME, options, &mut edges);
        (edges, nodes)
    }
}

impl<K: Clone, V: Clone> Registers<'_, K, V> {
    fn why(&self, edge: Edge) -> Dependency<K, V> {
        let write = &self.writes[edge.cause as usize];
        let key = self.interned.keys[write.key as usize].clone();
        let value = write.value.clone();
        match edge.kind {
            WW => {
                // Writes are in the order of their transactions: what the earlier one wrote last.
                let from = self.writes.partition_point(|other| other.txn < edge.from);
                let own = self.writes[from..].iter().take_while(|other| other.txn == edge.from);
                let before = own.filter(|other| other.key == write.key).last();
                let before = before.map_or_else(|| value.clone(), |other| other.value.clone());
                Dependency::Ww { key, before, after: value }
            }
            WR => Dependency::Wr { key, value },
            _ => Dependency::Rw { key, value },
        }
    }
}

/// Judges a history of registers by the dependencies that its reads show.
///
/// Who read a value depends on its writer. Which of two values of a key came first is known only where something tells it:
/// the initial value comes before all others, and what a transaction read of a key before what it then wrote there. (If it
/// were the other way round, writer and reader would each come before the other, which read committed forbids.)
/// [`Options::sequential_keys`] and [`Options::linearizable_keys`] let sessions and real time tell more. What is found is real,
/// so far as those assumptions are true; that nothing is found proves nothing where values were written blindly.
///
/// It takes time and memory in proportion to the history, as long as there are no cycles; with an order of keys, also to how
/// many transactions ran at once.
///
/// # Errors
/// If a value is written to a key twice.
pub fn check_rw_register<K: Clone + Hash + Eq, V: Clone + Hash + Eq>(
    history: &History<RegisterOp<K, V>>,
    options: Options,
) -> Result<Report<K, V>, Ambiguous> {
    let registers = Registers::new(history)?;
    let order = VersionOrder::new(&registers, history, options);
    let mut findings = Vec::new();
    bad_register::find(&registers, &order, history, options, &mut findings);
    let (edges, nodes) = registers.edges(history, &order, options);
    let txns = history.transactions().len();
    let cycles = cycle::find(&edges, txns, nodes, options);
    let is_truncated = cycles.is_truncated;
    findings.extend(cycles.told(txns, |edge| registers.why(edge)));
    Ok(Report { findings, is_truncated })
}
