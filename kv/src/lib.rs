#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

pub mod command;
pub mod core;
pub mod dump;
mod glob;
pub mod node;
mod number;
mod operation;
mod query;
mod reply;
pub mod server;
mod store;
mod wall;

pub use crate::{
    node::{Node, NodeConfig},
    operation::{Batch, Change, Condition, DecodeError, End, ExpireWhen, Expiry, Operation, Set, SetAnswer},
    query::{Query, Scan, TtlShape},
    reply::Reply,
    store::{DumpedItem, ImageError, Items, Store, Usage, items},
};
