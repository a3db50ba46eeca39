//! The machine that watches many peers, by itself and in simulated clusters under every fault of the fault model.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod cluster;
mod invariants;
mod script;

use cluster::Cluster;
use quorate_sim::{check, replay_corpus};

quorate_sim::machine_laws!(monitor, Cluster::default());

/// Plans that once found a mistake.
#[test]
fn the_corpus_passes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let tally = replay_corpus(&Cluster::default(), folder).unwrap_or_else(|error| panic!("{error}"));
    println!("{tally}");
}

#[test]
fn clusters_watch_each_other() {
    let tally =
        check(&Cluster::default(), 0..800, cluster::plan).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
    assert_eq!(tally.marks.missed(), Vec::<&str>::new(), "what never happened is not proven");
}
