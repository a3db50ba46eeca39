//! Recorded histories: as Jepsen, porcupine, AWDIT, Plume, `PolySI` and dbcop write them, and as this crate does.
//!
//! [`Recording::read`] makes [entries](Entry) of a text, and [`Recording::write`] a text of entries in any format that can hold
//! them; [`assemble`] makes a [`History`](crate::History) of entries, for a specification that is [`Recorded`], and
//! [`Recording::transactions`] one of [transactions](crate::txn::History). Whatever is not understood is an error with its line:
//! no history is ever judged on a part of its file. [`assemble_bank`] and [`assemble_long_fork`] are for two workloads of Jepsen.
//!
//! An [`Object`] is whichever of the ready-made specifications is asked for when the program runs, and a [`Case`] judges entries by it
//! without anything generic.

mod assemble;
mod awdit;
mod bank;
mod case;
mod dbcop;
mod edn;
mod entry;
mod error;
mod etcd;
mod guess;
mod independent;
mod json;
mod lines;
mod long_fork;
mod models;
mod native;
mod object;
mod object_kind;
mod plume;
mod porcupine;
mod recorded;
mod recording;
mod sessions;
mod txn;
mod value;
mod versions;
mod words;
mod write;

pub use self::{
    assemble::{Assembled, FailedCas, assemble},
    bank::assemble_bank,
    case::{Case, Trial},
    entry::{Entry, Kind},
    error::{FormatError, Mistake},
    guess::Format,
    independent::{independent, is_independent},
    long_fork::assemble_long_fork,
    object::{Object, ObjectKey, ObjectOp, ObjectRet, ObjectState, WrongInit},
    object_kind::ObjectKind,
    recorded::Recorded,
    recording::{Header, Order, Recording, read, text},
    sessions::read_sessions,
    txn::{RecordedOp, Transactions, assemble_transactions},
    value::Value,
    versions::{Versions, assemble_versions},
    words::Noted,
    write::write,
};
