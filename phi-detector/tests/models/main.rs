//! Models and memories, and the detector of one peer.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

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
