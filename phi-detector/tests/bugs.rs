//! Every seeded bug is caught: `RUSTFLAGS="--cfg quorate_bugs" cargo test -p quorate-phi-detector --test bugs`.
#![cfg(quorate_bugs)]
#![allow(
    dead_code,
    clippy::float_cmp,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it reached, and takes what it needs of the checks"
)]

#[path = "statistics/accounting.rs"]
mod accounting;
#[path = "models/arrivals.rs"]
mod arrivals;
#[path = "golden/bits.rs"]
mod bits;
#[path = "monitor/cluster.rs"]
mod cluster;
#[path = "models/defects.rs"]
mod defects;
#[path = "models/heard.rs"]
mod heard;
#[path = "monitor/invariants.rs"]
mod invariants;
#[path = "models/kinds.rs"]
mod kinds;
#[path = "models/known.rs"]
mod known;
#[path = "statistics/lateness.rs"]
mod lateness;
#[path = "models/others.rs"]
mod others;
#[path = "monitor/poller.rs"]
mod poller;
#[path = "statistics/proportions.rs"]
mod proportions;
#[path = "models/required.rs"]
mod required;
#[path = "monitor/rounds.rs"]
mod rounds;
#[path = "monitor/rules.rs"]
mod rules;
#[path = "statistics/synthetic.rs"]
mod synthetic;
#[path = "models/tails.rs"]
mod tails;

use std::panic;

use cluster::Cluster;
use quorate_phi_detector::Bug;
use quorate_sim::hunt::{Generator, Hunt, Seeded};

/// What must hold, and what it reached; or what does not hold.
type Check = fn() -> Result<String, String>;

/// Each bug, and what catches it.
const TABLE: &[(Bug, &str, Check)] = &[
    (Bug::StaleHeartbeatTrusted, "a_poller_sees_the_same", poller::a_poller_sees_the_same),
    (Bug::RestartIsAnInterval, "a_poller_sees_the_same", poller::a_poller_sees_the_same),
    (Bug::ClockGoesBack, "a_poller_sees_the_same", poller::a_poller_sees_the_same),
    (Bug::PauseIsAnInterval, "a_poller_sees_the_same", poller::a_poller_sees_the_same),
    (Bug::PauseIgnored, "a_poller_sees_the_same", poller::a_poller_sees_the_same),
    (Bug::EarlierIgnored, "a_poller_sees_the_same", poller::a_poller_sees_the_same),
    (
        Bug::BeatsBeforeDurable,
        "no_heartbeat_before_its_life_is_durable",
        rounds::no_heartbeat_before_its_life_is_durable,
    ),
    (Bug::PauseIsAnInterval, "a_pause_suspects_nobody", rules::a_pause_suspects_nobody),
    (Bug::PauseIgnored, "a_pause_suspects_nobody", rules::a_pause_suspects_nobody),
    (Bug::ForgottenIsTold, "a_place_is_given_back_clean", rules::a_place_is_given_back_clean),
    (Bug::PlaceIsNotCleared, "a_place_is_given_back_clean", rules::a_place_is_given_back_clean),
    (Bug::AwayIsNeverLearned, "a_slower_peer_is_trusted_again", rules::a_slower_peer_is_trusted_again),
    (Bug::CorrectedWhenDue, "nobody_is_woken_in_vain", rules::nobody_is_woken_in_vain),
    (Bug::MissedBeatsMadeUp, "missed_rounds_are_left_out", rounds::missed_rounds_are_left_out),
    (Bug::JoinsAtOnce, "heartbeats_are_a_beat_apart", rounds::heartbeats_are_a_beat_apart),
    (Bug::MeanInverted, "the_mean_is_time_per_heartbeat", defects::the_mean_is_time_per_heartbeat),
    (
        Bug::CursorIsLength,
        "perfect_heartbeats_are_never_suspected",
        defects::perfect_heartbeats_are_never_suspected,
    ),
    (Bug::TailUnderflows, "phi_has_no_end_and_no_noise", defects::phi_has_no_end_and_no_noise),
    (Bug::TailUnderflows, "normal_phi_is_known_to_four_places", known::normal_phi_is_known_to_four_places),
    (Bug::PhiInNats, "exponential_is_known_to_four_places", known::exponential_is_known_to_four_places),
    (Bug::PhiInNats, "cassandra_cases", others::cassandra_cases),
    (Bug::LostAreForgotten, "lost_heartbeats_are_no_lateness", arrivals::lost_heartbeats_are_no_lateness),
    (
        Bug::OldestLeavesAlone,
        "expectations_are_those_of_all_arrivals",
        arrivals::expectations_are_those_of_all_arrivals,
    ),
    (Bug::EarlierWindowWins, "the_later_of_two_windows_counts", arrivals::the_later_of_two_windows_counts),
    (Bug::BodyTakesOutliers, "outliers_do_not_hide_what_is_usual", tails::outliers_do_not_hide_what_is_usual),
    (
        Bug::OutliersLeaveTheBody,
        "horizons_are_the_closed_form_of_the_ring",
        tails::horizons_are_the_closed_form_of_the_ring,
    ),
    (Bug::LossIsNoRisk, "requirements_are_kept", required::requirements_are_kept),
    (Bug::NothingIsUnseen, "few_heartbeats_support_little", tails::few_heartbeats_support_little),
    (Bug::RunIsOneLoss, "runs_of_losses_are_waited_for", tails::runs_of_losses_are_waited_for),
    (Bug::RunIsOneLoss, "phi_is_the_same_to_the_bit", bits::phi_is_the_same_to_the_bit),
    (Bug::StaleHeartbeatTrusted, "stale_heartbeats_change_nothing", heard::stale_heartbeats_change_nothing),
    (Bug::RestartIsAnInterval, "a_new_life_forgets_the_old", heard::a_new_life_forgets_the_old),
    (
        Bug::ClockGoesBack,
        "clocks_that_go_backwards_take_nothing_back",
        heard::clocks_that_go_backwards_take_nothing_back,
    ),
    (Bug::ExcuseIsLearned, "an_excuse_is_for_one_peer", defects::an_excuse_is_for_one_peer),
    (
        Bug::AliveAfterCrash,
        "quality_is_what_each_nanosecond_says",
        accounting::quality_is_what_each_nanosecond_says,
    ),
    (
        Bug::DetectedAtOnce,
        "quality_is_what_each_nanosecond_says",
        accounting::quality_is_what_each_nanosecond_says,
    ),
    (
        Bug::RecurrenceFromTrust,
        "quality_is_what_each_nanosecond_says",
        accounting::quality_is_what_each_nanosecond_says,
    ),
    (
        Bug::JudgedInHindsight,
        "heartbeats_are_late_where_the_horizon_was",
        lateness::heartbeats_are_late_where_the_horizon_was,
    ),
    (Bug::StaleIsATrial, "stale_heartbeats_are_no_trials", lateness::stale_heartbeats_are_no_trials),
    (
        Bug::RiskTakenTwice,
        "limits_hold_as_often_as_they_claim",
        proportions::limits_hold_as_often_as_they_claim,
    ),
    (
        Bug::LossForgets,
        "losses_and_stalls_are_as_frequent_as_they_say",
        synthetic::losses_and_stalls_are_as_frequent_as_they_say,
    ),
];

