//! JumpBackHash (Ertl 2024): what jump consistent hashing does, backwards and without floats.

use crate::{
    bug::Bug,
    counted::counted_table,
    hash::{GOLDEN, KeyHash, mix},
};

/// Which of `buckets` buckets a hash is in: a number below `buckets`, `None` if there are none.
///
/// The paper's function over the generator SplitMix64, bit for bit. Constant time: a draw of the generator or two, and with a probability
/// of 1/8 at most a third and so on; integers only, and no branch that is as likely as not.
///
/// ```
/// use quorate_hashring::{KeyHash, jump_back};
///
/// assert_eq!(jump_back(KeyHash::new(42), 1000), Some(166));
/// assert_eq!(jump_back(KeyHash::new(42), 0), None);
/// ```
#[inline]
pub fn jump_back(hash: KeyHash, buckets: u32) -> Option<u32> {
    if buckets <= 1 {
        return if buckets == 1 { Some(0) } else { None };
    }
    // Buckets lie in octaves: 1, 2 to 3, 4 to 7, … The paper goes down from the highest through those whose bit is set, and draws
    // again where the bucket is none of ours. That can only be in the highest: what is below is ours as a whole. So its loop of
    // loops is one try in the highest octave, and then one bucket of the next whose bit is set.
    let mask = u32::MAX >> (buckets - 1).leading_zeros();
    let highest = mask ^ (mask >> 1);
    let first = draw(hash, 1);
    let bits = (upper(first) ^ lower(first)) & mask;
    let mut bucket = in_octave(first, bits);
    // Where the highest octave is more than three eighths ours, that is mostly it. Else it is as likely as not, and to compute what comes of
    // the other case as well takes less time than a branch that is guessed wrong.
    if buckets - highest > highest / 2 - highest / 8 && bucket < buckets {
        return Some(bucket);
    }
    let second = draw(hash, 2);
    bucket = select(bucket < buckets, bucket, lower(second) & mask);
    bucket = select(bucket < buckets, bucket, upper(second) & mask);
    if Bug::JumpBackReduces.is_planted() {
        bucket %= buckets;
    }
    if bucket >= buckets {
        bucket = redraw(hash, buckets, mask);
    }
    // What was drawn again and is below the octave has left it.
    Some(select(bucket >= highest, bucket, in_octave(first, bits & !highest)))
}

/// The bucket of the highest octave whose bit is set; 0 if none is. The paper takes the draw's upper half where an odd number of bits is
/// set, and the lower where it is even.
const fn in_octave(draw: u64, bits: u32) -> u32 {
    let octave = 1 << (bits | 1).ilog2();
    let half = lower(draw >> ((bits.count_ones() & 1) << 5));
    octave & bits | half & (octave - 1)
}

/// The first if so, else the second, which compilers mostly make no branch of.
const fn select(is_first: bool, first: u32, second: u32) -> u32 {
    second ^ ((first ^ second) & (is_first as u32).wrapping_neg())
}

/// The first half of a draw from the third on that is below `buckets`. A half is not with a probability of less than 1/2.
#[cold]
fn redraw(hash: KeyHash, buckets: u32, mask: u32) -> u32 {
    /// The generator's numbers are all different, so there would be an end anyhow. That no draw will do has a chance of 2⁻²⁵².
    const DRAWS_MAX: u64 = 128;
    let halves = (3..=DRAWS_MAX).flat_map(|number| {
        let draw = draw(hash, number);
        [lower(draw) & mask, upper(draw) & mask]
    });
    halves.into_iter().find(|&half| half < buckets).unwrap_or(0)
}

/// The `number`-th draw, from 1, of SplitMix64 seeded with the hash.
const fn draw(hash: KeyHash, number: u64) -> u64 {
    mix(hash.get().wrapping_add(number.wrapping_mul(GOLDEN)))
}

#[expect(clippy::cast_possible_truncation, reason = "that is the point")]
const fn lower(draw: u64) -> u32 {
    draw as u32
}

const fn upper(draw: u64) -> u32 {
    (draw >> 32) as u32
}

counted_table! {
    /// The nodes in the buckets of [`jump_back`], in the order in which they were pushed.
    ///
    /// Nodes come and go at the end only, for the reason that [`Jump`](crate::Jump) gives; where any node may go, take
    /// [`Anchor`](crate::Anchor), which begins with this.
    ///
    /// Balance is as good as chance, disruption the least there can be, memory nothing but the nodes, a lookup constant time. All
    /// nodes weigh the same. Choose it for numbered shards.
    ///
    /// ```
    /// use quorate_hashring::{Hashing, JumpBack, KeyHash, Node, Place as _};
    ///
    /// let mut shards = JumpBack::new(Hashing::default());
    /// for name in ["zero", "one", "two"] {
    ///     shards.push(Node::new(name))?;
    /// }
    /// let owner = shards.locate(KeyHash::new(42)).and_then(|index| shards.nodes().get(index));
    /// assert_eq!(owner.map(Node::name), Some("two"));
    /// # Ok::<(), quorate_hashring::AddError>(())
    /// ```
    JumpBack by jump_back
}
