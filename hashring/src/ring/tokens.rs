//! Sorted tokens, whose they are, and where to begin to look.

use alloc::{vec, vec::Vec};
use core::{cmp::Ordering, fmt, ops::Range};

use super::index::Index;
use crate::{
    bug::Bug,
    nodes::{NodeIx, Nodes},
};

/// The tokens of a ring in order: those that are equal in the order of their owners' names.
///
/// The index has a bucket for each value of the top bits. So a token needs its other bits only, and has its owner in the place of the
/// top ones: what a lookup reads is a number of the index and a few tokens that lie side by side.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// The lower bits of each token, then as many bits of its owner as the token lacks. After the last the first comes again, as
    /// often as a lookup may look beyond the last.
    packed: Vec<u64>,
    /// By the top bits of a hash.
    index: Index,
    /// How many bits are the top ones.
    bits: u32,
}

/// How many tokens a lookup counts without a branch, which nobody could foretell. Of tokens that are spread evenly one bucket in
/// twenty has more at worst.
const COUNTED: usize = 3;

impl Tokens {
    /// How many there can be. They take four gigabytes.
    pub(crate) const COUNT_MAX: usize = 1 << 28;

    pub(crate) fn new() -> Self {
        Builder::new(0, 0).finish()
    }

    /// The tokens of each node, in any order.
    pub(crate) fn of(owned: &[(NodeIx, Vec<u64>)], nodes: &Nodes) -> Self {
        let count = owned.iter().map(|(_, tokens)| tokens.len()).sum();
        let mut builder = Builder::new(count, nodes.span());
        let bits = builder.bits;
        owned.iter().flat_map(|(_, tokens)| tokens).for_each(|&token| builder.count(token));
        // Each into its bucket, then order within the buckets.
        let mut next: Vec<_> = starts(&builder.counts).collect();
        builder.packed.resize(count, 0);
        for (owner, tokens) in owned {
            for &token in tokens {
                let Some(next) = next.get_mut(bucket_of(token, bits)) else { continue };
                if let Some(place) = builder.packed.get_mut(*next as usize) {
                    *place = packed(token, *owner, bits);
                }
                *next += 1;
            }
        }
        let mut rest = builder.packed.as_mut_slice();
        for &count in &builder.counts {
            let Some((bucket, others)) = rest.split_at_mut_checked(count as usize) else { break };
            rest = others;
            if bucket.len() > 1 {
                bucket.sort_unstable_by(|&a, &b| {
                    let names = || by_name(nodes, owner_of(a, bits), owner_of(b, bits));
                    (a >> bits).cmp(&(b >> bits)).then_with(names)
                });
            }
        }
        builder.finish()
    }

    /// The same tokens, but that those are the node's, in order, and no others.
    pub(crate) fn replaced(&self, node: NodeIx, with: &[u64], nodes: &Nodes) -> Self {
        self.spliced(node, with, nodes).unwrap_or_else(|| self.merged(node, with, nodes))
    }

    /// What lies between tokens that come or go is copied as it is. `None` if there are more or fewer buckets, or some are crowded.
    fn spliced(&self, node: NodeIx, with: &[u64], nodes: &Nodes) -> Option<Self> {
        let is_node = |owner: NodeIx| owner == node && !Bug::GhostTokens.is_planted();
        let gone =
            (0..).zip(self.owners()).filter(|&(_, owner)| is_node(owner)).map(|(position, _)| position);
        let gone: Vec<usize> = gone.collect();
        let come: Vec<_> = with.iter().map(|&token| (self.place(token, node, nodes), token)).collect();
        let count = self.len() - gone.len() + come.len();
        if bits(count, nodes.span()) != self.bits {
            return None;
        }
        let gone_from = gone.iter().map(|&position| self.index.bucket_of(position, self.len()));
        let index = self.index.edited(gone_from, with.iter().map(|&token| bucket_of(token, self.bits)))?;
        let mut packed_tokens = Vec::with_capacity(count + COUNTED);
        let (mut gone, mut come) = (gone.into_iter().peekable(), come.into_iter().peekable());
        let mut copied = 0;
        while let Some(next) =
            [gone.peek().copied(), come.peek().map(|&(at, _)| at)].into_iter().flatten().min()
        {
            packed_tokens.extend_from_slice(self.packed.get(copied..next)?);
            copied = next;
            while let Some((_, token)) = come.next_if(|&(at, _)| at == next) {
                packed_tokens.push(packed(token, node, self.bits));
            }
            if gone.next_if_eq(&next).is_some() {
                copied += 1;
            }
        }
        packed_tokens.extend_from_slice(self.packed.get(copied..self.len())?);
        Some(Self { packed: padded(packed_tokens), index, bits: self.bits })
    }

