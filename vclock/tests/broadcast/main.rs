//! The machine that broadcasts, in simulated groups under every fault of the fault model.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod group;
mod invariants;
mod rules;
mod script;

use group::Group;
use quorate_sim::{check, replay_corpus};

quorate_sim::machine_laws!(broadcast, Group::default());

/// Plans that once found a mistake.
#[test]
fn the_corpus_passes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let tally = replay_corpus(&Group::default(), folder).unwrap_or_else(|error| panic!("{error}"));
    assert!(tally.plans > 0, "the corpus is there");
    println!("{tally}");
}

#[test]
fn a_group_delivers_everything_in_causal_order() {
    let tally = check(&Group::default(), 0..2_000, group::plan).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
    assert_eq!(tally.marks.missed(), Vec::<&str>::new(), "what never happened is not proven");
}
