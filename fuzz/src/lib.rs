#![doc = include_str!("../README.md")]

pub mod hashring;
pub mod history;
pub mod kv;
pub mod phi;
pub mod raft;
pub mod sim;
pub mod vclock;
pub mod wire;

/// Borrowed, because the decoder of requests is private to its crate and reads numbers with it.
#[path = "../../kv/src/number.rs"]
#[allow(dead_code, reason = "the decoder uses one half of it")]
mod number;
