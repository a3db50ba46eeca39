//! Histories made by chance, of objects and databases that are right, or wrong in a known way: to test clients, checkers, and
//! this crate.
//!
//! What is made depends on the seed and the shape alone. [`right`] makes histories of any specification; with the feature
//! `formats`, [`objects`] and [`transactions`] make them as they are written down.

mod rng;
mod run;
mod specified;

#[cfg(feature = "formats")]
mod database;
#[cfg(feature = "formats")]
mod mistake;
#[cfg(feature = "formats")]
mod objects;
#[cfg(feature = "formats")]
mod transactions;

#[cfg(feature = "formats")]
pub use self::{
    database::Isolation,
    mistake::plant,
    objects::{Objects, objects},
    transactions::{TransactionKind, Transactions, transactions},
};
pub use self::{
    rng::Rng,
    run::{Happening, Object, Shape, run},
    specified::{Domain, HistoryOf, OpOf, RetOf, StateOf, changed, rebuild, right},
};
#[cfg(feature = "formats")]
pub use crate::format::ObjectKind;