/// The bugs of the machine, and what catches each in simulated clusters.
const MACHINE: &[(Bug, &[&str])] = &[
    (Bug::PauseIgnored, &["pauses are no silence"]),
    (Bug::ForgottenIsTold, &["events alternate", "reached when due"]),
    (Bug::WatchedAnew, &["events alternate"]),
    (Bug::EarlierIgnored, &["the deadline is first"]),
    (Bug::CorrectedWhenDue, &["the deadline is first"]),
    (Bug::AwayIsNeverLearned, &["stuck"]),
    (Bug::BeatsBeforeDurable, &["lives are written down"]),
    (Bug::RestartIsAnInterval, &["a restart is told"]),
    (Bug::StaleHeartbeatTrusted, &["a restart is told"]),
];

#[test]
fn every_seeded_bug_of_the_monitor_is_caught() {
    let seeded = |(bug, by): &(Bug, &'static [&'static str])| {
        let cluster = Cluster { bug: Some(*bug), ..Cluster::default() };
        by.iter().fold(Seeded::in_plans(format!("{bug:?}"), cluster), |seeded, by| seeded.by(by))
    };
    let bugs: Vec<_> = MACHINE.iter().map(seeded).collect();
    let hunted = Hunt { seeds: 1_000, hunts: 3, ..Hunt::default() }
        .run(&bugs, &[Generator::new("plans", cluster::plan)])
        .unwrap_or_else(|escaped| panic!("{escaped}"));
    println!("{hunted}");
}

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
    let rows = TABLE.iter().map(|(bug, ..)| *bug).chain(MACHINE.iter().map(|(bug, _)| *bug));
    let rows: Vec<Bug> = rows.collect();
    let without: Vec<_> = Bug::ALL.iter().filter(|bug| !rows.contains(bug)).collect();
    assert!(without.is_empty(), "nothing catches {without:?}");
}
