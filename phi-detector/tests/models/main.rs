//! Models and memories, and the detector of one peer.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]
#![allow(clippy::float_cmp, reason = "what is the same is the same to the bit")]

mod arrivals;
mod defects;
mod heard;
mod kinds;
mod known;
mod laws;
mod others;
#[path = "../../../fuzz/src/phi.rs"]
mod phi;
mod remembered;
#[path = "../../../fuzz/src/replay.rs"]
mod replay;
mod required;
mod scripts;
mod tails;

fn report(check: fn() -> Result<String, String>) {
    println!("{}", check().expect("it holds"));
}

#[test]
fn phi_is_finite_and_never_falls() {
    report(laws::phi_is_finite_and_never_falls);
}

#[test]
fn horizons_are_the_least_silences() {
    report(laws::horizons_are_the_least_silences);
}

#[test]
fn equal_samples_make_equal_stats() {
    report(laws::equal_samples_make_equal_stats);
}

#[test]
fn rings_that_are_too_short_do_no_harm() {
    report(laws::rings_that_are_too_short_do_no_harm);
}

#[test]
fn stats_of_another_kind_say_nothing() {
    report(laws::stats_of_another_kind_say_nothing);
}

#[test]
fn expectations_are_those_of_all_arrivals() {
    report(arrivals::expectations_are_those_of_all_arrivals);
}

#[test]
fn a_million_arrivals_do_not_drift() {
    report(arrivals::a_million_arrivals_do_not_drift);
}

#[test]
fn lost_heartbeats_are_no_lateness() {
    report(arrivals::lost_heartbeats_are_no_lateness);
}

#[test]
fn the_later_of_two_windows_counts() {
    report(arrivals::the_later_of_two_windows_counts);
}

#[test]
fn horizons_are_the_closed_form_of_the_ring() {
    report(tails::horizons_are_the_closed_form_of_the_ring);
}

#[test]
fn lost_ones_do_not_lengthen_the_usual() {
    report(tails::lost_ones_do_not_lengthen_the_usual);
}

#[test]
fn outliers_do_not_hide_what_is_usual() {
    report(tails::outliers_do_not_hide_what_is_usual);
}

#[test]
fn slower_senders_are_followed() {
    report(tails::slower_senders_are_followed);
}

#[test]
fn few_heartbeats_support_little() {
    report(tails::few_heartbeats_support_little);
}

#[test]
fn runs_of_losses_are_waited_for() {
    report(tails::runs_of_losses_are_waited_for);
}

#[test]
fn lengths_of_runs_are_nearly_kept() {
    report(tails::lengths_of_runs_are_nearly_kept);
}

#[test]
fn normal_phi_is_known_to_four_places() {
    report(known::normal_phi_is_known_to_four_places);
}

#[test]
fn normal_horizons_are_known_to_the_nanosecond() {
    report(known::normal_horizons_are_known_to_the_nanosecond);
}

#[test]
fn exponential_is_known_to_four_places() {
    report(known::exponential_is_known_to_four_places);
}

#[test]
fn phi_is_what_akka_means() {
    report(others::phi_is_what_akka_means);
}

#[test]
fn akka_suspects_when_it_would() {
    report(others::akka_suspects_when_it_would);
}

#[test]
fn akka_cases() {
    report(others::akka_cases);
}

#[test]
fn windows_are_what_akka_remembers() {
    report(others::windows_are_what_akka_remembers);
}

#[test]
fn cassandra_cases() {
    report(others::cassandra_cases);
}

#[test]
fn chitchat_cases() {
    report(others::chitchat_cases);
}

#[test]
fn settings_beyond_our_limits_are_refused() {
    report(others::settings_beyond_our_limits_are_refused);
}

#[test]
fn perfect_heartbeats_are_never_suspected() {
    report(defects::perfect_heartbeats_are_never_suspected);
}

#[test]
fn the_mean_is_time_per_heartbeat() {
    report(defects::the_mean_is_time_per_heartbeat);
}

#[test]
fn the_window_forgets() {
    report(defects::the_window_forgets);
}

#[test]
fn phi_has_no_end_and_no_noise() {
    report(defects::phi_has_no_end_and_no_noise);
}

#[test]
fn a_pause_keeps_the_levels_apart() {
    report(defects::a_pause_keeps_the_levels_apart);
}

#[test]
fn an_excuse_is_for_one_peer() {
    report(defects::an_excuse_is_for_one_peer);
}

#[test]
fn regular_heartbeats_are_missed_soon() {
    report(defects::regular_heartbeats_are_missed_soon);
}

#[test]
fn units_are_the_finest() {
    report(defects::units_are_the_finest);
}

#[test]
fn stale_heartbeats_change_nothing() {
    report(heard::stale_heartbeats_change_nothing);
}

#[test]
fn heartbeats_are_what_their_stamps_say() {
    report(heard::heartbeats_are_what_their_stamps_say);
}

#[test]
fn a_new_life_forgets_the_old() {
    report(heard::a_new_life_forgets_the_old);
}

#[test]
fn clocks_that_go_backwards_take_nothing_back() {
    report(heard::clocks_that_go_backwards_take_nothing_back);
}

#[test]
fn who_was_never_heard_is_not_suspected() {
    report(heard::who_was_never_heard_is_not_suspected);
}

#[test]
fn windows_are_what_went_in() {
    report(remembered::windows_are_what_went_in);
}

#[test]
fn decaying_memories_are_weighted_means() {
    report(remembered::decaying_memories_are_weighted_means);
}

#[test]
fn empty_windows_know_nothing() {
    report(remembered::empty_windows_know_nothing);
}

#[test]
fn spans_may_be_of_any_scale() {
    report(remembered::spans_may_be_of_any_scale);
}

#[test]
fn models_that_cannot_be_are_refused() {
    report(remembered::models_that_cannot_be_are_refused);
}

#[test]
fn requirements_are_kept() {
    report(required::requirements_are_kept);
}

#[test]
fn intervals_are_as_long_as_can_be() {
    report(required::intervals_are_as_long_as_can_be);
}
