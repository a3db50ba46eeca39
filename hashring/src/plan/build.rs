//! Two tables, side by side.

use alloc::{collections::BTreeMap, sync::Arc, vec, vec::Vec};
use core::fmt::Debug;

use super::{
    Plan,
    change::Change,
    fingerprint::{COPIES_MAX, Fingerprint, Printer},
    fraction::Fraction,
    regions::{Incomparable, KeySpan, Region, Regions},
};
use crate::{
    hash::KeyHash,
    node::Node,
    nodes::{NodeIx, Nodes},
    place::PlaceExt as _,
    range::RangeMap,
    spread::Spread,
};

/// There is no plan from one table to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// They have nothing to do with each other.
    #[error(transparent)]
    Incomparable(#[from] Incomparable),
    /// More would move than a plan can hold.
    #[error("more than {max} copies would move")]
    TooManyMoves {
        /// How many it can hold.
        max: u32,
    },
}

/// Tells the nodes that a hash has its copies on.
type Copies<'a> = &'a dyn Fn(KeyHash, &mut Vec<NodeIx>);

impl<R: Region> Plan<R> {
    /// What has to move if each region is on the `copies` nodes that it prefers, at most 65,535.
    ///
    /// # Errors
    ///
    /// There is no such plan: see [`PlanError`].
    pub fn between<P: Regions<Region = R>>(old: &P, new: &P, copies: usize) -> Result<Self, PlanError> {
        let copies = copies.min(COPIES_MAX);
        let of =
            |table: &P, hash, list: &mut Vec<NodeIx>| list.extend(table.preferences_of(hash).take(copies));
        let prints = (Fingerprint::of(old, copies)?, Fingerprint::of(new, copies)?);
        Self::build(
            (old, &|hash, list| of(old, hash, list)),
            (new, &|hash, list| of(new, hash, list)),
            prints,
        )
    }

    /// What has to move if each region is on the nodes that the rules say.
    ///
    /// # Errors
    ///
    /// There is no such plan: see [`PlanError`].
    pub fn between_spreads<P: Regions<Region = R>>(
        old: &Spread<P>,
        new: &Spread<P>,
    ) -> Result<Self, PlanError> {
        let of =
            |table: &Spread<P>, hash, list: &mut Vec<NodeIx>| list.extend(table.replicas_of(hash).nodes());
        let prints = (Fingerprint::of_spread(old)?, Fingerprint::of_spread(new)?);
        Self::build(
            (old.place(), &|hash, list| of(old, hash, list)),
            (new.place(), &|hash, list| of(new, hash, list)),
            prints,
        )
    }

    fn build<P: Regions<Region = R>>(
        (old, old_copies): (&P, Copies<'_>),
        (new, new_copies): (&P, Copies<'_>),
        (before, after): (Fingerprint, Fingerprint),
    ) -> Result<Self, PlanError> {
        let mut sides = Sides::new();
        let numbers = [old.nodes(), new.nodes()].map(|nodes| sides.number(nodes));
        let mut lists = (vec![], vec![]);
        old.beside(new, &mut |region| {
            lists.0.clear();
            lists.1.clear();
            old_copies(old.sample(&region), &mut lists.0);
            new_copies(new.sample(&region), &mut lists.1);
            let [old, new] = &numbers;
            let named = |list: &[NodeIx], numbers: &[u32]| -> Vec<u32> {
                list.iter().filter_map(|node| numbers.get(node.index()).copied()).collect()
            };
            sides.tell(region, &named(&lists.0, old), &named(&lists.1, new));
        })?;
        let minimum =
            if P::ASSIGNED { sides.minimum(new.nodes()) } else { minimum(old.nodes(), new.nodes()) };
        sides.finish(before, after, minimum)
    }
}

impl<K: Ord + Clone + Debug> Plan<KeySpan<K>> {
    /// What has to move between two maps of ranges whose values are the names of the nodes that have them, the owner first. Ranges that were cut
    /// or joined are compared piece by piece; each piece counts as one, since nobody knows how many keys it has. The least is not
    /// known either: [`Plan::minimum`] is 0.
    ///
    /// # Errors
    ///
    /// There is no such plan: see [`PlanError`].
    pub fn between_ranges<V: AsRef<[Arc<str>]>>(
        old: &RangeMap<K, V>,
        new: &RangeMap<K, V>,
    ) -> Result<Self, PlanError> {
        let mut sides = Sides::new();
        let mut starts: Vec<Option<&K>> = old.iter().chain(new.iter()).map(|range| range.start).collect();
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).copied().chain([None]);
        for (&start, end) in starts.iter().zip(ends) {
            let owners = |map: &RangeMap<K, V>| {
                let range = start.map_or_else(|| map.iter().next(), |start| Some(map.locate(start)));
                range.map(|range| range.value.as_ref().to_vec()).unwrap_or_default()
            };
            let [before, after] = [owners(old), owners(new)].map(|names| sides.named(&names));
            sides.tell(KeySpan { start: start.cloned(), end: end.cloned() }, &before, &after);
        }
        sides.finish(print_of(old), print_of(new), Fraction::ZERO)
    }
}

/// By the ids and epochs of the ranges, which no other map with the same history has.
fn print_of<K: Ord + Clone, V: AsRef<[Arc<str>]>>(map: &RangeMap<K, V>) -> Fingerprint {
    let mut printer = Printer::new(b"ranges/1");
    for range in map.iter() {
        for number in [range.id.get(), range.epoch.version, range.epoch.conf] {
            printer.number(number);
        }
        for name in range.value.as_ref() {
            printer.bytes(name.as_bytes());
        }
        printer.number(u64::MAX);
    }
    printer.finish()
}

/// What is known of two tables as region after region is told; nodes have numbers that are the same in both.
struct Sides<R> {
    names: Vec<Arc<str>>,
    numbers: BTreeMap<Arc<str>, u32>,
    /// How much each has before and after.
    loads: Vec<(u128, u128)>,
    all: u128,
    changes: Vec<Change<R>>,
}

impl<R: Region> Sides<R> {
    const fn new() -> Self {
        Self { names: Vec::new(), numbers: BTreeMap::new(), loads: Vec::new(), all: 0, changes: Vec::new() }
    }

