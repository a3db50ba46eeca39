//! A table whose preferences are given: what spreads and bounds copies sees nothing but these.

use quorate_hashring::{
    AddError, Elastic, Hashing, KeyHash, Node, NodeIx, Nodes, Place, UnknownNode, Walk, Weight, WeightError,
    WeightReason,
};
use quorate_machine::Rng;

/// Nodes that each key prefers in an order of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    nodes: Nodes,
}

impl Given {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// All nodes, in the order of a random number for each.
    pub(crate) fn order(&self, hash: KeyHash) -> Vec<NodeIx> {
        let draw = |node: NodeIx| KeyHash::mixed(hash.get() ^ u64::from(node.get()) << 40).get();
        let mut order: Vec<_> = self.nodes.iter().map(|(node, _)| node).collect();
        order.sort_by_key(|&node| draw(node));
        order
    }
}

impl Place for Given {
    fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    fn hash(&self, key: &[u8]) -> KeyHash {
        Hashing::default().key(key)
    }

    fn locate(&self, hash: KeyHash) -> Option<NodeIx> {
        self.order(hash).first().copied()
    }

    fn follow(&self, hash: KeyHash, walk: &mut Walk) -> Option<NodeIx> {
        self.order(hash).into_iter().find(|&node| walk.admit(node))
    }

    fn table_bytes(&self) -> usize {
        0
    }
}

impl Elastic for Given {
    fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        self.nodes.add(node)
    }

    fn remove(&mut self, name: &str) -> Result<Node, UnknownNode> {
        self.nodes.remove(name).map(|(_, node)| node)
    }

    fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, WeightError> {
        let unknown = WeightError { weight, reason: WeightReason::Unknown };
        let index = self.nodes.find(name).ok_or(unknown)?;
        self.nodes.set_weight(index, weight).ok_or(unknown)
    }
}

/// Up to 10 nodes in up to 3 regions of up to 3 zones each, where zones of different regions have the same names.
pub(crate) fn topology(rng: &mut Rng) -> Given {
    let mut table = Given::new();
    let (regions, zones) = (1 + rng.below(3), 1 + rng.below(3));
    for i in 0..=rng.below(10) {
        let path = [format!("region-{}", rng.below(regions)), format!("zone-{}", rng.below(zones))];
        table.add(Node::new(format!("node-{i}")).within(path)).expect("names differ");
    }
    table
}
