//! Every seeded bug is caught: `RUSTFLAGS="--cfg quorate_bugs" cargo test -p quorate-consistency --test bugs`.
#![cfg(quorate_bugs)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    clippy::cast_possible_truncation,
    clippy::enum_glob_use,
    clippy::wildcard_imports,
    reason = "helpers of tests fail loudly, too, and a test says what it reached"
)]

mod common;
#[path = "common/executions.rs"]
mod executions;
#[path = "common/orders.rs"]
mod orders;
#[path = "common/proofs.rs"]
mod proofs;
#[path = "common/rw.rs"]
mod rw;
#[path = "common/txn_bugs.rs"]
mod txn;
#[path = "common/workloads.rs"]
mod workloads;

use common::{
    Domain, HistoryOf, Rng, Shape,
    accesses::{Oracle, SPEC, any, in_rounds},
    changed,
    intervals::{drawn, explained},
    oracle, right,
    versions::{defined, versions},
};
use quorate_consistency::{
    Bug, CausalModel, Event, Guarantee, Guarantees, History, Linearizer, Online, Options, Reductions,
    RegisterHistory, Sequencer, Standing, Verdict, VersionedHistory, check, measure_staleness_with_bug,
    spec::{Register, Registers},
};

/// How many histories of each specification a bug may survive.
const SEEDS: u64 = 20_000;

/// How a bug was caught, in a history of what, and how many histories that took.
type Caught = (&'static str, &'static str, u64);

#[test]
fn every_seeded_bug_is_caught() {
    println!("| bug | caught by | in histories of | histories |\n|---|---|---|---|");
    let mut survivors = Vec::new();
    for bug in Bug::ALL {
        match hunt(bug) {
            Some((check, object, histories)) => println!("| `{bug:?}` | {check} | {object} | {histories} |"),
            None => survivors.push(bug),
        }
    }
    assert!(survivors.is_empty(), "never caught in {SEEDS} histories: {survivors:?}");
}

/// The first of all specifications that catches it.
fn hunt(bug: Bug) -> Option<Caught> {
    let mut best: Option<Caught> = None;
    let mut one = |name: &'static str, caught: Option<(&'static str, u64)>| {
        if let Some((check, histories)) = caught {
            if best.is_none_or(|(.., before)| histories < before) {
                best = Some((check, name, histories));
            }
        }
    };
    macro_rules! each {
        ($name:expr, $domain:expr) => {
            one($name, seek(bug, $domain))
        };
    }
    if bug as usize >= Bug::MonotonicReadsFirstOnly as usize {
        one("versions", (0..SEEDS).find_map(|seed| Some((by_versions(bug, seed)?, seed + 1))));
        return best;
    }
    if matches!(bug, Bug::DebtsPaidLate | Bug::DebtsForgotten) {
        one("registers", (0..SEEDS).find_map(|seed| Some((stale(bug, seed)?, seed + 1))));
        return best;
    }
    if bug == Bug::TiesReturnFirst {
        one("register", (0..SEEDS).find_map(|seed| Some((touching(bug, seed)?, seed + 1))));
        return best;
    }
    if (Bug::ZonesTouch as usize..=Bug::UnknownTakesIgnored as usize).contains(&(bug as usize)) {
        use common::{domains::*, once::*};
        each!("register with unique writes", &Registers { unique: true });
        each!("growing set", &Sets { growing: true });
        each!("queue, each value once", &OnceDeques);
        each!("unordered queue, each value once", &OncePools);
        each!("stack, each value once", &OnceStacks);
        return best;
    }
    if bug as usize > Bug::OnlineKeepsFailed as usize {
        one("registers", (0..SEEDS).find_map(|seed| Some((weaker(bug, seed)?, seed + 1))));
        return best;
    }
    {
        use common::domains::*;
        each!("register", &Registers { unique: false });
        each!("cas-register", &CasRegisters);
        each!("mutex", &Mutexes);
        each!("queue", &Queues);
        each!("coin", &Coins);
        each!("cas-register of many values", &common::once::ManyValues);
        each!("kv", &Kvs);
    }
    best
}

fn seek<D: Domain>(bug: Bug, domain: &D) -> Option<(&'static str, u64)> {
    (0..SEEDS).find_map(|seed| {
        let mut rng = Rng(seed);
        let operations = 5 + rng.below(4);
        let shape = Shape { processes: 4, operations, pending_percent: 25, failed_percent: 10 };
        let mut history = right(domain, &mut rng, shape);
        if rng.chance(50) {
            history = changed(domain, &mut rng, &history);
        }
        Some((caught(bug, domain, &history)?, seed + 1))
    })
}

