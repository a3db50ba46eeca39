//! What has to move when one table takes the place of another, in which order, and how far it has come.
//!
//! A [`Plan`] is the exact difference between two tables that consist of regions: the arcs of a ring, slots, ranges of keys. A [`Schedule`]
//! puts its moves in waves, so that no node has too much to do and no region loses a copy before it has the next. [`Progress`] says what
//! is done, and survives whoever carries it out. Tables that have no regions are compared by [`moved_keys`], key by key.
//!
//! ```
//! use quorate_hashring::{Node, Nodes, Plan, SlotSpec, Slots, plan::{MoveLimits, Progress, Schedule}};
//!
//! let spec = SlotSpec { count: 1_000, copies: 2, ..SlotSpec::default() };
//! let mut old = Slots::new(spec)?.with_nodes(Nodes::of(["a", "b", "c", "d"].map(Node::new))?);
//! old.add(Node::new("e"))?;
//! let new = old.rebalanced();
//!
//! let plan = Plan::between(&old, &new, 2)?;
//! assert_eq!((plan.moved().to_string(), plan.minimum().to_string()), ("1/5".into(), "1/5".into()));
//!
//! let limits = MoveLimits { per_source: 50, per_target: 50, ..MoveLimits::default() };
//! let schedule = Schedule::new(&plan, limits, |_slot| 1)?;
//! assert_eq!(schedule.waves().count(), 9); // 8 waves of 50 to `e`, and what is then left to drop
//!
//! let mut progress = Progress::new(&plan);
//! for step in schedule.ready(&progress)? {
//!     progress.start(&step)?; // copy `step.region` from `step.source` to `step.node`, and then:
//!     progress.finish(&step)?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod change;
mod count;
mod fingerprint;
mod fraction;
mod progress;
mod regions;
#[cfg(feature = "serde")]
mod restore;
mod schedule;

use alloc::vec::Vec;

#[cfg(feature = "serde")]
pub(crate) use self::restore::Parts;
pub use self::{
    build::PlanError,
    change::{Change, Move},
    count::{Moved, moved_keys},
    fingerprint::Fingerprint,
    fraction::Fraction,
    progress::{OtherPlan, Progress, Stage, StepError},
    regions::{HashSpan, Incomparable, KeySpan, Region, Regions},
    schedule::{Action, MoveLimits, MoveLimitsError, Schedule, Step, Waves},
};

/// The exact difference between two tables: the regions whose copies are on other nodes than before.
///
/// Nodes are called by their names, since an index is a table's own. Neighbouring arcs that change alike are one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<R> {
    old: Fingerprint,
    new: Fingerprint,
    /// The extents of all regions, each times its copies in the new table.
    all: u128,
    unavoidable: u128,
    minimum: Fraction,
    changes: Vec<Change<R>>,
    /// How many moves that makes.
    moves: u32,
    /// Of all this.
    print: Fingerprint,
}

impl<R: Region> Plan<R> {
    /// The most moves.
    pub const MOVES_MAX: u32 = 1 << 30;

    /// Which plan it is: the tables that it is between, and its moves.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.print
    }

    /// The table that it begins with.
    pub const fn old(&self) -> Fingerprint {
        self.old
    }

    /// The table that it ends with.
    pub const fn new_table(&self) -> Fingerprint {
        self.new
    }

    /// The regions that change, in order.
    pub fn changes(&self) -> &[Change<R>] {
        &self.changes
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What moves, region by region, in the order in which it is done: see [`Change::moves`].
    pub fn moves(&self) -> impl Iterator<Item = Move<R>> {
        self.changes.iter().flat_map(Change::moves)
    }

    /// How many moves there are.
    pub const fn move_count(&self) -> u32 {
        self.moves
    }

    /// Which part of all copies is made anew.
    pub fn moved(&self) -> Fraction {
        Fraction::new(self.made_anew(), self.all)
    }

    fn made_anew(&self) -> u128 {
        let made =
            |change: &Change<R>| change.region().extent().saturating_mul(change.added().count() as u128);
        self.changes.iter().map(made).fold(0, u128::saturating_add)
    }

    /// Which part would have to be made anew if each node had exactly its share by weight after, and before, too; of slots, which are as they
    /// were assigned, what it has before. It is half of the sum of how far the shares are apart. A table that is not exact may
    /// move more than that, or less: see [`Plan::unavoidable`].
    ///
    /// Exact while all nodes together weigh less than 2⁶⁰.
    pub const fn minimum(&self) -> Fraction {
        self.minimum
    }

    /// Which part has to be made anew for any two tables in which nodes have as much as in these: what nodes have more than before, together.
    /// Never more than [`Plan::moved`].
    pub fn unavoidable(&self) -> Fraction {
        Fraction::new(self.unavoidable, self.all)
    }

    /// Whether it is a plan from the one table to the other.
    pub fn is_between(&self, old: Fingerprint, new: Fingerprint) -> bool {
        self.old == old && self.new == new
    }
}
