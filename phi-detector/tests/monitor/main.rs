//! The machine that watches many peers, by itself and in simulated clusters under every fault of the fault model.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

extern crate alloc;

mod agenda_model;
mod cluster;
mod invariants;
mod poller;
mod rounds;
mod rules;
mod script;

use cluster::Cluster;
use quorate_sim::{check, replay_corpus};

quorate_sim::machine_laws!(monitor, Cluster::default());

/// Plans that once found a mistake.
#[test]
fn the_corpus_passes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let tally = replay_corpus(&Cluster::default(), folder).unwrap_or_else(|error| panic!("{error}"));
    assert!(tally.plans > 0, "the corpus is there");
    println!("{tally}");
}

#[test]
fn clusters_watch_each_other() {
    let tally =
        check(&Cluster::default(), 0..400, cluster::plan).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
    assert_eq!(tally.marks.missed(), Vec::<&str>::new(), "what never happened is not proven");
}

#[test]
fn nobody_is_suspected_in_clusters_that_are_well() {
    let cluster = Cluster::well();
    let tally = check(&cluster, 0..60, cluster::well).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
}

fn report(check: fn() -> Result<String, String>) {
    println!("{}", check().expect("it holds"));
}

#[test]
fn the_agenda_is_an_ordered_set() {
    report(agenda_model::the_agenda_is_an_ordered_set);
}

#[test]
fn moves_are_bounded() {
    report(agenda_model::moves_are_bounded);
}

#[test]
fn a_poller_sees_the_same() {
    report(poller::a_poller_sees_the_same);
}

#[test]
fn late_wakes_tell_in_order() {
    report(poller::late_wakes_tell_in_order);
}

#[test]
fn heartbeats_are_a_beat_apart() {
    report(rounds::heartbeats_are_a_beat_apart);
}

#[test]
fn missed_rounds_are_left_out() {
    report(rounds::missed_rounds_are_left_out);
}

#[test]
fn no_heartbeat_before_its_life_is_durable() {
    report(rounds::no_heartbeat_before_its_life_is_durable);
}

#[test]
fn a_pause_is_no_longer_than_the_run() {
    report(rules::a_pause_is_no_longer_than_the_run);
}

#[test]
fn a_place_is_given_back_clean() {
    report(rules::a_place_is_given_back_clean);
}

#[test]
fn a_pause_suspects_nobody() {
    report(rules::a_pause_suspects_nobody);
}

#[test]
fn any_sign_of_life_counts() {
    report(rules::any_sign_of_life_counts);
}

#[test]
fn lives_only_rise() {
    report(rules::lives_only_rise);
}

#[test]
fn a_slower_peer_is_trusted_again() {
    report(rules::a_slower_peer_is_trusted_again);
}

#[test]
fn nobody_is_woken_in_vain() {
    report(rules::nobody_is_woken_in_vain);
}
