//! Recorded transactions of other projects, with the verdicts that those state, small histories for every anomaly, and what is
//! refused.

use std::{fs, path::PathBuf};

use quorate_consistency::{
    format::{Format, Mistake, Transactions, Value, assemble_transactions, read, read_sessions},
    txn::{
        Ambiguous, Anomaly, Evidence, Finding, HistoryBuilder, Level, ListOp, Malformed, Model, Models,
        Options, RegisterOp, Report, WeakOptions, WeakViolation, check_list_append, check_weak,
    },
};

fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/histories"));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there are no recorded histories in {}", folder.display());
    None
}

#[test]
fn recorded_transactions_have_the_verdicts_that_are_known() {
    let Some(folder) = folder() else { return };
    let table = fs::read_to_string(folder.join("VERDICTS.tsv")).unwrap();
    let mut files = 0;
    for line in table.lines().filter(|line| line.contains("weak isolation")) {
        let columns: Vec<_> = line.split('\t').collect();
        let text = fs::read_to_string(folder.join(columns[0])).unwrap();
        let history = read_sessions(&text, Format::Awdit).unwrap().history;
        let operations: usize = history.transactions().iter().map(|txn| txn.ops.len()).sum();
        assert_eq!(operations, text.lines().filter(|line| line.starts_with(['r', 'w'])).count());
        let holds = |level| check_weak(&history, level, WeakOptions::default()).unwrap().order.is_some();
        let strongest = Level::ALL.into_iter().rfind(|level| holds(*level));
        let name = match strongest {
            None => "none",
            Some(Level::ReadCommitted) => "read-committed",
            Some(Level::ReadAtomic) => "read-atomic",
            Some(Level::Causal) => "causal",
        };
        assert_eq!(name, columns[2], "{}", columns[0]);
        files += 1;
    }
    assert_eq!(files, 7);
    // The example of Elle's paper (§3): a G-single with real time or sessions at the least.
    let text = fs::read_to_string(folder.join("elle/elle-paper-example.edn")).unwrap();
    let report = judged(&text);
    report.findings.iter().for_each(|finding| println!("{finding}"));
    assert_eq!(report.holds(Model::StrictSerializable), Some(false));
}

fn judged(text: &str) -> Report<Value, Value> {
    let entries = read(text, Format::Edn).unwrap();
    let Transactions { history, .. } = assemble_transactions::<ListOp<Value, Value>>(&entries).unwrap();
    check_list_append(&history, Options::default()).unwrap()
}

/// Transactions that overlap all, one for each line `process status ops`.
fn concurrent(txns: &[&str]) -> Vec<Anomaly> {
    let mut lines = Vec::new();
    for is_end in [false, true] {
        for (process, txn) in txns.iter().enumerate() {
            let (status, ops) = txn.split_once(' ').unwrap();
            let kind = if is_end { status } else { "invoke" };
            let ops = if status == "ok" || !is_end { ops } else { "nil" };
            lines.push(format!("{{:process {process}, :type :{kind}, :f :txn, :value {ops}}}"));
        }
    }
    judged(&lines.join("\n")).anomalies()
}

/// Transactions one after the other, by these processes.
fn in_turn(txns: &[(u64, &str)]) -> Vec<Anomaly> {
    let both = |(process, ops): &(u64, &str)| {
        let line = |kind| format!("{{:process {process}, :type :{kind}, :f :txn, :value {ops}}}\n");
        line("invoke") + &line("ok")
    };
    judged(&txns.iter().map(both).collect::<String>()).anomalies()
}

