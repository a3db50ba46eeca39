//! The tables that there are, by name.

use std::{collections::BTreeSet, num::NonZeroU32, ops::Deref};

use clap::{Args, ValueEnum};
use quorate_hashring::{
    Anchor, Elastic, Hashing, Hrw, Jump, JumpBack, Maglev, MaglevSize, ModN, Node, NodeIx, Nodes, Place,
    Ring, SlotSpec, Slots, Weight,
};

use super::{
    copies::Copies,
    measure::{Share, shares},
};
use crate::problem::Problem;

/// How keys are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Algorithm {
    /// Tokens on a circle: nodes come, go and have weights
    Ring,
    /// The highest score of key and node: exact weights, few nodes
    Hrw,
    /// Numbered shards, by the newest algorithm; nodes come and go at the end of the list
    JumpBack,
    /// Numbered shards, as in Lamping and Veach; nodes come and go at the end of the list
    Jump,
    /// Numbered shards of which any may go
    Anchor,
    /// A table of a fixed size: the most even, a little more moves
    Maglev,
    /// Fixed partitions that an operator moves: the most even, for storage
    Slots,
    /// The remainder: almost everything moves
    ModN,
}

impl Algorithm {
    pub(super) const ALL: &[Self] = &[
        Self::Ring,
        Self::Hrw,
        Self::JumpBack,
        Self::Jump,
        Self::Anchor,
        Self::Maglev,
        Self::Slots,
        Self::ModN,
    ];

    /// As it is given.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Hrw => "hrw",
            Self::JumpBack => "jump-back",
            Self::Jump => "jump",
            Self::Anchor => "anchor",
            Self::Maglev => "maglev",
            Self::Slots => "slots",
            Self::ModN => "mod-n",
        }
    }
}

/// What algorithms are told beside the nodes.
#[derive(Clone, Debug, Args)]
pub(super) struct Settings {
    /// How many tokens a node has on a ring for each unit of its weight
    #[arg(long, value_name = "N", default_value = "160")]
    tokens: NonZeroU32,
    /// How many entries the table of maglev has, a prime number
    #[arg(long, value_name = "N", default_value_t = 65_537)]
    size: u32,
    /// How many slots there are
    #[arg(long, value_name = "N", default_value_t = 4_096)]
    slots: u32,
    /// The key that all is hashed with: programs that shall agree have the same
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Of slots: the copies of each, and the level at which they are apart.
    #[arg(skip)]
    copies: Option<(u32, Option<u32>)>,
}

/// Which table a command is about.
#[derive(Debug, Args)]
pub(super) struct Table {
    /// The algorithm
    #[arg(long = "by", value_enum, value_name = "ALGORITHM", default_value_t = Algorithm::Ring)]
    algorithm: Algorithm,
    #[command(flatten)]
    settings: Settings,
}

impl Table {
    pub(super) const fn name(&self) -> &'static str {
        self.algorithm.name()
    }

    /// A table of these nodes; of slots, with a list of so many copies for each.
    pub(super) fn build(&self, nodes: &[Node], copies: Option<&Copies>) -> Result<Built, Problem> {
        self.settings.with_copies(copies).build(self.algorithm, nodes)
    }

    /// The same before and after a change.
    pub(super) fn change(
        &self,
        before: &[Node],
        after: &[Node],
        copies: &Copies,
    ) -> Result<(Built, Built), Problem> {
        self.settings.with_copies(Some(copies)).change(self.algorithm, before, after)
    }
}

/// A table of some algorithm.
pub(super) enum Built {
    Ring(Ring),
    Hrw(Hrw),
    JumpBack(JumpBack),
    Jump(Jump),
    Anchor(Anchor),
    Maglev(Maglev),
    Slots(Slots),
    ModN(ModN),
}

impl Deref for Built {
    type Target = dyn Place;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Ring(table) => table,
            Self::Hrw(table) => table,
            Self::JumpBack(table) => table,
            Self::Jump(table) => table,
            Self::Anchor(table) => table,
            Self::Maglev(table) => table,
            Self::Slots(table) => table,
            Self::ModN(table) => table,
        }
    }
}

impl Settings {
    /// The same with so many tokens, and with another seed for each `round`.
    pub(super) fn with_tokens(&self, tokens: u32, round: u32) -> Self {
        let tokens = NonZeroU32::new(tokens).unwrap_or(NonZeroU32::MIN);
        Self { tokens, seed: self.seed.wrapping_add(round.into()), ..self.clone() }
    }

    fn with_copies(&self, copies: Option<&Copies>) -> Self {
        Self { copies: copies.map(|copies| (copies.count.into(), copies.apart())), ..self.clone() }
    }

    const fn hashing(&self) -> Hashing {
        Hashing::keyed([self.seed, 0])
    }

