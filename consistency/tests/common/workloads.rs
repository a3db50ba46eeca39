//! Banks and groups of keys that are written once each, and what is wrong with them by the definitions.

use std::collections::BTreeMap;

use quorate_consistency::txn::{
    Bank, BankFault, BankOp, History, HistoryBuilder, LongForkFinding, Options, RegisterOp, TxnId,
    check_long_fork,
};

use super::common::{
    Rng,
    txn::{Order, Registers, serial_oracle},
};

pub(super) const ACCOUNTS: u8 = 4;
pub(super) const TOTAL: i64 = 40;

pub(super) type BankHistory = History<BankOp<u8>>;

/// How a bank goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Banking {
    /// It does not.
    Right,
    /// Reads come between the two halves of a transfer.
    Torn,
    /// Nobody looks whether an account has enough.
    Overdrawn,
}

/// A bank whose clients move money and look.
pub(super) fn bank(rng: &mut Rng, banking: Banking, transactions: usize) -> BankHistory {
    let mut builder = HistoryBuilder::new();
    let mut balances: BTreeMap<u8, i64> = (0..ACCOUNTS).map(|account| (account, TOTAL / 4)).collect();
    let read = |balances: &BTreeMap<u8, i64>| {
        vec![BankOp::Read(balances.iter().map(|(account, balance)| (*account, Some(*balance))).collect())]
    };
    for _ in 0..transactions {
        if rng.chance(40) {
            builder.invoke(0, vec![BankOp::Read(Vec::new())]).unwrap();
            builder.ok(0, read(&balances)).unwrap();
            continue;
        }
        let mut account = || u8::try_from(rng.below(usize::from(ACCOUNTS))).unwrap();
        let (from, to) = (account(), account());
        let amount = i64::try_from(1 + rng.below(8)).unwrap();
        let transfer = vec![BankOp::Transfer { from, to, amount }];
        builder.invoke(1, transfer.clone()).unwrap();
        if balances[&from] < amount && banking != Banking::Overdrawn {
            builder.fail(1).unwrap();
            continue;
        }
        *balances.get_mut(&from).unwrap() -= amount;
        if banking == Banking::Torn && rng.chance(50) {
            builder.invoke(0, vec![BankOp::Read(Vec::new())]).unwrap();
            builder.ok(0, read(&balances)).unwrap();
        }
        *balances.get_mut(&to).unwrap() += amount;
        builder.ok(1, transfer).unwrap();
    }
    builder.finish()
}

/// What the judge of banks gets wrong.
pub(super) fn bank_mistake(history: &BankHistory, bank: &Bank<u8>) -> Option<&'static str> {
    let mut expected = Vec::new();
    for (txn, transaction) in history.transactions().iter().enumerate() {
        let [BankOp::Read(balances)] = &transaction.ops[..] else { continue };
        for (account, balance) in balances.iter().filter(|(_, balance)| balance.is_some_and(|sum| sum < 0)) {
            expected.push((txn, BankFault::NegativeBalance(*account, balance.unwrap())));
        }
        let total: i128 = balances.iter().map(|(_, balance)| i128::from(balance.unwrap())).sum();
        if total != i128::from(TOTAL) {
            expected.push((txn, BankFault::WrongTotal { total, expected: i128::from(TOTAL) }));
        }
    }
    let found = bank.check(history).into_iter();
    let found: Vec<_> = found.map(|finding| (finding.reader.index(), finding.fault)).collect();
    (found != expected).then_some("definitions: other findings")
}

/// Transactions that write a key each or read all of a group, which all overlap.
pub(super) fn groups(rng: &mut Rng, transactions: usize) -> Registers {
    let (groups, size) = [(1, 2), (1, 3), (2, 2)][rng.below(3)];
    let key = |group: usize, at: usize| u8::try_from(group * size + at).unwrap();
    let mut unwritten: Vec<u8> = (0..u8::try_from(groups * size).unwrap()).collect();
    let mut plans = Vec::new();
    for _ in 0..transactions {
        if rng.chance(40) && !unwritten.is_empty() {
            plans.push(vec![RegisterOp::Write(unwritten.swap_remove(rng.below(unwritten.len())), 1)]);
            continue;
        }
        let group = rng.below(groups);
        let value = |rng: &mut Rng| rng.chance(45).then(|| if rng.chance(3) { 2 } else { 1 });
        let mut reads: Vec<_> = (0..size).map(|at| RegisterOp::Read(key(group, at), value(rng))).collect();
        reads.rotate_left(rng.below(size));
        plans.push(reads);
    }
    // What is read has been written, mostly.
    for key in unwritten {
        if rng.chance(90) {
            plans.push(vec![RegisterOp::Write(key, 1)]);
        }
    }
    let mut builder = HistoryBuilder::new();
    for (process, plan) in (0..).zip(&plans) {
        builder.invoke(process, plan.clone()).unwrap();
    }
    for (process, plan) in (0..).zip(&plans) {
        builder.ok(process, plan.clone()).unwrap();
    }
    builder.finish()
}

/// What the judge of long forks gets wrong, by an oracle that tries every order.
pub(super) fn long_fork_mistake(history: &Registers, options: Options) -> Option<&'static str> {
    let findings = check_long_fork(history, options).unwrap();
    let saw = |id: TxnId, key: u8| {
        let ops = &history.get(id).unwrap().ops;
        ops.iter().any(|op| matches!(op, RegisterOp::Read(of, Some(_)) if *of == key))
    };
    let is_real = |finding: &LongForkFinding<u8>| match finding {
        LongForkFinding::Fork { one, other, first, second } => {
            saw(*one, *first) && !saw(*other, *first) && saw(*other, *second) && !saw(*one, *second)
        }
        _ => true,
    };
    if !findings.iter().all(is_real) {
        return Some("a fork that is none");
    }
    match (findings.is_empty(), serial_oracle(history, Order::Any)) {
        (true, false) => Some("an oracle: taken for right"),
        (false, true) => Some("an oracle: taken for wrong"),
        _ => None,
    }
}
