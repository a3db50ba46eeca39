//! Values come back from JSON and from postcard, and nothing else comes out of them.

use core::fmt::Debug;
use std::collections::BTreeMap;

use quorate_machine::NodeId;
use quorate_vclock::{CausalContext, Causality, DenseClock, Dot, DotRange, Siblings, VClock};
use serde::{Serialize, de::DeserializeOwned};

/// Goes through JSON, JSON's tree and postcard, and comes back as it was.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, json: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(serde_json::from_str::<T>(json).as_ref().unwrap(), value);
    let tree = serde_json::to_value(value).unwrap();
    assert_eq!(&serde_json::from_value::<T>(tree).unwrap(), value);
    let bytes = postcard::to_allocvec(value).unwrap();
    assert_eq!(&postcard::from_bytes::<T>(&bytes).unwrap(), value);
}

#[test]
fn values_come_back() {
    let named: VClock<String> = [("b".to_owned(), 2), ("a".to_owned(), 1)].into();
    comes_back(&named, r#"{"a":1,"b":2}"#);
    // The tree sorts its keys as text: 10 before 9.
    comes_back(&VClock::from([(9_u64, 1), (10, u64::MAX)]), r#"{"9":1,"10":18446744073709551615}"#);
    comes_back(&VClock::from([(NodeId(3), 4)]), r#"{"3":4}"#);
    comes_back(&VClock::<u8>::new(), "{}");
    comes_back(&Dot::new(7_u8, 3).unwrap(), r#"{"actor":7,"counter":3}"#);
    comes_back(&DotRange::new(7_u8, 3, 3).unwrap(), r#"{"actor":7,"first":3,"last":3}"#);
    comes_back(&Causality::Concurrent, r#""concurrent""#);
    let mut many = DenseClock::<40>::new();
    many.increment(39).unwrap();
    comes_back(&many, &format!("[{}1]", "0,".repeat(39)));
    let mut short = VClock::from([(1_u8, 5), (2, 1), (3, 3)]);
    let pruned = short.truncate_lossy(1, |dot| dot.counter);
    comes_back(&pruned, r#"{"dropped":{"2":1,"3":3}}"#);
}

#[test]
fn contexts_come_back_and_nothing_else() {
    let dots = [(7, 1), (7, 2), (7, 4), (7, 64), (7, 65), (9, 3)];
    let context: CausalContext<u8> = dots.into_iter().filter_map(|(actor, at)| Dot::new(actor, at)).collect();
    comes_back(&context, r#"{"7":{"floor":2,"above":[4,64,65]},"9":{"floor":0,"above":[3]}}"#);
    let last = CausalContext::from_iter(Dot::new(7_u8, u64::MAX));
    comes_back(&last, r#"{"7":{"floor":0,"above":[18446744073709551615]}}"#);
    for wrong in [
        r#"{"7":{"floor":0,"above":[]}}"#,
        r#"{"7":{"floor":2,"above":[3]}}"#,
        r#"{"7":{"floor":2,"above":[5,4]}}"#,
        r#"{"7":{"floor":2,"above":[4,4]}}"#,
    ] {
        assert!(refused::<CausalContext<u8>>(wrong).contains("that leave a gap and rise"), "{wrong}");
    }
    let twice = r#"{"7":{"floor":2,"above":[]},"7":{"floor":3,"above":[]}}"#;
    assert!(refused::<CausalContext<u8>>(twice).contains("an actor comes twice"));
    assert!(postcard::from_bytes::<CausalContext<u8>>(&[2, 9, 1, 0, 7, 1, 0]).is_err(), "9 before 7");
}

#[test]
fn siblings_come_back_and_nothing_else() {
    let mut key = Siblings::new();
    for value in ["x", "y"] {
        key.update(&VClock::new(), 7_u8, value.to_owned()).unwrap();
    }
    let read = key.context();
    key.update(&VClock::new(), 9, "z".to_owned()).unwrap();
    key.update(&read, 7, "w".to_owned()).unwrap();
    comes_back(&key, r#"{"7":{"seen":3,"values":["w"]},"9":{"seen":1,"values":["z"]}}"#);
    assert!(
        refused::<Siblings<u8, u8>>(r#"{"7":{"seen":1,"values":[1,2]}}"#).contains("no more values than")
    );
    assert!(refused::<Siblings<u8, u8>>(r#"{"7":{"seen":0,"values":[]}}"#).contains("nonzero"));
    let twice = r#"{"7":{"seen":1,"values":[]},"7":{"seen":1,"values":[]}}"#;
    assert!(refused::<Siblings<u8, u8>>(twice).contains("an actor comes twice"));
}

fn refused<T: DeserializeOwned + Debug>(json: &str) -> String {
    serde_json::from_str::<T>(json).unwrap_err().to_string()
}

#[test]
fn what_does_not_hold_together_is_refused() {
    assert!(refused::<VClock<String>>(r#"{"a":0}"#).contains("nonzero"));
    assert!(refused::<VClock<String>>(r#"{"a":1,"b":1,"a":2}"#).contains("an actor comes twice"));
    assert!(refused::<VClock<String>>(r#"{"a":-1}"#).contains("invalid value"));
    assert!(refused::<VClock<u8>>(r#"{"256":1}"#).contains("expected u8"));
    assert!(refused::<Dot<u8>>(r#"{"actor":1,"counter":0}"#).contains("nonzero"));
    assert!(refused::<DotRange<u8>>(r#"{"actor":1,"first":3,"last":2}"#).contains("before the first"));
    assert!(refused::<DenseClock<2>>("[1]").contains("expected 2 counters"));
    assert!(refused::<DenseClock<2>>("[1,2,3]").contains("trailing characters"));
    let zero = postcard::to_allocvec(&BTreeMap::from([(1_u8, 0_u64)])).unwrap();
    assert!(postcard::from_bytes::<VClock<u8>>(&zero).is_err());
    // A count that the bytes cannot hold makes no room for itself.
    assert!(postcard::from_bytes::<VClock<u64>>(&[0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1]).is_err());
}

#[test]
fn json_has_no_order() {
    let clock: VClock<String> = serde_json::from_str(r#"{"b":2,"a":1}"#).unwrap();
    assert_eq!(clock.to_string(), "{a:1, b:2}");
}
