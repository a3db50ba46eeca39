//! The fewest moves that give each node its share.
//!
//! Where the copies are is a flow: one unit for each copy, from its slot through the failure domain to the node, with room for one
//! between a slot and a domain, and as much between a node and the end as the node shall have. What the table says before is a flow
//! of cost 0 with too much at some nodes and too little at others, if each copy costs 1 that was not on that node before. Sending what
//! is too much along shortest paths keeps the flow as cheap as a flow of its kind can be (Ahuja, Magnanti and Orlin 1993, section 9.7),
//! so in the end nothing that gives every node what it shall have moves less.

mod chains;
mod held;
mod owners;

use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec,
    vec::Vec,
};

use self::held::Held;
use super::{
    Slots,
    apportion::{Claim, apportion},
    assign::domain,
};
use crate::{
    bug::Bug,
    hash::mix,
    node::Node,
    nodes::{NodeIx, Nodes},
};

/// Nodes cannot be drained; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("node {position} of those that shall be drained cannot be: {reason}")]
pub struct DrainError {
    /// Which of the names that were given.
    pub position: usize,
    /// Why not.
    pub reason: DrainReason,
}

/// Why a node cannot be drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrainReason {
    /// There is none of that name.
    #[error("there is no node of that name")]
    Unknown,
    /// It has a slot that is pinned.
    #[error("it has slot {slot}, which is pinned")]
    Pinned {
        /// The first such slot.
        slot: u32,
    },
    /// Nobody would be left.
    #[error("nobody would be left")]
    NobodyLeft,
}

/// A table cannot have these nodes; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RetargetError {
    /// A node is said to be in another failure domain than before: what has moved needs another name.
    #[error("the node {name:?} is in another failure domain than before")]
    OtherDomain {
        /// Which.
        name: Arc<str>,
    },
    /// A node that is not there any more cannot be drained.
    #[error("the node {name:?} cannot be drained: {reason}")]
    Drain {
        /// Which.
        name: Arc<str>,
        /// Why not.
        reason: DrainReason,
    },
}

impl Slots {
    /// The table as it should be: each node has its share of all copies by weight, to within one slot, and no other such table is
    /// reached with fewer moves.
    ///
    /// That is exact for one copy: what moves is all that nodes have too much, and nothing else. Who gets one slot more, where shares
    /// are not whole, is first who has it already, then by the largest remainders, then by name. For several copies it is decided
    /// likewise, and then no table in which each node has that many copies is reached with fewer moves; another choice of who gets one
    /// more might be. A node cannot have more than one copy of each slot, however much it weighs, nor can a failure domain with
    /// [`SlotSpec::apart`](crate::SlotSpec::apart), where shares are divided among domains first: then each domain is within
    /// one of its share, and each node within one of its share of what its domain has. Pinned slots stay, and count. So a node may be
    /// farther from its share if that cannot be helped.
    ///
    /// Among its replicas each slot gets the owner that makes the shares of slots that nodes own as nearly equal to their weights as the copies
    /// permit; most slots keep theirs.
    ///
    /// The same table if nothing has to move. Otherwise its epoch is the next. Costs O(slots · copies · log nodes). Copies for which no direct
    /// move is left, of which there are few unless there are hardly more nodes or domains than copies, cost a walk over all slots for each
    /// move of the chain that brings them where they are wanted.
    #[must_use]
    pub fn rebalanced(&self) -> Self {
        let mut new = self.clone();
        new.rewrite(Balance::new(self, &BTreeSet::new()).run());
        new
    }

    /// The same, but the nodes of these names have nothing any more, so that they can be removed.
    ///
    /// # Errors
    ///
    /// There is no such table: see [`DrainReason`].
    pub fn drained(&self, names: &[&str]) -> Result<Self, DrainError> {
        let mut leaving = BTreeSet::new();
        for (position, name) in names.iter().enumerate() {
            let failed = |reason| DrainError { position, reason };
            let node = self.nodes.find(name).ok_or(failed(DrainReason::Unknown))?;
            if let Some(slot) = self.pinned().find(|&slot| self.replicas(slot).contains(&node)) {
                return Err(failed(DrainReason::Pinned { slot }));
            }
            leaving.insert(node);
            if leaving.len() == self.nodes.len() {
                return Err(failed(DrainReason::NobodyLeft));
            }
        }
        let mut new = self.clone();
        new.rewrite(Balance::new(self, &leaving).run());
        Ok(new)
    }

