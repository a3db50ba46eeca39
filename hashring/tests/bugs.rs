//! Every seeded bug is caught: `RUSTFLAGS="--cfg quorate_bugs" cargo test -p quorate-hashring --test bugs`.
#![cfg(quorate_bugs)]
#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "a test says what it reached, and takes what it needs of the checks"
)]

#[path = "replicas/bounds.rs"]
mod bounds;
#[path = "keyed/compared.rs"]
mod compared;
#[path = "ring/dialects.rs"]
mod dialects;
#[path = "golden/files.rs"]
mod files;
#[path = "replicas/given.rs"]
mod given;
#[path = "golden/hashes.rs"]
mod hashes;
#[path = "../../fuzz/src/hashring.rs"]
mod hashring;
#[path = "keyed/jump.rs"]
mod jump;
#[path = "keyed/kinds.rs"]
mod kinds;
#[path = "keyed/laws.rs"]
mod laws;
#[path = "partitions/loads.rs"]
mod loads;
#[path = "ring/model.rs"]
mod model;
#[path = "partitions/plans.rs"]
mod plans;
#[path = "partitions/ranges.rs"]
mod ranges;
#[path = "partitions/rebalancing.rs"]
mod rebalancing;
#[path = "golden/serial.rs"]
mod serial;
#[path = "ring/shares.rs"]
mod shares;
#[path = "partitions/slots.rs"]
mod slots;
#[path = "replicas/spreading.rs"]
mod spreading;
#[path = "partitions/stored.rs"]
mod stored;
#[path = "partitions/tables.rs"]
mod tables;
#[path = "ring/tokens.rs"]
mod tokens;
#[path = "partitions/waves.rs"]
mod waves;

mod keyed {
    pub(crate) mod anchor;
    pub(crate) mod compared;
    pub(crate) mod jump;
    pub(crate) mod kinds;
    pub(crate) mod laws;
    pub(crate) mod stored;
    pub(crate) mod ties;
}

mod statistics {
    pub(crate) mod chance;
    pub(crate) mod keys;
    pub(crate) mod preferred;
    pub(crate) mod shares;
}

use std::panic;

use quorate_hashring::Bug;

/// What must hold, and what it reached; or what does not hold.
type Check = fn() -> Result<String, String>;

