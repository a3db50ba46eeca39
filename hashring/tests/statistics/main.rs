//! Balance and movement, as statistics of keys that are hashed from their bytes.
//!
//! Seeds are fixed, so a test passes or fails always. Its bounds say how often it would fail for a sound table if seeds were drawn.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod chance;
mod keys;
mod moved;
mod preferred;
mod shares;

/// Prints what a check has reached.
fn reached(check: Result<String, String>) {
    println!("{}", check.unwrap_or_else(|broken| panic!("{broken}")));
}

#[test]
fn nodes_have_equal_shares_of_any_keys() {
    reached(shares::nodes_have_equal_shares_of_any_keys());
}

#[test]
fn the_most_that_a_node_has_is_near_the_mean() {
    reached(shares::the_most_that_a_node_has_is_near_the_mean());
}

#[test]
fn shares_are_in_proportion_to_weights() {
    reached(shares::shares_are_in_proportion_to_weights());
}

#[test]
fn very_light_nodes_have_their_share() {
    reached(shares::very_light_nodes_have_their_share());
}

#[test]
fn as_many_keys_move_as_have_to() {
    reached(moved::as_many_keys_move_as_have_to());
}

#[test]
fn a_weight_that_changes_moves_as_many_keys_as_have_to() {
    reached(moved::a_weight_that_changes_moves_as_many_keys_as_have_to());
}

#[test]
fn copies_move_hardly_more_than_they_have_to() {
    reached(moved::copies_move_hardly_more_than_they_have_to());
}

#[test]
fn every_rank_of_preferences_is_even() {
    reached(preferred::every_rank_of_preferences_is_even());
}

#[test]
fn what_one_node_had_spreads_over_all_others() {
    reached(preferred::what_one_node_had_spreads_over_all_others());
}
