//! The laws of the specifications: what they say of an operation holds in every state.

use std::collections::BTreeMap;

use crate::common::{
    Domain, Rng, SMALL, Shape, StateOf, changed,
    domains::{Kvs, Registers, for_every_domain},
    erased::{Erasable, Erased},
    once::ManyValues,
    right,
};
use quorate_consistency::{
    Growth, Linearizer, Nondeterministic, Options, Spec,
    spec::{
        CasOp, CasRegister, CasRet, FifoQueue, Kv, KvOp, KvRet, QueueOp, QueueRet, Set, SetOp, SetRet, Stack,
        StackOp, StackRet,
    },
};

/// States that can be reached, by key.
type Reached<D> = BTreeMap<<<D as Domain>::Spec as Nondeterministic>::Key, Vec<StateOf<D>>>;

fn reached<D: Domain>(domain: &D, seed: u64) -> Reached<D> {
    let (spec, mut rng) = (domain.spec(), Rng(seed));
    let mut reached: Reached<D> = BTreeMap::new();
    for nth in 0..400 {
        let op = domain.op(&mut rng, nth);
        let states = reached.entry(spec.key(&op)).or_insert_with_key(|key| vec![spec.init(key)]);
        let from = rng.below(states.len());
        let mut next = Vec::new();
        spec.step_all(&states[from], &op, None, &mut next);
        next.retain(|state| !states.contains(state));
        if states.len() < 200 {
            states.append(&mut next);
        }
    }
    reached
}

#[test]
fn what_is_read_only_changes_no_state() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (spec, mut rng, reached) = (domain.spec(), Rng(1), reached(domain, 1));
        let (mut claims, mut legal) = (0, 0);
        for nth in 0..300 {
            let op = domain.op(&mut rng, nth);
            let Some(states) = reached.get(&spec.key(&op)) else { continue };
            let rets = domain.rets(&op, nth);
            for ret in rets.iter().map(Some).chain([None]).filter(|ret| spec.is_read_only(&op, *ret)) {
                claims += 1;
                for state in states {
                    let mut next = Vec::new();
                    spec.step_all(state, &op, ret, &mut next);
                    assert!(next.iter().all(|next| next == state), "{name}: {op:?} {ret:?} in {state:?}");
                    legal += next.len();
                }
            }
        }
        println!("{name}: {claims} claims, legal in {legal} states");
        assert!(name == "mutex" || legal > 100, "{name}: {claims} {legal}");
    }
    for_every_domain!(one);
}

#[test]
fn what_is_the_same_does_the_same_and_is_an_equivalence() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (spec, mut rng, reached) = (domain.spec(), Rng(2), reached(domain, 2));
        let ops: Vec<_> = (0..40).map(|nth| domain.op(&mut rng, nth)).collect();
        let mut pairs = 0;
        for one in &ops {
            assert!(spec.same(one, one), "{name}: {one:?}");
            for other in &ops {
                assert_eq!(spec.same(one, other), spec.same(other, one), "{name}: {one:?} {other:?}");
                if !spec.same(one, other) {
                    continue;
                }
                pairs += 1;
                assert!(spec.key(one) == spec.key(other), "{name}: {one:?} {other:?}");
                assert!(ops.iter().all(|third| spec.same(one, third) == spec.same(other, third)));
                for state in reached.get(&spec.key(one)).into_iter().flatten() {
                    for ret in domain.rets(one, 0).iter().map(Some).chain([None]) {
                        let (mut after_one, mut after_other) = (Vec::new(), Vec::new());
                        spec.step_all(state, one, ret, &mut after_one);
                        spec.step_all(state, other, ret, &mut after_other);
                        assert!(after_one == after_other, "{name}: {one:?} {other:?} {ret:?} in {state:?}");
                    }
                }
            }
        }
        assert!(pairs >= 40, "{name}");
    }
    for_every_domain!(one);
}

