//! Histories made by chance: what is made is right, what is planted is wrong, and databases are as isolated as they say.

use quorate_consistency::{
    Options as Searched,
    format::{Case, Entry, FailedCas, Format, Kind, Object, Recording, Value},
    generate::{
        Isolation, ObjectKind, Objects, Rng, Shape, TransactionKind, Transactions, objects, plant,
        transactions,
    },
    txn::{Level, ListOp, Model, Options, RegisterOp, WeakOptions, check_list_append, check_weak},
};

fn holds(kind: ObjectKind, entries: &[Entry]) -> bool {
    let object = Object::new(kind, None).unwrap();
    let case = Case::new(&object, entries, FailedCas::Mismatch).unwrap();
    case.trial(Searched::default()).run(u64::MAX).is_linearizable().unwrap()
}

#[test]
fn objects_are_right_and_what_is_planted_is_wrong() {
    let (mut operations, mut planted) = (0, 0);
    for kind in ObjectKind::ALL {
        for seed in 0..60 {
            let mut rng = Rng(seed);
            let what = Objects { kind, keys: 1 + rng.below(3), values: *rng.pick(&[0, 2, 5]) };
            let pending_percent = *rng.pick(&[0, 10]);
            let shape =
                Shape { processes: 1 + rng.below(4), operations: 25, pending_percent, failed_percent: 5 };
            let mut recording = objects(what, &mut rng, shape);
            assert_eq!(objects(what, &mut { Rng(seed) }, shape).header, recording.header);
            assert!(holds(kind, &recording.entries), "{kind:?} {seed}");
            operations += recording.entries.iter().filter(|entry| entry.kind == Kind::Invoke).count();
            let Some(line) = plant(&mut recording, kind, &mut rng) else { continue };
            let text = recording.write(Format::Native).unwrap();
            assert!(!holds(kind, &recording.entries), "{kind:?} {seed}: line {line}: {text}");
            let again = Recording::read(&text, Format::Native).unwrap();
            assert_eq!(again, recording, "lines are those of the text");
            planted += 1;
        }
    }
    println!("{operations} operations, {planted} mistakes");
    assert!(planted > 600);
}

#[test]
fn processes_call_at_once_and_some_calls_are_pending() {
    let shape = Shape { processes: 8, operations: 2_000, pending_percent: 10, failed_percent: 5 };
    let what = Objects { kind: ObjectKind::CasRegister, keys: 1, values: 5 };
    let entries = objects(what, &mut Rng(1), shape).entries;
    let count = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
    let counts = [Kind::Invoke, Kind::Ok, Kind::Fail, Kind::Info].map(count);
    println!("invoked, returned, failed, pending: {counts:?}");
    assert_eq!(counts[0], 2_000);
    assert!(counts[3] > 100 && counts[2] > 200);
    let (mut open, mut most) = (0, 0);
    for entry in &entries {
        open = if entry.kind == Kind::Invoke { open + 1 } else { open - 1 };
        most = most.max(open);
    }
    assert_eq!(most, 8);
}

#[test]
fn databases_keep_what_they_say_and_no_more() {
    let models = [
        (Isolation::StrictSerializable, Model::StrictSerializable),
        (Isolation::Serializable, Model::Serializable),
        (Isolation::SnapshotIsolation, Model::SnapshotIsolation),
        (Isolation::ReadCommitted, Model::ReadCommitted),
        (Isolation::ReadUncommitted, Model::ReadUncommitted),
    ];
    for (nth, (isolation, model)) in models.into_iter().enumerate() {
        let (mut broken, mut aborted) = (0, 0);
        for seed in 0..40 {
            let shape = Shape { processes: 5, operations: 120, pending_percent: 2, failed_percent: 5 };
            let what = Transactions { kind: TransactionKind::ListAppend, isolation, keys: 3, length: 4 };
            let recording = transactions(what, &mut Rng(seed), shape);
            let history = recording.transactions::<ListOp<Value, Value>>().unwrap().history;
            let report = check_list_append(&history, Options::default()).unwrap();
            assert_ne!(report.holds(model), Some(false), "{isolation:?} {seed}: {:?}", report.anomalies());
            let stronger = nth.checked_sub(1).map(|nth| models[nth].1);
            broken += usize::from(stronger.is_some_and(|model| report.holds(model) == Some(false)));
            aborted += recording.entries.iter().filter(|entry| entry.kind == Kind::Fail).count();
        }
        println!("{isolation:?}: the next stronger model is broken in {broken} of 40, {aborted} aborted");
        assert!(nth == 0 || broken > 20, "{isolation:?}");
    }
}

#[test]
fn mini_transactions_write_what_they_have_read() {
    let shape = Shape { processes: 4, operations: 200, pending_percent: 0, failed_percent: 5 };
    let what = Transactions {
        kind: TransactionKind::Mini,
        isolation: Isolation::SnapshotIsolation,
        keys: 4,
        length: 4,
    };
    let history =
        transactions(what, &mut Rng(5), shape).transactions::<RegisterOp<Value, Value>>().unwrap().history;
    for txn in history.transactions() {
        let (mut read, mut writes) = (Vec::new(), 0);
        for op in &txn.ops {
            match op {
                RegisterOp::Read(key, _) => read.push(key),
                RegisterOp::Write(key, _) => {
                    assert!(read.contains(&key), "{:?}", txn.ops);
                    writes += 1;
                }
            }
        }
        assert!(read.len() <= 2 && writes <= 2);
    }
    assert!(check_weak(&history, Level::Causal, WeakOptions::default()).unwrap().order.is_some());
}
