//! The machines that can be run: each as its own crate's tests run it.

use std::process::ExitCode;

use quorate_sim::{App, Bounds, Plan, Subject, explore::Scope, export::Exported, generate};

use super::{explore, mix::Mix};
use crate::problem::Problem;

/// The cluster that Raft's own tests run.
#[path = "../../../raft/tests/cluster/mod.rs"]
mod raft_cluster;

/// The cluster that the store's own tests run.
#[path = "../../../kv/tests/cluster/mod.rs"]
mod kv_cluster;

/// A machine that can be run.
pub(super) trait Kind: Sync {
    type Subject: Subject<App: App<<Self::Subject as Subject>::Machine, Op: Exported>>;

    fn name(&self) -> &'static str;
    fn subject(&self) -> &Self::Subject;

    /// The plan of a seed.
    fn plan(&self, seed: u64, mix: Mix, nodes: Option<u8>) -> Plan;

    /// Explores a small world, if the machine knows how.
    fn explore(&self, scope: &Scope, json: bool) -> Result<ExitCode, Problem>;
}

/// The replicated log.
pub(super) fn raft() -> Raft {
    Raft(raft_cluster::Cluster::default())
}

/// A node of the store.
pub(super) fn kv() -> Kv {
    Kv(kv_cluster::Kv)
}

pub(super) struct Raft(raft_cluster::Cluster);

pub(super) struct Kv(kv_cluster::Kv);

impl Kind for Raft {
    type Subject = raft_cluster::Cluster;

    fn name(&self) -> &'static str {
        "raft"
    }

    fn subject(&self) -> &Self::Subject {
        &self.0
    }

    fn plan(&self, seed: u64, mix: Mix, nodes: Option<u8>) -> Plan {
        planned(seed, mix, nodes, &raft_cluster::plans::bounds(), raft_cluster::plans::plan)
    }

    fn explore(&self, scope: &Scope, json: bool) -> Result<ExitCode, Problem> {
        explore::run(self.name(), &self.0, scope, json)
    }
}

impl Kind for Kv {
    type Subject = kv_cluster::Kv;

    fn name(&self) -> &'static str {
        "kv"
    }

    fn subject(&self) -> &Self::Subject {
        &self.0
    }

    fn plan(&self, seed: u64, mix: Mix, nodes: Option<u8>) -> Plan {
        planned(seed, mix, nodes, &kv_cluster::bounds(), kv_cluster::plan)
    }

    fn explore(&self, _: &Scope, _: bool) -> Result<ExitCode, Problem> {
        Err(Problem::new("the store is too large to be explored")
            .hint("`quorate sim raft --explore …` can be"))
    }
}

fn planned(seed: u64, mix: Mix, nodes: Option<u8>, bounds: &Bounds, own: impl Fn(u64) -> Plan) -> Plan {
    let sized = |nodes| Bounds { nodes: nodes..=nodes, ..bounds.clone() };
    match (mix.generator(), nodes) {
        (None, None) => own(seed),
        (Some(generator), None) => generator(seed, bounds),
        (generator, Some(nodes)) => generator.unwrap_or(generate::mix)(seed, &sized(nodes)),
    }
}
