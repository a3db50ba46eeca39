//! Objects whose kind is chosen when the program runs.

use quorate_consistency::{
    Growth, Nondeterministic as _,
    format::{Entry, Kind, Mistake, Object, ObjectKind, ObjectOp, ObjectRet, Recorded as _, Value},
};

/// An operation that each kind has, and what it returns.
fn sample(kind: ObjectKind) -> (&'static str, Value, Value) {
    let (one, none) = (Value::Int(1), Value::Nil);
    match kind {
        ObjectKind::Register | ObjectKind::CasRegister => ("read", none.clone(), none),
        ObjectKind::MultiRegister => ("read", Value::Map(Vec::new()), Value::Map(Vec::new())),
        ObjectKind::Mutex => ("acquire", none.clone(), none),
        ObjectKind::Queue | ObjectKind::UnorderedQueue => ("enqueue", one.clone(), one),
        ObjectKind::Stack => ("push", one.clone(), one),
        ObjectKind::Kv => ("get", none.clone(), none),
        ObjectKind::List | ObjectKind::Log => ("append", one, Value::Int(0)),
        _ => ("add", one.clone(), one),
    }
}

fn asked(object: &Object, kind: ObjectKind) -> (ObjectOp, ObjectRet) {
    let (f, value, returned) = sample(kind);
    let entry = |kind, value| Entry {
        line: 1,
        process: 0,
        kind,
        f: f.to_owned(),
        value,
        key: Some(Value::Text("k".to_owned())),
    };
    let op = object.op(&entry(Kind::Invoke, value)).unwrap();
    let ret = object.ret(&op, &entry(Kind::Ok, returned)).unwrap();
    (op, ret)
}

#[test]
fn what_is_of_another_kind_is_legal_nowhere() {
    let objects: Vec<_> = ObjectKind::ALL.map(|kind| (kind, Object::new(kind, None).unwrap())).into();
    let mut refused = 0;
    for (kind, object) in &objects {
        let (op, ret) = asked(object, *kind);
        let state = object.init(&object.key(&op));
        let after = |object: &Object, op: &ObjectOp, ret: Option<&ObjectRet>| {
            let mut next = Vec::new();
            object.step_all(&state, op, ret, &mut next);
            next.len()
        };
        assert_eq!((after(object, &op, Some(&ret)), after(object, &op, None)), (1, 1), "{kind:?}");
        assert!(object.same(&op, &op) && object.shown_key(&object.key(&op)).is_some(), "{kind:?}");
        for (other_kind, other) in objects.iter().filter(|(other, _)| other != kind) {
            let (foreign, returned) = asked(other, *other_kind);
            for ret in [None, Some(&ret), Some(&returned)] {
                assert_eq!(after(object, &foreign, ret), 0, "{kind:?} {other_kind:?}");
            }
            assert_eq!(after(object, &op, Some(&returned)), 0, "{kind:?} {other_kind:?}");
            assert_eq!(after(other, &op, Some(&ret)), 0, "{kind:?} {other_kind:?}");
            assert!(!object.same(&op, &foreign) && !object.is_read_only(&foreign, None));
            assert_eq!(object.growth(&foreign, Some(&returned)), Growth::Other);
            assert!(
                object.may_show(&state, &foreign, &returned) && object.may_show_after(&foreign, &op, &ret)
            );
            let key = object.key(&foreign);
            assert_eq!((object.shown_key(&key), object.shown(&object.init(&key))), (None, Value::Nil));
            assert_eq!(object.decide(&key, &[]), None);
            assert_eq!(object.refused(&foreign), None);
            refused += 1;
        }
    }
    println!("{refused} pairs of kinds");
    assert_eq!(refused, 13 * 12);
}

#[test]
fn a_first_value_fits_its_kind_or_is_refused() {
    let text = Value::Text("a".to_owned());
    for kind in ObjectKind::ALL {
        assert_eq!(ObjectKind::named(kind.name()), Some(kind));
        assert!(Object::new(kind, None).is_ok());
        let fitting: &[Value] = match kind {
            ObjectKind::Register | ObjectKind::CasRegister => {
                &[Value::Nil, Value::Int(1), text.clone(), Value::Map(Vec::new())]
            }
            ObjectKind::MultiRegister => &[Value::Map(Vec::new())],
            ObjectKind::Counter => &[Value::Int(1)],
            ObjectKind::Kv => &[Value::Nil, text.clone()],
            _ => &[],
        };
        for init in [Value::Nil, Value::Int(1), text.clone(), Value::Map(Vec::new())] {
            match Object::new(kind, Some(&init)) {
                Ok(_) => assert!(fitting.contains(&init), "{kind:?} {init}"),
                Err(wrong) => {
                    assert!(!fitting.contains(&init), "{kind:?} {init}");
                    assert_eq!(wrong.kind, kind);
                    assert!(wrong.to_string().contains(kind.name()), "{wrong}");
                }
            }
        }
    }
    assert_eq!(ObjectKind::named("registers"), None);
}

#[test]
fn another_end_than_that_of_its_operation_is_a_mistake() {
    let [mutex, stack] = [ObjectKind::Mutex, ObjectKind::Stack].map(|kind| Object::new(kind, None).unwrap());
    let (acquire, _) = asked(&mutex, ObjectKind::Mutex);
    let entry =
        Entry { line: 1, process: 0, kind: Kind::Ok, f: "pop".to_owned(), value: Value::Nil, key: None };
    assert_eq!(stack.ret(&acquire, &entry), Err(Mistake::OtherOperation));
}
