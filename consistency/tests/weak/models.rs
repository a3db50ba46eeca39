//! Sequential consistency, PRAM and the causal models beside their definitions.

use std::collections::BTreeMap;

use crate::common::{
    Domain, HistoryOf, Rng, SMALL, Shape,
    accesses::{
        Accesses, Oracle, SPEC, Step, any, every, in_rounds, one_by_one, parse, partial_orders, simulated,
    },
    domains::{Kvs, for_every_domain},
    right,
};
use quorate_consistency::{
    BadPattern, CausalModel, Flaw, History, HistoryBuilder, Interval, Nondeterministic, Options, Outcome,
    RegisterHistory, Sequencer, SequentialVerdict, Unknown, Unsuitable, check, check_convergence,
    check_sequential,
    spec::{Access, RegisterRet},
};

const SEQUENTIAL: usize = 1;

/// Where each model stands among the verdicts.
const CAUSAL: [(usize, CausalModel); 4] = [
    (2, CausalModel::CausalConvergent),
    (3, CausalModel::CausalMemory),
    (4, CausalModel::Causal),
    (5, CausalModel::Pram),
];

/// Linearizable, sequentially consistent, CCv, CM, CC, PRAM.
fn verdicts(history: &Accesses) -> [bool; 6] {
    let sequential = match check_sequential(&SPEC, history).unwrap() {
        SequentialVerdict::Ok(witness) => {
            assert_eq!(witness.verify_sequential(&SPEC, history), Ok(()));
            true
        }
        SequentialVerdict::Violation(_) => false,
        SequentialVerdict::Unknown(why) => panic!("{why:?}"),
    };
    let registers = RegisterHistory::new(&SPEC, history).unwrap();
    let causal = |model| registers.check_causal(model).is_ok();
    [
        check(&SPEC, history).is_ok(),
        sequential,
        causal(CausalModel::CausalConvergent),
        causal(CausalModel::CausalMemory),
        causal(CausalModel::Causal),
        causal(CausalModel::Pram),
    ]
}

