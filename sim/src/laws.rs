//! Universal laws: what every machine keeps, whatever its protocol. One macro, one `#[test]` per law.
//!
//! A law feeds one machine a random script (messages near its state, commands, acknowledgements, wakes) and demands
//! something of every step. [`machine_laws!`](crate::machine_laws) runs each law under many seeds, in scripts that grow, and prints the
//! seed that fails; `LAWS_SEED=N` runs that one alone. `LAWS_BLESS=1` rewrites the files of [`Golden`] bytes.
//!
//! | law | what it rules out |
//! |---|---|
//! | [`deterministic`] | clocks, hash order, randomness from elsewhere |
//! | [`forks_identically`] | state shared between clones |
//! | [`shifts_with_time`] | instants that mean something |
//! | [`total_on_garbage`] | panics on what peers and clocks may do |
//! | [`bounded`] | steps with unbounded effects |
//! | [`answers_once`] | commands answered twice, or never asked |
//! | [`early_wake_is_a_no_op`] | work that depends on when it is woken |
//! | [`due_wake_progresses`] | timer storms |
//! | [`tickets_rise`] | acknowledgements taken for one another |
//! | [`foreign_persisted_is_harmless`] | the same |
//! | [`recovery_equals_the_fold`] | fields forgotten at a restart |
//! | [`checkpoint_equals_the_fold`] | fields forgotten in a checkpoint |
//! | [`prints_in_a_line`] | traces that nobody can read |
//! | [`refuses_bad_configs`] (claimed) | configuration traps |
//! | [`duplicates_are_harmless`] (claimed) | handlers that count messages |
//! | [`nothing_leaks_before_its_ticket`] (claimed) | promises that a crash breaks |
//! | [`round_trips`] (claimed) | encodings that lose something |
//! | [`golden_bytes`] (claimed) | encodings that older versions cannot read |
//! | [`bounded_state`] (claimed) | queues that peers can fill |
//! | [`accepted_configs_are_total`] (claimed) | configurations that should have been refused |
//! | [`commutes_with_renaming`] (claimed) | rules that depend on who has which id |
//! | [`decides_without_its_seed`] (claimed) | chance in what must be safe |
//!
//! The claimed ones need to be told something by [`Scripted`]; without that they print "not claimed".
//!
//! Plain values (clocks, rings, detectors, checkers) have laws of their own: [`values`].
//!

mod claims;
mod draw;
mod durability;
mod golden;
mod limits;
mod names;
mod prove;
mod purity;
mod rig;
mod seeds;
pub mod values;

use core::fmt;

use quickcheck::Gen;
use quorate_machine::NodeId;

pub use crate::laws::{
    claims::{
        accepted_configs_are_total, duplicates_are_harmless, golden_bytes, nothing_leaks_before_its_ticket,
        prints_in_a_line, refuses_bad_configs, round_trips,
    },
    draw::{below, near, some_node},
    durability::{
        checkpoint_equals_the_fold, foreign_persisted_is_harmless, recovery_equals_the_fold, tickets_rise,
    },
    golden::Golden,
    limits::{
        answers_once, bounded, bounded_state, due_wake_progresses, early_wake_is_a_no_op, total_on_garbage,
    },
    names::{Names, Renaming, commutes_with_renaming},
    prove::{Broken, Finding, prove},
    purity::{deterministic, forks_identically, shifts_with_time},
    seeds::decides_without_its_seed,
};
use crate::plan::Plan;
use crate::subject::{CommandOf, ConfigOf, EffectOf, ImageOf, MessageOf, RecordOf, Subject};

/// What the laws need to know of a machine besides how to run it.
pub trait Scripted: Subject {
    /// A message that could matter to this machine now: draw numbers with [`near`] what its state holds, and nodes
    /// with [`some_node`], so that most messages are plausible and some are nonsense.
    fn message(&self, g: &mut Gen, near: &Self::Machine) -> MessageOf<Self>;

