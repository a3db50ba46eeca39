use quickcheck::{Arbitrary, Gen};
use quorate_machine::NodeId;

/// A number below `bound`; 0 if the bound is 0.
pub fn below(g: &mut Gen, bound: u64) -> u64 {
    u64::from(u32::arbitrary(g)).checked_rem(bound).unwrap_or(0)
}

/// Mostly `value` or a neighbour, sometimes a small number, sometimes an extreme one.
pub fn near(g: &mut Gen, value: u64) -> u64 {
    match below(g, 16) {
        0..6 => value,
        6..8 => value.saturating_add(1),
        8..10 => value.saturating_sub(1),
        10 => 0,
        11 => 1,
        12 => value.saturating_add(below(g, 8)),
        13 => below(g, 16),
        14 => u64::MAX - below(g, 2),
        _ => u64::arbitrary(g),
    }
}

/// Mostly one of the nodes n1 to `nodes`, sometimes a stranger.
pub fn some_node(g: &mut Gen, nodes: u8) -> NodeId {
    match below(g, 16) {
        0 => NodeId(near(g, u64::from(nodes))),
        _ => NodeId(1 + below(g, u64::from(nodes))),
    }
}