    /// The table for another list of nodes: who is new gets their share, weights are as they are there, and who is not there any more has
    /// nothing, so that they can be removed when all has moved.
    ///
    /// # Errors
    ///
    /// There is no such table: see [`RetargetError`].
    pub fn retargeted(&self, nodes: &Nodes) -> Result<Self, RetargetError> {
        let mut new = self.clone();
        if self.nodes.is_empty() {
            return Ok(new.with_nodes(nodes.clone()));
        }
        for (_, node) in nodes.by_name() {
            match self.nodes.find(node.name()).and_then(|index| self.nodes.get(index)) {
                Some(known) if known.path() != node.path() => {
                    return Err(RetargetError::OtherDomain { name: node.name().into() });
                }
                Some(_) => drop(new.set_weight(node.name(), node.weight())),
                None => drop(new.add(node.clone())),
            }
        }
        let gone = self.nodes.by_name().map(|(_, node)| node.name());
        let gone: Vec<&str> = gone.filter(|name| nodes.find(name).is_none()).collect();
        match new.drained(&gone) {
            Ok(new) => Ok(new),
            Err(DrainError { position, reason }) => {
                let name = gone.get(position).copied().unwrap_or_default().into();
                Err(RetargetError::Drain { name, reason })
            }
        }
    }

    /// Gives every node its share of a new table.
    pub(super) fn settle(&mut self) {
        let epoch = self.epoch;
        let replicas = Balance::new(self, &BTreeSet::new()).run();
        self.rewrite(replicas);
        self.epoch = epoch;
    }
}

/// Nodes are numbered by their names here, so that numbers break ties as names do.
type Rank = u32;

struct Balance {
    /// The index of each node.
    indexes: Vec<NodeIx>,
    seeds: Vec<u64>,
    /// 0 of nodes that shall have nothing.
    weights: Vec<u64>,
    /// The failure domain of each node.
    group: Vec<u32>,
    have: Vec<u64>,
    want: Vec<u64>,
    /// How many copies a slot that is not pinned shall have.
    copies: usize,
    /// Who has each slot, and who had it before.
    slots: Held,
    before: Held,
    pinned: BTreeSet<u32>,
    needy: Needy,
}

impl Balance {
    fn new(table: &Slots, leaving: &BTreeSet<NodeIx>) -> Self {
        let nodes: Vec<(NodeIx, &Node)> = table.nodes.by_name().collect();
        let group = groups(&nodes, table.spec.apart);
        let staying = |rank: usize| nodes.get(rank).is_some_and(|(index, _)| !leaving.contains(index));
        let open: BTreeSet<u32> =
            group.iter().enumerate().filter(|&(rank, _)| staying(rank)).map(|(_, &group)| group).collect();
        let copies = open.len().min(table.spec.copies as usize);
        let ranks: BTreeMap<NodeIx, Rank> =
            nodes.iter().zip(0..).map(|(&(index, _), rank)| (index, rank)).collect();
        let list = |slot| -> Vec<Rank> {
            let has: Vec<_> =
                table.replicas(slot).iter().filter_map(|node| ranks.get(node).copied()).collect();
            shortened(has, copies, table.pinned.contains(&slot), |rank| staying(rank as usize))
        };
        let mut slots = Held::new(table.count() as usize, table.spec.copies as usize);
        for slot in 0..table.count() {
            for rank in list(slot) {
                slots.put(slot as usize, None, rank);
            }
        }
        let mut have = vec![0; nodes.len()];
        let mut fixed = vec![0; nodes.len()];
        for (slot, replicas) in (0..).zip(slots.iter()) {
            for &rank in replicas {
                add(&mut have, rank, 1);
                add(&mut fixed, rank, u64::from(table.pinned.contains(&slot)));
            }
        }
        let free = u64::from(table.count()) - table.pinned.len() as u64;
        let total = free * copies as u64 + fixed.iter().sum::<u64>();
        let weight = |(rank, (_, node)): (usize, &(NodeIx, &Node))| {
            if staying(rank) { u64::from(node.weight().get()) } else { 0 }
        };
        let weights: Vec<u64> = nodes.iter().enumerate().map(weight).collect();
        let claims = weights.iter().zip(&fixed).zip(&have).map(|((&weight, &fixed), &have)| {
            let free = if weight > 0 { free } else { 0 };
            Claim { weight, min: fixed, max: fixed + free, have }
        });
        let want = wanted(total, free, &claims.collect::<Vec<_>>(), &group);
        let mut balance = Self {
            seeds: nodes.iter().map(|(_, node)| table.spec.hashing.seed(node)).collect(),
            indexes: nodes.iter().map(|&(index, _)| index).collect(),
            needy: Needy::default(),
            before: slots.clone(),
            pinned: table.pinned.clone(),
            weights,
            group,
            have,
            want,
            copies,
            slots,
        };
        balance.needy = Needy::new(&balance);
        balance
    }

