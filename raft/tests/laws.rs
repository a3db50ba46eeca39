//! The universal laws of machines, on Raft.

mod cluster;
mod draw;
mod samples;
#[path = "cluster/script.rs"]
mod script;

use cluster::Cluster;

quorate_sim::machine_laws!(raft, Cluster::default());
