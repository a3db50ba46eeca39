//! Clocks as bytes, as JSON and as text.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what it reached, and fails loudly"
)]

mod bytes;
mod golden;
mod json;
mod laws;
mod serial;
mod words;

/// Prints what a check has reached.
fn reached(check: Result<String, String>) {
    println!("{}", check.unwrap_or_else(|broken| panic!("{broken}")));
}

#[test]
fn only_canonical_bytes_decode() {
    reached(bytes::only_canonical_bytes_decode());
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    reached(bytes::no_flipped_bit_goes_unnoticed());
}

#[test]
fn only_sorted_pairs_come_out_of_postcard() {
    reached(serial::only_sorted_pairs_come_out_of_postcard());
}

#[test]
fn what_is_shown_is_read() {
    reached(words::what_is_shown_is_read());
}

#[test]
fn a_length_is_what_is_written() {
    reached(bytes::a_length_is_what_is_written());
}