#[test]
fn every_anomaly_has_a_small_history() {
    use Anomaly as A;
    assert_eq!(concurrent(&["ok [[:append x 1] [:r x []]]"]), [A::Internal]);
    assert_eq!(concurrent(&["ok [[:r x [1]] [:append x 1]]"]), [A::FutureRead]);
    assert_eq!(concurrent(&["ok [[:r x [7]]]"]), [A::GarbageRead]);
    assert_eq!(concurrent(&["ok [[:append x 1]]", "ok [[:r x [1 1]]]"]), [A::DuplicateElements]);
    let orders = ["ok [[:append x 1]]", "ok [[:append x 2]]", "ok [[:r x [1 2]]]", "ok [[:r x [2]]]"];
    assert!(concurrent(&orders).contains(&A::IncompatibleOrder));
    assert_eq!(
        concurrent(&["ok [[:append x 1] [:append x 2]]", "ok [[:r x [2 1]]]"])[0],
        A::IncompatibleOrder
    );
    assert_eq!(concurrent(&["fail [[:append x 1]]", "ok [[:r x [1]]]"]), [A::G1a]);
    let dirty = ["fail [[:append x 1]]", "ok [[:append x 2]]", "ok [[:r x [1 2]]]"];
    assert_eq!(concurrent(&dirty), [A::G1a, A::DirtyUpdate]);
    let inner = concurrent(&["ok [[:append x 1] [:append x 2]]", "ok [[:r x [1]]]"]);
    assert!(inner.contains(&A::G1b), "{inner:?}");
    let lost = concurrent(&["ok [[:r x []] [:append x 1]]", "ok [[:r x []] [:append x 2]]"]);
    assert_eq!(lost, [A::LostUpdate, A::G2Item]);
    let write_cycle = [
        "ok [[:append x 1] [:append y 1]]",
        "ok [[:append x 2] [:append y 2]]",
        "ok [[:r x [1 2]] [:r y [2 1]]]",
    ];
    assert!(concurrent(&write_cycle).contains(&A::G0));
    let flow = ["ok [[:append x 1] [:r y [1]]]", "ok [[:append y 1] [:r x [1]]]"];
    assert_eq!(concurrent(&flow), [A::G1c]);
    let skew = ["ok [[:append x 1] [:append y 1]]", "ok [[:r x [1]] [:r y []]]"];
    assert_eq!(concurrent(&skew), [A::GSingle]);
    let fork = [
        "ok [[:append x 1]]",
        "ok [[:append y 1]]",
        "ok [[:r x [1]] [:r y []]]",
        "ok [[:r x []] [:r y [1]]]",
    ];
    assert_eq!(concurrent(&fork), [A::GNonadjacent]);
    let write_skew = ["ok [[:r x []] [:append y 1]]", "ok [[:r y []] [:append x 1]]"];
    assert_eq!(concurrent(&write_skew), [A::G2Item]);
    assert_eq!(concurrent(&["info [[:append x 1]]", "ok [[:r x [1]]]", "ok [[:r x []]]"]), []);
}

#[test]
fn sessions_and_real_time_make_anomalies_of_their_own() {
    use Anomaly as A;
    let stale = |process| in_turn(&[(0, "[[:append x 1]]"), (process, "[[:r x []]]")]);
    assert_eq!(stale(0), [A::GSingleProcess]);
    assert_eq!(stale(1), [A::GSingleRealtime]);
    let backwards =
        |process| in_turn(&[(0, "[[:append x 1]]"), (process, "[[:append x 2]]"), (2, "[[:r x [2 1]]]")]);
    assert_eq!(backwards(0), [A::G0Process]);
    assert_eq!(backwards(1), [A::G0Realtime]);
    let early = |process| in_turn(&[(0, "[[:r x [1]]]"), (process, "[[:append x 1]]")]);
    assert_eq!(early(0), [A::G1cProcess]);
    assert_eq!(early(1), [A::G1cRealtime]);
}

#[test]
fn the_lattice_is_monotone() {
    use Anomaly as A;
    for model in Model::all() {
        assert_eq!(Model::named(model.name()), Some(model));
        assert!(model.implies(model) && model.implies(Model::ReadUncommitted));
        assert!(Model::StrictSerializable.implies(model));
        for other in Model::all().filter(|other| *other != model) {
            assert!(!(model.implies(other) && other.implies(model)), "{model} {other}");
            for third in Model::all().filter(|third| model.implies(other) && other.implies(*third)) {
                assert!(model.implies(third), "{model} {other} {third}");
            }
        }
    }
    let of = |anomaly: Anomaly| anomaly.weakest_violated();
    for anomaly in Anomaly::all() {
        let weakest = of(anomaly);
        assert_eq!((weakest.weakest(), weakest.is_empty()), (weakest, false), "{anomaly}");
        assert_eq!(weakest.and_stronger().weakest(), weakest);
        assert!(weakest.and_stronger().has(Model::StrictSerializable));
    }
    // Whoever forbids a kind of cycle forbids it with fewer rw, and without sessions and real time.
    for (less, more) in [
        (A::G0, A::G1c),
        (A::G1c, A::GSingle),
        (A::GSingle, A::GNonadjacent),
        (A::GSingle, A::GSingleProcess),
        (A::GSingleProcess, A::GSingleRealtime),
        (A::G0Process, A::G1cProcess),
        (A::G1cRealtime, A::GSingleRealtime),
        (A::GNonadjacentProcess, A::GNonadjacentRealtime),
        (A::GNonadjacentRealtime, A::G2ItemRealtime),
        (A::LostUpdate, A::GSingle),
    ] {
        let rules_out = of(less).and_stronger();
        assert!(of(more).iter().all(|model| rules_out.has(model)), "{less} {more}");
    }
    let set = Models::NONE.with(Model::Causal).with(Model::Serializable);
    assert_eq!(set.weakest().iter().collect::<Vec<_>>(), [Model::Causal]);
    assert_eq!(set.strongest().iter().collect::<Vec<_>>(), [Model::Serializable]);
    let skew = Report::<u8, u8> {
        findings: vec![Finding { anomaly: A::G2Item, evidence: Evidence::Cycle(Vec::new()) }],
        is_truncated: false,
    };
    let left: Vec<Model> = skew.strongest_not_violated().iter().collect();
    assert_eq!(left, [Model::StrongSnapshotIsolation]);
}

