//! What must never change: hashes, tokens and placements, as files that were written once.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

mod files;
mod hashes;
mod placements;
mod serial;

macro_rules! tests {
    ($($module:ident::$check:ident,)*) => {$(
        #[test]
        fn $check() {
            println!("{}", $module::$check().unwrap());
        }
    )*};
}

tests! {
    hashes::every_hashing_is_as_it_was_written_down,
    hashes::hashes_are_those_of_others,
    hashes::tokens_are_those_of_envoy,
    hashes::tags_are_what_stands_in_braces,
    hashes::names_and_numbers_of_tokens_do_not_run_together,
    placements::every_table_places_keys_as_it_was_written_down,
    serial::hashings_come_back,
    serial::nodes_come_back_at_their_indexes,
    serial::what_no_table_has_is_not_read,
}