/// What implies what.
const IMPLIES: [(usize, usize); 6] = [(0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (3, 5)];

fn assert_lattice(held: [bool; 6], history: &Accesses) {
    for (strong, weak) in IMPLIES {
        assert!(!held[strong] || held[weak], "{strong} without {weak}: {history:?}");
    }
}

#[test]
fn litmus_tests_have_the_verdicts_that_are_known() {
    let table = [
        // Store buffering, message passing, write-to-read causality, independent reads of independent writes.
        ("w x1, r y0 | w y1, r x0", "nnyyyy"),
        ("w x1, w y1 | r y1, r x0", "nnnnnn"),
        ("w x1 | r x1, w y1 | r y1, r x0", "nnnnny"),
        ("w x1 | w y1 | r x1, r y0 | r y1, r x0", "nnyyyy"),
        // Two readers that see two writes in opposite orders, and two writers that do.
        ("w x1 | w x2 | r x1, r x2 | r x2, r x1", "nnnyyy"),
        ("w x1, r x2 | w x2, r x1", "nnnyyy"),
        // Convergent but no causal memory; causal but neither, nor PRAM.
        ("w z1, w x1, w y1 | w x2, r z0, r y1, r x2", "nnynyn"),
        ("w x1 | w x2, r x1, r x2", "nnnnyn"),
        ("w x1, r x0", "nnnnnn"),
        // Load buffering.
        ("r x1, w y1 | r y1, w x1", "nnnnny"),
    ];
    for (text, expected) in table {
        let processes = parse(text);
        let history = in_rounds(&processes);
        let told: String = verdicts(&history).iter().map(|held| if *held { 'y' } else { 'n' }).collect();
        assert_eq!(told, expected, "{text}");
    }
    let stale = one_by_one(&parse("w x1 | r x0"));
    assert_eq!(verdicts(&stale), [false, true, true, true, true, true], "a stale read");
}

fn assert_defined(processes: &[Vec<Step>], orders: &[Vec<u16>]) -> [bool; 6] {
    let history = in_rounds(processes);
    let oracle = Oracle::new(processes);
    let held = verdicts(&history);
    assert_eq!(held[SEQUENTIAL], oracle.sequential(), "{processes:?}");
    for (at, model) in CAUSAL {
        assert_eq!(held[at], oracle.causal(model, orders), "{model:?} {processes:?}");
        assert_eq!(held[at], oracle.causal_by_least(model), "{model:?} {processes:?}");
    }
    assert_lattice(held, &history);
    held
}

#[test]
fn every_small_history_is_what_the_definitions_say() {
    let mut counts = [0_u64; 7];
    for count in 1..=4 {
        let orders = partial_orders(count);
        let shapes: &[&[usize]] = match count {
            1 => &[&[1]],
            2 => &[&[2], &[1, 1]],
            3 => &[&[3], &[2, 1], &[1, 1, 1]],
            _ => &[&[4], &[3, 1], &[2, 2], &[2, 1, 1]],
        };
        for sizes in shapes {
            every(sizes, |processes| {
                let held = assert_defined(processes, &orders);
                counts[6] += 1;
                held.iter().zip(&mut counts).for_each(|(held, count)| *count += u64::from(*held));
            });
        }
    }
    println!("LIN SC CCv CM CC PRAM of all: {counts:?}");
    assert!(counts[6] > 10_000, "{counts:?}");
}

#[test]
fn larger_histories_are_what_the_definitions_say() {
    let orders = partial_orders(5);
    let mut counts = [0_u64; 6];
    for seed in 0..6_000 {
        let mut rng = Rng(seed);
        let shape = 2 + rng.below(2);
        let processes = any(&mut rng, shape, 5, 2);
        let held = assert_defined(&processes, &orders);
        held.iter().zip(&mut counts).for_each(|(held, count)| *count += u64::from(*held));
    }
    println!("LIN SC CCv CM CC PRAM: {counts:?}");
    let [_, sequential, convergent, memory, causal, pram] = counts;
    assert!(sequential < convergent && sequential < memory && memory < causal && memory < pram, "{counts:?}");
}

#[test]
fn eight_operations_are_what_every_order_says() {
    for seed in 0..4_000 {
        let mut rng = Rng(seed);
        let shape = 2 + rng.below(3);
        let processes = any(&mut rng, shape, 8, 3);
        let history = in_rounds(&processes);
        let (oracle, held) = (Oracle::new(&processes), verdicts(&history));
        assert_eq!(held[SEQUENTIAL], oracle.sequential(), "{processes:?}");
        for (at, model) in CAUSAL {
            assert_eq!(held[at], oracle.causal_by_least(model), "{model:?} {processes:?}");
        }
        assert_lattice(held, &history);
    }
}

/// By the definition: every order that obeys the processes' own, with pending operations or without.
fn has_sequential_order<S: Nondeterministic>(spec: &S, history: &History<S::Op, S::Ret>) -> bool {
    let mut processes: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, operation) in history.operations().iter().enumerate() {
        if !matches!(operation.outcome, Outcome::Failed) {
            processes.entry(operation.process).or_default().push(at);
        }
    }
    let mut work = vec![(processes.into_values().collect::<Vec<_>>(), BTreeMap::new())];
    while let Some((left, states)) = work.pop() {
        if left.iter().flatten().all(|at| history.operations()[*at].ret().is_none()) {
            return true;
        }
        for (process, ids) in left.iter().enumerate().filter(|(_, ids)| !ids.is_empty()) {
            let operation = &history.operations()[ids[0]];
            let key = spec.key(&operation.op);
            let before = states.get(&key).cloned().unwrap_or_else(|| spec.init(&key));
            let mut next = Vec::new();
            spec.step_all(&before, &operation.op, operation.ret(), &mut next);
            for state in next {
                let (mut left, mut states) = (left.clone(), states.clone());
                left[process].remove(0);
                states.insert(key.clone(), state);
                work.push((left, states));
            }
        }
    }
    false
}

