//! Tokens on a circle: consistent hashing.

mod allocate;
mod arcs;
#[cfg(feature = "compat")]
mod dialect;
mod elastic;
mod error;
mod index;
mod points;
mod probe;
mod tokens;

#[cfg(feature = "serde")]
use alloc::vec::Vec;
use core::num::NonZeroU32;

#[cfg(feature = "compat")]
pub use self::dialect::RingDialect;
#[cfg(feature = "serde")]
use self::error::NotARing;
pub(crate) use self::points::Points;
pub use self::{
    arcs::RingArc,
    error::{PlaceTokensError, PlaceTokensReason},
};
use self::{points::Given, tokens::Tokens};
use crate::{
    hash::{Hashing, KeyHash},
    nodes::{NodeIx, Nodes},
    place::{AddError, Place},
    walk::Walk,
};

/// A ring of tokens (Karger et al. 1997; Stoica et al. 2001 for the tokens of one node): each node has some, and a hash is on the
/// node whose token is the first that is not below it. After the last comes the first again.
///
/// | | |
/// |---|---|
/// | choose it | for caches and stores whose nodes come and go, if copies of a key shall be on the next nodes, if weights matter, and where plans of arcs are wanted |
/// | cost | a lookup is one number of an index and about one token, whatever the number of nodes; adding, removing and weighing a node copy all tokens |
/// | memory | 10 bytes for each token, 160 tokens for each node of weight 1 |
/// | balance | with `v` tokens for each node its share has a standard deviation of `1/√v`: 8 % with 160 |
/// | disruption | what a node gets or gives is what moves, and nothing else: `1/(n + 1)` of all keys, give or take the deviation |
///
/// Tokens that are equal are both there, in the order of their nodes' names; the first owns what lies before. So a ring is made of its
/// hashing, its nodes and the number of tokens for each unit of weight, whatever the order in which nodes came.
///
/// Tokens can be given one by one as well, for rings that were made elsewhere: see [`Ring::add_at`]. And some are better than random
/// ones: see [`Ring::allocate`].
///
/// ```
/// use quorate_hashring::{Elastic as _, Hashing, Node, Place as _, PlaceExt as _, Ring, Weight};
///
/// let mut ring = Ring::new(Hashing::default(), Ring::TOKENS);
/// for name in ["a", "b", "c"] {
///     ring.add(Node::new(name))?;
/// }
/// let owner = ring.owner(b"user:1").map(|node| node.name().to_owned());
/// let copies: Vec<_> = ring.preferences(b"user:1").take(2).collect(); // the owner, and who comes after
/// assert_eq!(copies[0], ring.nodes().find(&owner.unwrap()).unwrap());
///
/// ring.add(Node::new("d").weighing(Weight::new(2)?))?; // 320 tokens
/// assert_eq!(ring.token_count(), 5 * 160);
/// assert_eq!(ring.shares(1).iter().sum::<u128>(), 1 << 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    hashing: Hashing,
    points: Points,
    nodes: Nodes,
    /// The tokens of nodes that were given theirs, in order.
    given: Given,
    tokens: Tokens,
}

impl Ring {
    /// 160 for each unit of weight: shares have a standard deviation of 8 %. A quarter as many double it.
    pub const TOKENS: NonZeroU32 = NonZeroU32::new(160).unwrap();
    /// How many tokens a ring can have, 2²⁸, which take four gigabytes.
    pub const TOKENS_MAX: u64 = Tokens::COUNT_MAX as u64;

    /// A ring without nodes, whose nodes have `tokens` for each unit of their weight.
    pub fn new(hashing: Hashing, tokens: NonZeroU32) -> Self {
        Self::empty(hashing, Points::PerWeight(tokens))
    }

    /// A ring without nodes that has the tokens of another system, and hashes keys as that does if nothing is configured there.
    ///
    /// ```
    /// use quorate_hashring::{Elastic as _, Node, Place as _, Ring, RingDialect};
    ///
    /// let mut ring = Ring::like(RingDialect::Twemproxy);
    /// for name in ["10.0.1.1:11211", "10.0.1.2:11211"] {
    ///     ring.add(Node::new(name))?;
    /// }
    /// assert!(ring.owner(b"user:1").is_some());
    /// # Ok::<(), quorate_hashring::AddError>(())
    /// ```
    #[cfg(feature = "compat")]
    pub fn like(dialect: RingDialect) -> Self {
        Self::empty(dialect.hashing(), Points::Like(dialect))
    }

    fn empty(hashing: Hashing, points: Points) -> Self {
        Self { hashing, points, nodes: Nodes::new(), given: Given::new(), tokens: Tokens::new() }
    }

