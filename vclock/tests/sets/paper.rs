//! Dotted version vectors (Preguiça et al. 2012): what each operation is for, and what other designs get wrong.

use quorate_vclock::{Causality, Dot, Siblings, UpdateError, VClock};

type Key = Siblings<&'static str, &'static str>;

fn put(key: &mut Key, context: &VClock<&'static str>, at: &'static str, value: &'static str) -> String {
    key.update(context, at, value).expect("nothing has been forgotten").to_string()
}

fn clock<const N: usize>(entries: [(&'static str, u64); N]) -> VClock<&'static str> {
    VClock::from(entries)
}

/// A key that has been written as `writes` say: the context's count of `a`, and the value.
fn written<const N: usize>(writes: [(u64, &'static str); N]) -> Key {
    let mut key = Key::new();
    for (seen, value) in writes {
        put(&mut key, &clock([("a", seen)]), "a", value);
    }
    key
}

fn synced(left: &Key, right: &Key) -> Key {
    let (mut one, mut other) = (left.clone(), right.clone());
    one.sync(right);
    other.sync(left);
    assert_eq!(one, other, "syncing is the same from both sides");
    one
}

#[test]
fn what_was_not_read_becomes_a_sibling() {
    let mut key = Key::new();
    assert_eq!(put(&mut key, &clock([]), "a", "v1"), "a:1");
    assert_eq!(put(&mut key, &clock([]), "a", "v2"), "a:2");
    assert_eq!(key.to_string(), "{a:2(v1, v2)}");
    assert_eq!(put(&mut key, &clock([("a", 1)]), "a", "v3"), "a:3");
    assert_eq!(key.to_string(), "{a:3(v2, v3)}");
    assert_eq!(key.context(), clock([("a", 3)]));
    let dots: Vec<_> = key.iter().map(|(dot, value)| (dot.to_string(), *value)).collect();
    assert_eq!(dots, [("a:2".to_owned(), "v2"), ("a:3".to_owned(), "v3")]);
}

#[test]
fn who_has_read_all_overwrites_all() {
    let mut key = written([(0, "v1"), (0, "v2")]);
    let read = key.context();
    put(&mut key, &read, "b", "v3");
    assert_eq!(key.to_string(), "{a:2, b:1(v3)}");
}

#[test]
fn a_context_may_know_more_than_the_replica() {
    let mut key = written([(0, "v1")]);
    // The client has read at `b` what has not come to `a` yet.
    put(&mut key, &clock([("a", 1), ("b", 4)]), "a", "v2");
    assert_eq!(key.to_string(), "{a:2(v2), b:4}");
}

#[test]
fn syncing_an_older_stage_changes_nothing() {
    let (older, newer) = (written([(0, "v1")]), written([(0, "v1"), (1, "v2")]));
    assert_eq!(synced(&older, &newer), newer);
    assert_eq!(synced(&newer, &newer), newer);
    assert_eq!(synced(&Key::new(), &newer), newer);
    assert_eq!(older.compare(&newer), Causality::Before);
    assert_eq!(newer.compare(&older), Causality::After);
    assert_eq!(newer.compare(&newer), Causality::Equal);
}

#[test]
fn syncing_keeps_what_one_side_has_not_seen() {
    let first = written([(0, "v1")]);
    let (mut left, mut right) = (first.clone(), first.clone());
    put(&mut left, &first.context(), "a", "v2");
    put(&mut right, &first.context(), "b", "v3");
    assert_eq!(left.compare(&right), Causality::Concurrent);
    let mut both = synced(&left, &right);
    assert_eq!(both.to_string(), "{a:2(v2), b:1(v3)}");
    // Both have discarded v1: it does not come back.
    assert_eq!(synced(&both, &first), both);
    let read = both.context();
    put(&mut both, &read, "a", "v4");
    assert_eq!(both.to_string(), "{a:3(v4), b:1}");
}

#[test]
fn syncing_drops_what_either_side_has_discarded() {
    let older = written([(0, "v1"), (0, "v2"), (0, "v3")]);
    let mut newer = older.clone();
    put(&mut newer, &clock([("a", 2)]), "a", "v4");
    assert_eq!(newer.to_string(), "{a:4(v3, v4)}");
    assert_eq!(synced(&older, &newer).to_string(), "{a:4(v3, v4)}");
    let mut cut = older.clone();
    cut.discard(&clock([("a", 3)]));
    assert_eq!(synced(&cut, &newer).to_string(), "{a:4(v4)}");
}

#[test]
fn the_last_writer_is_the_same_everywhere() {
    let mut key = written([(0, "5 o'clock"), (0, "7 o'clock")]);
    put(&mut key, &clock([]), "b", "6 o'clock");
    let last = key.last_by(Ord::cmp).map(|(dot, value)| (dot.to_string(), *value));
    assert_eq!(last, Some(("a:2".to_owned(), "7 o'clock")));
    let tied = key.last_by(|left, right| left.len().cmp(&right.len())).map(|(dot, _)| dot.to_string());
    assert_eq!(tied.as_deref(), Some("b:1"), "of equal ones the greatest dot");
    assert_eq!(Key::new().last_by(Ord::cmp), None);
}

#[test]
fn resolving_is_a_write() {
    let mut key = written([(0, "x"), (0, "y")]);
    let unresolved = key.clone();
    let dot = key.resolve("b", |key| key.values().copied().max().unwrap_or("nothing"));
    assert_eq!(dot, Ok(Dot::new("b", 1).unwrap()));
    assert_eq!(key.to_string(), "{a:2, b:1(y)}");
    assert_eq!(synced(&unresolved, &key), key, "what it was made of is gone everywhere");
}

#[test]
fn values_can_be_counted_and_changed() {
    let mut key = written([(0, "x"), (0, "y")]);
    put(&mut key, &clock([]), "b", "z");
    assert_eq!((key.len(), key.is_empty()), (3, false));
    assert_eq!(key.values().collect::<Vec<_>>(), [&"x", &"y", &"z"]);
    let lengths = key.clone().map(str::len);
    assert_eq!(lengths.to_string(), "{a:2(1, 1), b:1(1)}");
    assert_eq!(lengths.context(), key.context());
    assert_eq!(key.into_values().collect::<String>(), "xyz");
}

#[test]
fn two_writes_of_one_server_with_one_context_are_both_kept() {
    // A register whose writes are told apart by a version vector per server loses one of them, and which one depends on the
    // order of merging.
    let mut at_server = Key::new();
    put(&mut at_server, &clock([]), "s", "x");
    let earlier = at_server.clone();
    put(&mut at_server, &clock([]), "s", "y");
    let both = synced(&earlier, &at_server);
    assert_eq!(both.to_string(), "{s:2(x, y)}");
}

#[test]
fn a_refused_write_comes_back() {
    let mut key = Key::new();
    key.discard(&clock([("a", u64::MAX)]));
    let before = key.clone();
    let refused = key.update(&clock([]), "a", "v").unwrap_err();
    assert_eq!(refused, UpdateError::Overflow { value: "v" });
    assert_eq!(refused.into_value(), "v");
    let refused = key.update(&clock([("b", 3)]), "b", "v").unwrap_err();
    assert_eq!(refused, UpdateError::Amnesia { value: "v", held: 0, named: 3 });
    assert_eq!(key, before);
}

#[test]
fn a_deleted_value_stays_deleted() {
    let mut replicas = [written([(0, "v1")]), written([(0, "v1")])];
    let read = replicas[0].context();
    replicas[0].discard(&read);
    assert!(replicas[0].is_empty());
    assert_eq!(replicas[0].context(), read, "it is remembered that there was something");
    assert!(synced(&replicas[0], &replicas[1]).is_empty());
    // What was written meanwhile has not been deleted.
    put(&mut replicas[1], &read, "b", "v2");
    assert_eq!(synced(&replicas[0], &replicas[1]).to_string(), "{a:1, b:1(v2)}");
}

#[test]
fn a_late_tombstone_does_not_bury_a_new_write() {
    // Two primaries and a fallback hold five writes, then a tombstone; primaries reap the key, and it is written again.
    let mut fallback = Siblings::new();
    for value in 1..=5 {
        fallback.update(&fallback.context(), ("a", 0), Some(value)).unwrap();
    }
    let tombstone = fallback.update(&fallback.context(), ("a", 0), None);
    assert_eq!(tombstone, Ok(Dot::new(("a", 0), 6).unwrap()));
    let mut primary = Siblings::new();
    primary.update(&VClock::new(), ("a", 1), Some(6)).unwrap();
    primary.sync(&fallback);
    assert!(primary.values().any(|value| *value == Some(6)), "{primary:?}");

    // Under the old name the new write has a dot that the tombstone has seen.
    let mut forgetful = Siblings::new();
    forgetful.update(&VClock::new(), ("a", 0), Some(6)).unwrap();
    assert!(
        forgetful.remembers(&("a", 0), &fallback.context()).is_err(),
        "and this can be told before the sync"
    );
    forgetful.sync(&fallback);
    assert!(forgetful.values().all(Option::is_none), "{forgetful:?}");
}
