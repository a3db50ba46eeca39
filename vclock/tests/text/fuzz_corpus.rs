//! The bytes and logs in the corpus of the fuzzer, once more.

use super::{replay::replay, vclock};

#[test]
fn vclock_decode() {
    replay("vclock_decode", vclock::decode);
}

#[test]
fn vclock_shiviz() {
    replay("vclock_shiviz", vclock::shiviz);
}