    /// Where a node's token would be: before those that are equal and come later by name.
    fn place(&self, token: u64, node: NodeIx, nodes: &Nodes) -> usize {
        let mut position = self.position(token);
        let bucket = self.range(token);
        let low = (token << self.bits) >> self.bits;
        while bucket.contains(&position) {
            let Some(&packed) = self.packed.get(position) else { break };
            let is_before = packed >> self.bits == low
                && by_name(nodes, owner_of(packed, self.bits), node) == Ordering::Less;
            if !is_before {
                break;
            }
            position += 1;
        }
        position
    }

    fn merged(&self, node: NodeIx, with: &[u64], nodes: &Nodes) -> Self {
        let is_other = |owner: NodeIx| owner != node || Bug::GhostTokens.is_planted();
        let others = self.owners().filter(|&owner| is_other(owner)).count();
        let mut builder = Builder::new(others + with.len(), nodes.span());
        let mut with = with.iter().copied().peekable();
        for (token, owner) in self.iter().filter(|&(_, owner)| is_other(owner)) {
            let comes_first =
                |new: &u64| new.cmp(&token).then_with(|| by_name(nodes, node, owner)) == Ordering::Less;
            while let Some(new) = with.next_if(comes_first) {
                builder.push(new, node);
            }
            builder.push(token, owner);
        }
        with.for_each(|new| builder.push(new, node));
        builder.finish()
    }

    pub(crate) fn len(&self) -> usize {
        self.packed.len().saturating_sub(COUNTED)
    }

    fn owners(&self) -> impl Iterator<Item = NodeIx> {
        self.packed.iter().take(self.len()).map(|&packed| owner_of(packed, self.bits))
    }

    /// The tokens and their owners, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, NodeIx)> {
        (0..self.index.len()).flat_map(move |bucket| {
            let tokens = self.packed.get(self.index.range(bucket, self.len())).unwrap_or(&[]);
            tokens.iter().map(move |&packed| (self.unpacked(bucket, packed), owner_of(packed, self.bits)))
        })
    }

    /// The position of the first token that is not below a hash; one after the last if all are.
    #[inline]
    pub(crate) fn position(&self, hash: u64) -> usize {
        self.position_in(self.range(hash), hash)
    }

    /// The positions of the tokens in a hash's bucket.
    #[inline]
    pub(crate) fn range(&self, hash: u64) -> Range<usize> {
        self.index.range(bucket_of(hash, self.bits), self.len())
    }

    /// The position of a hash, of whose bucket it is known already where its tokens are.
    #[inline]
    pub(crate) fn position_in(&self, range: Range<usize>, hash: u64) -> usize {
        let (start, count) = (range.start, range.len());
        let target = hash << self.bits;
        let next = self.packed.get(start..).and_then(<[u64]>::first_chunk::<COUNTED>);
        match next {
            Some(&[first, second, third]) if count <= COUNTED => {
                let is_below = |packed| u32::from(is_below(packed, target, self.bits));
                let below = is_below(first) | is_below(second) << 1 | is_below(third) << 2;
                start + (below & !(u32::MAX << count)).trailing_ones() as usize
            }
            _ => self.search(range, target),
        }
    }

    /// The same for a bucket that has more.
    #[cold]
    fn search(&self, bucket: Range<usize>, target: u64) -> usize {
        let tokens = self.packed.get(bucket.clone()).unwrap_or(&[]);
        bucket.start + tokens.partition_point(|&packed| is_below(packed, target, self.bits))
    }

    /// Whose token is at a position, or who owns what lies after the last.
    #[inline]
    pub(crate) fn owner(&self, position: usize) -> Option<NodeIx> {
        let skips = position == self.len() && Bug::WrapSkipped.is_planted();
        let packed = self.packed.get(if skips { position.wrapping_sub(1) } else { position })?;
        Some(owner_of(*packed, self.bits))
    }

    /// How far it is from a hash on to the token at the hash's own position.
    pub(crate) fn distance(&self, hash: u64, position: usize) -> Option<u64> {
        let at_start = position == self.len();
        let (position, own) = if at_start { (0, 0) } else { (position, bucket_of(hash, self.bits)) };
        let packed = *self.packed.get(position)?;
        let bucket = self.index.bucket_at(position, own, self.len());
        Some(self.unpacked(bucket, packed).wrapping_sub(hash))
    }

    /// The bytes that are allocated.
    pub(crate) fn bytes(&self) -> usize {
        self.packed.capacity() * size_of::<u64>() + self.index.bytes()
    }

    fn unpacked(&self, bucket: usize, packed: u64) -> u64 {
        (bucket as u64) << (64 - self.bits) | packed >> self.bits
    }
}

