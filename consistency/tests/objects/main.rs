//! Single objects: linearizability of any specification, its explanations and its recorded histories.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    clippy::cast_possible_truncation,
    clippy::enum_glob_use,
    clippy::wildcard_imports,
    reason = "helpers of tests fail loudly, too, and a test says what it reached"
)]

#[path = "../common/browser.rs"]
mod browser;
#[path = "../common/mod.rs"]
mod common;
mod containers;
mod exhaustive;
mod explain;
mod generated;
mod history;
mod intervals;
mod minimize;
mod online;
mod page;
mod recorded;
mod search;
mod specs;
mod staleness;
mod unseen;
