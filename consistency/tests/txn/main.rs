//! Transactions.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail loudly, too, and a test says what it reached"
)]

#[path = "../common/mod.rs"]
mod common;
mod generated;
mod long;
mod recorded;
mod registers;
#[path = "../common/rw.rs"]
mod rw;
#[path = "../common/stores.rs"]
mod stores;
mod valued;
#[path = "../common/workloads.rs"]
mod workloads;
