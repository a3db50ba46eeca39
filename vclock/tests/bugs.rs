//! Every seeded bug is caught: `RUSTFLAGS="--cfg quorate_bugs" cargo test -p quorate-vclock --test bugs`.
#![cfg(quorate_bugs)]
#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "a test says what it reached, and takes what it needs of the checks"
)]

#[path = "text/bytes.rs"]
#[allow(dead_code, reason = "some checks are about no seeded bug")]
mod bytes;
#[path = "clocks/checks.rs"]
mod clocks;
#[path = "sets/contexts.rs"]
mod contexts;
#[path = "delivery/checks.rs"]
mod delivery;
#[path = "text/executions.rs"]
mod executions;
#[path = "broadcast/group.rs"]
mod group;
#[path = "broadcast/invariants.rs"]
mod invariants;
#[path = "text/logs.rs"]
#[allow(dead_code, reason = "some checks are about no seeded bug")]
mod logs;
#[path = "text/serial.rs"]
mod serial;
#[path = "sets/siblings.rs"]
mod siblings;
#[path = "time/checks/mod.rs"]
mod time;

use std::panic;

use group::Group;
use quorate_sim::hunt::{Generator, Hunt, Seeded};
use quorate_vclock::Bug;

/// What must hold, and what it reached; or what does not hold.
type Check = fn() -> Result<String, String>;

/// Each bug, and what catches it.
const TABLE: &[(Bug, &str, Check)] = &[
    (Bug::MergeTakesMin, "a_merge_is_the_least_upper_bound", clocks::a_merge_is_the_least_upper_bound),
    (Bug::EqualIsConcurrent, "comparing_is_what_entries_say", clocks::comparing_is_what_entries_say),
    (Bug::StableIgnoresSilence, "stable_is_what_every_row_has", delivery::stable_is_what_every_row_has),
    (Bug::BufferDeliversEarly, "delivery_is_a_linear_extension", delivery::delivery_is_a_linear_extension),
    (Bug::ContextSkipsGap, "gaps_close", contexts::gaps_close),
    (
        Bug::ContextUnionForgetsBlocks,
        "small_contexts_are_sets_of_dots",
        contexts::small_contexts_are_sets_of_dots,
    ),
    (Bug::DiffLosesGaps, "small_contexts_are_sets_of_dots", contexts::small_contexts_are_sets_of_dots),
    (Bug::SyncLosesDot, "two_replicas_are_sets_of_dots", siblings::two_replicas_are_sets_of_dots),
    (Bug::SiblingsInvent, "two_replicas_are_sets_of_dots", siblings::two_replicas_are_sets_of_dots),
    (Bug::SiblingsKeepSeen, "stale_writes_do_not_multiply", siblings::stale_writes_do_not_multiply),
    (
        Bug::AmnesiaUnnoticed,
        "a_replica_that_forgot_does_not_repeat_a_dot",
        siblings::a_replica_that_forgot_does_not_repeat_a_dot,
    ),
    (
        Bug::LamportIgnoresReceived,
        "stamps_rise_along_happened_before",
        time::lamport::stamps_rise_along_happened_before,
    ),
    (
        Bug::HlcCounterCarries,
        "the_counter_never_carries_into_time",
        time::hlc::the_counter_never_carries_into_time,
    ),
    (
        Bug::HlcForgetsBound,
        "no_stamp_is_reused_after_a_restart",
        time::hlc::no_stamp_is_reused_after_a_restart,
    ),
    (
        Bug::HlcAcceptsDrift,
        "drift_is_checked_forwards_and_before_anything_changes",
        time::hlc::drift_is_checked_forwards_and_before_anything_changes,
    ),
    (
        Bug::HlcRefusesThePast,
        "drift_is_checked_forwards_and_before_anything_changes",
        time::hlc::drift_is_checked_forwards_and_before_anything_changes,
    ),
    (
        Bug::HlcIgnoresRemote,
        "stamps_rise_along_happened_before",
        time::hlc::stamps_rise_along_happened_before,
    ),
    (
        Bug::HlcIgnoresRemote,
        "what_is_up_to_a_stamp_is_a_consistent_cut",
        time::hlc::what_is_up_to_a_stamp_is_a_consistent_cut,
    ),
    (
        Bug::HlcKeepsCounter,
        "stamps_stay_near_the_physical_clock",
        time::hlc::stamps_stay_near_the_physical_clock,
    ),
    (Bug::DecodeForgivesZero, "only_canonical_bytes_decode", bytes::only_canonical_bytes_decode),
    (Bug::DecodeUnsorted, "only_canonical_bytes_decode", bytes::only_canonical_bytes_decode),
    (Bug::VarintNotMinimal, "only_canonical_bytes_decode", bytes::only_canonical_bytes_decode),
    (Bug::DecodeKeepsEmptyBlocks, "only_canonical_bytes_decode", bytes::only_canonical_bytes_decode),
    (Bug::TrailingBytesAccepted, "only_canonical_bytes_decode", bytes::only_canonical_bytes_decode),
    (
        Bug::SerdeUnsorted,
        "only_sorted_pairs_come_out_of_postcard",
        serial::only_sorted_pairs_come_out_of_postcard,
    ),
    (Bug::ItcForkOverlaps, "joining_undoes_forking", time::itc::joining_undoes_forking),
    (Bug::ItcEventStandsStill, "stamps_are_the_causal_histories", time::itc::stamps_are_the_causal_histories),
    (
        Bug::ItcJoinLosesEvents,
        "every_short_run_is_the_causal_histories",
        time::itc::every_short_run_is_the_causal_histories,
    ),
    (Bug::ItcDecodesAnyForm, "only_what_is_encoded_is_decoded", time::itc::only_what_is_encoded_is_decoded),
    (
        Bug::BloomForgetsAHash,
        "false_positives_are_as_the_formula_says",
        time::bloom::false_positives_are_as_the_formula_says,
    ),
    (Bug::BloomMergeKeeps, "causes_are_never_missed", time::bloom::causes_are_never_missed),
    (
        Bug::ShivizSkipsOwnTick,
        "exactly_what_cannot_happen_is_broken",
        logs::exactly_what_cannot_happen_is_broken,
    ),
    (
        Bug::ShivizSkipsMerge,
        "exactly_what_cannot_happen_is_broken",
        logs::exactly_what_cannot_happen_is_broken,
    ),
    (Bug::ShivizTellsTwice, "messages_are_what_clocks_tell", logs::messages_are_what_clocks_tell),
];

