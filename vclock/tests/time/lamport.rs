use quorate_vclock::{Lamport, LamportStamp, Overflow};

use crate::{checks, reached};

#[test]
fn stamps_rise_along_happened_before() {
    reached(checks::lamport::stamps_rise_along_happened_before());
}

#[test]
fn the_last_time_is_used_once_and_then_refused() {
    let mut clock = Lamport::after(u64::MAX - 1);
    assert_eq!(clock.tick(), Ok(u64::MAX));
    assert_eq!(clock.tick(), Err(Overflow));
    assert_eq!(clock.observe(3), Err(Overflow));
    assert_eq!(clock, Lamport::after(u64::MAX), "nothing has changed");
}

#[test]
fn a_received_time_without_a_successor_changes_nothing() {
    let mut clock = Lamport::after(7);
    assert_eq!(clock.observe(u64::MAX), Err(Overflow));
    assert_eq!(clock.tick(), Ok(8));
    assert_eq!(clock.observe(u64::MAX - 1), Ok(u64::MAX));
}

#[test]
fn a_lower_time_received_is_still_an_event() {
    let mut clock = Lamport::after(7);
    assert_eq!(clock.observe(3), Ok(8));
    assert_eq!(clock.observe(8), Ok(9));
    assert_eq!(clock.time(), 9);
}

#[test]
fn times_come_before_actors_in_the_total_order() {
    assert!(LamportStamp::new(1, "z") < LamportStamp::new(2, "a"));
    assert!(LamportStamp::new(2, "a") < LamportStamp::new(2, "b"));
    assert!(LamportStamp::new(9, 1_u64) < LamportStamp::new(9, 256), "actors compare as numbers");
}
