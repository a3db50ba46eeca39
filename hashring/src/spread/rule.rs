//! How many copies, and what they may share.

use alloc::{sync::Arc, vec::Vec};

/// How many copies of a key there shall be, and which failure domains they may share.
///
/// Levels are those of [`Node::within`](crate::Node::within): 0 is the widest. A domain is told by its whole path: two racks of one
/// name in different zones are two.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Rule {
    pub(crate) copies: u16,
    /// The widest level first.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "widest_first"))]
    pub(crate) limits: Vec<(usize, Limit)>,
    pub(crate) positional: bool,
}

/// What copies may share at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Limit {
    /// They are shared out as evenly as the domains can take them. Where there are fewer domains than copies they share.
    Even,
    /// No two in one domain. Where there are fewer domains than copies there are fewer copies.
    Strict,
}

impl Rule {
    /// So many copies, on different nodes.
    pub const fn copies(copies: u16) -> Self {
        Self { copies, limits: Vec::new(), positional: false }
    }

    /// Evenly over the domains of that level.
    #[must_use]
    pub fn even(self, level: usize) -> Self {
        self.limit(level, Limit::Even)
    }

    /// At most one in each domain of that level.
    #[must_use]
    pub fn strict(self, level: usize) -> Self {
        self.limit(level, Limit::Strict)
    }

    fn limit(mut self, level: usize, limit: Limit) -> Self {
        let place = self.limits.partition_point(|(other, _)| *other <= level);
        self.limits.insert(place, (level, limit));
        self
    }

    /// Every copy keeps its position while other nodes are down: what replaces a copy takes its place, and a place without a node stays
    /// empty. Erasure codes need that, as their pieces differ. Otherwise those behind move up, as for copies of which the first leads
    /// (both are modes of CRUSH, Weil et al. 2006, section 3.2.2).
    #[must_use]
    pub const fn positional(mut self) -> Self {
        self.positional = true;
        self
    }

    /// How many copies there shall be.
    pub const fn count(&self) -> u16 {
        self.copies
    }
}

#[cfg(feature = "serde")]
fn widest_first<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<(usize, Limit)>, D::Error> {
    let mut limits = <Vec<(usize, Limit)> as serde::Deserialize>::deserialize(deserializer)?;
    limits.sort_by_key(|(level, _)| *level);
    Ok(limits)
}

/// The rule cannot be applied to these nodes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// It asks for no copies.
    #[error("a rule asks for one copy at least")]
    NoCopies,
    /// It says two things of one level.
    #[error("the rule says more than one thing of level {level}")]
    LevelTwice {
        /// The level.
        level: usize,
    },
    /// A node has no domain at a level that it speaks of.
    #[error("the node {node:?} has no failure domain at level {level}")]
    NoSuchLevel {
        /// The node's name.
        node: Arc<str>,
        /// The level.
        level: usize,
    },
}
