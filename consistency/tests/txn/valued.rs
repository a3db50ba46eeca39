//! Banks and long forks: transactions that are judged by the values that their reads see.

use std::collections::BTreeSet;

use quorate_consistency::{
    format::{Format, assemble_bank, assemble_long_fork, read},
    txn::{Bank, BankFault, BankOp, HistoryBuilder, NoLongFork, Options, RegisterOp, check_long_fork},
};

use crate::{
    common::Rng,
    workloads::{ACCOUNTS, Banking, TOTAL, bank, bank_mistake, groups, long_fork_mistake},
};

const HISTORIES: u64 = 2_000;

fn judge() -> Bank<u8> {
    let mut judge = Bank::default();
    (judge.total, judge.accounts) = (Some(TOTAL), Some((0..ACCOUNTS).collect::<BTreeSet<_>>()));
    judge
}

#[test]
fn banks_are_what_the_definitions_say() {
    for banking in [Banking::Right, Banking::Torn, Banking::Overdrawn] {
        let mut found = 0;
        for seed in 0..HISTORIES {
            let history = bank(&mut Rng(seed), banking, 40);
            assert_eq!(bank_mistake(&history, &judge()), None, "seed {seed}: {history:?}");
            found += u64::from(!judge().check(&history).is_empty());
            if banking == Banking::Right {
                // Without a total the reads are compared with one another.
                assert_eq!(Bank::default().check(&history), []);
            }
        }
        println!("{banking:?}: something is wrong with {found} of {HISTORIES}");
        assert_eq!(found > HISTORIES / 2, banking != Banking::Right);
        assert!(banking != Banking::Right || found == 0);
    }
}

#[test]
fn each_fault_of_a_bank_is_named() {
    let judge = judge();
    let faults = |balances: Vec<(u8, Option<i64>)>| {
        let mut builder = HistoryBuilder::new();
        builder.invoke(0, vec![BankOp::Read(Vec::new())]).unwrap();
        builder.ok(0, vec![BankOp::Read(balances)]).unwrap();
        let findings = judge.check(&builder.finish());
        for finding in &findings {
            println!("{finding}");
        }
        findings.into_iter().map(|finding| finding.fault).collect::<Vec<_>>()
    };
    let (a, b, c) = ((0, Some(10)), (1, Some(10)), (2, Some(10)));
    assert_eq!(faults(vec![a, b, c, (3, Some(10))]), []);
    assert_eq!(faults(vec![a, b, c]), [BankFault::WrongTotal { total: 30, expected: 40 }]);
    assert_eq!(faults(vec![a, b, c, (3, None)]), [BankFault::NilBalance(3)]);
    assert_eq!(faults(vec![a, b, c, (9, Some(10))]), [BankFault::UnexpectedAccount(9)]);
    assert_eq!(faults(vec![a, b, (2, Some(-1)), (3, Some(21))]), [BankFault::NegativeBalance(2, -1)]);
    let huge = i128::from(i64::MAX);
    let most = vec![(0, Some(i64::MAX)), (1, Some(i64::MAX))];
    assert_eq!(faults(most), [BankFault::WrongTotal { total: huge * 2, expected: 40 }]);
    let mut lenient = Bank::default();
    lenient.may_be_negative = true;
    let mut builder = HistoryBuilder::new();
    for total in [3, 3, 4] {
        builder.invoke(0, vec![BankOp::Read(Vec::new())]).unwrap();
        builder.ok(0, vec![BankOp::Read(vec![('a', Some(-1)), ('b', Some(total + 1))])]).unwrap();
    }
    let found = lenient.check(&builder.finish());
    let told: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["wrong-total: operation 0 of T2 reads balances of 4 together instead of 3"]);
}

#[test]
fn long_forks_are_what_the_oracle_says() {
    let mut forked = 0;
    for seed in 0..HISTORIES {
        let mut rng = Rng(seed);
        let transactions = 2 + rng.below(3);
        let history = groups(&mut rng, transactions);
        assert_eq!(long_fork_mistake(&history, Options::default()), None, "seed {seed}: {history:?}");
        forked += u64::from(!check_long_fork(&history, Options::default()).unwrap().is_empty());
    }
    println!("something is wrong with {forked} of {HISTORIES}");
    assert!((HISTORIES / 20..HISTORIES / 2).contains(&forked), "{forked}");
}

