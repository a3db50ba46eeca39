//! Nodes that hash alike: names tell them apart, whatever their order.

use quorate_hashring::{Elastic, Hashing, Hrw, Node, Place as _, PlaceExt as _, Weight};

use super::{
    compared::equal,
    kinds::{hashes, preferences},
};

/// Pairs that have one hash by one-at-a-time, which has 32 bits, with the number of a token behind them.
const TWINS: [[&str; 2]; 3] =
    [["node-20604", "node-24760"], ["node-20607", "node-24763"], ["node-20615", "node-24771"]];

/// A table of twins and others in some order, in which twins weigh the same.
fn table(others: u32, differ: bool, order: impl Fn(&mut Vec<Node>)) -> Result<Hrw, String> {
    let mut nodes = Vec::new();
    for (number, [first, second]) in (1..).zip(TWINS) {
        let weight = Weight::new(if differ { number } else { 1 }).map_err(|error| error.to_string())?;
        nodes.extend([first, second].map(|name| Node::new(name).weighing(weight)));
    }
    nodes.extend((0..others).map(|number| Node::new(number.to_string())));
    order(&mut nodes);
    let mut table = Hrw::new(Hashing::OneAtATime);
    for node in nodes {
        table.add(node).map_err(|error| error.to_string())?;
    }
    Ok(table)
}

/// Of two nodes that hash alike the first by name has all keys, and the other comes right behind it: with any order of insertion, with
/// weights and without, among the first preferences and the last. Who is removed is who was named, and the other has its keys then.
pub(crate) fn twins_are_told_apart_by_name() -> Result<String, String> {
    for [first, second] in TWINS {
        let token = |name| Hashing::OneAtATime.token(name, 0);
        equal(|| format!("{first} and {second} are twins"), token(first), token(second))?;
    }
    let hashes = hashes(12, 200);
    let mut met = 0;
    for (others, differ) in [(2, false), (2, true), (20, false), (20, true)] {
        let forwards = table(others, differ, |_| ())?;
        let backwards = table(others, differ, |nodes| nodes.reverse())?;
        for &hash in &hashes {
            let listed = preferences(&forwards, hash);
            equal(|| format!("{hash:?} of {others}"), preferences(&backwards, hash), listed.clone())?;
            for [first, second] in TWINS {
                let at = |name: &str| listed.iter().position(|listed| listed == name).ok_or("not listed");
                equal(|| format!("{second} is behind {first}"), at(second)?, at(first)? + 1)?;
                met += 1;
            }
        }
        let mut rest = backwards.clone();
        for [first, second] in TWINS {
            let gone = rest.remove(first).map_err(|error| error.to_string())?;
            equal(|| "who was named".to_owned(), gone.name(), first)?;
            for &hash in &hashes {
                let before =
                    preferences(&forwards, hash).into_iter().filter(|name| rest.nodes().find(name).is_some());
                equal(|| format!("{second} for {first}"), preferences(&rest, hash), before.collect())?;
            }
            rest.add(gone).map_err(|error| error.to_string())?;
        }
        equal(|| "all are back".to_owned(), rest.preferences(b"").count(), 6 + others as usize)?;
    }
    Ok(format!("{met} pairs of twins in their order"))
}
