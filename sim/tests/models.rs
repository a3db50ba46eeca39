//! Replicated registers that are wrong in well-known ways, and what is right: every checker flags what each breaks, and passes
//! what it keeps.

mod replicas;

use std::collections::BTreeMap;

use quorate_consistency::{
    CausalModel, Guarantee, Guarantees, Linearizer, Options, RegisterHistory, Sequencer, VersionedHistory,
    check_convergence,
    spec::{Access, Registers},
};
use quorate_machine::Time;
use quorate_sim::{Check, Entry, History, Kind, Verdict};
use replicas::{
    ASYNCHRONOUS, FOLLOWER_READS, LAST_WRITER_WINS, LEASES, MAJORITIES, Op, PRIMARY_READS, QUIET, Replicas,
    SLOPPY, SYNCHRONOUS, Trouble, history, machine::Scheme, plan, sessions,
};

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Model {
    Linearizable,
    Sequential,
    CausalConvergent,
    CausalMemory,
    Causal,
    Pram,
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
    Converges,
}

use Model::{
    Causal, CausalConvergent, CausalMemory, Converges, Linearizable, MonotonicReads, MonotonicWrites, Pram,
    ReadYourWrites, Sequential, WritesFollowReads,
};

const ALL: [Model; 11] = [
    Linearizable,
    Sequential,
    CausalConvergent,
    CausalMemory,
    Causal,
    Pram,
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
    Converges,
];

const STEPS: u64 = 3_000_000;

/// Which models this history satisfies.
fn held(history: &History<Op>) -> BTreeMap<Model, bool> {
    let spec = Registers::new(0);
    let judged = history.judged::<Registers<u64, u64>>().expect("a history");
    let registers = RegisterHistory::new(&spec, &judged).expect("values are written once");
    let causal = |model| registers.check_causal(model).is_ok();
    let versions = VersionedHistory::new(&sessions(history)).expect("versions are unique");
    let keeps = |guarantee| versions.check(Guarantees::NONE.with(guarantee)).is_ok();
    let linearizable = Linearizer::new(&spec, &judged, Options::default()).run(STEPS).is_linearizable();
    let linearizable = linearizable.expect("it is decided");
    // What is linearizable is sequential, and what is not causal is not: that is known without a search.
    let is_causal = causal(CausalModel::CausalMemory) && causal(CausalModel::CausalConvergent);
    let search =
        || Sequencer::new(&spec, &judged, Options::default()).expect("sessions do one thing at a time");
    let sequential = linearizable || is_causal && search().run(STEPS).is_sequential().expect("it is decided");
    BTreeMap::from([
        (Linearizable, linearizable),
        (Sequential, sequential),
        (CausalConvergent, causal(CausalModel::CausalConvergent)),
        (CausalMemory, causal(CausalModel::CausalMemory)),
        (Causal, causal(CausalModel::Causal)),
        (Pram, causal(CausalModel::Pram)),
        (ReadYourWrites, keeps(Guarantee::ReadYourWrites)),
        (MonotonicReads, keeps(Guarantee::MonotonicReads)),
        (MonotonicWrites, keeps(Guarantee::MonotonicWrites)),
        (WritesFollowReads, keeps(Guarantee::WritesFollowReads)),
        (
            Converges,
            check_convergence(&at_last(history).judged::<Registers<u64, u64>>().expect("a history")).is_ok(),
        ),
    ])
}

/// The writes, and of the reads the last ones, when all has been quiet for a while.
fn at_last(history: &History<Op>) -> History<Op> {
    let mut last = History::new();
    for Entry { process, kind, op, at } in history.entries() {
        let is_late = *at >= Time::ZERO + QUIET;
        if is_late || matches!(op.call.op, Access::Write(..)) {
            last.push(*process, *kind, op.clone(), *at);
        }
    }
    last
}

/// A configuration, and what it keeps; everything else it breaks.
struct Row {
    name: &'static str,
    scheme: Scheme,
    roams: bool,
    trouble: Trouble,
    keeps: &'static [Model],
}

const fn row(
    name: &'static str,
    scheme: Scheme,
    roams: bool,
    trouble: Trouble,
    keeps: &'static [Model],
) -> Row {
    Row { name, scheme, roams, trouble, keeps }
}

/// Everything else.
const NOT_LINEARIZABLE: &[Model] = &[
    Sequential,
    CausalConvergent,
    CausalMemory,
    Causal,
    Pram,
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
    Converges,
];

/// Not the order of each process's writes, as all see them: two at once are put in one order afterwards.
const CAUSALLY_CONVERGENT: &[Model] = &[
    CausalConvergent,
    Causal,
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
    Converges,
];

