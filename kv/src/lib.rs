#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

pub mod command;
pub mod core;
mod glob;
mod number;
mod operation;
mod query;
mod reply;
mod store;

pub use crate::{
    operation::{
        Batch, Change, Condition, DecodeError, End, Expiry, ExpireWhen, Operation, Set, SetAnswer,
    },
    query::{Query, Scan, TtlShape},
    reply::Reply,
    store::{DumpedItem, ImageError, Items, Store, Usage, items},
};
