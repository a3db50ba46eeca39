//! Raft and its rivals: a cluster of three nodes in one thread, messages moved by value, nothing serialised.

mod applied;
mod cluster;
mod engine;
mod noraft;
mod omnipaxos;
mod quorate;
mod tikv;

pub use crate::raft::{
    applied::Applied,
    cluster::{Cluster, KEEP, NODES, Workload},
    engine::Engine,
};