/// Each bug, and what catches it.
const TABLE: &[(Bug, &str, Check)] = &[
    (
        Bug::StrictShares,
        "copies_are_as_many_and_as_even_as_can_be",
        spreading::copies_are_as_many_and_as_even_as_can_be,
    ),
    (
        Bug::EvenIsGreedy,
        "copies_are_as_many_and_as_even_as_can_be",
        spreading::copies_are_as_many_and_as_even_as_can_be,
    ),
    (
        Bug::ShareIgnoresRoom,
        "copies_are_as_many_and_as_even_as_can_be",
        spreading::copies_are_as_many_and_as_even_as_can_be,
    ),
    (Bug::ShortfallHidden, "more_copies_than_zones", spreading::more_copies_than_zones),
    (Bug::PositionsShift, "positions_are_kept", spreading::positions_are_kept),
    (Bug::BoundUnchecked, "loads_are_bounded", bounds::loads_are_bounded),
    (Bug::CapacityOfNow, "loads_are_bounded", bounds::loads_are_bounded),
    (
        Bug::LoadOutlivesNode,
        "the_load_of_the_dead_does_not_count",
        bounds::the_load_of_the_dead_does_not_count,
    ),
    (
        Bug::TokenNamesRunTogether,
        "names_and_numbers_of_tokens_do_not_run_together",
        hashes::names_and_numbers_of_tokens_do_not_run_together,
    ),
    (Bug::TagMayBeEmpty, "tags_are_what_stands_in_braces", hashes::tags_are_what_stands_in_braces),
    (Bug::StaleEpochAccepted, "who_saw_an_older_table_is_refused", slots::who_saw_an_older_table_is_refused),
    (
        Bug::RebalanceMovesTooMuch,
        "no_table_with_fair_shares_is_nearer",
        rebalancing::no_table_with_fair_shares_is_nearer,
    ),
    (Bug::StaleEpochAccepted, "who_saw_an_older_range_is_refused", ranges::who_saw_an_older_range_is_refused),
    (Bug::BoundaryGoesLeft, "ranges_are_a_map_from_each_key", ranges::ranges_are_a_map_from_each_key),
    (Bug::MergeOfStrangers, "ranges_are_a_map_from_each_key", ranges::ranges_are_a_map_from_each_key),
    (Bug::MergeRateIsSplitRate, "a_constant_load_never_flaps", loads::a_constant_load_never_flaps),
    (Bug::HotKeySplit, "a_hot_key_is_not_cut_off", loads::a_hot_key_is_not_cut_off),
    (Bug::ErrorForgotten, "counts_are_within_their_errors", loads::counts_are_within_their_errors),
    (Bug::PlanForgetsTheWrap, "plans_are_the_exact_difference", plans::plans_are_the_exact_difference),
    (
        Bug::WaveDropsFirst,
        "waves_keep_every_copy_until_the_next_is_there",
        waves::waves_keep_every_copy_until_the_next_is_there,
    ),
    (
        Bug::ProgressForgetsDone,
        "progress_outlives_whoever_makes_it",
        waves::progress_outlives_whoever_makes_it,
    ),
    (
        Bug::ChainsForgotten,
        "no_table_with_as_many_copies_is_nearer",
        rebalancing::no_table_with_as_many_copies_is_nearer,
    ),
    (Bug::OwnersAsTheyCome, "nodes_own_their_share", rebalancing::nodes_own_their_share),
    (Bug::SerdeBelievesReplicas, "what_could_not_be_is_not_read", stored::what_could_not_be_is_not_read),
    (Bug::SerdeUnsortedRanges, "what_could_not_be_is_not_read", stored::what_could_not_be_is_not_read),
    (Bug::SerdeClosesGaps, "nodes_come_back_at_their_indexes", serial::nodes_come_back_at_their_indexes),
    (
        Bug::JumpRoundsOnce,
        "jump_agrees_with_what_others_publish",
        keyed::jump::jump_agrees_with_what_others_publish,
    ),
    (
        Bug::JumpBackReduces,
        "jump_back_is_the_loop_of_the_paper",
        keyed::jump::jump_back_is_the_loop_of_the_paper,
    ),
    (
        Bug::AnchorForgetsHistory,
        "anchor_is_what_the_paper_defines",
        keyed::anchor::anchor_is_what_the_paper_defines,
    ),
    (
        Bug::AnchorChainUnguarded,
        "an_adversary_cannot_make_lookups_slow",
        keyed::anchor::an_adversary_cannot_make_lookups_slow,
    ),
    (Bug::MaglevFollowsIndex, "a_table_is_what_its_nodes_are", keyed::laws::a_table_is_what_its_nodes_are),
    (Bug::PreferTwice, "preferences_are_all_nodes_once", keyed::laws::preferences_are_all_nodes_once),
    (
        Bug::TokenOwnsNotItself,
        "hashes_are_where_the_first_token_is_that_is_not_below",
        tokens::hashes_are_where_the_first_token_is_that_is_not_below,
    ),
    (
        Bug::WrapSkipped,
        "hashes_are_where_the_first_token_is_that_is_not_below",
        tokens::hashes_are_where_the_first_token_is_that_is_not_below,
    ),
    (
        Bug::PreferTwice,
        "more_copies_than_nodes_are_each_node_once",
        tokens::more_copies_than_nodes_are_each_node_once,
    ),
    (
        Bug::AllocateFromTheFirst,
        "allocated_tokens_are_more_even_than_random_ones",
        shares::allocated_tokens_are_more_even_than_random_ones,
    ),
    (
        Bug::IndexMissesNewcomers,
        "what_is_spliced_is_what_is_made_anew",
        tokens::what_is_spliced_is_what_is_made_anew,
    ),
    (Bug::KetamaCountsInDouble, "points_are_rounded_as_in_c", dialects::points_are_rounded_as_in_c),
    (Bug::GhostTokens, "tokens_are_as_many_as_weights_say", tokens::tokens_are_as_many_as_weights_say),
    (
        Bug::TieByIndex,
        "equal_tokens_belong_to_the_first_by_name",
        tokens::equal_tokens_belong_to_the_first_by_name,
    ),
    (Bug::TieByIndex, "twins_are_told_apart_by_name", keyed::ties::twins_are_told_apart_by_name),
    (
        Bug::BiasedMixer,
        "what_one_node_had_spreads_over_all_others",
        statistics::preferred::what_one_node_had_spreads_over_all_others,
    ),
    (
        Bug::HrwScoresUnmixed,
        "nodes_have_equal_shares_of_any_keys",
        statistics::shares::nodes_have_equal_shares_of_any_keys,
    ),
    (
        Bug::HrwIsLinear,
        "shares_are_in_proportion_to_weights",
        statistics::shares::shares_are_in_proportion_to_weights,
    ),
    (
        Bug::AnchorForgetsOrder,
        "tables_come_back_with_their_history",
        keyed::stored::tables_come_back_with_their_history,
    ),
];

/// What the check says with the bug planted; a panic is a finding, too.
fn outcome(check: Check) -> Result<String, String> {
    panic::catch_unwind(check).unwrap_or_else(|_| Err("it panicked".into()))
}

#[test]
fn every_seeded_bug_is_caught() {
    let mut missed = vec![];
    for &(bug, name, check) in TABLE {
        Bug::plant(None);
        let whole = outcome(check);
        assert!(whole.is_ok(), "{name} finds {whole:?} where no bug is planted");
        Bug::plant(Some(bug));
        match outcome(check) {
            Ok(_) => missed.push((bug, name)),
            Err(found) => println!("{bug:?}: {name}: {}", found.chars().take(160).collect::<String>()),
        }
        Bug::plant(None);
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

#[test]
fn every_bug_has_a_row() {
    let rows: Vec<Bug> = TABLE.iter().map(|(bug, ..)| *bug).collect();
    let without: Vec<_> = Bug::ALL.iter().filter(|bug| !rows.contains(bug)).collect();
    assert!(without.is_empty(), "nothing catches {without:?}");
}
