//! Transactions.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail loudly, too, and a test says what it reached"
)]

#[path = "../common/browser.rs"]
mod browser;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/executions.rs"]
mod executions;
mod generated;
mod isolation;
mod long;
#[path = "../common/orders.rs"]
mod orders;
mod page;
#[path = "../common/proofs.rs"]
mod proofs;
mod recorded;
mod registers;
#[path = "../common/rw.rs"]
mod rw;
mod solver;
#[path = "../common/stores.rs"]
mod stores;
mod valued;
#[path = "../common/workloads.rs"]
mod workloads;
