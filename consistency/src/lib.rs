#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod bits;
mod bug;
mod builder;
pub mod explain;
#[cfg(feature = "formats")]
pub mod format;
#[cfg(feature = "generate")]
pub mod generate;
mod history;
mod lane;
mod linearizer;
#[cfg(feature = "pages")]
mod markup;
mod memo;
mod minimize;
mod online;
mod options;
mod refused;
mod search;
mod shortcut;
pub mod spec;
mod staleness;
mod track;
pub mod txn;
mod verdict;
mod weak;

#[cfg(quorate_bugs)]
pub use crate::{bug::Bug, staleness::measure_staleness_with_bug};
pub use crate::{
    builder::{HistoryBuilder, Malformed},
    explain::Explanation,
    history::{Event, History, Interval, OpId, Operation, Outcome},
    linearizer::{Linearizer, OPEN_MAX, check},
    minimize::{Keep, Minimized, Minimizer},
    online::{Online, Standing},
    options::{Options, Reduction, Reductions},
    refused::Refused,
    spec::{Call, Decision, Growth, Nondeterministic, Spec},
    staleness::{Staleness, measure_staleness},
    verdict::{Configuration, Counterexample, Flaw, Unknown, Verdict, Witness},
    weak::{
        BadPattern, CausalModel, Convergence, Divergence, Guarantee, Guarantees, RegisterHistory, Sequencer,
        SequentialVerdict, SessionAction, SessionOp, SessionViolation, Stuck, Unsuitable, VersionError,
        VersionedHistory, check_convergence, check_sequential,
    },
};
