//! Budgets, limits, long histories, and what a counterexample says.

use std::collections::BTreeSet;

use crate::common::{
    Domain, HistoryOf, Rng, SMALL, Shape, changed,
    domains::{Bags, CasRegisters, Kvs, Registers, Sets, for_every_domain},
    erased::{Erased, ErasedSpec, Told, erased},
    rebuild, right,
};
use quorate_consistency::{
    Counterexample, Event, Flaw, History, HistoryBuilder, Linearizer, OpId, Operation, Options, Outcome,
    Reduction, Reductions, Unknown, Verdict, check,
    spec::{CasRegister, List, ListOp, ListRet, Register, RegisterOp, RegisterRet, Set, SetOp, SetRet},
};

fn without_shortcuts() -> Options {
    let mut options = Options::default();
    options.shortcuts = false;
    options
}

#[test]
fn steps_one_by_one_and_all_at_once_agree() {
    let (kvs, spec) = (Erased(&Kvs), Erased(&Kvs).spec());
    for seed in 0..500 {
        let mut rng = Rng(seed);
        let shape = Shape { operations: 40, processes: 6, ..SMALL };
        let history = right(&kvs, &mut rng, shape);
        let history = changed(&kvs, &mut rng, &history);
        let mut whole = Linearizer::new(&spec, &history, Options::default());
        let verdict = whole.run(u64::MAX);
        for part in [1, 7, 1_000] {
            let mut parts = Linearizer::new(&spec, &history, Options::default());
            let mut calls = 0;
            let last = loop {
                calls += 1;
                match parts.run(part) {
                    Verdict::Unknown(why) => assert_eq!(why, Unknown::Steps),
                    last => break last,
                }
                assert!(parts.steps() <= calls * part);
            };
            assert_eq!(last, verdict);
            assert_eq!(parts.steps(), whole.steps());
            assert_eq!(parts.run(1), verdict, "it stays");
        }
    }
}

#[test]
fn too_few_steps_are_unknown_and_never_a_verdict() {
    let spec = CasRegisters.spec();
    for seed in 0..300 {
        let mut rng = Rng(seed);
        let history = right(&CasRegisters, &mut rng, SMALL);
        let history = changed(&CasRegisters, &mut rng, &history);
        let truth = check(&spec, &history);
        for steps in 0..30 {
            let verdict = Linearizer::new(&spec, &history, Options::default()).run(steps);
            assert!(verdict == truth || verdict == Verdict::Unknown(Unknown::Steps), "{verdict:?} {truth:?}");
        }
    }
}

#[test]
fn a_full_memo_is_unknown_and_more_room_is_a_verdict() {
    let spec = CasRegister { initial: 0 };
    let mut unknown = 0;
    for seed in 0..200 {
        let mut rng = Rng(seed);
        let shape = Shape { operations: 40, processes: 8, ..SMALL };
        let history = right(&CasRegisters, &mut rng, shape);
        let history = changed(&CasRegisters, &mut rng, &history);
        let truth = check(&spec, &history);
        let mut options = Options::default();
        options.memo_entries_max = 4;
        match Linearizer::new(&spec, &history, options).run(u64::MAX) {
            Verdict::Unknown(why) => {
                assert_eq!(why, Unknown::Memo);
                unknown += 1;
            }
            verdict => assert_eq!(verdict, truth),
        }
    }
    assert!((20..200).contains(&unknown), "{unknown}");
}

#[test]
fn more_open_operations_than_there_may_be_are_unknown() {
    let mut builder = HistoryBuilder::new();
    for process in 0..=quorate_consistency::OPEN_MAX as u64 {
        builder.invoke(process, RegisterOp::Write(process)).unwrap();
    }
    let history = builder.finish();
    // Nobody reads them; they would be left out.
    let mut options = without_shortcuts();
    options.reductions = Reductions::ALL.without(Reduction::UnseenPending);
    let verdict = Linearizer::new(&Register { initial: 0 }, &history, options).run(u64::MAX);
    assert_eq!(verdict, Verdict::Unknown(Unknown::Open));
}