/// The same processes, each with what one operation returned changed in some histories.
fn mixed<D: Domain>(domain: &D, rng: &mut Rng, shape: Shape) -> HistoryOf<D> {
    let history = right(domain, rng, shape);
    let target = rng.below(history.operations().len() * 2);
    let mut builder = HistoryBuilder::new();
    for event in history.events() {
        match event {
            quorate_consistency::Event::Call(id) => {
                let operation = history.get(*id).unwrap();
                builder.invoke(operation.process, operation.op.clone()).unwrap();
            }
            quorate_consistency::Event::Return(id) => {
                let operation = history.get(*id).unwrap();
                let mut ret = operation.ret().unwrap().clone();
                if id.index() == target {
                    ret = rng.pick(&domain.rets(&operation.op, id.index())).clone();
                }
                builder.ok(operation.process, ret).unwrap();
            }
        }
    }
    builder.finish()
}

#[test]
fn sequential_consistency_of_any_object_is_what_every_order_says() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let spec = domain.spec();
        let mut counts = [0; 2];
        let mut plain = Options::default();
        plain.reductions = quorate_consistency::Reductions::NONE;
        plain.exact = true;
        for seed in 0..600 {
            let history = mixed(domain, &mut Rng(seed ^ 0x5e9 << 20), SMALL);
            let verdict = check_sequential(&spec, &history).unwrap();
            let held = verdict.is_sequential().unwrap();
            assert_eq!(held, has_sequential_order(&spec, &history), "{history:?}");
            assert!(held || !check(&spec, &history).is_ok(), "{history:?}");
            if let SequentialVerdict::Ok(witness) = &verdict {
                assert_eq!(witness.verify_sequential(&spec, &history), Ok(()));
            }
            let plain = Sequencer::new(&spec, &history, plain).unwrap().run(u64::MAX);
            assert_eq!(plain.is_sequential(), Some(held), "{history:?}");
            counts[usize::from(held)] += 1;
        }
        println!("{name}: {counts:?}");
        assert!(counts[1] > 100, "{name}: {counts:?}");
    }
    for_every_domain!(one);
}

#[test]
fn sequential_consistency_is_not_local() {
    // Each key alone has an order, and both together have none.
    let history = in_rounds(&parse("w x1, r y0 | w y1, r x0"));
    assert_eq!(check_sequential(&SPEC, &history).unwrap().is_sequential(), Some(false));
    for key in ["w x1 | r x0", "r y0 | w y1"] {
        let alone = in_rounds(&parse(key));
        assert_eq!(check_sequential(&SPEC, &alone).unwrap().is_sequential(), Some(true), "{key}");
    }
}

#[test]
fn a_sequential_witness_is_verified() {
    let good = one_by_one(&parse("w x1, w x2 | r x1"));
    let SequentialVerdict::Ok(witness) = check_sequential(&SPEC, &good).unwrap() else { panic!() };
    assert_eq!(witness.verify_sequential(&SPEC, &good), Ok(()));
    assert!(matches!(witness.verify(&SPEC, &good), Err(Flaw::RealTime { .. })), "not linearizable");
    let other = one_by_one(&parse("w x1, w x2 | r x2"));
    assert!(matches!(witness.verify_sequential(&SPEC, &other), Err(Flaw::Illegal { .. })));
}

#[test]
fn a_violation_shows_the_longest_order() {
    let history = in_rounds(&parse("w x1, r x0"));
    let SequentialVerdict::Violation(stuck) = check_sequential(&SPEC, &history).unwrap() else { panic!() };
    let ids = |ids: &[quorate_consistency::OpId]| ids.iter().map(|id| id.index()).collect::<Vec<_>>();
    assert_eq!((ids(&stuck.order), ids(&stuck.waiting)), (vec![0], vec![1]));
}

