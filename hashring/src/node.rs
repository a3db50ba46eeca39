//! A node: what keys are placed on.

use alloc::sync::Arc;
use core::num::NonZeroU32;

/// A node as its operators describe it: a name, how much it can take, and where it stands.
///
/// ```
/// use quorate_hashring::{Node, Weight};
///
/// let node = Node::new("10.0.3.7:6379").weighing(Weight::new(4)?).within(["eu-west", "rack-3"]);
/// assert_eq!(node.domain(0), Some("eu-west"));
/// # Ok::<(), quorate_hashring::ZeroWeight>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    name: Arc<str>,
    weight: Weight,
    path: Arc<[Arc<str>]>,
}

impl Node {
    /// A node of weight one that stands nowhere in particular.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), weight: Weight::ONE, path: Arc::default() }
    }

    /// The same with another weight.
    #[must_use]
    pub fn weighing(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }

    /// The same within failure domains, the widest first: a region, a zone, a rack.
    #[must_use]
    pub fn within<D: Into<Arc<str>>>(mut self, domains: impl IntoIterator<Item = D>) -> Self {
        self.path = domains.into_iter().map(Into::into).collect();
        self
    }

    /// Its name, which is its own within a table. Whatever else is equal, names decide.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// How much it can take, beside others.
    pub const fn weight(&self) -> Weight {
        self.weight
    }

    pub(crate) fn set_weight(&mut self, weight: Weight) -> Weight {
        core::mem::replace(&mut self.weight, weight)
    }

    /// The failure domains it stands in, the widest first.
    pub fn path(&self) -> &[Arc<str>] {
        &self.path
    }

    /// The failure domain it stands in at `level`, 0 being the widest.
    pub fn domain(&self, level: usize) -> Option<&str> {
        self.path.get(level).map(AsRef::as_ref)
    }
}

/// How much a node can take, beside others: a node of weight 2 gets twice what one of weight 1 gets. Never zero: what shall get
/// nothing is not in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(NonZeroU32);

impl Weight {
    /// What a node weighs if nothing is said.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// A weight.
    ///
    /// # Errors
    ///
    /// Zero is none.
    pub const fn new(weight: u32) -> Result<Self, ZeroWeight> {
        match NonZeroU32::new(weight) {
            Some(weight) => Ok(Self(weight)),
            None => Err(ZeroWeight),
        }
    }

    /// The number, at least 1.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self::ONE
    }
}

impl core::fmt::Display for Weight {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// A node that shall get nothing has to leave the table: a weight is at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a weight is at least 1: a node that shall get nothing is removed")]
pub struct ZeroWeight;
