//! Runs one cluster for an instruction counter: `raft_cluster ENGINE BATCH PROPOSALS`.

use std::{env, error::Error};

use quorate_bench::raft::{Engine, Workload};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [engine, batch, proposals] = arguments.as_slice() else {
        return Err("usage: raft_cluster ENGINE BATCH PROPOSALS".into());
    };
    let workload = Workload { batch: batch.parse()?, proposals: proposals.parse()? };
    let mut cluster = engine.parse::<Engine>()?.cluster(workload.batch, 256);
    workload.run(&mut *cluster);
    Ok(())
}