/// The bugs of the machine, which has a configuration to carry them, and what catches each in simulated groups.
const MACHINE: &[(Bug, &[&str])] = &[
    (Bug::SendsBeforeDurable, &["one name, one message"]),
    (Bug::DeliversUnordered, &["causal order"]),
    (Bug::NeverAsks, &["stuck"]),
    (Bug::CountsAnew, &["one name, one message"]),
    (Bug::HearsTheDead, &["stable is everywhere"]),
    (Bug::PrunesUnstable, &["stuck"]),
    (Bug::InstallForgets, &["causal order"]),
    (Bug::InstallTakesBack, &["stable is everywhere"]),
    (Bug::RemovedHoldBack, &["stuck"]),
];

#[test]
fn every_seeded_bug_is_in_a_table() {
    for bug in Bug::ALL {
        let is_listed = TABLE.iter().any(|(listed, ..)| listed == bug);
        assert!(is_listed || MACHINE.iter().any(|(listed, _)| listed == bug), "{bug:?} is in no table");
    }
}

#[test]
fn every_seeded_bug_of_the_machine_is_caught() {
    let seeded = |(bug, by): &(Bug, &'static [&'static str])| {
        let group = Group { bug: Some(*bug) };
        let seeded = by.iter().fold(Seeded::in_plans(format!("{bug:?}"), group), |seeded, by| seeded.by(by));
        // Two states that do not include each other must meet on one node.
        if *bug == Bug::InstallTakesBack { seeded.within(30_000).times(1) } else { seeded }
    };
    let bugs: Vec<_> = MACHINE.iter().map(seeded).collect();
    let hunted = Hunt { seeds: 5_000, hunts: 3, ..Hunt::default() }
        .run(&bugs, &[Generator::new("plans", group::plan)])
        .unwrap_or_else(|escaped| panic!("{escaped}"));
    println!("{hunted}");
}

#[test]
fn every_seeded_bug_is_caught() {
    println!("| bug | caught by |\n|---|---|");
    for (bug, name, check) in TABLE {
        Bug::plant(None);
        assert!(check().is_ok(), "{name} holds without a bug: {:?}", check().err());
        Bug::plant(Some(*bug));
        // A mistake that ends in a panic is caught as well.
        let caught = !matches!(panic::catch_unwind(check), Ok(Ok(_)));
        Bug::plant(None);
        assert!(caught, "{name} does not catch {bug:?}");
        println!("| `{bug:?}` | `{name}` |");
    }
}
