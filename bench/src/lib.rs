#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

pub mod cpu;
pub mod raft;
pub mod sim;
