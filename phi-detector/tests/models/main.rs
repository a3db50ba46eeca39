//! Models and memories, and the detector of one peer.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

mod arrivals;
mod kinds;
mod laws;
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
