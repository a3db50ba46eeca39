//! The plans in the corpus of the fuzzer, once more.

#[path = "../../fuzz/src/replay.rs"]
mod replay;
#[path = "../../fuzz/src/sim.rs"]
mod sim;

use replay::replay;

#[test]
fn sim_plan() {
    replay("sim_plan", sim::plan);
}
