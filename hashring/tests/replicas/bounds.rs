//! Bounded loads.

use quorate_hashring::{Bounded, KeyHash, LoadFactor, LowLoadFactor, Node, NodeIx, Weight};
use quorate_machine::Rng;

use crate::given::Given;

/// `⌈percent / 100 · (m + 1) · w / W⌉`, said another way: the smallest number that is not less.
fn is_capacity(capacity: u64, percent: u32, next: u64, weight: u32, weights: u64) -> bool {
    let bound = u128::from(percent) * u128::from(next) * u128::from(weight);
    let unit = 100 * u128::from(weights);
    u128::from(capacity) * unit >= bound && (capacity == 0 || u128::from(capacity - 1) * unit < bound)
}

/// Loads that come and go, nodes too, with favourite keys: nobody takes one beyond its bound, somebody always has room, and the first
/// in the key's order that has is the one. What a node that has left had no longer counts (as it did in one peer).
pub(crate) fn loads_are_bounded() -> Result<String, String> {
    let mut rng = Rng::new(3);
    let (mut assigned, mut passed) = (0_u32, 0_u32);
    for _ in 0..300 {
        let percent = [100, 101, 110, 125, 200, 1_000][usize::try_from(rng.below(6)).expect("small")];
        let mut bounded =
            Bounded::new(Given::new(), LoadFactor::percent(percent).map_err(|error| error.to_string())?);
        let mut model: Vec<(String, u64)> = vec![];
        for step in 0..200 {
            match rng.below(12) {
                0 if model.len() < 8 => {
                    let name = format!("node-{step}");
                    let weight =
                        Weight::new(1 + u32::try_from(rng.below(5)).expect("small")).expect("not zero");
                    bounded
                        .add(Node::new(name.as_str()).weighing(weight))
                        .map_err(|error| error.to_string())?;
                    model.push((name, 0));
                }
                1 if model.len() > 1 && rng.below(4) == 0 => {
                    let gone =
                        model.swap_remove(usize::try_from(rng.below(model.len() as u64)).expect("small"));
                    let (_, load) = bounded.remove(&gone.0).map_err(|error| error.to_string())?;
                    if load != gone.1 {
                        return Err(format!("{} had {}, and leaves with {load}", gone.0, gone.1));
                    }
                }
                2 if !model.is_empty() => {
                    let i = usize::try_from(rng.below(model.len() as u64)).expect("small");
                    let node = bounded.nodes().find(&model[i].0).expect("a node");
                    if bounded.release(node).is_ok() != (model[i].1 > 0) {
                        return Err(format!("{} had {}", model[i].0, model[i].1));
                    }
                    model[i].1 = model[i].1.saturating_sub(1);
                }
                _ => {
                    let hash = KeyHash::mixed(rng.below(5));
                    passed += u32::from(one_load(&mut bounded, &mut model, hash, percent)?);
                    assigned += 1;
                }
            }
            let total: u64 = model.iter().map(|(_, load)| load).sum();
            if bounded.total() != total {
                return Err(format!("all loads together are {total}, not {}", bounded.total()));
            }
        }
    }
    Ok(format!("{assigned} loads, {passed} of them not on their first node"))
}

/// Puts one load, and says whether it is on another node than the key's first.
fn one_load(
    bounded: &mut Bounded<Given>,
    model: &mut [(String, u64)],
    hash: KeyHash,
    percent: u32,
) -> Result<bool, String> {
    let next = bounded.total() + 1;
    let weights = bounded.nodes().weight();
    let order = bounded.place().order(hash);
    let full = |node: &NodeIx| {
        let weight = bounded.nodes().get(*node).map_or(0, |node| node.weight().get());
        let capacity = bounded.capacity(*node);
        if !is_capacity(capacity, percent, next, weight, weights) {
            return Err(format!(
                "{capacity} for weight {weight} of {weights}, load {next}, {percent} percent"
            ));
        }
        Ok(bounded.load(*node) >= capacity)
    };
    let mut first_with_room = None;
    for node in &order {
        if !full(node)? && first_with_room.is_none() {
            first_with_room = Some(*node);
        }
    }
    if !order.is_empty() && first_with_room.is_none() {
        return Err("nobody has room".into());
    }
    let node = bounded.assign_hash(hash);
    if node != first_with_room {
        return Err(format!("the load went to {node:?}, and {first_with_room:?} is the first with room"));
    }
    let Some(node) = node else { return Ok(false) };
    let name = bounded.nodes().get(node).expect("a node").name();
    model.iter_mut().find(|(other, _)| other == name).expect("known").1 += 1;
    Ok(order.first() != Some(&node))
}

/// 100 loads on a node that leaves, 10 on the other: the other may have ⌈1.25 · 11⌉, not a part of 110.
pub(crate) fn the_load_of_the_dead_does_not_count() -> Result<String, String> {
    let mut bounded =
        Bounded::new(Given::new(), LoadFactor::percent(125).map_err(|error| error.to_string())?);
    let a = bounded.add(Node::new("a")).map_err(|error| error.to_string())?;
    for hash in 0..100 {
        bounded.assign_hash(KeyHash::mixed(hash));
    }
    let b = bounded.add(Node::new("b")).map_err(|error| error.to_string())?;
    let mut hash = 0;
    while bounded.load(b) < 10 {
        bounded.assign_hash(KeyHash::mixed(hash));
        hash += 1;
    }
    while bounded.load(a) > 100 {
        bounded.release(a).map_err(|error| error.to_string())?;
    }
    bounded.remove("a").map_err(|error| error.to_string())?;
    match (bounded.total(), bounded.capacity(b)) {
        (10, 14) => Ok("10 loads are left, and room for 14".into()),
        other => Err(format!("{other:?}")),
    }
}

/// An empty table takes nothing, and 99 percent is no load factor; numbers at the end of their range do not overflow.
pub(crate) fn bounds_at_their_ends() -> Result<String, String> {
    let factor = LoadFactor::percent(100).map_err(|error| error.to_string())?;
    let mut bounded = Bounded::new(Given::new(), factor);
    let huge = Weight::new(u32::MAX).map_err(|error| error.to_string())?;
    let wild = LoadFactor::percent(u32::MAX).map_err(|error| error.to_string())?;
    let holds = bounded.assign(b"key").is_none()
        && bounded.release(NodeIx::new(7)).is_err()
        && LoadFactor::percent(99) == Err(LowLoadFactor { percent: 99 })
        && wild.capacity(u64::MAX, huge, 1) == u64::MAX
        && factor.capacity(u64::MAX, huge, u64::from(u32::MAX)) == u64::MAX
        && factor.capacity(5, Weight::ONE, 0) == 0;
    if holds { Ok("6 ends".into()) } else { Err("an end is wrong".into()) }
}
