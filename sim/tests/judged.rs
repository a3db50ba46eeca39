//! Histories of applications, judged by specifications: what is handed to the checkers, what a verdict says, and that to give
//! up is never to pass.

use quorate_consistency::{
    Outcome,
    spec::{CasOp, CasRegister, CasRet, Kv, KvOp, KvRet, Register, RegisterOp, RegisterRet},
};
use quorate_machine::{Rng, Tag, Time};
use quorate_sim::{Call, History, Judged, Kind, Linearizable};

type Op = Call<RegisterOp<u64>, RegisterRet<u64>>;

fn record<Op>(history: &mut History<Op>, client: u64, kind: Kind, op: Op) {
    history.push(Tag(client), kind, op, Time::from_nanos(history.entries().len() as u64));
}

fn write(history: &mut History<Op>, client: u64, value: u64) {
    record(history, client, Kind::Invoke, Call::asked(RegisterOp::Write(value)));
    record(history, client, Kind::Ok, Call::answered(RegisterOp::Write(value), RegisterRet::Written));
}

fn read(history: &mut History<Op>, client: u64, seen: u64) {
    record(history, client, Kind::Invoke, Call::asked(RegisterOp::Read));
    record(history, client, Kind::Ok, Call::answered(RegisterOp::Read, RegisterRet::Value(seen)));
}

fn register() -> Linearizable<Register<u64>> {
    Linearizable::new(Register { initial: 0 })
}

#[test]
fn a_stale_read_and_a_lost_write_are_explained() {
    let mut history = History::new();
    read(&mut history, 1, 0);
    write(&mut history, 2, 7);
    write(&mut history, 3, 8);
    read(&mut history, 4, 8);
    assert_eq!(register().judge(&history), Ok(()));
    read(&mut history, 5, 7);
    let stale = register().judge(&history).expect_err("7 was overwritten");
    assert!(stale.is_violation());
    assert_eq!(stale.why(), "no order explains that `Read` of process 0 returned Value(7)");
    let told = stale.explanation().expect("it is explained");
    assert!(
        told.starts_with("where the object holds 8:\n  `Read` cannot return Value(7): the object holds 8\n"),
        "{told}"
    );
    assert!(
        told.contains("process 0  ") && !told.contains("process 1"),
        "one client after the other is one lane: {told}"
    );

    let mut fresh = History::new();
    read(&mut fresh, 1, 7);
    write(&mut fresh, 2, 7);
    assert!(register().judge(&fresh).is_err(), "it was read before anybody wrote it");
}

#[test]
fn a_write_of_unknown_outcome_may_come_late_but_not_twice() {
    let mut history = History::new();
    record(&mut history, 1, Kind::Invoke, Call::asked(RegisterOp::Write(7)));
    record(&mut history, 1, Kind::Info, Call::asked(RegisterOp::Write(7)));
    write(&mut history, 2, 8);
    read(&mut history, 3, 8);
    read(&mut history, 4, 7);
    assert_eq!(register().judge(&history), Ok(()));
    write(&mut history, 5, 9);
    read(&mut history, 6, 7);
    assert!(register().judge(&history).is_err());
}

#[test]
fn what_failed_has_no_effect() {
    let mut history = History::new();
    record(&mut history, 1, Kind::Invoke, Call::asked(RegisterOp::Write(7)));
    record(&mut history, 1, Kind::Fail, Call::asked(RegisterOp::Write(7)));
    read(&mut history, 2, 0);
    assert_eq!(register().judge(&history), Ok(()));
    read(&mut history, 3, 7);
    assert!(register().judge(&history).is_err());
}

/// Every client adds its own letter, all at once; what is there in the end has them in another order.
fn hard() -> History<Call<KvOp<u64>, KvRet>> {
    let (mut history, mut text) = (History::new(), String::new());
    let append = |client: u64| KvOp::Append(1, format!("{client},"));
    for client in 0..8 {
        record(&mut history, client, Kind::Invoke, Call::asked(append(client)));
    }
    for client in 0..8 {
        record(&mut history, client, Kind::Ok, Call::answered(append(client), KvRet::Done));
        text = format!("{client},{text}");
    }
    record(&mut history, 20, Kind::Invoke, Call::asked(KvOp::Get(1)));
    record(&mut history, 20, Kind::Ok, Call::answered(KvOp::Get(1), KvRet::Value(Some(text))));
    history
}

#[test]
fn to_give_up_is_not_to_pass() {
    let store = Linearizable::new(Kv::new(None));
    for steps in [0, 1, 10] {
        let given_up = store.clone().steps_max(steps).judge(&hard()).expect_err("that is not enough");
        assert!(!given_up.is_violation());
        assert_eq!(given_up.why(), format!("Steps: {steps} steps do not decide 9 operations"));
    }
    assert_eq!(store.judge(&hard()), Ok(()), "enough is enough");
}

