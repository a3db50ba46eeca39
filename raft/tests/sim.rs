//! Simulated clusters under every fault of the fault model.
#![expect(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, or why it failed")]

mod cluster;

use cluster::{Cluster, bounds};
use quorate_sim::{check, generate};

#[test]
fn a_cluster_is_one_log() {
    let tally = check(&Cluster::default(), 0..2_000, |seed| generate::mix(seed, &bounds()))
        .unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
}