    /// The replicas of each slot.
    fn run(mut self) -> impl Iterator<Item = Vec<NodeIx>> {
        if !self.indexes.is_empty() {
            self.direct();
            if !Bug::ChainsForgotten.is_planted() {
                self.chains();
            }
            if !Bug::OwnersAsTheyCome.is_planted() {
                self.owners();
            }
        }
        (0..self.slots.len()).map(move |slot| {
            let index = |rank: &Rank| self.indexes.get(*rank as usize).copied();
            self.slots.of(slot).iter().filter_map(index).collect()
        })
    }

    /// Each copy that is too much, or missing, to the node that lacks most. No path is shorter than such a move while there is one.
    fn direct(&mut self) {
        for slot in 0..self.slots.len() {
            if self.is_pinned(slot) {
                continue;
            }
            for place in 0..self.copies {
                let from = self.at(slot, place);
                if from.is_some_and(|rank| !self.has_too_much(rank)) {
                    continue;
                }
                if let Some(to) = self.needy.pick(|group| self.has_group(slot, group, from)) {
                    self.slots.put(slot, from, to);
                    if let Some(from) = from {
                        self.settle(from, -1);
                    }
                    self.settle(to, 1);
                }
            }
        }
    }

    fn at(&self, slot: usize, place: usize) -> Option<Rank> {
        self.slots.of(slot).get(place).copied()
    }

    fn is_pinned(&self, slot: usize) -> bool {
        u32::try_from(slot).is_ok_and(|slot| self.pinned.contains(&slot))
    }

    fn has_too_much(&self, rank: Rank) -> bool {
        if Bug::RebalanceMovesTooMuch.is_planted() {
            return get(&self.have, rank) >= get(&self.want, rank);
        }
        get(&self.have, rank) > get(&self.want, rank)
    }

    /// Whether a slot has a copy in a failure domain, other than that of `but`.
    fn has_group(&self, slot: usize, group: u32, but: Option<Rank>) -> bool {
        self.slots.of(slot).iter().any(|&rank| Some(rank) != but && self.group_of(rank) == group)
    }

    fn group_of(&self, rank: Rank) -> u32 {
        self.group.get(rank as usize).copied().unwrap_or(u32::MAX)
    }

    /// Counts what a node has got or given away.
    fn settle(&mut self, rank: Rank, by: i64) {
        let lacked = self.lacks(rank);
        add_signed(&mut self.have, rank, by);
        let lacks = self.lacks(rank);
        self.needy.update(rank, self.group_of(rank), get(&self.seeds, rank), lacked, lacks);
    }

    fn lacks(&self, rank: Rank) -> u64 {
        get(&self.want, rank).saturating_sub(get(&self.have, rank))
    }
}

/// The nodes that lack copies, those in the neediest failure domain first, and of those the neediest. Giving each slot to those who
/// need most, so many as it takes, leaves nobody with more to fill than there are slots (Gale 1957; Ryser 1957). Among equals it is by a
/// number that changes with what they lack, so that nodes share their slots with all others alike.
#[derive(Default)]
struct Needy {
    groups: BTreeSet<(u64, u64, u32)>,
    members: Vec<Members>,
}

#[derive(Clone, Default)]
struct Members {
    lack: u64,
    nodes: BTreeSet<(u64, u64, Rank)>,
}

