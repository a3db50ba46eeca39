//! Tables that score or number their nodes: jump, `JumpBack`, anchor, Maglev, rendezvous.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod anchor;
mod compared;
mod jump;
mod kinds;
mod laws;
mod maglev;
mod stored;
mod ties;

/// Prints what a check has reached.
fn reached(check: Result<String, String>) {
    println!("{}", check.unwrap_or_else(|broken| panic!("{broken}")));
}

#[test]
fn jump_and_jump_back_agree_with_the_reference_implementations() {
    reached(jump::jump_and_jump_back_agree_with_the_reference_implementations());
}

#[test]
fn jump_agrees_with_what_others_publish() {
    reached(jump::jump_agrees_with_what_others_publish());
}

#[test]
fn jump_back_is_the_loop_of_the_paper() {
    reached(jump::jump_back_is_the_loop_of_the_paper());
}

#[test]
fn one_bucket_more_takes_keys_and_moves_no_others() {
    reached(jump::one_bucket_more_takes_keys_and_moves_no_others());
}

#[test]
fn nodes_come_and_go_at_the_end_only() {
    reached(jump::nodes_come_and_go_at_the_end_only());
}

#[test]
fn anchor_is_what_the_paper_defines() {
    reached(anchor::anchor_is_what_the_paper_defines());
}

#[test]
fn an_adversary_cannot_make_lookups_slow() {
    reached(anchor::an_adversary_cannot_make_lookups_slow());
}

#[test]
fn adding_undoes_the_last_removal() {
    reached(anchor::adding_undoes_the_last_removal());
}

#[test]
fn an_anchor_refuses_what_it_cannot_have() {
    reached(anchor::an_anchor_refuses_what_it_cannot_have());
}

#[test]
fn maglev_agrees_with_envoy() {
    reached(maglev::maglev_agrees_with_envoy());
}

#[test]
fn a_table_has_a_prime_number_of_slots() {
    reached(maglev::a_table_has_a_prime_number_of_slots());
}

#[test]
fn slots_are_shared_by_weight() {
    reached(maglev::slots_are_shared_by_weight());
}

#[test]
fn a_table_of_many_nodes_is_wide() {
    reached(maglev::a_table_of_many_nodes_is_wide());
}

#[test]
fn few_slots_move_without_need() {
    reached(maglev::few_slots_move_without_need());
}

#[test]
fn a_maglev_table_refuses_what_it_cannot_have() {
    reached(maglev::a_maglev_table_refuses_what_it_cannot_have());
}

#[test]
fn preferences_are_all_nodes_once() {
    reached(laws::preferences_are_all_nodes_once());
}

#[test]
fn only_keys_of_who_comes_or_goes_move() {
    reached(laws::only_keys_of_who_comes_or_goes_move());
}

#[test]
fn a_table_is_what_its_nodes_are() {
    reached(laws::a_table_is_what_its_nodes_are());
}

#[test]
fn there_and_back_is_nowhere() {
    reached(laws::there_and_back_is_nowhere());
}

#[test]
fn what_is_refused_changes_nothing() {
    reached(laws::what_is_refused_changes_nothing());
}

#[test]
fn a_new_node_takes_its_place_among_preferences() {
    reached(laws::a_new_node_takes_its_place_among_preferences());
}

#[test]
fn twins_are_told_apart_by_name() {
    reached(ties::twins_are_told_apart_by_name());
}

#[test]
fn at_once_or_one_by_one() {
    reached(laws::at_once_or_one_by_one());
}

#[test]
fn tables_come_back_with_their_history() {
    reached(stored::tables_come_back_with_their_history());
}

#[test]
fn what_is_written_stays() {
    reached(stored::what_is_written_stays());
}

#[test]
fn nonsense_is_not_read() {
    reached(stored::nonsense_is_not_read());
}
