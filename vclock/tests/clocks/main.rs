//! Vector clocks.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod checks;

/// Prints what a check has reached.
fn reached(check: Result<String, String>) {
    println!("{}", check.unwrap_or_else(|broken| panic!("{broken}")));
}

#[test]
fn comparing_is_what_entries_say() {
    reached(checks::comparing_is_what_entries_say());
}

#[test]
fn a_merge_is_the_least_upper_bound() {
    reached(checks::a_merge_is_the_least_upper_bound());
}
