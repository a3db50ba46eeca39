//! The failure domains of a table's nodes, and how many copies each can take.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use super::rule::{Limit, Rule, RuleError};
use crate::{
    bug::Bug,
    nodes::{NodeIx, Nodes},
};

/// The domains of all levels that a rule speaks of, the widest first. A rule without limits has one level with one domain.
#[derive(Clone, Debug)]
pub(super) struct Domains {
    pub(super) levels: Vec<Level>,
}

/// The domains of a level.
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// The domain that each node is in, by index.
    domain: Vec<u32>,
    /// The domain of the level above that each domain is in; 0, the whole, at the first level.
    parent: Vec<u32>,
    /// How many copies each domain can take.
    room: Vec<u32>,
    /// Of each domain of the level above: how many domains within it can take 1 copy, 2 copies, and so on.
    takers: Vec<Vec<u32>>,
}

/// How copies are shared out over the domains within one: each gets what it can take up to `base`, and so many one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) base: u32,
    pub(super) extras: u32,
}

impl Domains {
    pub(super) fn new(nodes: &Nodes, rule: &Rule, is_up: impl Fn(NodeIx) -> bool) -> Result<Self, RuleError> {
        if rule.copies == 0 {
            return Err(RuleError::NoCopies);
        }
        let mut levels: Vec<Level> = vec![];
        let mut limits = vec![];
        for &(depth, limit) in &rule.limits {
            if rule.limits.iter().filter(|(level, _)| *level == depth).count() > 1 {
                return Err(RuleError::LevelTwice { level: depth });
            }
            levels.push(Level::within(levels.last(), nodes, depth)?);
            limits.push(limit);
        }
        if levels.is_empty() {
            levels.push(Level::of_all(nodes));
            limits.push(Limit::Even);
        }
        // From the narrowest level to the widest: what is in each domain, and with how much room.
        let narrowest = levels.last().map_or(&[][..], |level| level.domain.as_slice());
        let up = nodes.iter().map(|(node, _)| node).filter(|&node| is_up(node));
        let mut contents: Vec<(u32, u32)> = up.map(|node| (lookup(narrowest, node.get()), 1)).collect();
        for (level, limit) in levels.iter_mut().zip(limits).rev() {
            contents = level.fill(&contents, limit, u32::from(rule.copies));
        }
        Ok(Self { levels })
    }
}

impl Level {
    /// Everything in one domain.
    fn of_all(nodes: &Nodes) -> Self {
        Self { domain: vec![0; nodes.span()], parent: vec![0], room: vec![], takers: vec![] }
    }

    /// The domains at `depth`, each within one of the level above.
    fn within(above: Option<&Self>, nodes: &Nodes, depth: usize) -> Result<Self, RuleError> {
        let mut ids = BTreeMap::new();
        let mut parent = vec![];
        let mut domain = vec![0; nodes.span()];
        for (index, node) in nodes.by_name() {
            let Some(path) = node.path().get(..=depth) else {
                return Err(RuleError::NoSuchLevel { node: node.shared_name(), level: depth });
            };
            let id = *ids.entry(path).or_insert_with(|| {
                parent.push(above.map_or(0, |above| above.domain(index)));
                u32::try_from(parent.len() - 1).unwrap_or(u32::MAX)
            });
            if let Some(domain) = domain.get_mut(index.index()) {
                *domain = id;
            }
        }
        Ok(Self { domain, parent, room: vec![], takers: vec![] })
    }

    /// Adds up what is in each domain, and answers with what that comes to in each domain of the level above.
    fn fill(&mut self, contents: &[(u32, u32)], limit: Limit, copies: u32) -> Vec<(u32, u32)> {
        let most = if limit == Limit::Strict && !Bug::StrictShares.is_planted() { 1 } else { copies };
        self.room = vec![0; self.parent.len()];
        for &(domain, room) in contents {
            if let Some(sum) = self.room.get_mut(domain as usize) {
                *sum = most.min(*sum + room);
            }
        }
        let parents = self.parent.iter().max().map_or(1, |&parent| parent as usize + 1);
        self.takers = vec![vec![]; parents];
        for (&parent, &room) in self.parent.iter().zip(&self.room) {
            let Some(takers) = self.takers.get_mut(parent as usize) else { continue };
            takers.resize(takers.len().max(room as usize), 0);
            takers.iter_mut().take(room as usize).for_each(|count| *count += 1);
        }
        self.parent.iter().copied().zip(self.room.iter().copied()).collect()
    }

    pub(super) fn domain(&self, node: NodeIx) -> u32 {
        lookup(&self.domain, node.get())
    }

    pub(super) fn parent(&self, domain: u32) -> u32 {
        lookup(&self.parent, domain)
    }

    pub(super) fn room(&self, domain: u32) -> u32 {
        if Bug::ShareIgnoresRoom.is_planted() {
            return u32::MAX;
        }
        lookup(&self.room, domain)
    }

    /// How `copies` are shared out over the domains within `parent`. If they can take fewer, each takes what it can.
    pub(super) fn share(&self, parent: u32, copies: u32) -> Share {
        let takers = self.takers.get(parent as usize).map_or(&[][..], Vec::as_slice);
        let mut share = Share { base: 0, extras: copies };
        for &count in takers {
            if count >= share.extras {
                break;
            }
            share = Share { base: share.base + 1, extras: share.extras - count };
        }
        if Bug::EvenIsGreedy.is_planted() { Share { base: copies, extras: 0 } } else { share }
    }
}

fn lookup(table: &[u32], index: u32) -> u32 {
    table.get(index as usize).copied().unwrap_or(0)
}
