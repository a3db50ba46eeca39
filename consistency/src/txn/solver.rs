//! The levels that take a search: prefix consistency, snapshot isolation and serializability of registers.
//!
//! What is known of the order of all moments ([`moments`]) is gathered ([`polygraph`]), what follows from it is concluded
//! ([`conclude`], [`reach`]), and where that leaves pairs of writers in no order ([`agenda`]), both orders are tried ([`suppose`]),
//! along a [`guess`]. Where all orders of versions are known there is nothing to search ([`revealed`]).

mod agenda;
mod conclude;
mod explain;
mod guess;
mod moments;
mod polygraph;
mod proof;
mod reach;
mod revealed;
mod run;
mod suppose;

pub use self::{
    proof::{Lemma, Moment, Point, Proof, ProofStep, Reason, Refutation, Solution, Unresolved},
    run::{Solver, SolverOptions, solve},
};
use super::commit_order::CommitOrder;
