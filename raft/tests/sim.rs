//! Simulated clusters under every fault of the fault model.

mod cluster;

use cluster::Cluster;
use quorate_sim::{check, replay_corpus};

/// Plans that once found a mistake, in Raft or in the seeded bugs.
#[test]
fn the_corpus_passes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let tally = replay_corpus(&Cluster::default(), folder).unwrap_or_else(|error| panic!("{error}"));
    assert!(tally.plans > 0, "the corpus is there");
    println!("{tally}");
}

#[test]
fn a_cluster_is_one_log() {
    let tally = check(&Cluster::default(), 0..10_000, cluster::plans::plan)
        .unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
    assert_eq!(tally.marks.missed(), Vec::<&str>::new(), "what never happened is not proven");
}
