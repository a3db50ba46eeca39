//! Clocks as bytes, as JSON and as text, and logs.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what it reached, and fails loudly"
)]

mod bytes;
mod executions;
mod fuzz_corpus;
mod golden;
mod json;
mod laws;
mod logs;
#[path = "../../../fuzz/src/replay.rs"]
mod replay;
mod serial;
mod shiviz;
#[path = "../../../fuzz/src/vclock.rs"]
mod vclock;
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
fn contexts_come_back() {
    reached(bytes::contexts_come_back());
}

#[test]
fn a_length_is_what_is_written() {
    reached(bytes::a_length_is_what_is_written());
}

#[test]
fn exactly_what_cannot_happen_is_broken() {
    reached(logs::exactly_what_cannot_happen_is_broken());
}

#[test]
fn one_changed_entry_is_noticed() {
    reached(logs::one_changed_entry_is_noticed());
}

#[test]
fn a_log_is_read_as_it_was_written() {
    reached(logs::a_log_is_read_as_it_was_written());
}

#[test]
fn messages_are_what_clocks_tell() {
    reached(logs::messages_are_what_clocks_tell());
}