#[test]
fn sequential_steps_can_be_divided_and_limited() {
    let spec = Kvs.spec();
    let (mut unknown, mut full) = (0, 0);
    for seed in 0..300 {
        let history = mixed(&Kvs, &mut Rng(seed), Shape { operations: 14, ..SMALL });
        let mut whole = Sequencer::new(&spec, &history, Options::default()).unwrap();
        let verdict = whole.run(u64::MAX);
        let mut parts = Sequencer::new(&spec, &history, Options::default()).unwrap();
        loop {
            match parts.run(3) {
                SequentialVerdict::Unknown(why) => assert_eq!(why, Unknown::Steps),
                last => break assert_eq!(last, verdict),
            }
            unknown += 1;
        }
        assert_eq!((parts.steps(), parts.run(1)), (whole.steps(), verdict.clone()));
        let mut options = Options::default();
        options.memo_entries_max = 12;
        match Sequencer::new(&spec, &history, options).unwrap().run(u64::MAX) {
            SequentialVerdict::Unknown(why) => {
                assert_eq!(why, Unknown::Memo);
                full += 1;
            }
            other => assert_eq!(other, verdict),
        }
    }
    assert!(unknown > 300 && full > 30, "{unknown} {full}");
}

#[test]
fn what_replicas_of_a_model_show_satisfies_it() {
    for (at, model) in CAUSAL {
        let mut weaker = 0;
        for seed in 0..1_500 {
            let mut rng = Rng(seed);
            let (processes, operations) = (2 + rng.below(5), 10 + rng.below(80));
            let steps = simulated(&mut rng, model, processes, operations);
            let history = in_rounds(&steps);
            let registers = RegisterHistory::new(&SPEC, &history).unwrap();
            assert_eq!(registers.check_causal(model), Ok(()), "{at} {steps:?}");
            let held = CausalModel::ALL.map(|model| registers.check_causal(model).is_ok());
            let [pram, causal, convergent, memory] = held;
            assert!((!memory || causal && pram) && (!convergent || causal), "{steps:?}");
            weaker += u64::from(held.contains(&false));
        }
        println!("{model:?}: {weaker} of 1500 are none of another model");
        assert!(weaker > 0, "{model:?}");
    }
}

#[test]
fn bad_patterns_name_their_operations() {
    let found = |text: &str, model| {
        let history = in_rounds(&parse(text));
        RegisterHistory::new(&SPEC, &history).unwrap().check_causal(model).unwrap_err()
    };
    let told = |text: &str, model| found(text, model).to_string();
    // Operations are numbered round by round.
    assert_eq!(told("r x7", CausalModel::Pram), "#0 reads what nobody wrote");
    assert!(
        matches!(found("r x1, w y1 | r y1, w x1", CausalModel::Causal), BadPattern::CyclicCo { cycle } if cycle.len() == 4)
    );
    assert_eq!(
        told("w x1, w y1 | r y1, r x0", CausalModel::Causal),
        "#3 reads the first value although #0 is causally before it"
    );
    assert_eq!(
        told("w x1, w x2, w y3 | r y3, r x1", CausalModel::Causal),
        "#3 reads from #0 although #2 is causally between them"
    );
    assert!(matches!(
        found("w x1, r x2 | w x2, r x1", CausalModel::CausalConvergent),
        BadPattern::CyclicCf { cycle } if cycle.len() == 2
    ));
    assert_eq!(
        told("w z1, w x1, w y1 | w x2, r z0, r y1, r x2", CausalModel::CausalMemory),
        "to process 1, #0 is before #3, which reads the first value"
    );
    assert!(matches!(
        found("w x1 | w x2, r x1, r x2", CausalModel::CausalMemory),
        BadPattern::CyclicHb { process: 1, cycle } if cycle.len() >= 2
    ));
}

