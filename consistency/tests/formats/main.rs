//! Recorded histories: every format there and back, what of others is understood, and what no input may do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail loudly, too, and a test says what it reached"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../fuzz/src/history.rs"]
mod history;
#[path = "../../../fuzz/src/replay.rs"]
mod replay;

mod fuzz_corpus;
mod generated;
mod hostile;
mod independent;
mod native;
mod object;
mod sessions;
mod versions;
