//! The requests and batches in the corpus of the fuzzer, once more.

#[path = "../../fuzz/src/kv.rs"]
#[allow(dead_code, reason = "borrowed from a crate that uses all of it")]
mod kv;
/// Borrowed by the target, whose decoder reads numbers with it.
#[path = "../src/number.rs"]
#[allow(dead_code, reason = "the decoder uses one half of it")]
mod number;
#[path = "../../fuzz/src/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn kv_requests() {
    replay("kv_requests", kv::requests);
}

#[test]
fn kv_batches() {
    replay("kv_batches", kv::batches);
}