    /// A command that could matter to this machine now, including those by which its application answers.
    fn plausible_command(&self, g: &mut Gen, near: &Self::Machine) -> CommandOf<Self>;

    /// The most effects that one step may have, among at most five nodes.
    fn effects_max(&self) -> usize;

    /// Configurations of node `id` that must be refused.
    fn bad_configs(&self, _id: NodeId) -> Vec<ConfigOf<Self>> {
        Vec::new()
    }

    /// Any configuration of node `id` of the plan's, sensible or not, the same for the same randomness: claims that
    /// whichever of them is accepted is safe.
    fn some_config(&self, _g: &mut Gen, _id: NodeId, _plan: &Plan) -> Option<ConfigOf<Self>> {
        None
    }

    /// Claims that with this configuration the state never takes more bytes, as [`state_bytes`](Self::state_bytes)
    /// measures it, among at most five nodes.
    fn state_bytes_max(&self, _config: &ConfigOf<Self>) -> Option<usize> {
        None
    }

    /// How large a state is: by default how many bytes its digest hashes. Add what a digest leaves out, such as queues
    /// of which it hashes the length alone.
    fn state_bytes(&self, machine: &Self::Machine) -> usize {
        rig::hashed_bytes(machine)
    }

    /// Claims that ids are only names, and says where they are.
    fn names(&self) -> Option<Names<Self>> {
        None
    }

    /// Claims that the seed decides when the machine wants to be woken, and nothing else.
    fn decides_without_its_seed(&self) -> bool {
        false
    }

    /// Claims that these encodings never change.
    fn golden(&self) -> Option<Golden> {
        None
    }

    /// Claims that a second copy of this message, right after the first, changes nothing and tells nothing.
    fn is_idempotent(&self, _message: &MessageOf<Self>) -> Option<bool> {
        None
    }

    /// Whether this effect, of a machine that started with nothing, may only leave once a record is durable.
    fn depends_on_disk(&self, _effect: &EffectOf<Self>) -> Option<bool> {
        None
    }

    /// Encodes, decodes and compares; the error says what differs.
    fn round_trip(&self, _what: Encoded<'_, Self>) -> Option<Result<(), String>> {
        None
    }
}

/// What [`Scripted::round_trip`] encodes and decodes.
pub enum Encoded<'a, S: Subject> {
    /// A message.
    Message(&'a MessageOf<S>),
    /// A record.
    Record(&'a RecordOf<S>),
    /// An image.
    Image(&'a ImageOf<S>),
}

impl<S: Subject> fmt::Debug for Encoded<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => message.fmt(f),
            Self::Record(record) => record.fmt(f),
            Self::Image(_) => f.write_str("an image"),
        }
    }
}

/// One `#[test]` for each of the [laws](crate::laws), in a module of this name, for a [`Scripted`](crate::laws::Scripted) subject.
///
/// ```text
/// quorate_sim::machine_laws!(register_laws, RegisterSubject);
/// ```
#[macro_export]
macro_rules! machine_laws {
    ($name:ident, $subject:expr) => {
        $crate::machine_laws!(@each $name, $subject,
            deterministic, forks_identically, shifts_with_time, total_on_garbage, bounded, answers_once,
            early_wake_is_a_no_op, due_wake_progresses, tickets_rise, foreign_persisted_is_harmless,
            recovery_equals_the_fold, checkpoint_equals_the_fold, refuses_bad_configs, duplicates_are_harmless,
            nothing_leaks_before_its_ticket, round_trips, golden_bytes, bounded_state, accepted_configs_are_total,
            commutes_with_renaming, decides_without_its_seed, prints_in_a_line);
    };
    (@each $name:ident, $subject:expr, $($law:ident),*) => {
        mod $name {
            use super::*;
            $(
                #[test]
                fn $law() -> ::core::result::Result<(), $crate::laws::Broken> {
                    $crate::laws::prove(stringify!($law), &$subject, $crate::laws::$law)
                }
            )*
        }
    };
}
