//! Histories of correct objects are linearizable, changed ones are what the oracle says, for every specification and with
//! every reduction on and off.

use crate::common::{
    Domain, HistoryOf, Rng, SMALL, changed, domains::for_every_domain, erased::Erased, oracle, right,
};
use quorate_consistency::{
    Event, History, Interval, Linearizer, Operation, Options, Outcome, Reduction, Reductions, Verdict, check,
    spec::Joint,
};

const HISTORIES: u64 = 3_000;

/// The ways to search that must agree.
fn ways() -> Vec<Options> {
    let mut ways = vec![Options::default()];
    let mut add = |change: &dyn Fn(&mut Options)| {
        let mut options = Options::default();
        options.shortcuts = false;
        change(&mut options);
        ways.push(options);
    };
    add(&|_| {});
    add(&|options| options.exact = true);
    add(&|options| options.reductions = Reductions::NONE);
    for reduction in Reduction::ALL {
        add(&|options| options.reductions = Reductions::ALL.without(reduction));
        add(&|options| options.reductions = Reductions::NONE.with(reduction));
    }
    ways
}

/// Checks every way to search on this history.
fn all_agree<D: Domain>(domain: &D, history: &HistoryOf<D>, expected: bool) {
    let spec = domain.spec();
    let mut culprit = None;
    for options in ways() {
        match Linearizer::new(&spec, history, options).run(u64::MAX) {
            Verdict::Ok(witness) => {
                assert!(expected, "{options:?} explains {history:?}");
                assert_eq!(witness.verify(&spec, history), Ok(()), "{options:?} {history:?}");
            }
            Verdict::Violation(found) => {
                assert!(!expected, "{options:?} does not explain {history:?}");
                assert_eq!(
                    *culprit.get_or_insert((found.key.clone(), found.op)),
                    (found.key, found.op),
                    "{options:?} {history:?}"
                );
            }
            Verdict::Unknown(why) => panic!("{options:?} does not know {history:?}: {why:?}"),
        }
    }
}

#[test]
fn what_a_correct_object_does_is_linearizable() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let mut operations = 0;
        for seed in 0..HISTORIES {
            let mut rng = Rng(seed);
            let shape =
                crate::common::Shape { operations: 1 + rng.below(14), processes: 1 + rng.below(5), ..SMALL };
            let history = right(domain, &mut rng, shape);
            operations += history.operations().len();
            all_agree(domain, &history, true);
        }
        println!("{name}: {HISTORIES} histories, {operations} operations");
    }
    for_every_domain!(one);
}

#[test]
fn changed_histories_are_what_the_oracle_says() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (mut good, mut bad) = (0, 0);
        for seed in 0..HISTORIES {
            let mut rng = Rng(seed ^ 0xc0_ffee << 20);
            let mut history = right(domain, &mut rng, SMALL);
            for _ in 0..=rng.below(2) {
                history = changed(domain, &mut rng, &history);
            }
            let expected = oracle(&domain.spec(), &history);
            *if expected { &mut good } else { &mut bad } += 1;
            all_agree(domain, &history, expected);
        }
        println!("{name}: {good} linearizable, {bad} not");
        assert!(good > 0 && (bad > 0 || name == "mutex"), "{name}: {good} {bad}");
    }
    for_every_domain!(one);
}

#[test]
fn keys_judged_together_and_one_by_one_agree() {
    fn one(domain: &Erased<'_>) {
        let mut bad = 0;
        for seed in 0..HISTORIES {
            let mut rng = Rng(seed ^ 0x1ce << 30);
            let history = right(domain, &mut rng, crate::common::Shape { operations: 10, ..SMALL });
            let history = changed(domain, &mut rng, &history);
            let alone = check(&domain.spec(), &history).is_ok();
            let joint = Joint(domain.spec());
            let together = check(&joint, &history);
            assert_eq!(alone, together.is_ok(), "{history:?}");
            if let Verdict::Ok(witness) = together {
                assert_eq!(witness.verify(&joint, &history), Ok(()));
                assert_eq!(witness.verify(&domain.spec(), &history), Ok(()));
            }
            bad += u64::from(!alone);
        }
        assert!((HISTORIES / 50..HISTORIES).contains(&bad), "{bad}");
    }
    use crate::common::domains::{Bags, Kvs, Lists, Logs};
    one(&Erased(&Kvs));
    one(&Erased(&Lists));
    one(&Erased(&Bags));
    one(&Erased(&Logs));
}

/// The operations as intervals whose ends are what `instant` makes of their places.
fn intervals<D: Domain>(history: &HistoryOf<D>, instant: impl Fn(usize) -> u64) -> HistoryOf<D> {
    let kept = history.operations().iter().filter(|op| !matches!(op.outcome, Outcome::Failed));
    let interval = |op: &Operation<_, _>| Interval {
        process: op.process,
        op: Clone::clone(&op.op),
        called: instant(op.called()),
        returned: op.returned().and_then(|place| Some((instant(place), Clone::clone(op.ret()?)))),
    };
    History::from_intervals(kept.map(interval)).unwrap()
}

#[test]
fn a_coarser_clock_explains_what_a_finer_one_does() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (spec, mut more) = (domain.spec(), 0);
        for seed in 0..1_000 {
            let mut rng = Rng(seed ^ 0x7e_a5e << 24);
            let history = right(domain, &mut rng, SMALL);
            let history = changed(domain, &mut rng, &history);
            let exact = check(&spec, &intervals::<D>(&history, |place| place as u64)).is_ok();
            let coarse = check(&spec, &intervals::<D>(&history, |place| place as u64 / 3)).is_ok();
            assert_eq!(exact, check(&spec, &history).is_ok(), "{history:?}");
            assert!(coarse || !exact, "{history:?}");
            more += u32::from(coarse && !exact);
        }
        println!("{name}: {more} of 1000 become linearizable");
    }
    for_every_domain!(one);
}

#[test]
fn the_order_of_neighbouring_calls_and_of_neighbouring_returns_decides_nothing() {
    fn one<D: Domain>(_: &str, domain: &D) {
        let spec = domain.spec();
        for seed in 0..500 {
            let mut rng = Rng(seed ^ 0x5a_17e << 24);
            let history = right(domain, &mut rng, SMALL);
            let history = changed(domain, &mut rng, &history);
            // Places in runs of one kind are shuffled, by instants whose order within a run is drawn.
            let mut instants: Vec<u64> = Vec::new();
            let mut run = 0;
            for (place, event) in history.events().iter().enumerate() {
                let is_new = place > 0
                    && matches!(event, Event::Call(_))
                        != matches!(history.events()[place - 1], Event::Call(_));
                run += u64::from(is_new);
                instants.push(run << 32 | rng.draw() >> 32);
            }
            let shuffled = intervals::<D>(&history, |place| instants.get(place).copied().unwrap_or(u64::MAX));
            assert_eq!(check(&spec, &shuffled).is_ok(), check(&spec, &history).is_ok(), "{history:?}");
        }
    }
    for_every_domain!(one);
}