/// Tokens in the making.
struct Builder {
    packed: Vec<u64>,
    /// How many there are in each bucket.
    counts: Vec<u32>,
    bits: u32,
}

impl Builder {
    /// For so many tokens, of nodes whose indexes are below `span`. There are as many buckets as tokens, rounded up to a power of two,
    /// and no fewer than owners.
    fn new(count: usize, span: usize) -> Self {
        let bits = bits(count, span);
        Self { packed: Vec::with_capacity(count + COUNTED), counts: vec![0; 1 << bits], bits }
    }

    fn count(&mut self, token: u64) {
        if let Some(count) = self.counts.get_mut(bucket_of(token, self.bits)) {
            *count += 1;
        }
    }

    /// The next token in order.
    fn push(&mut self, token: u64, owner: NodeIx) {
        self.count(token);
        self.packed.push(packed(token, owner, self.bits));
    }

    fn finish(self) -> Tokens {
        Tokens { index: Index::of(&self.counts), packed: padded(self.packed), bits: self.bits }
    }
}

/// How many top bits make as many buckets as there are tokens, and as owners have bits.
fn bits(count: usize, span: usize) -> u32 {
    count.max(span).next_power_of_two().trailing_zeros().max(3)
}

/// After the last token the first again, as often as a lookup may look.
fn padded(mut packed: Vec<u64>) -> Vec<u64> {
    if let Some(&first) = packed.first() {
        packed.extend([first; COUNTED]);
    }
    packed
}

/// How many come before each.
fn starts(counts: &[u32]) -> impl ExactSizeIterator<Item = u32> {
    let mut sum = 0;
    counts.iter().map(move |&count| {
        let start = sum;
        sum += count;
        start
    })
}

/// The top bits of a hash.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the top bits are at most 32")]
const fn bucket_of(hash: u64, bits: u32) -> usize {
    (hash >> (64 - bits)) as usize
}

#[inline]
fn packed(token: u64, owner: NodeIx, bits: u32) -> u64 {
    token << bits | u64::from(owner.get())
}

/// Who is in the lower bits.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "indexes of nodes are of 32 bits")]
const fn owner_of(packed: u64, bits: u32) -> NodeIx {
    NodeIx::new((packed & ((1 << bits) - 1)) as u32)
}

/// Whether a token is below a hash of the same bucket, which is shifted like it. A hash that is a token belongs to that token's owner
/// (Karger et al. 1997, section 4; ketama).
#[inline]
fn is_below(packed: u64, target: u64, bits: u32) -> bool {
    if Bug::TokenOwnsNotItself.is_planted() {
        return packed >> bits <= target >> bits;
    }
    packed < target
}

fn by_name(nodes: &Nodes, a: NodeIx, b: NodeIx) -> Ordering {
    if Bug::TieByIndex.is_planted() { a.cmp(&b) } else { nodes.cmp_names(a, b) }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tokens", self.len())
    }
}