#[test]
fn an_unknown_return_leads_where_some_return_leads() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (spec, mut rng, reached) = (domain.spec(), Rng(3), reached(domain, 3));
        for nth in 0..200 {
            let op = domain.op(&mut rng, nth);
            for state in reached.get(&spec.key(&op)).into_iter().flatten() {
                let (mut any, mut some) = (Vec::new(), Vec::new());
                spec.step_all(state, &op, None, &mut any);
                let answer = domain.answer(state, &op);
                for ret in domain.rets(&op, nth).iter().chain(&answer) {
                    spec.step_all(state, &op, Some(ret), &mut some);
                }
                assert!(some.iter().all(|state| any.contains(state)), "{name}: {op:?} in {state:?}");
                // The domains know few values; what they do not know, like a large count, is not compared.
                let is_known = !some.is_empty();
                assert!(
                    !is_known || any.iter().all(|state| some.contains(state) || name == "unordered queue"),
                    "{name}: {op:?} in {state:?}"
                );
            }
        }
    }
    for_every_domain!(one);
}

#[test]
fn equal_states_are_reached_by_equal_steps() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (one, other) = (reached(domain, 4), reached(domain, 4));
        assert!(one == other, "{name} is not a function");
    }
    for_every_domain!(one);
}

#[test]
fn objects_do_what_they_are_known_for() {
    let queue = FifoQueue::new();
    let two = [1, 2].into_iter().collect();
    let took = |value| Some(QueueRet::Dequeued(value));
    assert_eq!(queue.step(&two, &QueueOp::Dequeue, took(Some(1)).as_ref()), Some([2].into_iter().collect()));
    assert_eq!(queue.step(&two, &QueueOp::Dequeue, took(Some(2)).as_ref()), None);
    assert_eq!(queue.step(&two, &QueueOp::Dequeue, took(None).as_ref()), None);

    let stack = Stack::new();
    assert_eq!(stack.step(&vec![1, 2], &StackOp::Pop, Some(&StackRet::Popped(Some(2)))), Some(vec![1]));
    assert_eq!(stack.step(&vec![1, 2], &StackOp::Pop, Some(&StackRet::Popped(Some(1)))), None);

    let cas = CasRegister { initial: 0 };
    let swap = CasOp::Cas { from: 0, to: 1 };
    assert_eq!(cas.step(&0, &swap, Some(&CasRet::Swapped(true))), Some(1));
    assert_eq!(cas.step(&0, &swap, Some(&CasRet::Swapped(false))), None);
    assert_eq!(cas.step(&2, &swap, Some(&CasRet::Swapped(false))), Some(2));
    assert_eq!(cas.step(&2, &swap, None), Some(2));

    let kv = Kv::new(None);
    let append = KvOp::Append("k", "b".to_owned());
    assert_eq!(kv.step(&Some("a".to_owned()), &append, Some(&KvRet::Done)), Some(Some("ab".to_owned())));
    assert_eq!(kv.step(&None, &append, Some(&KvRet::Done)), Some(Some("b".to_owned())));
    assert_eq!(kv.step(&None, &KvOp::Get("k"), Some(&KvRet::Value(Some(String::new())))), None);

    let absent = KvOp::Cas { key: "k", from: None, to: "b".to_owned() };
    assert_eq!(kv.step(&None, &absent, Some(&KvRet::Swapped(true))), Some(Some("b".to_owned())));
    assert_eq!(kv.step(&None, &absent, Some(&KvRet::Swapped(false))), None);
    let there = Some("a".to_owned());
    assert_eq!(kv.step(&there, &absent, Some(&KvRet::Swapped(false))), Some(there.clone()));
    assert_eq!(kv.step(&there, &absent, None), Some(there));

    let set = Set::new();
    let one = [1].into();
    assert_eq!(set.step(&one, &SetOp::Add(1), Some(&SetRet::Changed(true))), None);
    assert_eq!(set.step(&one, &SetOp::Add(2), Some(&SetRet::Done)), Some([1, 2].into()));
}

