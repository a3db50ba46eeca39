//! Explanations: the order is one, the reasons are true, and what is not shown is said.

use std::collections::BTreeSet;

use crate::common::{
    Domain, HistoryOf, Rng, SMALL, Shape, StateOf, changed,
    domains::for_every_domain,
    erased::{ErasedSpec, erased},
    right,
};
use quorate_consistency::{
    Counterexample, Explanation, History, HistoryBuilder, Linearizer, Nondeterministic, OpId, Options,
    Outcome, Reductions, Verdict, check,
    explain::{Debugged, Next},
    format::{self, Case, Entry, FailedCas, Format, Object, ObjectKind, Value},
    spec::{CasOp, CasRegister, CasRet, Register, RegisterOp, RegisterRet},
};

const HISTORIES: u64 = 1_500;

type FoundOf<D> = Counterexample<<<D as Domain>::Spec as Nondeterministic>::Key, StateOf<D>>;

fn broken<D: Domain>(domain: &D, seed: u64, options: Options) -> Option<(HistoryOf<D>, FoundOf<D>)> {
    let mut rng = Rng(seed ^ 0xe7 << 30);
    let mut history = right(domain, &mut rng, Shape { operations: 14, processes: 4, ..SMALL });
    for _ in 0..2 {
        history = changed(domain, &mut rng, &history);
    }
    match Linearizer::new(&domain.spec(), &history, options).run(u64::MAX) {
        Verdict::Violation(found) => Some((history, found)),
        _ => None,
    }
}

/// The ways to search that keep orders differently.
fn ways() -> [Options; 2] {
    let mut options = Options::default();
    options.shortcuts = false;
    let mut plain = options;
    plain.reductions = Reductions::NONE;
    [options, plain]
}

/// What an order leads to.
fn replay<S: Nondeterministic>(
    spec: &S,
    history: &History<S::Op, S::Ret>,
    key: &S::Key,
    order: &[OpId],
) -> Vec<S::State> {
    order.iter().fold(vec![spec.init(key)], |states, id| {
        let operation = history.get(*id).unwrap();
        let mut next = Vec::new();
        for state in &states {
            spec.step_all(state, &operation.op, operation.ret(), &mut next);
        }
        next.dedup();
        next
    })
}

#[test]
fn the_order_leads_to_the_first_situation_and_explains_all_that_had_returned() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let spec = domain.spec();
        let (mut violations, mut longest) = (0, 0);
        for (history, found) in
            ways().iter().flat_map(|way| (0..HISTORIES).filter_map(|seed| broken(domain, seed, *way)))
        {
            let first = &found.configurations[0];
            let states = replay(&spec, &history, &found.key, &found.order);
            assert!(states.contains(&first.state), "{history:?} {found:?}");
            let end = history.get(found.op).unwrap().returned().unwrap();
            let ordered: BTreeSet<_> = found.order.iter().copied().collect();
            assert_eq!(ordered.len(), found.order.len(), "nothing is there twice");
            let mut latest = 0;
            for id in &found.order {
                let operation = history.get(*id).unwrap();
                latest = latest.max(operation.called());
                assert!(latest < end && operation.returned().is_none_or(|returned| returned > latest));
            }
            for event in history.events().iter().take(end) {
                if let quorate_consistency::Event::Return(id) = event {
                    let of_the_key = spec.key(&history.get(*id).unwrap().op) == found.key;
                    assert!(!of_the_key || ordered.contains(id), "{id} had returned: {history:?} {found:?}");
                }
            }
            assert!(first.waiting.iter().all(|id| !ordered.contains(id)));
            violations += 1;
            longest = longest.max(found.order.len());
        }
        println!("{name}: {violations} violations, orders of up to {longest} operations");
    }
    for_every_domain!(one);
}

