//! Slots, ranges, and plans for what moves between two tables.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

mod fuzzed;
#[path = "../../../fuzz/src/hashring.rs"]
mod hashring;
mod loads;
mod plans;
mod ranges;
mod rebalancing;
#[path = "../../../fuzz/src/replay.rs"]
mod replay;
mod slots;
mod stored;
mod tables;
mod waves;

fn report(check: fn() -> Result<String, String>) {
    println!("{}", check().expect("it holds"));
}

#[test]
fn no_table_with_fair_shares_is_nearer() {
    report(rebalancing::no_table_with_fair_shares_is_nearer);
}

#[test]
fn no_table_with_as_many_copies_is_nearer() {
    report(rebalancing::no_table_with_as_many_copies_is_nearer);
}

#[test]
fn shares_are_within_one_slot() {
    report(rebalancing::shares_are_within_one_slot);
}

#[test]
fn larger_tables_move_what_is_too_much() {
    report(rebalancing::larger_tables_move_what_is_too_much);
}

#[test]
fn pins_stay_and_the_drained_have_nothing() {
    report(rebalancing::pins_stay_and_the_drained_have_nothing);
}

#[test]
fn a_balanced_table_stays_as_it_is() {
    report(rebalancing::a_balanced_table_stays_as_it_is);
}

#[test]
fn who_saw_an_older_table_is_refused() {
    report(slots::who_saw_an_older_table_is_refused);
}

#[test]
fn nodes_come_and_go_without_their_slots() {
    report(slots::nodes_come_and_go_without_their_slots);
}

#[test]
fn senseless_assignments_change_nothing() {
    report(slots::senseless_assignments_change_nothing);
}

#[test]
fn the_order_of_nodes_does_not_matter() {
    report(slots::the_order_of_nodes_does_not_matter);
}

#[test]
fn preferences_are_the_replicas() {
    report(slots::preferences_are_the_replicas);
}

#[test]
fn keys_are_in_the_slots_of_redis() {
    report(slots::keys_are_in_the_slots_of_redis);
}

#[test]
fn ranges_are_a_map_from_each_key() {
    report(ranges::ranges_are_a_map_from_each_key);
}

#[test]
fn who_saw_an_older_range_is_refused() {
    report(ranges::who_saw_an_older_range_is_refused);
}

#[test]
fn a_hot_range_is_cut_where_the_load_is() {
    report(loads::a_hot_range_is_cut_where_the_load_is);
}

#[test]
fn a_hot_key_is_not_cut_off() {
    report(loads::a_hot_key_is_not_cut_off);
}

#[test]
fn a_constant_load_never_flaps() {
    report(loads::a_constant_load_never_flaps);
}

#[test]
fn nothing_is_done_in_a_hurry() {
    report(loads::nothing_is_done_in_a_hurry);
}

#[test]
fn spans_and_clocks_that_go_backwards() {
    report(loads::spans_and_clocks_that_go_backwards);
}

#[test]
fn counts_are_within_their_errors() {
    report(loads::counts_are_within_their_errors);
}

#[test]
fn hot_keys_are_served_by_several() {
    report(loads::hot_keys_are_served_by_several);
}

#[test]
fn plans_are_the_exact_difference() {
    report(plans::plans_are_the_exact_difference);
}

#[test]
fn arcs_of_plans_go_all_around() {
    report(plans::arcs_of_plans_go_all_around);
}

#[test]
fn what_moves_is_at_least_what_has_to() {
    report(plans::what_moves_is_at_least_what_has_to);
}

#[test]
fn ranges_are_compared_piece_by_piece() {
    report(plans::ranges_are_compared_piece_by_piece);
}

#[test]
fn fractions_are_exact() {
    report(plans::fractions_are_exact);
}

#[test]
fn tables_of_different_kinds_have_no_plan() {
    report(plans::tables_of_different_kinds_have_no_plan);
}

#[test]
fn keys_are_counted_where_there_are_no_regions() {
    report(plans::keys_are_counted_where_there_are_no_regions);
}

#[test]
fn waves_keep_every_copy_until_the_next_is_there() {
    report(waves::waves_keep_every_copy_until_the_next_is_there);
}

#[test]
fn progress_outlives_whoever_makes_it() {
    report(waves::progress_outlives_whoever_makes_it);
}

#[test]
fn steps_out_of_turn_change_nothing() {
    report(waves::steps_out_of_turn_change_nothing);
}

#[test]
fn slots_and_plans_come_back() {
    report(stored::slots_and_plans_come_back);
}

#[test]
fn ranges_and_counts_come_back() {
    report(stored::ranges_and_counts_come_back);
}

#[test]
fn what_is_stored_is_the_same_in_every_release() {
    report(stored::what_is_stored_is_the_same_in_every_release);
}

#[test]
fn what_could_not_be_is_not_read() {
    report(stored::what_could_not_be_is_not_read);
}

#[test]
fn a_table_that_comes_back_places_alike() {
    report(stored::a_table_that_comes_back_places_alike);
}

#[test]
fn nodes_own_their_share() {
    report(rebalancing::nodes_own_their_share);
}

#[test]
fn regions_out_of_order_are_not_read() {
    report(stored::regions_out_of_order_are_not_read);
}

#[test]
fn removing_a_stranger_takes_no_copies() {
    report(slots::removing_a_stranger_takes_no_copies);
}

#[test]
fn more_copies_than_zones_are_a_shortfall() {
    report(slots::more_copies_than_zones_are_a_shortfall);
}

#[test]
fn a_table_follows_its_list_of_nodes() {
    report(rebalancing::a_table_follows_its_list_of_nodes);
}
