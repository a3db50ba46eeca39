//! The whole node under every fault of the simulator.

mod cluster;

use cluster::Kv;
use quorate_sim::check;

#[test]
fn survives_every_fault() {
    let tally = check(&Kv, 0..7_000, cluster::plan).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
}