#[test]
fn hundreds_of_open_operations_are_searched() {
    for open in [60, 64, 65, 256, 257, 1_000] {
        let mut builder = HistoryBuilder::new();
        for process in 0..open {
            builder.invoke(process, RegisterOp::Write(process % 7 + 1)).unwrap();
        }
        builder.invoke(open, RegisterOp::Read).unwrap();
        builder.ok(open, RegisterRet::Value(3)).unwrap();
        for process in 0..open / 2 {
            builder.ok(process, RegisterRet::Written).unwrap();
        }
        let history = builder.finish();
        let spec = Register { initial: 0 };
        match Linearizer::new(&spec, &history, without_shortcuts()).run(u64::MAX) {
            Verdict::Ok(witness) => assert_eq!(witness.verify(&spec, &history), Ok(())),
            verdict => panic!("{open}: {verdict:?}"),
        }
    }
}

#[test]
fn a_hundred_thousand_operations_do_not_overflow_the_stack() {
    fn one(domain: &Erased<'_>, seed: u64, shape: Shape) {
        let (spec, history) = (domain.spec(), right(domain, &mut Rng(seed), shape));
        let mut search = Linearizer::new(&spec, &history, without_shortcuts());
        match search.run(20_000_000) {
            Verdict::Ok(witness) => assert_eq!(witness.verify(&spec, &history), Ok(())),
            verdict => panic!("{:?}", verdict.is_linearizable()),
        }
        println!("{} operations, {} steps", history.operations().len(), search.steps());
    }
    let shape = Shape { processes: 10, operations: 100_000, pending_percent: 0, failed_percent: 1 };
    let small_stack = std::thread::Builder::new().stack_size(256 << 10);
    let run = move || {
        one(&Erased(&CasRegisters), 1, shape);
        one(&Erased(&Registers { unique: false }), 2, shape);
        one(&Erased(&Kvs), 3, Shape { operations: 3_000, ..shape });
        one(&Erased(&Bags), 4, shape);
    };
    small_stack.spawn(run).unwrap().join().unwrap();
}

/// Lists to which each value is appended once.
struct OnceAppended;

impl Domain for OnceAppended {
    type Spec = List<u8, usize>;
    fn spec(&self) -> List<u8, usize> {
        List::new()
    }
    fn op(&self, rng: &mut Rng, nth: usize) -> ListOp<u8, usize> {
        let key = rng.below(8) as u8;
        if rng.chance(30) { ListOp::Read(key) } else { ListOp::Append(key, nth) }
    }
    fn rets(&self, op: &ListOp<u8, usize>, _: usize) -> Vec<ListRet<usize>> {
        match op {
            ListOp::Append(..) => vec![ListRet::Appended],
            ListOp::Read(_) => vec![ListRet::Elements(vec![usize::MAX])],
        }
    }
    fn answer(&self, state: &Vec<usize>, op: &ListOp<u8, usize>) -> Option<ListRet<usize>> {
        matches!(op, ListOp::Read(_)).then(|| ListRet::Elements(state.clone()))
    }
}

#[test]
fn appends_of_many_are_judged_by_what_is_read_later() {
    let shape = Shape { processes: 50, operations: 2_000, pending_percent: 0, failed_percent: 0 };
    let domain = Erased(&OnceAppended);
    for seed in 0..10 {
        let mut rng = Rng(seed);
        let history = right(&domain, &mut rng, shape);
        let wrong = loop {
            let wrong = changed(&domain, &mut rng, &history);
            let mut pairs = history.operations().iter().zip(wrong.operations());
            let ret = |operation: &Operation<Told, Told>| {
                operation.ret().map(Told::typed::<ListRet<usize>>).cloned()
            };
            if pairs.any(|(one, other)| ret(one) != ret(other)) {
                break wrong;
            }
        };
        let spec = domain.spec();
        let mut steps = Vec::new();
        for (history, is_right) in [(&history, true), (&wrong, false)] {
            let mut search = Linearizer::new(&spec, history, Options::default());
            assert_eq!(search.run(1_000_000).is_linearizable(), Some(is_right), "seed {seed}");
            steps.push(search.steps());
        }
        println!("seed {seed}: {steps:?} steps for right and wrong");
    }
}

