//! The inputs and journals of a node in the corpus of the fuzzer, once more.

#[path = "../../fuzz/src/raft.rs"]
mod raft;
#[path = "../../fuzz/src/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn raft_machine() {
    replay("raft_machine", raft::machine);
}

#[test]
fn raft_records() {
    replay("raft_records", raft::records);
}