    /// A table of these nodes, which came in the order of the list.
    pub(super) fn build(&self, algorithm: Algorithm, nodes: &[Node]) -> Result<Built, Problem> {
        let hashing = self.hashing();
        Ok(match algorithm {
            Algorithm::Ring => {
                Built::Ring(Ring::new(hashing, self.tokens).with_nodes(all(nodes)?).map_err(Problem::new)?)
            }
            Algorithm::Hrw => Built::Hrw(Hrw::new(hashing).with_nodes(all(nodes)?).map_err(Problem::new)?),
            Algorithm::Anchor => {
                Built::Anchor(Anchor::new(hashing).with_nodes(all(nodes)?).map_err(Problem::new)?)
            }
            Algorithm::ModN => Built::ModN(ModN::new(hashing).with_nodes(all(nodes)?).map_err(Problem::new)?),
            Algorithm::Maglev => {
                let size = MaglevSize::new(self.size).map_err(Problem::new)?;
                Built::Maglev(Maglev::new(hashing, size).with_nodes(all(nodes)?).map_err(Problem::new)?)
            }
            Algorithm::JumpBack => {
                Built::JumpBack(JumpBack::new(hashing).with_nodes(all(nodes)?).map_err(Problem::new)?)
            }
            Algorithm::Jump => Built::Jump(Jump::new(hashing).with_nodes(all(nodes)?).map_err(Problem::new)?),
            Algorithm::Slots => {
                let (copies, apart) = self.copies.unwrap_or((1, None));
                let spec = SlotSpec { hashing, count: self.slots, copies, apart, ..SlotSpec::default() };
                Built::Slots(Slots::new(spec).map_err(Problem::new)?.with_nodes(all(nodes)?))
            }
        })
    }

    /// A table of the nodes before, and what it is after the change. Those that number their nodes by the order of the list are made
    /// anew.
    pub(super) fn change(
        &self,
        algorithm: Algorithm,
        before: &[Node],
        after: &[Node],
    ) -> Result<(Built, Built), Problem> {
        let old = self.build(algorithm, before)?;
        let new = match &old {
            Built::Ring(table) => Built::Ring(changed(table, after)?),
            Built::Hrw(table) => Built::Hrw(changed(table, after)?),
            Built::Anchor(table) => Built::Anchor(changed(table, after)?),
            Built::Maglev(table) => Built::Maglev(changed(table, after)?),
            Built::ModN(table) => Built::ModN(changed(table, after)?),
            Built::Slots(table) => Built::Slots(rebalanced(table, after)?),
            Built::JumpBack(_) | Built::Jump(_) => self.build(algorithm, after)?,
        };
        Ok((old, new))
    }
}

impl Built {
    /// What each node has of all hashes, where that can be computed.
    pub(super) fn exact_shares(&self) -> Option<Vec<Share>> {
        match self {
            Self::Ring(ring) => {
                let all = ring.shares(1);
                let has = |node: &Node| {
                    let index = ring.nodes().find(node.name()).map_or(usize::MAX, NodeIx::index);
                    all.get(index).map_or(0.0, |&hashes| part(hashes, 1 << 64))
                };
                Some(shares(ring, has))
            }
            Self::Maglev(maglev) => {
                let slots =
                    |node: &Node| maglev.nodes().find(node.name()).map_or(0, |index| maglev.slots_of(index));
                Some(shares(maglev, |node| part(slots(node) as u128, maglev.size().get().into())))
            }
            Self::Slots(slots) => {
                let has = |node: &Node| slots.load(node.name()).unwrap_or(0);
                Some(shares(slots, |node| part(has(node).into(), slots.count().into())))
            }
            Self::Hrw(_) | Self::JumpBack(_) | Self::Jump(_) | Self::Anchor(_) | Self::ModN(_) => None,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn part(count: u128, of: u128) -> f64 {
    count as f64 / of as f64
}

fn all(nodes: &[Node]) -> Result<Nodes, Problem> {
    Nodes::of(nodes.iter().cloned()).map_err(Problem::new)
}

/// Who is not in the list leaves, in the order of names; who is new comes, in the order of the list; weights are those of the list.
fn changed<T: Elastic + Clone>(table: &T, after: &[Node]) -> Result<T, Problem> {
    let mut table = table.clone();
    for gone in gone(&table, after) {
        table.remove(&gone).map_err(Problem::new)?;
    }
    for node in after {
        match weight(&table, node) {
            None => drop(table.add(node.clone()).map_err(Problem::new)?),
            Some(weight) if weight == node.weight() => {}
            Some(_) => drop(table.set_weight(node.name(), node.weight()).map_err(Problem::new)?),
        }
    }
    Ok(table)
}

/// What a node of that name weighs in the table.
fn weight(table: &dyn Place, node: &Node) -> Option<Weight> {
    Some(table.nodes().get(table.nodes().find(node.name())?)?.weight())
}

fn gone(table: &dyn Place, after: &[Node]) -> Vec<String> {
    let stay: BTreeSet<_> = after.iter().map(Node::name).collect();
    let names = table.nodes().by_name().map(|(_, node)| node.name());
    names.filter(|name| !stay.contains(name)).map(str::to_owned).collect()
}

/// The slots as they should be for that list; who is not in it leaves with nothing.
fn rebalanced(slots: &Slots, after: &[Node]) -> Result<Slots, Problem> {
    let mut slots = slots.retargeted(&all(after)?).map_err(Problem::new)?;
    for gone in gone(&slots, after) {
        slots.remove(&gone).map_err(Problem::new)?;
    }
    Ok(slots)
}
