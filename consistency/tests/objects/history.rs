//! What is no history is refused, and changes nothing; intervals become events.

use quorate_consistency::{
    Event, History, HistoryBuilder, Interval, Malformed, OpId, Outcome, Verdict, check,
    spec::{Register, RegisterOp, RegisterRet},
};

type Builder = HistoryBuilder<RegisterOp<u8>, RegisterRet<u8>>;

fn ids<const N: usize>(builder: &mut Builder, processes: [u64; N]) -> [OpId; N] {
    processes.map(|process| builder.invoke(process, RegisterOp::Read).unwrap())
}

#[test]
fn a_process_has_one_operation_at_a_time() {
    let mut builder = Builder::new();
    let [open] = ids(&mut builder, [1]);
    let refused = builder.invoke(1, RegisterOp::Write(1)).unwrap_err();
    assert_eq!(refused.why, Malformed::DoubleInvoke { process: 1, open });
    assert_eq!(refused.payload, RegisterOp::Write(1), "it is given back");
    builder.ok(1, RegisterRet::Value(0)).unwrap();
    let history = builder.finish();
    assert_eq!(history.operations().len(), 1);
    assert_eq!(history.events(), [Event::Call(open), Event::Return(open)]);
}

#[test]
fn an_end_needs_a_beginning() {
    let mut builder = Builder::new();
    let not_invoked = Err(Malformed::NotInvoked { process: 7 });
    let refused = builder.ok(7, RegisterRet::Value(5)).unwrap_err();
    assert_eq!(refused.payload, RegisterRet::Value(5), "it is given back");
    assert_eq!(Err(refused.why), not_invoked);
    assert_eq!(builder.fail(7), not_invoked);
    assert_eq!(builder.info(7), not_invoked);
    let [id] = ids(&mut builder, [7]);
    assert_eq!(builder.fail(7), Ok(id));
    assert_eq!(builder.fail(7), not_invoked);
    assert_eq!(builder.finish().events(), []);
}

#[test]
fn a_process_of_unknown_outcome_is_not_used_again() {
    let mut builder = Builder::new();
    let [crashed] = ids(&mut builder, [3]);
    assert_eq!(builder.info(3), Ok(crashed));
    let refused = Err(Malformed::ProcessCrashed { process: 3, crashed });
    assert_eq!(builder.invoke(3, RegisterOp::Read).map_err(Malformed::from), refused);
    assert_eq!(builder.ok(3, RegisterRet::Written).map_err(Malformed::from), refused);
    assert_eq!(builder.info(3), refused);
    let history = builder.finish();
    assert_eq!(history.operations()[0].outcome, Outcome::Unknown);
    assert_eq!(history.events(), [Event::Call(crashed)]);
}

#[test]
fn failed_operations_keep_their_name_and_leave_the_order() {
    let mut builder = Builder::new();
    let [a, b, c] = ids(&mut builder, [1, 2, 3]);
    builder.fail(2).unwrap();
    builder.ok(3, RegisterRet::Value(0)).unwrap();
    let history = builder.finish();
    assert_eq!(history.events(), [Event::Call(a), Event::Call(c), Event::Return(c)]);
    assert_eq!(history.get(b).map(|op| op.outcome.clone()), Some(Outcome::Failed));
    assert_eq!(history.get(c).map(|op| (op.called(), op.returned())), Some((1, Some(2))));
    assert_eq!(history.get(a).map(|op| (op.called(), op.returned())), Some((0, None)));
}

fn interval(
    op: RegisterOp<u8>,
    called: u64,
    returned: Option<(u64, RegisterRet<u8>)>,
) -> Interval<RegisterOp<u8>, RegisterRet<u8>> {
    Interval { process: 0, op, called, returned }
}

#[test]
fn intervals_that_touch_are_concurrent() {
    let stale = |gap: u64| {
        History::from_intervals([
            interval(RegisterOp::Write(1), 10, Some((20, RegisterRet::Written))),
            interval(RegisterOp::Read, 20 + gap, Some((30, RegisterRet::Value(0)))),
        ])
        .unwrap()
    };
    let spec = Register { initial: 0 };
    assert!(check(&spec, &stale(0)).is_ok());
    assert!(check(&spec, &stale(1)).is_violation());
}

#[test]
fn intervals_of_no_length_at_one_instant_are_concurrent() {
    let at = |op, ret| interval(op, 5, Some((5, ret)));
    let write = |value| at(RegisterOp::Write(value), RegisterRet::Written);
    let read = |value| at(RegisterOp::Read, RegisterRet::Value(value));
    let history = History::from_intervals([read(2), write(1), read(1), write(2), read(0)]).unwrap();
    let spec = Register { initial: 0 };
    match check(&spec, &history) {
        Verdict::Ok(witness) => assert_eq!(witness.verify(&spec, &history), Ok(())),
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn intervals_are_named_by_their_call_and_never_end_early() {
    let history = History::from_intervals([
        interval(RegisterOp::Read, 9, Some((12, RegisterRet::Value(0)))),
        interval(RegisterOp::Write(1), 3, None),
    ])
    .unwrap();
    assert_eq!(history.operations()[0].op, RegisterOp::Write(1));
    assert_eq!(history.operations()[0].returned(), None);
    let backwards = History::from_intervals([
        interval(RegisterOp::Write(1), 3, None),
        interval(RegisterOp::Read, 9, Some((8, RegisterRet::Value(0)))),
    ]);
    assert_eq!(backwards, Err(Malformed::Backwards { nth: 1 }));
}