#[test]
fn the_culprit_is_refused_everywhere_and_nothing_is_forgotten() {
    fn one<D: Domain>(name: &str, domain: &D) {
        let (mut refused, mut leads, mut idle) = (0, 0, 0);
        for (history, found) in (0..HISTORIES).filter_map(|seed| broken(domain, seed, ways()[0])) {
            let spec = domain.spec();
            let told = Explanation::new(&spec, &history, &found, &Debugged, 8).unwrap();
            assert_eq!(told.operations[told.culprit].id, found.op);
            assert_eq!(told.situations.len(), found.configurations.len());
            for (situation, configuration) in told.situations.iter().zip(&found.configurations) {
                assert_eq!(situation.candidates[0].operation, told.culprit);
                assert!(matches!(situation.candidates[0].next, Next::Refused(_)), "{history:?}");
                assert_eq!(situation.candidates.len(), configuration.waiting.len());
                for candidate in &situation.candidates {
                    *match candidate.next {
                        Next::Refused(_) => &mut refused,
                        Next::Leads(_) => &mut leads,
                        Next::Idle => &mut idle,
                    } += 1;
                }
            }
            let certain = history.operations().iter().filter(|op| !matches!(op.outcome, Outcome::Failed));
            for told in [&told, &told.narrowed(4), &told.narrowed(1)] {
                let out = told.left_out;
                let counted = told.operations.len() + out.earlier + out.later + out.elsewhere;
                assert_eq!(counted, certain.clone().count(), "{history:?}");
                assert_eq!(told.operations[told.culprit].id, found.op);
                assert!(told.timeline(80).contains('✗'));
            }
        }
        println!("{name}: {refused} refused, {leads} lead on, {idle} change nothing");
    }
    for_every_domain!(one);
}

fn stale() -> History<CasOp<u64>, CasRet<u64>> {
    let mut history = HistoryBuilder::new();
    history.invoke(1, CasOp::Write(1)).unwrap();
    history.ok(1, CasRet::Written).unwrap();
    history.invoke(3, CasOp::Cas { from: 1, to: 7 }).unwrap();
    history.invoke(2, CasOp::Read).unwrap();
    history.ok(2, CasRet::Value(0)).unwrap();
    history.finish()
}

#[test]
fn a_stale_read_is_explained_in_words() {
    let (spec, history) = (ErasedSpec::new(CasRegister { initial: 0_u64 }), erased(&stale()));
    let Verdict::Violation(found) = check(&spec, &history) else { panic!("it is stale") };
    let told = Explanation::new(&spec, &history, &found, &Debugged, 20).unwrap();
    let expected = "\
no order explains that `Read` of process 2 returned Value(0)
where the object holds 1:
  `Read` cannot return Value(0): the object holds 1
  `Cas { from: 1, to: 7 }` leads to 7
where the object holds 7:
  `Read` cannot return Value(0): the object holds 7
holds      0     1                                   ✗
              Write(1) → Written
process 1     ├──1──────────────┤
                                      Read → Value(0)
process 2                             ╞══════════════✗
                                   Cas { from: 1, to: 7 }
process 3                          ├┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄▷
";
    println!("{told}");
    assert_eq!(told.to_string(), expected);
    assert_eq!(told.narrowed(1).remark().unwrap(), "operations not shown: 1 earlier");
    let elsewhere = HistoryBuilder::new().finish();
    assert_eq!(Explanation::new(&spec, &elsewhere, &found, &Debugged, 20), None);
}

#[test]
fn what_was_decided_without_a_search_has_no_situations_and_is_still_told() {
    let spec = ErasedSpec::new(Register { initial: 0_u64 });
    let mut history = HistoryBuilder::new();
    history.invoke(1, RegisterOp::<u64>::Read).unwrap();
    history.ok(1, RegisterRet::Value(3_u64)).unwrap();
    let history = erased(&history.finish());
    let Verdict::Violation(found) = check(&spec, &history) else { panic!("nobody wrote 3") };
    let told = Explanation::new(&spec, &history, &found, &Debugged, 20).unwrap();
    assert!(told.situations.is_empty() && told.to_string().contains("✗"), "{told}");
}

