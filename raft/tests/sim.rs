//! Simulated clusters under every fault of the fault model.

mod cluster;

use cluster::Cluster;
use quorate_sim::check;

#[test]
fn a_cluster_is_one_log() {
    let tally =
        check(&Cluster::default(), 0..2_000, cluster::plan).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
}
