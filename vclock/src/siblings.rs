//! The values of one key that nobody has overwritten yet: a dotted version vector set.

mod code;
mod entry;
#[cfg(feature = "serde")]
mod serial;
mod sync;
mod write;

use alloc::vec::Vec;
use core::{cmp::Ordering, fmt};

use self::entry::Entry;
pub use self::write::{Amnesia, UpdateError};
use crate::{Dot, VClock};

/// The concurrent values of one key, as a Dynamo-style store keeps them: a dotted version vector set (Preguiça and
/// others 2012; Almeida and others 2014).
///
/// Each write gets a [`Dot`] of the replica that coordinates it, and stays until somebody writes who has seen it. What a
/// client has seen it says by the [`context`](Self::context) that came with what it read. Writes with stale contexts
/// become siblings of what they have not seen; none is lost, and none multiplies.
///
/// Of each actor two numbers say everything: how many of its writes have been *seen*, and how many of these have been
/// *discarded*, overwritten or deleted. The values are those in between. [`sync`](Self::sync) takes the larger of both:
/// it is a least upper bound, so replicas that have synced with each other agree, in whatever order they did.
///
/// | operation | cost for n actors, m of the other, v values |
/// |---|---|
/// | [`update`](Self::update), [`sync`](Self::sync), [`discard`](Self::discard), [`compare`](Self::compare) | O(n + m), and the values that come or go |
/// | [`context`](Self::context) | O(n) |
///
/// 40 bytes for each actor of 8 bytes, besides the values.
///
/// ```
/// use quorate_vclock::{Siblings, VClock};
///
/// let mut cart = Siblings::new(); // at the server called "s"
/// cart.update(&VClock::new(), "s", "milk")?;
/// let read = cart.context(); // a client reads milk
/// cart.update(&VClock::new(), "s", "eggs")?; // another one has not
/// assert_eq!(cart.values().collect::<Vec<_>>(), [&"milk", &"eggs"]);
///
/// cart.update(&read, "s", "milk and bread")?; // has seen milk, and not the eggs
/// assert_eq!(cart.values().collect::<Vec<_>>(), [&"eggs", &"milk and bread"]);
/// # Ok::<(), quorate_vclock::UpdateError<&str>>(())
/// ```
///
/// # Actors are replicas
/// The actor of a dot is the replica that makes it, never the client: the context grows with the number of actors. It has
/// to make its dots from what it holds of the key, and to hold it for ever. A replica that has lost it, be it one key,
/// would make dots again that others have seen, and its writes would be taken for old ones. So it goes on under a new
/// name: let actors be pairs of a name and an epoch, and count the epoch up. [`update`](Self::update) notices a context
/// that names more than is held ([`UpdateError::Amnesia`]), and [`remembers`](Self::remembers) says the same of what
/// comes from other replicas. A blind write, with an empty context, tells nothing: where a replica cannot be sure
/// that it has held everything, it takes a new epoch for each key that it does not find.
///
/// # Deleting
/// [`discard`](Self::discard) with the context of what was read deletes it; what remains says that it is gone, and
/// wins over replicas that have not heard. To let a delete be a write of its own, which has a dot, can be
/// acknowledged, and conflicts with concurrent writes where everybody can see it, write a tombstone: `V = Option<T>`,
/// and `None` as the value.
///
/// Either way a key without values still takes the room of its context. Whoever throws that away has forgotten which
/// dots it has made, and a late replica may bring them back: **after a key has been reaped it is written under a new
/// epoch**, as after amnesia. The late replica's context then cannot name the new dots, so the new write stays.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Siblings<A, V> {
    /// By actor.
    entries: Vec<Entry<A, V>>,
}

impl<A, V> Siblings<A, V> {
    /// A key that has never been written.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.entries.iter().map(|entry| entry.values.len()).sum()
    }

    /// Whether there is no value. There may have been some: see [`context`](Self::context).
    pub fn is_empty(&self) -> bool {
        self.entries.iter().all(|entry| entry.values.is_empty())
    }

    /// Which writes have been seen: what goes out with the values, and comes back with the write of whoever read them.
    pub fn context(&self) -> VClock<A>
    where
        A: Ord + Clone,
    {
        let latest = |entry: &Entry<A, V>| Dot { actor: entry.actor.clone(), counter: entry.seen };
        self.entries.iter().map(latest).collect()
    }

    /// The values with their dots, by dot.
    pub fn iter(&self) -> impl Iterator<Item = (Dot<&A>, &V)> {
        self.entries.iter().flat_map(Entry::iter)
    }

    /// The values, by dot.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().flat_map(|entry| &entry.values)
    }

    /// The values, by dot.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.entries.into_iter().flat_map(|entry| entry.values)
    }

    /// The same writes with other values.
    pub fn map<W>(self, mut change: impl FnMut(V) -> W) -> Siblings<A, W> {
        let entries = self.entries.into_iter().map(|entry| Entry {
            actor: entry.actor,
            seen: entry.seen,
            values: entry.values.into_iter().map(&mut change).collect(),
        });
        Siblings { entries: entries.collect() }
    }

    /// The greatest value by this order, say of the writers' wall clocks: "last writer wins". Of equal ones that with the
    /// greatest dot, so that all replicas choose the same.
    ///
    /// This only reads. To make the others go, write it back, or [`resolve`](Self::resolve).
    pub fn last_by(&self, mut order: impl FnMut(&V, &V) -> Ordering) -> Option<(Dot<&A>, &V)> {
        // By dot, and of several greatest ones the last.
        self.iter().max_by(|(_, left), (_, right)| order(left, right))
    }
}

impl<A, V> Default for Siblings<A, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// As a clock, with the values behind the latest dots: `{a:3(x, y), b:1}`; the dots of `x` and `y` are `a:2` and `a:3`.
impl<A: fmt::Display, V: fmt::Display> fmt::Display for Siblings<A, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, entry) in self.entries.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}:{}", entry.actor, entry.seen)?;
            for (at, value) in entry.values.iter().enumerate() {
                write!(f, "{}{value}", if at == 0 { "(" } else { ", " })?;
            }
            f.write_str(if entry.values.is_empty() { "" } else { ")" })?;
        }
        f.write_str("}")
    }
}

impl<A: fmt::Debug, V: fmt::Debug> fmt::Debug for Siblings<A, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.entries.iter().map(|entry| (&entry.actor, (entry.seen, &entry.values))))
            .finish()
    }
}
