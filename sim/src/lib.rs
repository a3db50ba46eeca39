#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

pub mod explore;
pub mod export;
pub mod generate;
pub mod laws;

mod agenda;
mod causality;
mod clock;
mod disk;
mod fault;
mod fingerprint;
mod history;
mod invariant;
mod journal;
mod judge;
mod network;
mod node;
mod noise;
mod parse;
mod picture;
mod plan;
mod platter;
mod queue;
mod recording;
mod report;
mod rest;
mod run;
mod runner;
mod shrink;
mod step;
mod strike;
mod subject;
mod tally;
mod trip;
mod world;

pub use crate::{
    fault::{Fault, Loss, NodeSet, Trigger, Who},
    generate::Bounds,
    history::{Entry, History, Kind},
    invariant::{Invariant, Objection, Observer, Step, StepKind, View},
    judge::{Call, HistoryOf, Judged, Linearizable},
    node::Node,
    parse::{PlanError, PlanErrorReason},
    picture::PICTURE_MOMENTS,
    plan::{Burst, ClockPlan, DiskPlan, Expect, LinkPlan, NetworkPlan, Plan, PlannedCommand},
    recording::{Done, Fate, Fed, Happening, Moment, Portrait, Recording, Stepped},
    report::{Counters, Marks, Report, Verdict},
    run::{Run, run, run_recorded},
    runner::{Check, CorpusError, check, hunt, replay_corpus},
    shrink::{Shrunk, Size, shrink},
    subject::{
        Answers, App, CommandOf, ConfigOf, EffectOf, EventOf, ImageOf, MessageOf, OpOf, RecordOf, Subject,
    },
    tally::{Failure, Tally},
};