impl Needy {
    fn new(balance: &Balance) -> Self {
        let groups = balance.group.iter().max().map_or(0, |&last| last as usize + 1);
        let mut needy = Self { groups: BTreeSet::new(), members: vec![Members::default(); groups] };
        for (rank, &seed) in (0..).zip(&balance.seeds) {
            needy.update(rank, balance.group_of(rank), seed, 0, balance.lacks(rank));
        }
        needy
    }

    fn update(&mut self, rank: Rank, group: u32, seed: u64, lacked: u64, lacks: u64) {
        let Some(members) = self.members.get_mut(group as usize) else { return };
        let key = |lack: u64, seed: u64| mix(seed ^ mix(lack));
        let group_seed = u64::from(group);
        self.groups.remove(&(members.lack, key(members.lack, group_seed), group));
        members.nodes.remove(&(lacked, key(lacked, seed), rank));
        members.lack = members.lack - lacked + lacks;
        if lacks > 0 {
            members.nodes.insert((lacks, key(lacks, seed), rank));
        }
        if members.lack > 0 {
            self.groups.insert((members.lack, key(members.lack, group_seed), group));
        }
    }

    /// Who needs most outside of the failure domains that have it already.
    fn pick(&self, is_taken: impl Fn(u32) -> bool) -> Option<Rank> {
        let &(_, _, group) = self.groups.iter().rev().find(|&&(_, _, group)| !is_taken(group))?;
        self.members.get(group as usize)?.nodes.last().map(|&(_, _, rank)| rank)
    }
}

/// The failure domain of each node, numbered by the first name in it.
fn groups(nodes: &[(NodeIx, &Node)], apart: Option<u32>) -> Vec<u32> {
    let mut known = BTreeMap::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    let number = |(_, node): &(NodeIx, &Node)| match domain(node, apart) {
        None => fresh(),
        Some(path) => *known.entry(path.to_vec()).or_insert_with(&mut fresh),
    };
    nodes.iter().map(number).collect()
}

/// How many copies each node shall have: first each failure domain, then each node of it.
fn wanted(total: u64, free: u64, claims: &[Claim], group: &[u32]) -> Vec<u64> {
    let mut of_group: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (i, &group) in group.iter().enumerate() {
        of_group.entry(group).or_default().push(i);
    }
    let members =
        |list: &[usize]| -> Vec<Claim> { list.iter().filter_map(|&i| claims.get(i).copied()).collect() };
    let together = |list: &Vec<usize>| {
        let claims = members(list);
        let sum = |of: fn(&Claim) -> u64| claims.iter().map(of).sum::<u64>();
        let min = sum(|claim| claim.min);
        Claim { weight: sum(|c| c.weight), min, max: sum(|c| c.max).min(min + free), have: sum(|c| c.have) }
    };
    let shares = apportion(total, &of_group.values().map(together).collect::<Vec<_>>());
    let mut want = vec![0; claims.len()];
    for (list, share) in of_group.values().zip(shares) {
        for (&i, given) in list.iter().zip(apportion(share, &members(list))) {
            want.get_mut(i).into_iter().for_each(|want| *want = given);
        }
    }
    want
}

/// Without the copies that nobody can take over: there are fewer failure domains left than copies.
fn shortened(has: Vec<Rank>, copies: usize, is_pinned: bool, stays: impl Fn(Rank) -> bool) -> Vec<Rank> {
    let mut spare = if is_pinned { 0 } else { has.len().saturating_sub(copies) };
    let mut keeps = |&rank: &Rank| {
        let goes = spare > 0 && !stays(rank);
        spare -= usize::from(goes);
        !goes
    };
    has.into_iter().filter(|rank| keeps(rank)).collect()
}

fn get(list: &[u64], rank: Rank) -> u64 {
    list.get(rank as usize).copied().unwrap_or(0)
}

fn add(list: &mut [u64], rank: Rank, by: u64) {
    list.get_mut(rank as usize).into_iter().for_each(|count| *count += by);
}

fn add_signed(list: &mut [u64], rank: Rank, by: i64) {
    list.get_mut(rank as usize).into_iter().for_each(|count| *count = count.saturating_add_signed(by));
}
