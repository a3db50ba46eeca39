//! Clocks other than vectors: Lamport's, hybrid ones, interval trees, Bloom clocks.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says what it reached, and fails loudly"
)]

mod bloom;
mod checks;
mod hlc;
mod itc;
mod lamport;
mod serial;

/// Prints what a check has reached.
fn reached(check: Result<String, String>) {
    println!("{}", check.unwrap_or_else(|broken| panic!("{broken}")));
}