const RECORDED: &str = "\
{:process 0, :type :invoke, :f :acquire, :value nil}
{:process 0, :type :ok, :f :acquire, :value nil}
{:process 1, :type :invoke, :f :acquire, :value nil}
{:process 1, :type :ok, :f :acquire, :value nil}
";

#[test]
fn recorded_histories_are_told_in_their_own_words() {
    fn told(kind: ObjectKind, init: Option<&Value>, text: &str) -> String {
        let entries = format::read(text, Format::Edn).unwrap();
        let object = Object::new(kind, init).unwrap();
        let case = Case::new(&object, &entries, FailedCas::Mismatch).unwrap();
        let verdict = case.trial(Options::default()).run(u64::MAX);
        let Verdict::Violation(found) = verdict else { panic!("this is wrong") };
        case.explain(&found, 20).unwrap().to_string()
    }
    let text = told(ObjectKind::Mutex, None, RECORDED);
    assert!(text.contains("`acquire` cannot return: the mutex is held"), "{text}");
    let text = told(
        ObjectKind::CasRegister,
        Some(&Value::Int(0)),
        "{:process 0, :type :invoke, :f :cas, :value [0 1]}\n{:process 0, :type :fail, :f :cas, :value [0 1]}",
    );
    assert!(text.contains("`cas [0 1]` cannot return false: the register holds 0"), "{text}");
    let key = "{:process 0, :type :invoke, :f :get, :key 7}\n{:process 0, :type :ok, :f :get, :key 7, :value \"x\"}";
    let text = told(ObjectKind::Kv, None, key);
    assert!(text.contains("no order of key 7 explains that `get` of process 0 returned \"x\""), "{text}");
    assert!(text.contains("cannot return \"x\": the key holds nil"), "{text}");
}

#[test]
fn what_is_written_down_is_read_again() {
    let hostile = Value::Text("\" \\ \n \t \r é 🦀 </script> #{ :x".to_owned());
    let edn = Value::List(vec![
        Value::Nil,
        Value::Int(-3),
        Value::Word("word".to_owned()),
        Value::Set(BTreeSet::from([Value::Int(1), hostile.clone()])),
        Value::Map(vec![(Value::Int(1), Value::Bool(true)), (Value::Word("a".to_owned()), hostile.clone())]),
    ]);
    let json = Value::List(vec![
        Value::Nil,
        Value::Bool(false),
        hostile.clone(),
        Value::Map(vec![(Value::Text("a\u{1}\"".to_owned()), Value::Int(9))]),
    ]);
    for (format, value, key) in [
        (Format::Edn, edn.clone(), Some(hostile.clone())),
        (Format::Json, json, Some(Value::Text("k".to_owned()))),
        (Format::Etcd, Value::List(vec![Value::Nil, Value::Int(4)]), None),
    ] {
        let kinds = [format::Kind::Invoke, format::Kind::Ok, format::Kind::Fail, format::Kind::Info];
        let entry = |(nth, kind): (usize, format::Kind)| Entry {
            line: nth + 1,
            process: nth as u64,
            kind,
            f: "cas".to_owned(),
            value: value.clone(),
            key: key.clone(),
        };
        let mut entries: Vec<_> = kinds.into_iter().enumerate().map(entry).collect();
        let mut again = format::read(&format::write(&entries, format), format).unwrap();
        // A string may be of several lines.
        for entry in entries.iter_mut().chain(&mut again) {
            entry.line = 0;
        }
        assert_eq!(again, entries, "{format:?}");
    }
    let odd = Entry {
        line: 1,
        process: 0,
        kind: format::Kind::Invoke,
        f: "an \"f\" {".to_owned(),
        value: Value::Nil,
        key: None,
    };
    let again = format::read(&format::write(core::slice::from_ref(&odd), Format::Edn), Format::Edn).unwrap();
    assert_eq!(again, [odd]);
}