#[test]
fn what_is_shown_was_added_before() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (spec, mut rng) = (domain.spec(), Rng(4));
        let (mut shown, mut ruled_out) = (0, 0);
        for nth in 0..400 {
            let key = spec.key(&domain.op(&mut rng, nth));
            let (mut states, mut other) = (vec![spec.init(&key)], None);
            for _ in 0..8 {
                let op = domain.op(&mut rng, nth);
                if spec.key(&op) != key {
                    continue;
                }
                let last = &states[states.len() - 1];
                let rets: Vec<_> =
                    domain.answer(last, &op).into_iter().chain(domain.rets(&op, nth)).collect();
                let legal = rets.iter().filter_map(|ret| {
                    let mut next = Vec::new();
                    spec.step_all(last, &op, Some(ret), &mut next);
                    Some((ret, next.pop()?))
                });
                let legal: Vec<_> = legal.collect();
                for (ret, _) in &legal {
                    if spec.growth(&op, Some(ret)) == Growth::Shows {
                        let is_possible = |state| spec.may_show(state, &op, ret);
                        assert!(states.iter().all(is_possible), "{name}: {op:?} {ret:?} after {states:?}");
                        shown += states.len();
                        let is_possible = |other| spec.may_show_after(other, &op, ret);
                        assert!(
                            other.as_ref().is_none_or(is_possible),
                            "{name}: {op:?} {ret:?} after {other:?}"
                        );
                    }
                }
                for ret in rets.iter().filter(|ret| spec.growth(&op, Some(ret)) == Growth::Shows) {
                    ruled_out += states.iter().filter(|state| !spec.may_show(state, &op, ret)).count();
                }
                if legal.is_empty() {
                    continue;
                }
                let (ret, next) = &legal[rng.below(legal.len())];
                // Nobody need know what was returned.
                let ret = if rng.chance(20) { None } else { Some(*ret) };
                if spec.growth(&op, ret) == Growth::Other && next != last {
                    states.clear();
                    other = Some(op.clone());
                }
                states.push(next.clone());
            }
        }
        println!("{name}: {shown} states before what is shown, {ruled_out} ruled out");
        let looks_ahead = ["set", "growing set", "kv", "list", "log"].contains(&name);
        assert_eq!(looks_ahead, shown > 100 && ruled_out > 100, "{name}: {shown} {ruled_out}");
    }
    for_every_domain!(one);
}

#[test]
fn a_domain_without_its_types_is_judged_step_by_step_as_with_them() {
    fn told<D: Domain>(domain: &D, seed: u64, options: Options) -> (String, String, u64) {
        let mut rng = Rng(seed);
        let history = right(domain, &mut rng, Shape { operations: 15, pending_percent: 30, ..SMALL });
        let history = changed(domain, &mut rng, &history);
        let spec = domain.spec();
        let mut search = Linearizer::new(&spec, &history, options);
        let verdict = format!("{:?}", search.run(u64::MAX));
        (format!("{history:?}"), verdict, search.steps())
    }
    fn one<D: Domain<Spec: Erasable>>(name: &str, domain: &D) {
        let mut at_once = 0;
        for seed in 0..1_000 {
            for shortcuts in [false, true] {
                let mut options = Options::default();
                options.shortcuts = shortcuts;
                let typed = told(domain, seed, options);
                assert_eq!(typed, told(&Erased(domain), seed, options), "{name}");
                at_once += usize::from(typed.2 == 0);
            }
        }
        println!("{name}: {at_once} of 2000 are judged at once");
    }
    // These have all that a specification can say: what is unseen, what it can decide, keys, and what only grows.
    one("cas-register of many values", &ManyValues);
    one("register", &Registers { unique: true });
    one("kv", &Kvs);
}
