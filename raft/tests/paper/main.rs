//! What Raft claims, each claim as a test named after its section: "Raft" is the extended version of the 2014 paper, "thesis"
//! is Ongaro's.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks only at what it is about")]

mod clients;
mod commitment;
mod elections;
mod lab;
mod reads;
mod replication;
mod snapshots;
mod stories;
