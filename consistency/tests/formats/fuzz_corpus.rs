//! The histories in the corpus of the fuzzer, once more.

use super::{history, replay::replay};

#[test]
fn history_bytes() {
    replay("history_bytes", history::bytes);
}

#[test]
fn history_judged() {
    replay("history_judged", history::judged);
}
