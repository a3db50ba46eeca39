//! What is wrong with registers without a look at cycles of dependencies (Elle, §5.2 and §6.1).

use alloc::{vec, vec::Vec};

use super::{
    anomaly::Anomaly,
    bug::Bug,
    history::{History, RegisterOp, TxnId},
    intern::NONE,
    register::{Registers, Sight},
    report::{Evidence, Finding, Options},
    version::VersionOrder,
};

pub(super) fn find<K: Clone + Eq, V: Clone + Eq>(
    registers: &Registers<'_, K, V>,
    order: &VersionOrder,
    history: &History<RegisterOp<K, V>>,
    options: Options,
    findings: &mut Vec<Finding<K, V>>,
) {
    let mut bad = Bad { registers, history, options, findings };
    for sight in &registers.sights {
        bad.internal(sight);
        bad.value(sight);
    }
    bad.updates();
    for versions in &order.cycles {
        bad.cyclic(versions);
    }
}

struct Bad<'a, 'h, K, V> {
    registers: &'a Registers<'h, K, V>,
    history: &'h History<RegisterOp<K, V>>,
    options: Options,
    findings: &'a mut Vec<Finding<K, V>>,
}

impl<K: Clone + Eq, V: Clone + Eq> Bad<'_, '_, K, V> {
    fn key(&self, key: u32) -> K {
        self.registers.interned.keys[key as usize].clone()
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

    /// A transaction sees what it wrote or read last.
    fn internal(&mut self, sight: &Sight<'_, V>) {
        let ops = &self.history.transactions()[sight.txn as usize].ops;
        let expected = match ops.get(sight.previous as usize) {
            None => return,
            Some(RegisterOp::Write(_, value)) => Some(value),
            Some(RegisterOp::Read(_, value)) => value.as_ref(),
        };
        if expected != sight.value && !self.options.has(Bug::OwnReadsNotCompared) {
            self.read(Anomaly::Internal, sight, None, None);
        }
    }

    /// A value is somebody's, who has written it, committed, and written nothing else to the key since.
    fn value(&mut self, sight: &Sight<'_, V>) {
        let Some(value) = sight.value else { return };
        let Some(write) = self.registers.writes.get(sight.write as usize) else {
            return self.read(Anomaly::GarbageRead, sight, Some(value), None);
        };
        if write.txn == sight.txn {
            let later = &self.history.transactions()[sight.txn as usize].ops[sight.op as usize..];
            let name = self.registers.interned.keys[sight.key as usize];
            let is_own = |op: &RegisterOp<K, V>| matches!(op, RegisterOp::Write(key, own) if key == name && own == value);
            if later.iter().any(is_own) {
                self.read(Anomaly::FutureRead, sight, Some(value), None);
            }
            return;
        }
        let is_aborted = self.history.is_aborted(write.txn);
        if is_aborted && !self.options.has(Bug::AbortedWritesIgnored) {
            self.read(Anomaly::G1a, sight, Some(value), Some(write.txn));
        }
        let last = self.registers.versions[write.version as usize].last;
        if last != sight.write && !self.options.has(Bug::LaterWritesIgnored) {
            self.read(Anomaly::G1b, sight, Some(value), Some(write.txn));
        }
    }

    /// Committed transactions that read a version of a key before they wrote there: no two may read the same, and none one
    /// of a transaction that aborted.
    fn updates(&mut self) {
        let registers = self.registers;
        let mut by_base = vec![NONE; registers.versions.len() + registers.keys()];
        for version in &registers.versions {
            let base = registers.base(version);
            let Some(first) = by_base.get_mut(base as usize) else { continue };
            let aborted = registers.versions.get(base as usize).map(|base| base.txn);
            let aborted = aborted.filter(|txn| self.history.is_aborted(*txn));
            if let Some(one) = aborted.filter(|_| !self.options.has(Bug::AbortedWritesIgnored)) {
                let (key, one, other) = (self.key(version.key), TxnId(one), TxnId(version.txn));
                let evidence = Evidence::Updates { key, one, other };
                self.findings.push(Finding { anomaly: Anomaly::DirtyUpdate, evidence });
            }
            if *first == NONE {
                *first = version.txn;
            } else {
                let (key, one, other) = (self.key(version.key), TxnId(*first), TxnId(version.txn));
                let evidence = Evidence::Updates { key, one, other };
                self.findings.push(Finding { anomaly: Anomaly::LostUpdate, evidence });
            }
        }
    }

    fn cyclic(&mut self, versions: &[u32]) {
        let registers = self.registers;
        let value = |version: &u32| {
            let version = registers.versions.get(*version as usize)?;
            Some(registers.writes[version.last as usize].value.clone())
        };
        let first = versions.iter().find_map(|version| registers.versions.get(*version as usize));
        let Some(key) = first.map(|version| self.key(version.key)) else { return };
        let evidence = Evidence::Versions { key, versions: versions.iter().map(value).collect() };
        self.findings.push(Finding { anomaly: Anomaly::CyclicVersions, evidence });
    }
}