#[test]
fn what_is_no_history_of_long_forks_is_refused() {
    type Op = RegisterOp<char, u8>;
    let (w, r, none) = (|key| Op::Write(key, 1), |key| Op::Read(key, Some(1)), |key| Op::Read(key, None));
    let judge = |txns: Vec<Vec<Op>>| {
        let mut builder = HistoryBuilder::new();
        let ids: Vec<_> =
            (0..).zip(&txns).map(|(at, ops)| builder.invoke(at, ops.clone()).unwrap()).collect();
        for (at, ops) in (0..).zip(txns) {
            builder.ok(at, ops).unwrap();
        }
        let found = check_long_fork(&builder.finish(), Options::default());
        (found.map(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>()), ids)
    };
    let (mixed, ids) = judge(vec![vec![w('x')], vec![w('y'), r('x')]]);
    assert_eq!(mixed, Err(NoLongFork::Shape(ids[1])));
    let (twice, ids) = judge(vec![vec![r('x'), r('x')]]);
    assert_eq!(twice, Err(NoLongFork::Shape(ids[0])));
    let (twice, ids) = judge(vec![vec![w('x')], vec![r('x')], vec![w('x')]]);
    assert_eq!(twice, Err(NoLongFork::WrittenTwice { first: ids[0], second: ids[2] }));
    for other in [vec![r('x')], vec![r('x'), r('z')], vec![r('z'), r('y')]] {
        let (other, ids) = judge(vec![vec![r('x'), r('y')], other]);
        assert_eq!(other, Err(NoLongFork::OtherKeys { one: ids[0], other: ids[1] }));
    }
    let (forked, _) =
        judge(vec![vec![w('x')], vec![w('y')], vec![r('x'), none('y')], vec![r('y'), none('x')]]);
    assert_eq!(forked.unwrap(), ["long-fork: T2 sees x written and y not, T3 sees y written and x not"]);
    let (garbage, _) = judge(vec![vec![r('x')]]);
    assert_eq!(garbage.unwrap(), ["garbage-read: T0 sees what was not written to x"]);
}

#[test]
fn recorded_workloads_are_read_and_judged() {
    let edn = |lines: &[&str]| read(&lines.join("\n"), Format::Edn).unwrap();
    let bank = |last: &str| {
        let history = assemble_bank(&edn(&[
            "{:process 0, :type :invoke, :f :transfer, :value {:from 0, :to 1, :amount 3}}",
            "{:process 0, :type :ok, :f :transfer, :value {:from 0, :to 1, :amount 3}}",
            "{:process 1, :type :invoke, :f :read, :value nil}",
            &format!("{{:process 1, :type :ok, :f :read, :value {last}}}"),
        ]));
        let mut judge = Bank::default();
        judge.total = Some(10);
        history.map(|found| judge.check(&found.history).len()).map_err(|error| error.line)
    };
    assert_eq!(bank("{0 2, 1 8}"), Ok(0));
    assert_eq!(bank("{0 5, 1 8}"), Ok(1));
    assert_eq!(bank("{0 5, 1 nil}"), Ok(1));
    assert_eq!(bank("{0 5, 1 :x}"), Err(4));
    assert_eq!(bank("[2 8]"), Err(4));
    // The names of JSON are text.
    let json = r#"{"process": 0, "type": "invoke", "f": "read", "value": null}
        {"process": 0, "type": "ok", "f": "read", "value": {"0": 2, "x": 8, "01": 0}}"#;
    let found = assemble_bank(&read(json, Format::Json).unwrap()).unwrap();
    let BankOp::Read(balances) = &found.history.transactions()[0].ops[0] else { panic!("{found:?}") };
    let names: Vec<String> = balances.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(
        names.iter().collect::<BTreeSet<_>>(),
        ["0", "\"01\"", "\"x\""].map(String::from).iter().collect()
    );
    let strange = edn(&["{:process 0, :type :invoke, :f :deposit, :value 3}"]);
    assert_eq!(assemble_bank(&strange).unwrap_err().line, 1);

    let fork = |f: &str, last: &str| {
        let mut lines = Vec::new();
        for kind in ["invoke", "ok"] {
            lines.push(format!("{{:process 0, :type :{kind}, :f :write, :value [[:w 0 1]]}}"));
            lines.push(format!("{{:process 1, :type :{kind}, :f :write, :value [[:w 1 1]]}}"));
            lines.push(format!("{{:process 2, :type :{kind}, :f :read, :value [[:r 0 1] [:r 1 nil]]}}"));
            lines.push(format!("{{:process 3, :type :{kind}, :f {f}, :value {last}}}"));
        }
        let found = assemble_long_fork(&read(&lines.join("\n"), Format::Edn).unwrap());
        found.map(|found| check_long_fork(&found.history, Options::default()).unwrap().len())
    };
    assert_eq!(fork(":read", "[[:r 1 1] [:r 0 nil]]"), Ok(1));
    assert_eq!(fork(":txn", "[[:r 1 1] [:r 0 1]]"), Ok(0));
    assert_eq!(fork(":scan", "[[:r 1 1] [:r 0 1]]").unwrap_err().line, 4);
}
