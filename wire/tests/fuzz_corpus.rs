//! The streams and journals in the corpus of the fuzzer, once more.

#[path = "../../fuzz/src/replay.rs"]
mod replay;
#[path = "../../fuzz/src/wire.rs"]
mod wire;

use replay::replay;

#[test]
fn wire_frame() {
    replay("wire_frame", wire::frame);
}

#[test]
fn wire_journal() {
    replay("wire_journal", wire::journal);
}
