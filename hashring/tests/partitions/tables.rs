//! Nodes, and tables that somebody has filled in.

use quorate_hashring::{Node, NodeIx, Nodes, Place as _, SlotSpec, Slots, Weight};

/// Fails a check.
macro_rules! ensure {
    ($holds:expr, $($broken:tt)*) => {{
        let holds: bool = $holds;
        if !holds {
            return Err(format!($($broken)*));
        }
    }};
}
pub(crate) use ensure;

/// What cannot go wrong in a check.
pub(crate) fn sound<T, E: core::fmt::Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

pub(crate) fn node(name: impl Into<String>, weight: u32) -> Node {
    Node::new(name.into()).weighing(Weight::new(weight).unwrap_or(Weight::ONE))
}

/// Nodes `a`, `b`, … of these weights in these zones.
pub(crate) fn nodes(weights: &[u32], zones: &[&str]) -> Vec<Node> {
    let name = |i: usize| char::from(b'a' + u8::try_from(i).unwrap_or(25)).to_string();
    let within = |i: usize, node: Node| match zones.get(i) {
        Some(zone) => node.within([*zone]),
        None => node,
    };
    weights.iter().enumerate().map(|(i, &weight)| within(i, node(name(i), weight))).collect()
}

/// A table of these nodes.
pub(crate) fn table(spec: SlotSpec, nodes: impl IntoIterator<Item = Node>) -> Result<Slots, String> {
    Ok(sound(Slots::new(spec))?.with_nodes(sound(Nodes::of(nodes))?))
}

/// A table with these replicas, which are numbers of nodes by name.
pub(crate) fn filled(spec: SlotSpec, nodes: &[Node], replicas: &[Vec<u32>]) -> Result<Slots, String> {
    let mut slots = table(spec, nodes.iter().cloned())?;
    for (slot, replicas) in (0..).zip(replicas) {
        let replicas: Vec<NodeIx> = replicas.iter().copied().map(NodeIx::new).collect();
        sound(slots.assign(slots.epoch(), slot, &replicas))?;
    }
    Ok(slots)
}

/// The replicas of each slot.
pub(crate) fn replicas(slots: &Slots) -> Vec<Vec<u32>> {
    (0..slots.count()).map(|slot| slots.replicas(slot).iter().map(|node| node.get()).collect()).collect()
}

/// How many copies are where none was.
pub(crate) fn moved(before: &[Vec<u32>], after: &[Vec<u32>]) -> u64 {
    let new =
        |(before, after): (&Vec<u32>, &Vec<u32>)| after.iter().filter(|node| !before.contains(node)).count();
    before.iter().zip(after).map(new).sum::<usize>() as u64
}

/// How many copies each node has, by index.
pub(crate) fn loads(slots: &Slots) -> Vec<u64> {
    let mut loads = vec![0; slots.nodes().span()];
    for node in replicas(slots).into_iter().flatten() {
        loads[node as usize] += 1;
    }
    loads
}
