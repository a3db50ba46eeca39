//! Laws of plain values: clocks, rings, detectors, checkers, whatever is no machine. One macro, one `#[test]` per law.
//!
//! Say how to draw a value ([`Values`]), implement a trait for each structure that it has, and name the groups of laws
//! that go with them in [`value_laws!`](crate::value_laws):
//!
//! | group | trait | laws |
//! |---|---|---|
//! | `order` | [`Ordered`] | [`order_is_reflexive`], [`order_is_antisymmetric`], [`order_is_transitive`], [`comparison_agrees`] |
//! | `total` | [`Ordered`] | [`order_is_total`] |
//! | `growth` | [`Growing`] | [`growth_is_strict`] |
//! | `join` | [`Lattice`] | [`join_is_idempotent`], [`join_is_commutative`], [`join_is_associative`], [`join_is_the_least_upper_bound`], [`join_is_monotone`] |
//! | `meet` | [`Meet`] | [`meet_is_idempotent`], [`meet_is_commutative`], [`meet_is_associative`], [`meet_is_the_greatest_lower_bound`], [`join_and_meet_absorb`] |
//! | `distributive` | [`Meet`] | [`join_and_meet_distribute`] |
//! | `canonical` | [`Coded`] | [`encodings_return`], [`equal_values_encode_alike`], [`equal_values_hash_alike`], [`decoding_is_total`] |
//! | `strict` | [`Coded`] | [`decoding_is_strict`] |
//! | `stable` | [`Changing`] | [`changes_only_what_is_involved`] |
//! | `monotone` | [`Rising`] | [`answers_never_fall`] |
//!
//! Version vectors, for example:
//!
//! ```
//! use std::{cmp::Ordering, collections::BTreeMap};
//!
//! use quickcheck::Gen;
//! use quorate_sim::laws::{below, values::{self, Lattice, Ordered, Values}};
//!
//! type Vector = BTreeMap<u8, u64>; // no entry is zero
//!
//! struct Vectors;
//!
//! impl Values for Vectors {
//!     type Value = Vector;
//!
//!     fn value(&self, g: &mut Gen) -> Vector {
//!         (0..3).map(|node| (node, below(g, 3))).filter(|(_, count)| *count > 0).collect()
//!     }
//! }
//!
//! impl Ordered for Vectors {
//!     fn compare(&self, a: &Vector, b: &Vector) -> Option<Ordering> {
//!         let at_most = |a: &Vector, b: &Vector| a.iter().all(|(node, count)| Some(count) <= b.get(node));
//!         match (at_most(a, b), at_most(b, a)) {
//!             (true, true) => Some(Ordering::Equal),
//!             (true, false) => Some(Ordering::Less),
//!             (false, true) => Some(Ordering::Greater),
//!             (false, false) => None,
//!         }
//!     }
//! }
//!
//! impl Lattice for Vectors {
//!     fn join(&self, a: &Vector, b: &Vector) -> Vector {
//!         let mut join = a.clone();
//!         for (node, count) in b {
//!             let held = join.entry(*node).or_default();
//!             *held = *count.max(held);
//!         }
//!         join
//!     }
//! }
//!
//! quorate_sim::value_laws!(vectors, Vectors; order, join); // nine tests
//! # values::prove("join_is_associative", &Vectors, values::join_is_associative)?;
//! # Ok::<(), quorate_sim::laws::Broken>(())
//! ```
//!
//! A law that says "if" fails when its premise is never met: a green test has tried something. [`Values::near`] is how to
//! meet it.

mod change;
mod code;
mod lattice;
mod order;

use core::fmt::Debug;

use quickcheck::Gen;

pub use self::{
    change::{Changing, Rising, answers_never_fall, changes_only_what_is_involved},
    code::{
        Coded, decoding_is_strict, decoding_is_total, encodings_return, equal_values_encode_alike,
        equal_values_hash_alike,
    },
    lattice::{
        Lattice, Meet, join_and_meet_absorb, join_and_meet_distribute, join_is_associative,
        join_is_commutative, join_is_idempotent, join_is_monotone, join_is_the_least_upper_bound,
        meet_is_associative, meet_is_commutative, meet_is_idempotent, meet_is_the_greatest_lower_bound,
    },
    order::{
        Growing, Ordered, comparison_agrees, growth_is_strict, order_is_antisymmetric, order_is_reflexive,
        order_is_total, order_is_transitive,
    },
};
use crate::laws::{Broken, Finding, below, prove::try_seeds};