#[test]
fn bad_reads_of_registers_are_named() {
    type Op = RegisterOp<char, u8>;
    let judge = |sessions: Vec<Vec<Vec<Op>>>| {
        let history = quorate_consistency::txn::History::from_sessions(sessions).unwrap();
        check_weak(&history, Level::ReadCommitted, WeakOptions::default()).unwrap().violations
    };
    let (w, r) = (|v| Op::Write('x', v), |v| Op::Read('x', Some(v)));
    assert!(matches!(judge(vec![vec![vec![r(1)]]])[..], [WeakViolation::ThinAir { .. }]));
    assert!(matches!(judge(vec![vec![vec![r(1), w(1)]]])[..], [WeakViolation::FutureRead { .. }]));
    let missed = judge(vec![vec![vec![w(1), Op::Read('x', None)]]]);
    assert!(matches!(missed[..], [WeakViolation::OwnWriteMissed { op: 1, .. }]));
    let inner = judge(vec![vec![vec![w(1), w(2)]], vec![vec![r(1)]]]);
    assert!(matches!(inner[..], [WeakViolation::IntermediateRead { .. }]));
    let initial = judge(vec![vec![vec![w(1)]], vec![vec![r(1), Op::Read('x', None)]]]);
    assert!(matches!(initial[..], [WeakViolation::InitialOverwritten { .. }]), "{initial:?}");
    let cycle = judge(vec![vec![vec![r(2), w(1)]], vec![vec![r(1), w(2)]]]);
    assert_eq!(cycle.len(), 1);
    assert_eq!(
        cycle[0].to_string(),
        "cycle of commits:\n  T0 commits before T1, since T1 reads x from it\n  T1 commits before T0, since T0 reads x from it"
    );
}

#[test]
fn what_is_no_history_is_refused_and_changes_nothing() {
    let mut builder = HistoryBuilder::<ListOp<u8, u8>>::new();
    let open = builder.invoke(1, vec![ListOp::Append(1, 1)]).unwrap();
    let refused = builder.invoke(1, vec![ListOp::Append(1, 3)]).unwrap_err();
    assert_eq!(refused.why, Malformed::DoubleInvoke { process: 1, open });
    assert_eq!(refused.payload, [ListOp::Append(1, 3)], "they are given back");
    let wrong = Malformed::OtherOperations { process: 1, txn: open };
    let refused = builder.ok(1, vec![ListOp::Append(1, 2)]).unwrap_err();
    assert_eq!((refused.why, refused.payload), (wrong, vec![ListOp::Append(1, 2)]));
    assert_eq!(builder.ok(1, vec![]).map_err(Malformed::from), Err(wrong));
    assert_eq!(builder.fail(2), Err(Malformed::NotInvoked { process: 2 }));
    let refused = builder.also(2, ListOp::Append(1, 1)).unwrap_err();
    assert_eq!((refused.why, refused.payload), (Malformed::NotInvoked { process: 2 }, ListOp::Append(1, 1)));
    builder.info(1).unwrap();
    let refused = builder.invoke(1, vec![]).unwrap_err();
    assert_eq!(refused.why, Malformed::ProcessCrashed { process: 1, crashed: open });
    let second = builder.invoke(2, vec![]).unwrap();
    builder.also(2, ListOp::Append(1, 1)).unwrap();
    let history = builder.finish();
    assert_eq!((history.transactions().len(), history.transactions()[0].ended()), (2, None));
    // One value is appended twice.
    let refused = check_list_append(&history, Options::default());
    assert_eq!(refused, Err(Ambiguous { first: open, second }));
}

#[test]
fn what_is_not_understood_is_named_by_its_line() {
    for (text, line) in [
        ("", 1),
        ("\n=====\n", 1),
        ("w 1 1\nx 1 1", 2),
        ("w 1 1\n-----\nw 1", 3),
        ("w 1 1\nw 1 1 1", 2),
        ("w 1 -1", 1),
        ("r x 1", 1),
    ] {
        assert_eq!(read_sessions(text, Format::Awdit).unwrap_err().line, line, "{text:?}");
    }
    let good = "{:process 0, :type :invoke, :f :txn, :value [[:append x 1]]}\n";
    for bad in [
        "{:process 0, :type :ok, :f :txn, :value [[:append x 2]]}",
        "{:process 0, :type :ok, :f :txn, :value [[:r x 2]]}",
        "{:process 0, :type :ok, :f :txn, :value [[:w x 2]]}",
        "{:process 0, :type :ok, :f :txn, :value [[:append x]]}",
        "{:process 0, :type :ok, :f :txn, :value nil}",
        "{:process 0, :type :ok, :f :read, :value []}",
        "{:process 1, :type :ok, :f :txn, :value []}",
    ] {
        let entries = read(&format!("{good}{bad}"), Format::Edn).unwrap();
        let error = assemble_transactions::<ListOp<Value, Value>>(&entries).unwrap_err();
        assert_eq!(error.line, 2, "{bad}: {error}");
        assert_ne!(error.mistake, Mistake::Empty);
    }
}