fn caught<D: Domain>(bug: Bug, domain: &D, history: &HistoryOf<D>) -> Option<&'static str> {
    let spec = domain.spec();
    let mut options = Options::default();
    options.shortcuts = bug as usize >= Bug::ZonesTouch as usize;
    options.bug = Some(bug);
    let expected = oracle(&spec, history);
    if bug == Bug::OnlineKeepsFailed {
        return online(domain, history, options);
    }
    let steps = if bug == Bug::BudgetMeansOk { 5 } else { u64::MAX };
    match Linearizer::new(&spec, history, options).run(steps) {
        Verdict::Ok(_) if !expected => Some("`oracle`: taken for linearizable"),
        Verdict::Ok(witness) => witness.verify(&spec, history).err().map(|_| "`Witness::verify`"),
        Verdict::Violation(_) if expected => Some("`oracle`: taken for a violation"),
        Verdict::Violation(found) if bug == Bug::LooksPastTheCulprit => {
            let mut plain = Options::default();
            plain.reductions = Reductions::NONE;
            match Linearizer::new(&spec, history, plain).run(u64::MAX) {
                Verdict::Violation(other) if other.op != found.op => {
                    Some("without reductions: another culprit")
                }
                Verdict::Ok(_) | Verdict::Violation(_) | Verdict::Unknown(_) => None,
            }
        }
        Verdict::Violation(_) | Verdict::Unknown(_) => None,
    }
}

/// Lets some operations fail that nobody will hear of in the history, and compares the end.
fn online<D: Domain>(domain: &D, history: &HistoryOf<D>, options: Options) -> Option<&'static str> {
    let spec = domain.spec();
    let mut online = Online::new(&spec, options);
    let mut builder = quorate_consistency::HistoryBuilder::new();
    for event in history.events() {
        let (Event::Call(id) | Event::Return(id)) = *event;
        let (process, operation) = (id.index() as u64, history.get(id)?);
        match event {
            Event::Call(_) => {
                online.invoke(process, operation.op.clone()).ok()?;
                builder.invoke(process, operation.op.clone()).ok()?;
            }
            Event::Return(_) if process % 3 == 0 => {
                online.fail(process).ok()?;
                builder.fail(process).ok()?;
            }
            Event::Return(_) => {
                online.ok(process, operation.ret()?.clone()).ok()?;
                builder.ok(process, operation.ret()?.clone()).ok()?;
            }
        }
    }
    let expected = oracle(&spec, &builder.finish());
    (online.standing() == Standing::Linearizable && !expected)
        .then_some("`oracle`: taken for linearizable, online")
}

/// Intervals beside their definition.
fn touching(bug: Bug, seed: u64) -> Option<&'static str> {
    let intervals = drawn(&mut Rng(seed), 1);
    let expected = explained(&intervals, 0, 0);
    let history = History::from_intervals_with_bug(intervals, bug).ok()?;
    let found = check(&Register { initial: 0 }, &history).is_linearizable();
    (found != Some(expected)).then_some("`explained`: taken for a violation")
}

/// How stale reads are beside every order.
fn stale(bug: Bug, seed: u64) -> Option<&'static str> {
    let history = common::stale::drawn(&mut Rng(seed), 9, 1);
    let found = measure_staleness_with_bug(&Registers::new(0), &history, u64::MAX, bug).ok()?;
    let expected = common::stale::least_k(&common::stale::stays(&history, 0), 0, &mut vec![0]);
    (found.exact() != expected).then_some("`least_k`: another k")
}

/// The weaker models beside their definitions.
fn weaker(bug: Bug, seed: u64) -> Option<&'static str> {
    let mut rng = Rng(seed);
    let (processes, operations) = (2 + rng.below(2), 4 + rng.below(5));
    let steps = any(&mut rng, processes, operations, 3);
    let (history, oracle) = (in_rounds(&steps), Oracle::new(&steps));
    let mut options = Options::default();
    options.bug = Some(bug);
    let verdict = Sequencer::new(&SPEC, &history, options).ok()?.run(u64::MAX);
    if verdict.is_sequential() != Some(oracle.sequential()) {
        return Some("every order: sequential consistency");
    }
    let registers = RegisterHistory::new(&SPEC, &history).ok()?.with_bug(bug);
    let models = [
        (CausalModel::Causal, "every order: CC"),
        (CausalModel::CausalConvergent, "every order: CCv"),
        (CausalModel::CausalMemory, "every order: CM"),
        (CausalModel::Pram, "every order: PRAM"),
    ];
    let is_wrong = |(model, _): &(CausalModel, _)| {
        registers.check_causal(*model).is_ok() != oracle.causal_by_least(*model)
    };
    models.into_iter().find(is_wrong).map(|(_, name)| name)
}

fn by_versions(bug: Bug, seed: u64) -> Option<&'static str> {
    let ops = versions(&mut Rng(seed), false);
    let found =
        VersionedHistory::new(&ops).ok()?.with_bug(bug).check(Guarantees::ALL).err().unwrap_or_default();
    let is_wrong = |guarantee: Guarantee, read: usize| {
        defined(&ops, guarantee, read)
            == found.iter().any(|one| (one.read, one.guarantee) == (read, guarantee))
    };
    Guarantee::ALL.into_iter().find(|guarantee| (0..ops.len()).any(|read| is_wrong(*guarantee, read))).map(
        |guarantee| match guarantee {
            Guarantee::ReadYourWrites => "definition: read your writes",
            Guarantee::MonotonicReads => "definition: monotonic reads",
            Guarantee::MonotonicWrites => "definition: monotonic writes",
            Guarantee::WritesFollowReads => "definition: writes follow reads",
        },
    )
}