    /// The same nodes in a ring that hashes otherwise.
    #[must_use]
    pub fn with_hashing(mut self, hashing: Hashing) -> Self {
        self.hashing = hashing;
        self.rebuild();
        self
    }

    /// The same ring with other nodes, none of which is given its tokens: as if they were added one by one, and sooner.
    ///
    /// # Errors
    ///
    /// The first node for which there is no room comes back, and there is no ring: see [`Ring::TOKENS_MAX`].
    pub fn with_nodes(self, nodes: Nodes) -> Result<Self, AddError> {
        Self::made(self.hashing, self.points, nodes, Given::new())
    }

    fn rebuild(&mut self) {
        self.tokens = self.points.of_all(&self.hashing, &self.nodes, &self.given);
    }

    fn made(hashing: Hashing, points: Points, nodes: Nodes, given: Given) -> Result<Self, AddError> {
        points.check_room(&nodes, &given)?;
        let tokens = points.of_all(&hashing, &nodes, &given);
        Ok(Self { hashing, points, nodes, given, tokens })
    }

    /// How keys and nodes are hashed.
    pub const fn hashing(&self) -> &Hashing {
        &self.hashing
    }

    /// All tokens in order, and whose they are. A token of several nodes comes as often, their names in order.
    pub fn tokens(&self) -> impl Iterator<Item = (u64, NodeIx)> {
        self.tokens.iter()
    }

    /// How many tokens there are.
    pub fn token_count(&self) -> usize {
        self.tokens.len()
    }

    /// The tokens of a node in order; none for an index of no node.
    pub fn tokens_of(&self, node: NodeIx) -> impl Iterator<Item = u64> {
        self.tokens().filter(move |&(_, owner)| owner == node).map(|(token, _)| token)
    }

    /// The nodes that were given their tokens, and those, in order.
    pub fn given(&self) -> impl Iterator<Item = (NodeIx, &[u64])> {
        self.given.iter().map(|(&index, tokens)| (index, tokens.as_slice()))
    }

    #[cfg(feature = "serde")]
    pub(crate) const fn points(&self) -> Points {
        self.points
    }

    /// The ring that was stored as those parts.
    #[cfg(feature = "serde")]
    pub(crate) fn restored(
        hashing: Hashing,
        points: Points,
        nodes: Nodes,
        given: Vec<(NodeIx, Vec<u64>)>,
    ) -> Result<Self, NotARing> {
        #[cfg(feature = "compat")]
        if matches!(points, Points::Like(_)) && !given.is_empty() {
            return Err(NotARing::Dialect);
        }
        for (index, tokens) in &given {
            let name = nodes.get(*index).ok_or(NotARing::Unknown { index: *index })?.name();
            if tokens.is_empty() || !tokens.is_sorted_by(|a, b| a < b) {
                return Err(NotARing::Unsorted { name: name.into() });
            }
        }
        if !given.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(NotARing::UnsortedNodes);
        }
        Ok(Self::made(hashing, points, nodes, given.into_iter().collect())?)
    }
}

impl Place for Ring {
    fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> KeyHash {
        self.hashing.key(key)
    }

    #[inline]
    fn locate(&self, hash: KeyHash) -> Option<NodeIx> {
        self.tokens.owner(self.tokens.position(hash.get()))
    }

    /// Eight for each token and one for each bucket, of which there are as many, rounded up to a power of two: 9 or 10 for each token.
    /// Clustered tokens take up to 15; where there are more indexes of nodes than tokens, there are as many buckets as indexes.
    fn table_bytes(&self) -> usize {
        self.tokens.bytes()
    }

    /// The owners of the tokens that come next. Nodes that have no token come last, by name.
    fn follow(&self, hash: KeyHash, walk: &mut Walk) -> Option<NodeIx> {
        if walk.len() >= self.nodes.len() {
            return None;
        }
        let mut steps = walk.cursor >> 32;
        let mut position = match steps {
            0 => self.tokens.position(hash.get()),
            _ => usize::try_from(walk.cursor & u64::from(u32::MAX)).ok()?,
        };
        while steps < self.tokens.len() as u64 {
            let owner = self.tokens.owner(position)?;
            position = if position >= self.tokens.len() { 1 } else { position + 1 };
            steps += 1;
            if walk.admit(owner) {
                // Tokens are fewer than 2³², so that the steps and the position fit.
                walk.cursor = steps << 32 | position as u64;
                return Some(owner);
            }
        }
        walk.cursor = steps << 32 | position as u64;
        if walk.ranked.is_empty() {
            walk.rank(&self.nodes, |_| ());
        }
        walk.next_ranked()
    }
}
