//! Raft and its rivals: a cluster of three nodes in one thread, messages moved by value, nothing serialised.

mod applied;
mod cluster;
mod engine;
mod quorate;

pub use crate::raft::{
    applied::Applied,
    cluster::{Cluster, NODES, Workload},
    engine::Engine,
};
