//! Causal delivery, stability, and the machine that broadcasts.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod checks;

use quorate_vclock::{
    CausalBuffer, CausalMessage, Dot, MatrixClock, MemberError, NotRetired, NotStable, Received, VClock,
};

/// Prints what a check has reached.
fn reached(check: Result<String, String>) {
    println!("{}", check.unwrap_or_else(|broken| panic!("{broken}")));
}

#[test]
fn delivery_is_a_linear_extension() {
    reached(checks::delivery_is_a_linear_extension());
}

#[test]
fn missing_is_what_is_lacking() {
    reached(checks::missing_is_what_is_lacking());
}

#[test]
fn stable_is_what_every_row_has() {
    reached(checks::stable_is_what_every_row_has());
}

fn message(actor: &str, counter: u64, after: &[(&str, u64)]) -> CausalMessage<String, ()> {
    let after = after.iter().map(|(actor, counter)| ((*actor).to_owned(), *counter)).collect();
    CausalMessage { dot: Dot::new(actor.to_owned(), counter).expect("counted from 1"), after, payload: () }
}

fn missing(buffer: &CausalBuffer<String, ()>) -> Vec<String> {
    buffer.missing().map(|range| range.to_string()).collect()
}

#[test]
fn a_full_buffer_gives_the_message_back_and_changes_nothing() {
    let mut buffer = CausalBuffer::new(1);
    assert_eq!(buffer.receive(message("a", 2, &[]), drop), Ok(Received::Waiting));
    let before = buffer.clone();
    let full = buffer.receive(message("a", 3, &[]), drop).expect_err("one waits already");
    assert_eq!((full.message, full.waiting_max), (message("a", 3, &[]), 1));
    assert_eq!(buffer, before);
    // What need not wait finds a place, and makes room.
    assert_eq!(buffer.receive(message("a", 1, &[]), drop), Ok(Received::Delivered(2)));
    assert_eq!(buffer.receive(message("a", 3, &[]), drop), Ok(Received::Delivered(1)));
}

#[test]
fn nonsense_and_repetitions_are_ignored() {
    let mut buffer = CausalBuffer::new(10);
    assert_eq!(buffer.receive(message("a", 1, &[("a", 1)]), drop), Ok(Received::Nonsense));
    assert_eq!(buffer.receive(message("a", 1, &[("a", 7)]), drop), Ok(Received::Nonsense));
    assert_eq!(buffer.receive(message("b", 1, &[("a", 1)]), drop), Ok(Received::Waiting));
    assert_eq!(buffer.receive(message("b", 1, &[("a", 1)]), drop), Ok(Received::Duplicate));
    assert_eq!(buffer.receive(message("a", 1, &[]), drop), Ok(Received::Delivered(2)));
    assert_eq!(buffer.receive(message("b", 1, &[("a", 1)]), drop), Ok(Received::Duplicate));
}

#[test]
fn missing_names_the_ranges_between_those_that_wait() {
    let mut buffer = CausalBuffer::new(10);
    for counter in [3, 4, 7] {
        assert_eq!(buffer.receive(message("a", counter, &[("b", 2)]), drop), Ok(Received::Waiting));
    }
    assert_eq!(missing(&buffer), ["a:1..=2", "a:5..=6", "b:1..=2"]);
    assert_eq!(buffer.forget(&"a".to_owned()), 3);
    assert_eq!((missing(&buffer), buffer.len()), (vec![], 0));
}

#[test]
fn a_state_that_is_handed_over_frees_what_waited_for_it() {
    let mut buffer = CausalBuffer::new(10);
    let mut delivered = Vec::new();
    for early in [message("a", 3, &[]), message("b", 2, &[("a", 3)]), message("c", 1, &[("d", 1)])] {
        assert_eq!(buffer.receive(early, drop), Ok(Received::Waiting));
    }
    let cut = VClock::from([("a".to_owned(), 2), ("b".to_owned(), 1)]);
    assert_eq!(buffer.skip_to(&cut, |message| delivered.push(message.dot.to_string())), 2);
    assert_eq!(delivered, ["a:3", "b:2"]);
    assert_eq!((missing(&buffer), buffer.len()), (vec!["d:1..=1".to_owned()], 1));
}

