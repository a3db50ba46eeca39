//! Models that are weaker than linearizability: they know each process's own order, not the order of time.

mod accesses;
mod causal;
mod clocks;
mod convergence;
mod graph;
mod guarantees;
mod pattern;
mod program;
mod sequential;
mod sessions;
mod versioned;
mod view;

pub use self::{
    accesses::RegisterHistory,
    causal::CausalModel,
    convergence::{Convergence, Divergence, check_convergence},
    guarantees::{Guarantee, Guarantees},
    pattern::BadPattern,
    program::Unsuitable,
    sequential::{Sequencer, SequentialVerdict, Stuck, check_sequential},
    versioned::{SessionAction, SessionOp, SessionViolation, VersionError, VersionedHistory},
};
