#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

pub mod generate;
pub mod laws;
pub mod linear;

mod clock;
mod disk;
mod fault;
mod fingerprint;
mod history;
mod invariant;
mod journal;
mod network;
mod node;
mod parse;
mod plan;
mod queue;
mod report;
mod rest;
mod run;
mod runner;
mod shrink;
mod step;
mod strike;
mod subject;
mod tally;
mod trace;
mod trip;
mod world;

pub use crate::{
    fault::{Fault, Loss, NodeSet, Trigger, Who},
    generate::Bounds,
    history::{Entry, History, Kind},
    invariant::{Invariant, Step, StepKind, View},
    node::Node,
    parse::{PlanError, PlanErrorReason},
    plan::{ClockPlan, DiskPlan, NetworkPlan, Plan, PlannedCommand},
    report::{Counters, Report, Verdict},
    run::{run, run_traced},
    runner::{Check, CorpusError, check, replay_corpus},
    shrink::shrink,
    subject::{
        Answers, App, CommandOf, ConfigOf, EffectOf, EventOf, ImageOf, MessageOf, OpOf, RecordOf, Subject,
    },
    tally::{Failure, Tally},
};
