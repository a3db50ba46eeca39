//! Every interleaving of a small world.
//!
//! [`check`](crate::check) plays thousands of long random runs; [`explore`] plays all short ones. It starts from nodes
//! that have just been started and tries everything that may happen next, in every state, until there is no state left
//! that it has not seen, or a [`Scope`] has no more room. Because it goes breadth first, the first play that breaks
//! something is a shortest one.
//!
//! # Which of the two
//!
//! Explore when a mistake needs few nodes and few events in an unlikely order: one crash between a vote and its sync, two
//! elections at once, a message from an earlier life. Random runs meet such an order only if they are lucky; here it is
//! one of all. Simulate when a mistake needs time, load, long logs, many members or a liveness argument. The subject, the
//! machine and its application are the same for both, only the checks are written anew: an invariant that remembers what
//! it saw cannot be in two futures at once, so that an [`Explored`] subject keeps its memory in a
//! [`Ghost`](Explored::Ghost), which is part of the state.
//!
//! The [crate page](crate#every-interleaving-of-a-small-world) explores a register in fifty lines.
//!
//! # What may happen
//!
//! | action | budget |
//! |---|---|
//! | a message in flight arrives, whichever it is | none |
//! | it arrives and stays in flight | `duplicates` |
//! | it is lost | `drops` |
//! | a node wakes that wants to be woken at once | none |
//! | a deadline passes at one node | `wakes` |
//! | a node hears that its records up to some ticket are durable | none |
//! | a client submits its next command, at any node | `commands` |
//! | an application gets what it has asked for: its command is submitted, its timer is due | none |
//! | a process ends with some prefix of its unsynced records kept, and starts again | `crashes` |
//!
//! After every step the subject's own [`Explored::check`] is asked, and what the simulator always checks is checked here
//! too: `no panic`, `deadline moves`, `no message to itself`, `one answer per command`, `every record folds`, `every image
//! recovers`, `recovery equals the fold`, and, for each different state of a node, `checkpoint equals the fold`.
//! `deterministic` says that the play, played again to be put into words, ended otherwise.
//!
//! Some things are left out because they lead nowhere new, as far as safety goes:
//! - A message that never arrives is as good as lost. So it takes no `drops` to lose one, except for checks that look at
//!   what is in flight; and a message that has arrived and changed nothing is left where it was, since the world in which
//!   it is still in flight can do all that the other one can.
//! - A node that is down does what a node does that nothing happens to. So a crash and the start after it are one action.
//! - A crash between two effects of one step does what a crash after the step does that keeps fewer records, when the
//!   later messages never arrive.
//! - The first scene is one in which every node has been woken and has synced, as often as it wanted; what a cold start
//!   can do is met after crashes.
//!
//! # Small enough
//!
//! The number of states grows with every budget, mostly tenfold or more. Machines that persist and wake a lot have many
//! states that differ only in who has heard from its disk yet. `delays` bounds these: with `delays 0` a node wakes and
//! syncs before anything else happens, unless it crashes first; each delay lets one of them wait for as long as it
//! likes. A scope that closes with one delay proves more than one that is capped with any.
//!
//! # What is not seen
//!
//! Two states are taken for one if they differ in nothing that is hashed: the machines'
//! [digests](quorate_machine::Machine::digest), whether each wants to be woken at once, later or never, the images, the
//! unsynced records and which of them share a ticket, the applications, open commands, messages in flight, budgets and the
//! ghost. Of states that are taken for one, the first is explored further, as it is. So these can hide:
//! - *Instants.* Every node has its own clock, which stands still until a deadline passes, and then shows that deadline.
//!   Which of two nodes is first does not depend on their spans, so any drift is covered, also more than a machine with
//!   leases allows for; a mistake that needs a message at a certain moment *between* two deadlines is not.
//! - *What a digest leaves out.* A digest that forgets what decides the future makes the explorer blind to it. Tickets,
//!   tags and instants are left out by contract.
//! - *Random numbers.* They come from the scope's seed, and are not an action. The same scope with another seed is another
//!   world.
//! - *Liveness.* That something happens at last is for the simulator's second phase.
//! - *Other faults.* Acknowledgements that come twice are left to the laws, damaged bytes and clocks that jump to plans.
//!
//! Nodes are not interchangeable here: a world and its mirror image are two states.

mod action;
mod names;
mod report;
mod scene;
mod scope;
mod search;
mod start;
mod step;
#[cfg(test)]
mod tests;
mod turn;

use core::hash::Hash;

use quorate_machine::Durable;

pub use self::{
    report::{Breach, Counterexample, Coverage, Exploration},
    scene::{Node, View},
    scope::{Scope, ScopeError},
    search::explore,
};
use crate::{invariant::Step, subject::Subject};

/// A subject whose every play can be explored.
///
/// What decides the future has to be hashed: derive `Hash` for messages, commands, records and images. Machines hash
/// themselves ([`Machine::digest`](quorate_machine::Machine::digest)). [`Subject::config`], [`Subject::app`] and
/// [`Subject::command`] are asked as in a run whose plan has the scope's nodes and seed, and nothing else.
pub trait Explored:
    Subject<App: Clone + Hash, Machine: Durable<Message: Hash, Command: Hash, Record: Hash, Image: Hash>>
{
    /// What the checks remember of a play: history variables. They are part of the state: the less they hold, the fewer
    /// states there are. `()` if the checks look only at the present.
    type Ghost: Clone + Default + Hash;

    /// Looks at the world after one step of one node. As for [`Invariant::after`](crate::Invariant::after), the node's
    /// application has been told, the messages have not left, and the records are not on the disk.
    ///
    /// # Errors
    /// What is violated, and how.
    fn check(
        &self,
        view: &View<'_, Self>,
        step: &Step<'_, Self>,
        ghost: &mut Self::Ghost,
    ) -> Result<(), Breach>;
}