const ROWS: &[Row] = &[
    row("majorities", MAJORITIES, false, Trouble::Skew, &ALL),
    row("majorities, sessions roam", MAJORITIES, true, Trouble::Skew, &ALL),
    row("one node of three", SLOPPY, false, Trouble::None, CAUSALLY_CONVERGENT),
    row("one node of three, sessions roam", SLOPPY, true, Trouble::None, &[Converges]),
    row(
        "last writer wins",
        LAST_WRITER_WINS,
        false,
        Trouble::Skew,
        &[ReadYourWrites, MonotonicReads, MonotonicWrites, Converges],
    ),
    row("reads at the primary", PRIMARY_READS, false, Trouble::None, &ALL),
    row("reads at the primary, sessions roam", PRIMARY_READS, true, Trouble::None, &ALL),
    row("reads at followers", FOLLOWER_READS, false, Trouble::None, NOT_LINEARIZABLE),
    row(
        "reads at followers, sessions roam",
        FOLLOWER_READS,
        true,
        Trouble::None,
        &[MonotonicWrites, WritesFollowReads, Converges],
    ),
    row("synchronous failover", SYNCHRONOUS, false, Trouble::Crash, &ALL),
    row("asynchronous failover", ASYNCHRONOUS, false, Trouble::Crash, &[Converges]),
    row("leases", LEASES, false, Trouble::Cut, &ALL),
    row("leases, a clock jumps", LEASES, false, Trouble::CutAndJump, NOT_LINEARIZABLE),
    row("majorities instead of leases, a clock jumps", SYNCHRONOUS, false, Trouble::CutAndJump, &ALL),
];

const SEEDS: u64 = 200;

#[test]
fn each_configuration_breaks_what_it_must_and_nothing_else() {
    let mut wrong = Vec::new();
    for Row { name, scheme, roams, trouble, keeps } in ROWS {
        let mut broken: BTreeMap<Model, u64> = BTreeMap::new();
        let mut answered = 0;
        for seed in 0..SEEDS {
            let replicas = Replicas { scheme: *scheme, roams: *roams, steps: None };
            let history = history(&replicas, &plan(seed, *trouble));
            answered += history.entries().iter().filter(|entry| entry.kind == Kind::Ok).count();
            for (model, holds) in held(&history) {
                *broken.entry(model).or_default() += u64::from(!holds);
            }
        }
        println!("{name}: {} answers per run; broken in {broken:?}", answered as u64 / SEEDS);
        for model in ALL {
            let keeps = keeps.contains(&model);
            if keeps != (broken[&model] == 0) {
                wrong.push(format!("{name}: {model:?} broken in {} runs", broken[&model]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A failure tells why no order explains its history, beside the plan that shows it again; so does its page.
#[test]
fn a_failure_explains_its_history() {
    let stale = Replicas { scheme: FOLLOWER_READS, roams: false, steps: Some(1_000_000) };
    let check = Check { environment: false, shrink_runs: 400, ..Check::default() };
    let failure = check.run(&stale, 0..9, |seed| plan(seed, Trouble::None)).expect_err("reads are stale");
    assert_eq!(failure.verdict().invariant(), Some("linearizable"));
    let text = failure.to_string();
    println!("{text}");
    let told = failure.report.explanation.as_ref().expect("it is explained");
    for part in [
        "no order of key ",
        "returned Value(",
        "cannot return Value(",
        "the object holds ",
        "process ",
        "✗",
        told.as_str(),
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let (explained, planned) = (text.find(told).expect("it is there"), text.find("\nquorate plan 2\n"));
    assert!(planned.is_some_and(|planned| explained < planned), "{text}");
    assert!(failure.after.commands <= 4, "a write, and reads: {}", failure.after);
    let page = failure.html(&stale);
    assert!(page.contains("<pre class=\"why\">where the object holds"));
    // It is shown again by its plan alone.
    let again = check.run_plan(&stale, &failure.plan).expect_err("the plan is enough");
    assert_eq!(again.report.explanation, failure.report.explanation);
}

#[test]
fn what_could_not_be_decided_has_not_passed() {
    let whole = Replicas { scheme: MAJORITIES, roams: false, steps: Some(1_000_000) };
    let check = Check { environment: false, ..Check::default() };
    check.run(&whole, 0..20, |seed| plan(seed, Trouble::None)).unwrap_or_else(|failure| panic!("{failure}"));
    let hasty = Replicas { steps: Some(0), ..whole };
    let failure = check.run_plan(&hasty, &plan(0, Trouble::None)).expect_err("nobody knows");
    assert!(matches!(failure.verdict(), Verdict::Undecided { invariant: "linearizable", .. }), "{failure}");
    assert!(
        failure.to_string().starts_with("seed 0: undecided: linearizable: Steps: 0 steps do not decide ")
    );
}
