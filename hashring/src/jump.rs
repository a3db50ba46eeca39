//! Jump consistent hashing (Lamping and Veach 2014).

use crate::{bug::Bug, counted::counted_table, hash::KeyHash};

/// Which of `buckets` buckets a hash is in: a number below `buckets`, `None` if there are none.
///
/// This is the function of the paper's figure 1, bit for bit. (Guava's rounds once where the paper rounds twice, so that of very many
/// keys in very many buckets a few come out one apart.) The hash need not be mixed: the function has a generator of its own.
///
/// It takes `ln buckets` steps on average, with a division of floats in each; [`jump_back`](crate::jump_back) does the same
/// faster, to other values. Its generator has 31 bits, so that buckets are equally likely only where they are far fewer than 2³¹.
///
/// ```
/// use quorate_hashring::{KeyHash, jump};
///
/// assert_eq!(jump(KeyHash::new(256), 1024), Some(520));
/// assert_eq!(jump(KeyHash::new(256), 0), None);
/// ```
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the paper rounds there; nothing is negative, and a float of 2⁶³ comes out one less, which ends the walk"
)]
pub fn jump(hash: KeyHash, buckets: u32) -> Option<u32> {
    /// The multiplier of the paper's generator.
    const MULTIPLIER: u64 = 2_862_933_555_777_941_757;
    const TWO_TO_31: f64 = 2_147_483_648.0;
    let mut state = hash.get();
    let mut bucket = None;
    // Processors convert between floats and numbers with a sign in one instruction.
    let mut next = 0_i64;
    // A step goes up by one at least, since the divisor is 2³¹ at most.
    while next < i64::from(buckets) {
        bucket = Some(next as u32);
        state = state.wrapping_mul(MULTIPLIER).wrapping_add(1);
        let divisor = ((state >> 33) as i64 + 1) as f64;
        let jumped = (next + 1) as f64;
        next = (jumped * (TWO_TO_31 / divisor)) as i64;
        if Bug::JumpRoundsOnce.is_planted() {
            next = (jumped * TWO_TO_31 / divisor) as i64;
        }
    }
    bucket
}

counted_table! {
    /// The nodes in the buckets of [`jump`], in the order in which they were pushed.
    ///
    /// Nodes come and go at the end only: if one went in the middle, all after it would have to change their number, and with
    /// that nearly all of their keys. So this is no [`Elastic`](crate::Elastic) table; [`Anchor`](crate::Anchor) is.
    ///
    /// Balance is as good as chance, disruption the least there can be, memory nothing but the nodes, a lookup `ln n` steps. All
    /// nodes weigh the same. Choose it for the values that others compute, too; else [`JumpBack`](crate::JumpBack).
    ///
    /// ```
    /// use quorate_hashring::{Hashing, Jump, KeyHash, Node, Place as _};
    ///
    /// let mut shards = Jump::new(Hashing::default());
    /// for name in ["zero", "one", "two"] {
    ///     shards.push(Node::new(name))?;
    /// }
    /// let owner = shards.locate(KeyHash::new(0xdead_beef)).and_then(|index| shards.nodes().get(index));
    /// assert_eq!(owner.map(Node::name), Some("two"));
    /// # Ok::<(), quorate_hashring::AddError>(())
    /// ```
    Jump by jump
}
