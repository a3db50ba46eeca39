#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

pub mod cpu;
pub mod hashring;
pub mod linearizability;
pub mod phi;
pub mod raft;
pub mod sim;
pub mod transactions;
pub mod vclock;
