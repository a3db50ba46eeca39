//! Copies of keys: spread over failure domains, and with bounded loads.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

mod bounds;
mod given;
mod spreading;

fn report(check: fn() -> Result<String, String>) {
    println!("{}", check().expect("it holds"));
}

#[test]
fn copies_are_as_many_and_as_even_as_can_be() {
    report(spreading::copies_are_as_many_and_as_even_as_can_be);
}

#[test]
fn positions_are_kept() {
    report(spreading::positions_are_kept);
}

#[test]
fn more_copies_than_zones() {
    report(spreading::more_copies_than_zones);
}

#[test]
fn a_small_zone_takes_what_it_can() {
    report(spreading::a_small_zone_takes_what_it_can);
}

#[test]
fn senseless_rules_are_refused() {
    report(spreading::senseless_rules_are_refused);
}

#[test]
fn rules_come_back() {
    report(spreading::rules_come_back);
}

#[test]
fn loads_are_bounded() {
    report(bounds::loads_are_bounded);
}

#[test]
fn the_load_of_the_dead_does_not_count() {
    report(bounds::the_load_of_the_dead_does_not_count);
}

#[test]
fn bounds_at_their_ends() {
    report(bounds::bounds_at_their_ends);
}
