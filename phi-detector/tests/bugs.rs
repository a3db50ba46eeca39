//! Every seeded bug is caught: `RUSTFLAGS="--cfg quorate_bugs" cargo test -p quorate-phi-detector --test bugs`.
#![cfg(quorate_bugs)]
#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "a test says what it reached, and takes what it needs of the checks"
)]

#[path = "statistics/accounting.rs"]
mod accounting;
#[path = "statistics/lateness.rs"]
mod lateness;
#[path = "statistics/proportions.rs"]
mod proportions;
#[path = "statistics/synthetic.rs"]
mod synthetic;

use std::panic;

use quorate_phi_detector::Bug;

/// What must hold, and what it reached; or what does not hold.
type Check = fn() -> Result<String, String>;

/// Each bug, and what catches it.
const TABLE: &[(Bug, &str, Check)] = &[
    (
        Bug::AliveAfterCrash,
        "quality_is_what_each_nanosecond_says",
        accounting::quality_is_what_each_nanosecond_says,
    ),
    (
        Bug::DetectedAtOnce,
        "quality_is_what_each_nanosecond_says",
        accounting::quality_is_what_each_nanosecond_says,
    ),
    (
        Bug::RecurrenceFromTrust,
        "quality_is_what_each_nanosecond_says",
        accounting::quality_is_what_each_nanosecond_says,
    ),
    (
        Bug::JudgedInHindsight,
        "heartbeats_are_late_where_the_horizon_was",
        lateness::heartbeats_are_late_where_the_horizon_was,
    ),
    (Bug::StaleIsATrial, "stale_heartbeats_are_no_trials", lateness::stale_heartbeats_are_no_trials),
    (
        Bug::RiskTakenTwice,
        "limits_hold_as_often_as_they_claim",
        proportions::limits_hold_as_often_as_they_claim,
    ),
    (
        Bug::LossForgets,
        "losses_and_stalls_are_as_frequent_as_they_say",
        synthetic::losses_and_stalls_are_as_frequent_as_they_say,
    ),
];

/// What the check says with the bug planted; a panic is a finding, too.
fn outcome(check: Check) -> Result<String, String> {
    panic::catch_unwind(check).unwrap_or_else(|_| Err("it panicked".into()))
}

#[test]
fn every_seeded_bug_is_caught() {
    let mut missed = vec![];
    for &(bug, name, check) in TABLE {
        Bug::plant(None);
        let whole = outcome(check);
        assert!(whole.is_ok(), "{name} finds {whole:?} where no bug is planted");
        Bug::plant(Some(bug));
        match outcome(check) {
            Ok(_) => missed.push((bug, name)),
            Err(found) => println!("{bug:?}: {name}: {}", found.chars().take(160).collect::<String>()),
        }
        Bug::plant(None);
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