#[test]
fn what_tells_nothing_is_refused_and_nothing_is_judged() {
    let refused = |text: &str| RegisterHistory::new(&SPEC, &in_rounds(&parse(text))).unwrap_err().to_string();
    assert_eq!(refused("w x1, r x1 | w x1"), "operations #0 and #1 write the same value to the same key");
    assert_eq!(refused("w x1, w x0"), "operation #1 writes what its key holds at first");
    RegisterHistory::new(&SPEC, &in_rounds(&parse("w x1 | w y1"))).unwrap();

    let interval = |process, op, called, returned| Interval { process, op, called, returned };
    let wrong = [interval(0, Access::Read('x'), 0, Some((1, RegisterRet::Written)))];
    let wrong = RegisterHistory::new(&SPEC, &History::from_intervals(wrong).unwrap()).unwrap_err();
    assert!(matches!(wrong, Unsuitable::WrongReturn { op } if op.index() == 0));
    let twice = [
        interval(7, Access::Write('x', 1), 0, Some((5, RegisterRet::Written))),
        interval(7, Access::Read('x'), 3, Some((9, RegisterRet::Value(1)))),
    ];
    let twice = History::from_intervals(twice).unwrap();
    let told = RegisterHistory::new(&SPEC, &twice).unwrap_err();
    assert!(matches!(told, Unsuitable::Overlapping { process: 7, .. }));
    assert_eq!(check_sequential(&SPEC, &twice).unwrap_err(), told);
}

#[test]
fn what_failed_was_not_written_and_what_is_pending_may_have_been() {
    let history = |is_failed: bool| {
        let mut builder = HistoryBuilder::new();
        builder.invoke(0, Access::Write('x', 1)).unwrap();
        if is_failed {
            builder.fail(0).unwrap()
        } else {
            builder.info(0).unwrap()
        };
        builder.invoke(1, Access::Read('x')).unwrap();
        builder.ok(1, RegisterRet::Value(1)).unwrap();
        builder.invoke(2, Access::Read('x')).unwrap();
        builder.info(2).unwrap();
        builder.finish()
    };
    assert_eq!(verdicts(&history(true)), [false; 6]);
    assert_eq!(verdicts(&history(false)), [true; 6]);
}

#[test]
fn long_histories_need_no_deep_stack() {
    let judge = || {
        let mut rng = Rng(1);
        let mut builder = HistoryBuilder::new();
        let mut held = [0_u64; 16];
        for nth in 0..100_000_u64 {
            let (process, key) = (nth % 10, rng.below(16));
            if rng.chance(50) {
                held[key] = nth + 1;
                builder.invoke(process, Access::Write(key, nth + 1)).unwrap();
                builder.ok(process, RegisterRet::Written).unwrap();
            } else {
                builder.invoke(process, Access::Read(key)).unwrap();
                builder.ok(process, RegisterRet::Value(held[key])).unwrap();
            }
        }
        let (spec, history) = (quorate_consistency::spec::Registers::new(0), builder.finish());
        let registers = RegisterHistory::new(&spec, &history).unwrap();
        for model in CausalModel::ALL {
            assert_eq!(registers.check_causal(model), Ok(()), "{model:?}");
        }
        assert_eq!(check_sequential(&spec, &history).unwrap().is_sequential(), Some(true));
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(judge).unwrap().join().unwrap();
}

#[test]
fn replicas_converge_or_two_reads_tell_that_they_do_not() {
    let told = |text: &str| check_convergence(&one_by_one(&parse(text)));
    let agreed = told("w x1, w y2 | r x1 | r x1, r y2").unwrap();
    assert_eq!((agreed.agreed, agreed.unread, agreed.unsettled), (1, 1, 0));
    let diverged = told("w x1 | w x2 | r x1, r x2 | r x2, r x1").unwrap_err();
    assert_eq!((diverged.one.index(), diverged.other.index()), (3, 5));
    // What is read before the last write has returned says nothing.
    assert_eq!(told("r x0 | w x1 | r x1").unwrap().agreed, 0);
    let mut builder = HistoryBuilder::new();
    builder.invoke(0, Access::Write('x', 1)).unwrap();
    builder.info(0).unwrap();
    for (process, seen) in [(1, 0), (2, 1)] {
        builder.invoke(process, Access::Read('x')).unwrap();
        builder.ok(process, RegisterRet::Value(seen)).unwrap();
    }
    assert_eq!(check_convergence(&builder.finish()).unwrap().unsettled, 1);
}