#[test]
fn a_history_of_unique_writes_is_judged_at_once() {
    let mut builder = HistoryBuilder::new();
    for nth in 0..100_000_u64 {
        let (writer, reader) = (nth % 5, 10 + nth % 3);
        builder.invoke(writer, RegisterOp::Write(nth + 1)).unwrap();
        builder.invoke(reader, RegisterOp::Read).unwrap();
        builder.ok(writer, RegisterRet::Written).unwrap();
        builder.ok(reader, RegisterRet::Value(nth + u64::from(nth % 2 == 0))).unwrap();
    }
    let good = builder.clone().finish();
    let spec = Register { initial: 0 };
    let mut linearizer = Linearizer::new(&spec, &good, Options::default());
    assert!(matches!(linearizer.run(1_000), Verdict::Ok(witness) if witness.verify(&spec, &good).is_ok()));
    let stale = builder.invoke(20, RegisterOp::Read).unwrap();
    builder.ok(20, RegisterRet::Value(77)).unwrap();
    let bad = builder.finish();
    match Linearizer::new(&spec, &bad, Options::default()).run(1_000) {
        Verdict::Violation(found) => assert_eq!(found.op, stale),
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn shortcuts_and_the_search_agree() {
    fn one(name: &str, domain: &Erased<'_>) {
        let (spec, mut bad) = (domain.spec(), 0);
        for seed in 0..20_000 {
            let mut rng = Rng(seed);
            let shape = Shape { operations: 3 + rng.below(20), processes: 1 + rng.below(6), ..SMALL };
            let mut history = right(domain, &mut rng, shape);
            for _ in 0..rng.below(3) {
                history = changed(domain, &mut rng, &history);
            }
            let mut shortcut = Linearizer::new(&spec, &history, Options::default());
            let search = Linearizer::new(&spec, &history, without_shortcuts()).run(u64::MAX);
            match (shortcut.run(1), search) {
                (Verdict::Ok(witness), Verdict::Ok(_)) => assert_eq!(witness.verify(&spec, &history), Ok(())),
                (Verdict::Violation(shortcut), Verdict::Violation(search)) => {
                    assert_eq!(shortcut.op, search.op, "{history:?}");
                    bad += 1;
                }
                (shortcut, search) => panic!("{shortcut:?} {search:?} {history:?}"),
            }
            assert_eq!(shortcut.steps(), 0, "it was decided at once");
        }
        println!("{name}: {bad} of 20000 are violations");
        assert!((2_000..18_000).contains(&bad), "{name}: {bad}");
    }
    one("register", &Erased(&Registers { unique: true }));
    one("set", &Erased(&Sets { growing: true }));
}

#[test]
fn a_large_set_is_judged_at_once() {
    let mut builder = HistoryBuilder::new();
    for value in 0..20_000_u32 {
        builder.invoke(u64::from(value % 7), SetOp::Add(value)).unwrap();
        builder.ok(u64::from(value % 7), SetRet::Done).unwrap();
    }
    let lost = builder.invoke(9, SetOp::Read).unwrap();
    let (spec, all) = (ErasedSpec::new(Set::<u32>::new()), (0..20_000_u32).collect::<BTreeSet<_>>());
    let mut one_less = all.clone();
    one_less.remove(&11);
    for (seen, expected) in [(all, None), (one_less, Some(lost))] {
        let mut builder = builder.clone();
        builder.ok(9, SetRet::Elements(seen)).unwrap();
        let history = erased(&builder.finish());
        match Linearizer::new(&spec, &history, Options::default()).run(10) {
            Verdict::Ok(_) => assert_eq!(expected, None),
            Verdict::Violation(found) => assert_eq!(Some(found.op), expected),
            Verdict::Unknown(why) => panic!("{why:?}"),
        }
    }
}

/// The events up to this place.
fn beginning<D: Domain>(history: &HistoryOf<D>, until: usize) -> HistoryOf<D> {
    let mut builder = HistoryBuilder::new();
    for event in &history.events()[..until] {
        match event {
            Event::Call(id) => {
                builder.invoke(id.index() as u64, history.get(*id).unwrap().op.clone()).unwrap()
            }
            Event::Return(id) => {
                builder.ok(id.index() as u64, history.get(*id).unwrap().ret().unwrap().clone()).unwrap()
            }
        };
    }
    builder.finish()
}

/// The same, and then what the operations that are open returned later.
fn closed<D: Domain>(history: &HistoryOf<D>, until: usize) -> HistoryOf<D> {
    let called = |id: OpId| history.get(id).unwrap().called() < until;
    let mut builder = HistoryBuilder::new();
    for (place, event) in history.events().iter().enumerate() {
        match event {
            Event::Call(id) if place < until => {
                builder.invoke(id.index() as u64, history.get(*id).unwrap().op.clone()).unwrap();
            }
            Event::Return(id) if called(*id) => {
                builder.ok(id.index() as u64, history.get(*id).unwrap().ret().unwrap().clone()).unwrap();
            }
            Event::Call(_) | Event::Return(_) => {}
        }
    }
    builder.finish()
}

#[test]
fn beginnings_of_linearizable_histories_are_linearizable() {
    fn one<D: Domain>(_: &str, domain: &D) {
        let spec = domain.spec();
        for seed in 0..150 {
            let mut rng = Rng(seed);
            let shape = Shape { operations: 12, processes: 4, failed_percent: 0, ..SMALL };
            let history = right(domain, &mut rng, shape);
            let history = changed(domain, &mut rng, &history);
            let verdicts: Vec<_> = (0..=history.events().len())
                .map(|until| check(&spec, &beginning::<D>(&history, until)).is_ok())
                .collect();
            assert!(verdicts.windows(2).all(|pair| pair[0] || !pair[1]), "{history:?}");
        }
    }
    for_every_domain!(one);
}

#[test]
fn the_culprit_is_the_first_return_that_nothing_explains() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (spec, mut bad) = (domain.spec(), 0);
        for seed in 0..500 {
            let mut rng = Rng(seed);
            let shape = Shape { operations: 15, processes: 4, failed_percent: 0, ..SMALL };
            let history = right(domain, &mut rng, shape);
            let history = changed(domain, &mut rng, &history);
            if let Verdict::Violation(found) = check(&spec, &history) {
                let place = history.get(found.op).unwrap().returned().unwrap();
                assert!(check(&spec, &beginning::<D>(&history, place)).is_ok(), "{history:?}");
                assert!(check(&spec, &closed::<D>(&history, place)).is_violation(), "{history:?}");
                bad += 1;
            }
        }
        assert!(bad > 10 || name == "mutex", "{name}: {bad}");
    }
    for_every_domain!(one);
}

