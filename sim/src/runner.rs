//! The only part that meets the real world: threads, the wall clock, the environment, files.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "runs are pure; what runs them counts seconds, uses both cores and is told what to replay"
)]

pub mod hunt;

mod check;
mod corpus;
mod environment;
mod quiet;

pub use crate::runner::{
    check::{Check, check},
    corpus::{CorpusError, replay_corpus},
};
pub(crate) use crate::runner::{
    environment::{golden, laws_seed, say},
    quiet::quietly,
};