#[test]
fn the_last_counter_is_refused_with_the_payload() {
    let mut buffer = CausalBuffer::starting(VClock::from([("a", u64::MAX)]), 1);
    let before = buffer.clone();
    assert_eq!(buffer.send("a", 7).expect_err("used up").payload, 7);
    assert_eq!(buffer, before);
}

#[test]
fn a_silent_member_holds_everything_back_until_it_is_removed() {
    let mut matrix = MatrixClock::new(["a", "b", "c"]);
    for member in ["a", "b"] {
        assert_eq!(matrix.observe(&member, &VClock::from([("a", 5), ("b", 5)])), Ok(false));
    }
    let dot = Dot::new("a", 1).expect("counted from 1");
    assert_eq!(matrix.lagging(&dot).collect::<Vec<_>>(), [&"c"]);
    assert_eq!(matrix.remove(&"c"), Ok(VClock::new()));
    assert_eq!(*matrix.stable(), VClock::from([("a", 5), ("b", 5)]));
    assert_eq!(matrix.observe(&"c", &VClock::new()), Err(MemberError::NoMember));
    assert_eq!(matrix.admit("a", VClock::new()), Err(MemberError::Member));
}

#[test]
fn who_comes_late_takes_nothing_back_and_holds_back_what_is_to_come() {
    let mut matrix = MatrixClock::new(["a"]);
    matrix.observe(&"a", &VClock::from([("a", 4)])).expect("a member");
    matrix.admit("b", VClock::from([("a", 2)])).expect("new");
    assert_eq!(*matrix.stable(), VClock::from([("a", 4)]));
    matrix.observe(&"a", &VClock::from([("a", 6)])).expect("a member");
    matrix.observe(&"b", &VClock::from([("a", 3)])).expect("a member");
    assert_eq!(*matrix.stable(), VClock::from([("a", 4)]));
    assert_eq!(matrix.observe(&"b", &VClock::from([("a", 5)])), Ok(true));
    assert_eq!(*matrix.stable(), VClock::from([("a", 5)]));
}

#[test]
fn only_who_is_gone_and_seen_by_all_is_retired() {
    let mut matrix = MatrixClock::new(["a", "b", "x"]);
    let last = Dot::new("x", 2).expect("counted from 1");
    assert_eq!(matrix.retirement(last), Err(NotStable::Member));
    matrix.remove(&"x").expect("a member");
    matrix.observe(&"a", &VClock::from([("x", 2)])).expect("a member");
    assert_eq!(matrix.retirement(last), Err(NotStable::Lagging { member: "b", seen: 0 }));
    matrix.observe(&"b", &VClock::from([("x", 2)])).expect("a member");
    let proof = matrix.retirement(last).expect("both have seen it");

    let mut clock = VClock::from([("a", 1), ("x", 2)]);
    let whole = clock.clone();
    assert_eq!(clock.retire(&proof), Ok(()));
    assert_eq!(clock, VClock::from([("a", 1)]));
    assert_eq!(clock.retire(&proof), Err(NotRetired::Earlier { seen: 0, last: 2 }));
    assert_eq!(clock.reinstate(&proof), Ok(()));
    assert_eq!(clock, whole);
    let mut later = VClock::from([("x", 3)]);
    assert_eq!(later.retire(&proof), Err(NotRetired::Later { seen: 3, last: 2 }));
    assert_eq!(later, VClock::from([("x", 3)]));

    matrix.observe(&"b", &VClock::from([("x", 3)])).expect("a member");
    assert_eq!(matrix.retirement(last), Err(NotStable::Later { member: "b", seen: 3 }));
    assert_eq!(MatrixClock::new([]).retirement(last), Err(NotStable::NoMembers));
}