    /// The number of each node, by its index.
    fn number(&mut self, nodes: &Nodes) -> Vec<u32> {
        let mut numbers = vec![u32::MAX; nodes.span()];
        for (index, node) in nodes.iter() {
            let number = self.number_of(&node.shared_name());
            numbers.get_mut(index.index()).into_iter().for_each(|place| *place = number);
        }
        numbers
    }

    fn named(&mut self, names: &[Arc<str>]) -> Vec<u32> {
        let mut numbers: Vec<u32> = vec![];
        for name in names {
            let number = self.number_of(name);
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }

    fn number_of(&mut self, name: &Arc<str>) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(Arc::clone(name));
        self.loads.push((0, 0));
        self.numbers.insert(Arc::clone(name), number);
        number
    }

    fn tell(&mut self, region: R, old: &[u32], new: &[u32]) {
        let extent = region.extent();
        self.all = self.all.saturating_add(extent.saturating_mul(new.len() as u128));
        for (list, side) in [(old, false), (new, true)] {
            for &number in list {
                if let Some((before, after)) = self.loads.get_mut(number as usize) {
                    *if side { after } else { before } += extent;
                }
            }
        }
        if old == new {
            return;
        }
        let name = |number: &u32| self.names.get(*number as usize).cloned();
        let change = Change {
            region,
            old: old.iter().filter_map(name).collect(),
            new: new.iter().filter_map(name).collect(),
        };
        let joined = self.changes.last().and_then(|last| joined(last, &change));
        match (joined, self.changes.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => self.changes.push(change),
        }
    }

    /// From what nodes have to what they would have by weight, those that shall have something.
    fn minimum(&self, nodes: &Nodes) -> Fraction {
        let known = || self.names.iter().map(AsRef::as_ref).zip(&self.loads);
        let before = known().map(|(name, &(before, _))| (name, before)).collect();
        let weight = |name: &str| nodes.get(nodes.find(name)?).map(|node| u128::from(node.weight().get()));
        let after = known().filter(|(_, (_, after))| *after > 0);
        apart(&before, &after.filter_map(|(name, _)| Some((name, weight(name)?))).collect())
    }

    fn finish(mut self, old: Fingerprint, new: Fingerprint, minimum: Fraction) -> Result<Plan<R>, PlanError> {
        // The last arc of a ring and the first are neighbours, too.
        if self.changes.len() > 1 {
            let around =
                self.changes.last().zip(self.changes.first()).and_then(|(last, first)| joined(last, first));
            if let Some((around, first)) = around.zip(self.changes.first_mut()) {
                *first = around;
                self.changes.pop();
            }
        }
        let moves = self.changes.iter().map(|change| change.moves().count() as u64).sum::<u64>();
        let max = Plan::<R>::MOVES_MAX;
        let moves = u32::try_from(moves).ok().filter(|&moves| moves <= max);
        let moves = moves.ok_or(PlanError::TooManyMoves { max })?;
        let unavoidable = self.loads.iter().map(|&(before, after)| after.saturating_sub(before)).sum();
        let print = Fingerprint::of_plan(old, new, &self.changes);
        Ok(Plan { old, new, all: self.all, unavoidable, minimum, changes: self.changes, moves, print })
    }
}

fn joined<R: Region>(first: &Change<R>, second: &Change<R>) -> Option<Change<R>> {
    if first.old != second.old || first.new != second.new {
        return None;
    }
    let region = first.region.joined(&second.region)?;
    Some(Change { region, old: first.old.clone(), new: first.new.clone() })
}

/// From one share by weight to another.
pub(super) fn minimum(old: &Nodes, new: &Nodes) -> Fraction {
    /// Products of sums of weights stay below 2¹²⁸.
    const BITS: u32 = 60;
    let [before, after] = [old, new].map(|nodes| {
        let too_many = (u64::BITS - nodes.weight().leading_zeros()).saturating_sub(BITS);
        let weight = |node: &Node| u128::from(node.weight().get() >> too_many);
        nodes.iter().map(|(_, node)| (node.name(), weight(node))).collect()
    });
    apart(&before, &after)
}

/// Half of the sum of how far shares are apart: what they are larger than before, together.
fn apart(before: &BTreeMap<&str, u128>, after: &BTreeMap<&str, u128>) -> Fraction {
    let (old_sum, new_sum): (u128, u128) = (before.values().sum(), after.values().sum());
    if old_sum == 0 {
        return Fraction::new(new_sum, new_sum);
    }
    let more = |(name, weight): (&&str, &u128)| {
        let before = before.get(name).copied().unwrap_or(0);
        (weight * old_sum).saturating_sub(before * new_sum)
    };
    Fraction::new(after.iter().map(more).sum(), old_sum * new_sum)
}