/// A kind of value, and how to draw one. Implement it for a type of your own (mostly a unit struct), so that tests can
/// hold foreign types to their laws.
pub trait Values {
    /// The value.
    type Value: Clone + Debug + PartialEq;

    /// Any value, of a size in proportion to the generator's: small ones find more, since they meet more often.
    fn value(&self, g: &mut Gen) -> Self::Value;

    /// A value that has to do with this one: the same, a little more, a little less, or beside it. By default the same
    /// now and then, else any.
    fn near(&self, g: &mut Gen, value: &Self::Value) -> Self::Value {
        if below(g, 4) == 0 { value.clone() } else { self.value(g) }
    }
}

/// Tries the law under many seeds, or under `LAWS_SEED` alone.
///
/// # Errors
/// The first seed under which it is broken, with the smallest size found for it; or that nothing drawn met its premise.
pub fn prove<V>(
    law: &'static str,
    values: &V,
    holds: impl Fn(&V, &mut Gen) -> Result<Finding, String>,
) -> Result<(), Broken> {
    let met = try_seeds(law, values, holds)?;
    if met.under_any || !met.all_tried {
        return Ok(());
    }
    let why = "nothing that was drawn met its premise: draw values that have more to do with each other";
    Err(Broken { law, seed: 0, size: 0, why: why.to_owned() })
}

/// Draws cases; says whether any of them met the law's premise.
fn cases(g: &mut Gen, mut case: impl FnMut(&mut Gen) -> Result<bool, String>) -> Result<Finding, String> {
    let mut met = false;
    for _ in 0..CASES {
        met |= case(g)?;
    }
    Ok(if met { Finding::Kept } else { Finding::NotClaimed })
}

const CASES: usize = 32;

fn demand(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// One `#[test]` for each law of the named [groups](crate::laws::values), in a module of this name.
///
/// ```text
/// quorate_sim::value_laws!(version_vectors, Vectors; order, join, meet, canonical);
/// ```
#[macro_export]
macro_rules! value_laws {
    ($name:ident, $values:expr; $($group:ident),+ $(,)?) => {
        mod $name {
            use super::*;
            $( $crate::value_laws!(@$group $values); )+
        }
    };
    (@order $values:expr) => {
        $crate::value_laws!(@each order $values =>
            order_is_reflexive, order_is_antisymmetric, order_is_transitive, comparison_agrees);
    };
    (@total $values:expr) => {
        $crate::value_laws!(@each total $values =>
            order_is_total);
    };
    (@growth $values:expr) => {
        $crate::value_laws!(@each growth $values =>
            growth_is_strict);
    };
    (@join $values:expr) => {
        $crate::value_laws!(@each join $values =>
            join_is_idempotent, join_is_commutative, join_is_associative, join_is_the_least_upper_bound,
            join_is_monotone);
    };
    (@meet $values:expr) => {
        $crate::value_laws!(@each meet $values =>
            meet_is_idempotent, meet_is_commutative, meet_is_associative, meet_is_the_greatest_lower_bound,
            join_and_meet_absorb);
    };
    (@distributive $values:expr) => {
        $crate::value_laws!(@each distributive $values =>
            join_and_meet_distribute);
    };
    (@canonical $values:expr) => {
        $crate::value_laws!(@each canonical $values =>
            encodings_return, equal_values_encode_alike, equal_values_hash_alike, decoding_is_total);
    };
    (@strict $values:expr) => {
        $crate::value_laws!(@each strict $values =>
            decoding_is_strict);
    };
    (@stable $values:expr) => {
        $crate::value_laws!(@each stable $values =>
            changes_only_what_is_involved);
    };
    (@monotone $values:expr) => {
        $crate::value_laws!(@each monotone $values =>
            answers_never_fall);
    };
    (@each $group:ident $values:expr => $($law:ident),+) => {
        mod $group {
            use super::*;
            $(
                #[test]
                fn $law() -> ::core::result::Result<(), $crate::laws::Broken> {
                    $crate::laws::values::prove(stringify!($law), &$values, $crate::laws::values::$law)
                }
            )+
        }
    };
}
