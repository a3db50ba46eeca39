//! Clocks that tell a time: Lamport's, and hybrid ones.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod checks;
mod hlc;
mod lamport;

/// Prints what a check has reached.
fn reached(check: Result<String, String>) {
    println!("{}", check.unwrap_or_else(|broken| panic!("{broken}")));
}
