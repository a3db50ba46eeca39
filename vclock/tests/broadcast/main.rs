//! The machine that broadcasts, in simulated groups under every fault of the fault model.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod group;
mod invariants;
mod script;

use group::Group;
use quorate_sim::check;

quorate_sim::machine_laws!(broadcast, Group::default());

#[test]
fn a_group_delivers_everything_in_causal_order() {
    let tally = check(&Group::default(), 0..2_000, group::plan).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
    assert_eq!(tally.marks.missed(), Vec::<&str>::new(), "what never happened is not proven");
}