#[test]
fn what_is_no_history_is_not_judged() {
    let mut unanswered: History<Op> = History::new();
    record(&mut unanswered, 1, Kind::Invoke, Call::asked(RegisterOp::Read));
    record(&mut unanswered, 1, Kind::Ok, Call::asked(RegisterOp::Read));
    let mut twice: History<Op> = History::new();
    record(&mut twice, 1, Kind::Invoke, Call::asked(RegisterOp::Read));
    record(&mut twice, 1, Kind::Invoke, Call::asked(RegisterOp::Read));
    let mut ended: History<Op> = History::new();
    record(&mut ended, 1, Kind::Fail, Call::asked(RegisterOp::Read));
    for (history, why) in [
        (unanswered, "Tag(1) has an operation done without an answer"),
        (twice, "process 1 invokes an operation while its operation #0 is open"),
        (ended, "process 1 has no operation that could end"),
    ] {
        let refused = register().judge(&history).expect_err("it is none");
        assert_eq!((refused.is_violation(), refused.why()), (false, why));
    }
}

/// An operation in words of its own, about which two specifications have something to say.
#[derive(Clone, Debug)]
struct Counted {
    value: u64,
    is_read: bool,
}

impl Judged<Register<u64>> for Counted {
    fn call(&self) -> Op {
        if self.is_read {
            Call::answered(RegisterOp::Read, RegisterRet::Value(self.value))
        } else {
            Call::answered(RegisterOp::Write(self.value), RegisterRet::Written)
        }
    }
}

impl Judged<CasRegister<u64>> for Counted {
    fn call(&self) -> Call<CasOp<u64>, CasRet<u64>> {
        if self.is_read {
            Call::answered(CasOp::Read, CasRet::Value(self.value))
        } else {
            Call::answered(CasOp::Cas { from: self.value - 1, to: self.value }, CasRet::Swapped(true))
        }
    }
}

#[test]
fn an_application_may_have_words_of_its_own() {
    let mut history = History::new();
    for (client, (value, is_read)) in (0..).zip([(1, false), (3, false), (3, true)]) {
        record(&mut history, client, Kind::Invoke, Counted { value, is_read });
        record(&mut history, client, Kind::Ok, Counted { value, is_read });
    }
    assert_eq!(register().judge(&history), Ok(()));
    let counter = Linearizable::new(CasRegister { initial: 0 });
    assert!(counter.judge(&history).is_err(), "2 was left out");
}

/// Each process of the application is one of the history that is judged, with its operations in their order.
#[test]
fn processes_and_outcomes_stay_what_they_are() {
    let mut rng = Rng::new(3);
    let (mut history, mut open, mut outcomes) = (History::new(), vec![None; 9], vec![0; 3]);
    let (mut begun, mut retired) = (Vec::new(), [false; 9]);
    for value in 0..2_000 {
        let client = rng.below(9);
        let at = usize::try_from(client).expect("small");
        if retired[at] {
            continue;
        }
        let Some(asked) = open[at].take() else {
            begun.push((client, value));
            record(&mut history, client, Kind::Invoke, Call::asked(RegisterOp::Write(value)));
            open[at] = Some(value);
            continue;
        };
        let op = RegisterOp::Write(asked);
        match rng.below(200) {
            0 => {
                record(&mut history, client, Kind::Info, Call::asked(op));
                (retired[at], outcomes[2]) = (true, outcomes[2] + 1);
            }
            1..40 => {
                record(&mut history, client, Kind::Fail, Call::asked(op));
                outcomes[1] += 1;
            }
            _ => {
                record(&mut history, client, Kind::Ok, Call::answered(op, RegisterRet::Written));
                outcomes[0] += 1;
            }
        }
    }
    let judged = history.judged::<Register<u64>>().expect("a history");
    let seen = judged.operations().iter().map(|operation| match operation.op {
        RegisterOp::Write(value) => (operation.process, value),
        RegisterOp::Read => unreachable!("nobody reads"),
    });
    assert_eq!(seen.collect::<Vec<_>>(), begun);
    let count = |is: fn(&Outcome<RegisterRet<u64>>) -> bool| {
        judged.operations().iter().filter(|operation| is(&operation.outcome)).count()
    };
    let still_open = open.iter().flatten().count();
    let counted = [
        count(|outcome| matches!(outcome, Outcome::Returned(_))),
        count(|outcome| matches!(outcome, Outcome::Failed)),
        count(|outcome| matches!(outcome, Outcome::Unknown)) - still_open,
    ];
    println!("{outcomes:?}, {still_open} open");
    assert_eq!(counted.to_vec(), outcomes);
    assert!(outcomes.iter().all(|count| *count > 0));
}
