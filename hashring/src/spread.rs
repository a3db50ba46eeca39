//! Copies of a key on several nodes that do not fail together.

mod choose;
mod domains;
mod replicas;
mod rule;

use alloc::vec::Vec;

use self::{
    choose::{Preset, Trail, choose},
    domains::Domains,
};
pub use self::{
    replicas::Replicas,
    rule::{Limit, Rule, RuleError},
};
use crate::{bug::Bug, hash::KeyHash, nodes::NodeIx, place::Place};

/// A table together with a rule for where the copies of a key go, and what is known of nodes that are down.
///
/// The copies of a key are the first of its preferences that the rule allows. So the first copy is where a single one would be; a
/// node more or less changes the copies of a key only as far as it changes its preferences and the shares of the domains.
///
/// The rule is applied level by level, the widest first. At each level copies are shared out as evenly as the domains can take them:
/// the domains that get one more than others are those that the key prefers. What a domain can take is what the levels within it
/// allow. This finds as many places as there are.
///
/// A lookup costs one walk over the preferences, however many levels there are; it allocates from the ninth preference on.
///
/// ```
/// use quorate_hashring::{Elastic as _, Hashing, ModN, Node, PlaceExt as _, Rule, Spread};
///
/// const ZONE: usize = 0;
/// let mut table = ModN::new(Hashing::default()); // any table will do
/// for (name, zone) in [("a", "north"), ("b", "north"), ("c", "north"), ("d", "south")] {
///     table.add(Node::new(name).within([zone]))?;
/// }
///
/// let even = Spread::new(&table, Rule::copies(2).even(ZONE))?;
/// for key in [b"k1", b"k2", b"k3"] {
///     let zones = even.replicas(key).nodes().map(|node| even.node(node).and_then(|node| node.domain(ZONE))).count();
///     assert_eq!(zones, 2);
/// }
///
/// // Three copies in different zones cannot be had where there are two.
/// let strict = Spread::new(&table, Rule::copies(3).strict(ZONE))?;
/// assert_eq!(strict.replicas(b"k1").shortfall(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Spread<P> {
    place: P,
    rule: Rule,
    /// As if all nodes were up.
    whole: Domains,
    /// The nodes that are down, by index, and the domains without them.
    down: Option<(Vec<bool>, Domains)>,
}

impl<P: Place> Spread<P> {
    /// The table under the rule. It costs O(n log n).
    ///
    /// # Errors
    ///
    /// The rule asks for no copies, or names a level twice or one that some node does not have.
    pub fn new(place: P, rule: Rule) -> Result<Self, RuleError> {
        let whole = Domains::new(place.nodes(), &rule, |_| true)?;
        Ok(Self { place, rule, whole, down: None })
    }

    /// The table.
    pub const fn place(&self) -> &P {
        &self.place
    }

    /// The table again, to change it.
    pub fn into_place(self) -> P {
        self.place
    }

    /// The rule.
    pub const fn rule(&self) -> &Rule {
        &self.rule
    }

    /// A node of the table.
    pub fn node(&self, index: NodeIx) -> Option<&crate::Node> {
        self.place.nodes().get(index)
    }

    /// Says which nodes are down, and that all others are up. They stay in the table and keep what is theirs; until they are back
    /// their copies are elsewhere. It costs O(n log n).
    ///
    /// # Errors
    ///
    /// As for [`Spread::new`]; with the table that it was made of there are none.
    pub fn set_down(&mut self, down: impl IntoIterator<Item = NodeIx>) -> Result<(), RuleError> {
        let mut is_down = alloc::vec![false; self.place.nodes().span()];
        for node in down {
            if let Some(is_down) = is_down.get_mut(node.index()) {
                *is_down = true;
            }
        }
        let domains = Domains::new(self.place.nodes(), &self.rule, |node| !is_set(&is_down, node))?;
        self.down = is_down.contains(&true).then_some((is_down, domains));
        Ok(())
    }

    /// Where the copies of a key are.
    pub fn replicas(&self, key: &[u8]) -> Replicas {
        self.replicas_of(self.place.hash(key))
    }

    /// Where the copies of a hash are.
    pub fn replicas_of(&self, hash: KeyHash) -> Replicas {
        let mut trail = Trail::new(&self.place, hash);
        let Some((is_down, live)) = &self.down else {
            let nodes = choose(&self.whole, &mut trail, |_| true, &Preset::new(), self.rule.copies);
            return Replicas::new(nodes.into_iter().map(Some).collect(), self.rule.copies);
        };
        let is_up = |node| !is_set(is_down, node);
        if !self.rule.positional || Bug::PositionsShift.is_planted() {
            let nodes = choose(live, &mut trail, is_up, &Preset::new(), self.rule.copies);
            return Replicas::new(nodes.into_iter().map(Some).collect(), self.rule.copies);
        }
        let ideal = choose(&self.whole, &mut trail, |_| true, &Preset::new(), self.rule.copies);
        let survivors: Preset = ideal.iter().copied().filter(|&node| is_up(node)).collect();
        let mut others = choose(live, &mut trail, is_up, &survivors, self.rule.copies).into_iter();
        let mut places: replicas::Places =
            ideal.into_iter().map(|node| is_up(node).then_some(node)).collect();
        places.resize(usize::from(self.rule.copies), None);
        for place in places.iter_mut().filter(|place| place.is_none()) {
            *place = others.next();
        }
        Replicas::new(places, self.rule.copies)
    }
}

fn is_set(flags: &[bool], node: NodeIx) -> bool {
    flags.get(node.index()).copied().unwrap_or(false)
}
