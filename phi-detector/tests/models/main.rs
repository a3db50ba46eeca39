//! Models and memories, and the detector of one peer.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

mod arrivals;
mod kinds;
mod laws;

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
