//! The tables, plans and changes in the corpus of the fuzzer, once more.

use super::{hashring, replay::replay};

#[test]
fn hashring_stored() {
    replay("hashring_stored", hashring::stored);
}

#[test]
fn hashring_ranges() {
    replay("hashring_ranges", hashring::ranges);
}