#[test]
fn a_counterexample_names_the_call_the_states_and_what_waits() {
    let mut builder = HistoryBuilder::new();
    builder.invoke(1, RegisterOp::Write(1)).unwrap();
    builder.ok(1, RegisterRet::Written).unwrap();
    let open = builder.invoke(2, RegisterOp::Write(2)).unwrap();
    let stuck = builder.invoke(3, RegisterOp::Read).unwrap();
    builder.ok(3, RegisterRet::Value(0)).unwrap();
    builder.ok(2, RegisterRet::Written).unwrap();
    let history = builder.finish();
    let Verdict::Violation(Counterexample { op, configurations, .. }) =
        Linearizer::new(&Register { initial: 0_u8 }, &history, without_shortcuts()).run(u64::MAX)
    else {
        panic!("that is a violation");
    };
    assert_eq!(op, stuck);
    let seen: Vec<_> = configurations.iter().map(|at| (at.state, at.waiting.clone())).collect();
    assert_eq!(seen, [(1, vec![open, stuck]), (2, vec![stuck])]);
}

#[test]
fn a_hard_key_does_not_hide_a_wrong_one() {
    use quorate_consistency::spec::{Kv, KvOp, KvRet};
    let mut builder = HistoryBuilder::new();
    // Appends in all orders, and a read that none of them explains: a long search.
    for process in 0..18 {
        builder.invoke(process, KvOp::Append("hard", format!("{process},"))).unwrap();
    }
    for process in 0..18 {
        builder.ok(process, KvRet::Done).unwrap();
    }
    builder.invoke(50, KvOp::Get("hard")).unwrap();
    builder.ok(50, KvRet::Value(Some("nonsense".to_owned()))).unwrap();
    let wrong = builder.invoke(51, KvOp::Get("wrong")).unwrap();
    builder.ok(51, KvRet::Value(Some("nonsense".to_owned()))).unwrap();
    let (spec, history) = (ErasedSpec::new(Kv::<&str>::new(None)), erased(&builder.finish()));
    match Linearizer::new(&spec, &history, Options::default()).run(10_000) {
        Verdict::Violation(found) => {
            assert_eq!((format!("{:?}", found.key), found.op), ("\"wrong\"".to_owned(), wrong));
        }
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn pending_operations_bind_nobody_until_they_are_seen() {
    type Builder = HistoryBuilder<RegisterOp<u8>, RegisterRet<u8>>;
    fn read(builder: &mut Builder, process: u64, value: u8) {
        builder.invoke(process, RegisterOp::Read).unwrap();
        builder.ok(process, RegisterRet::Value(value)).unwrap();
    }
    let judge = |history: &History<_, _>| {
        let spec = Register { initial: 0 };
        let (zones, search) =
            (check(&spec, history), Linearizer::new(&spec, history, without_shortcuts()).run(u64::MAX));
        assert_eq!(zones.is_ok(), search.is_ok());
        zones.is_ok()
    };
    let mut builder = Builder::new();
    builder.invoke(1, RegisterOp::Write(1)).unwrap();
    builder.invoke(2, RegisterOp::Read).unwrap();
    builder.info(1).unwrap();
    builder.info(2).unwrap();
    read(&mut builder, 3, 0);
    assert!(judge(&builder.clone().finish()), "never");
    read(&mut builder, 3, 1);
    assert!(judge(&builder.clone().finish()), "late");
    read(&mut builder, 3, 0);
    assert!(!judge(&builder.finish()), "undone");
}

#[test]
fn a_witness_with_a_flaw_is_refused() {
    let spec = Register { initial: 0_u8 };
    let mut builder = HistoryBuilder::new();
    builder.invoke(1, RegisterOp::Write(1)).unwrap();
    builder.ok(1, RegisterRet::Written).unwrap();
    let read = builder.invoke(1, RegisterOp::Read).unwrap();
    builder.ok(1, RegisterRet::Value(1)).unwrap();
    let history = builder.finish();
    let Verdict::Ok(witness) = check(&spec, &history) else { panic!("it is linearizable") };
    assert_eq!(witness.verify(&spec, &history), Ok(()));

    let stale =
        rebuild(
            &history,
            |at, outcome| {
                if at == 1 { Outcome::Returned(RegisterRet::Value(0)) } else { outcome.clone() }
            },
        );
    assert_eq!(witness.verify(&spec, &stale), Err(Flaw::Illegal { op: read }));
    let mut more = HistoryBuilder::new();
    more.invoke(1, RegisterOp::Write(1)).unwrap();
    more.invoke(2, RegisterOp::Read).unwrap();
    let third = more.invoke(3, RegisterOp::Read).unwrap();
    for (process, ret) in [(1, RegisterRet::Written), (2, RegisterRet::Value(1)), (3, RegisterRet::Value(1))]
    {
        more.ok(process, ret).unwrap();
    }
    assert_eq!(witness.verify(&spec, &more.finish()), Err(Flaw::Missing { op: third }));
    let mut backwards = HistoryBuilder::new();
    backwards.invoke(1, RegisterOp::Write(1)).unwrap();
    backwards.invoke(2, RegisterOp::Read).unwrap();
    backwards.ok(2, RegisterRet::Value(1)).unwrap();
    backwards.fail(1).unwrap();
    assert!(matches!(witness.verify(&spec, &backwards.finish()), Err(Flaw::Superfluous { .. })));
}

#[test]
fn equal_histories_give_equal_witnesses() {
    for seed in 0..100 {
        let history = right(&CasRegisters, &mut Rng(seed), Shape { operations: 30, ..SMALL });
        let spec = CasRegisters.spec();
        assert_eq!(check(&spec, &history), check(&spec, &history.clone()));
    }
}
