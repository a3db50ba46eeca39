//! What holds of every table.

use quorate_hashring::{
    AddReason, Anchor, Elastic, Hashing, Hrw, Jump, JumpBack, KeyHash, Maglev, MaglevSize, ModN, Node, Nodes,
    Place, PlaceExt as _, Weight, WeightReason,
};
use quorate_machine::Rng;

use super::{
    compared::equal,
    kinds::{KINDS, Kind, hashes, name, owners, preferences, tables},
};

/// A key's preferences begin where it is, have every node once, and end.
pub(crate) fn preferences_are_all_nodes_once() -> Result<String, String> {
    let hashes = hashes(6, 100);
    let mut walked = 0;
    for count in (0..=10).chain([40, 100]) {
        for (kind, table) in tables(count) {
            for &hash in &hashes {
                let what = || format!("{kind} of {count}: {hash:?}");
                let mut walk = table.preferences_of(hash);
                let listed: Vec<_> = walk.by_ref().collect();
                equal(what, listed.first().copied(), table.locate(hash))?;
                equal(what, (walk.next(), walk.next()), (None, None))?;
                let mut sorted = listed.clone();
                sorted.sort_unstable();
                let all: Vec<_> = table.nodes().iter().map(|(index, _)| index).collect();
                equal(what, sorted, all)?;
                for first in [0, 1, listed.len().saturating_sub(1), listed.len() + 1, usize::MAX] {
                    let taken: Vec<_> = table.preferences_of(hash).take(first).collect();
                    equal(what, Some(taken.as_slice()), listed.get(..first.min(listed.len())))?;
                }
                walked += 1;
            }
        }
    }
    Ok(format!("{walked} walks came to every node once"))
}

/// The change that a history makes next.
#[derive(Clone, Debug)]
enum Change {
    Add(Node),
    Remove(String),
    Weigh(String, Weight),
}

fn apply(table: &mut dyn Elastic, change: &Change) -> Result<(), String> {
    match change.clone() {
        Change::Add(node) => table.add(node).map(drop).map_err(|error| error.to_string()),
        Change::Remove(name) => table.remove(&name).map(drop).map_err(|error| error.to_string()),
        Change::Weigh(name, weight) => {
            table.set_weight(&name, weight).map(drop).map_err(|error| error.to_string())
        }
    }
}

/// Histories at random of up to `most` nodes.
fn history(kind: &Kind, seed: u64, steps: u64, most: usize) -> Vec<Change> {
    let mut rng = Rng::new(seed);
    let mut names: Vec<String> = Vec::new();
    let weight = |rng: &mut Rng| {
        // Beside the heaviest, the others are hardly ever where a hash is.
        let weights = if kind.weighs { &[1, 2, 3, 5, 1000][..] } else { &[1] };
        let index = usize::try_from(rng.below(weights.len() as u64)).expect("small");
        Weight::new(weights[index]).expect("not zero")
    };
    let change = |step: u64| {
        let at = usize::try_from(rng.below(names.len() as u64)).expect("small");
        match rng.below(10) {
            0..4 if !names.is_empty() => Change::Remove(names.swap_remove(at)),
            4..5 if !names.is_empty() => Change::Weigh(names[at].clone(), weight(&mut rng)),
            _ if names.len() >= most => Change::Remove(names.swap_remove(at)),
            _ => {
                // Not in the order of names, and some come again.
                let name = (step * 37 % 101 % 60).to_string();
                if names.contains(&name) {
                    return Change::Weigh(name, weight(&mut rng));
                }
                names.push(name.clone());
                Change::Add(Node::new(name).weighing(weight(&mut rng)))
            }
        }
    };
    (0..steps).map(change).collect()
}

/// Minimal disruption, without an exception: who comes takes keys, who goes gives keys, and no other key moves.
pub(crate) fn only_keys_of_who_comes_or_goes_move() -> Result<String, String> {
    let hashes = hashes(7, 300);
    let mut moves = 0;
    for kind in KINDS.iter().filter(|kind| kind.moves_least) {
        for seed in 0..10 {
            let mut table = (kind.make)();
            let mut before = owners(&table, &hashes);
            for change in history(kind, seed, 80, 30) {
                apply(&mut *table, &change)?;
                let after = owners(&table, &hashes);
                for (was, is) in before.iter().zip(&after).filter(|(was, is)| was != is) {
                    let may = match &change {
                        Change::Add(node) => is.as_deref() == Some(node.name()),
                        Change::Remove(name) => was.as_ref() == Some(name),
                        Change::Weigh(name, _) => [was, is].contains(&&Some(name.clone())),
                    };
                    if !may {
                        return Err(format!("{} {seed}: {change:?} moves from {was:?} to {is:?}", kind.name));
                    }
                    moves += 1;
                }
                before = after;
            }
        }
    }
    Ok(format!("{moves} moves, each to or from the node that changed"))
}

/// Tables that say so are the same whatever came before: as if the nodes that are there had come in the order of their names. That is so for all
/// preferences, and so no index decides anything.
pub(crate) fn a_table_is_what_its_nodes_are() -> Result<String, String> {
    let hashes = hashes(8, 60);
    let mut compared = 0;
    for kind in KINDS.iter().filter(|kind| kind.forgets) {
        for seed in 0..12 {
            let mut table = (kind.make)();
            for change in history(kind, seed, 40 + seed, 12) {
                apply(&mut *table, &change)?;
            }
            let mut made = (kind.make)();
            for (_, node) in table.nodes().by_name() {
                made.add(node.clone()).map_err(|error| error.to_string())?;
            }
            for &hash in &hashes {
                let what = || format!("{} {seed}: {hash:?}", kind.name);
                equal(what, preferences(&table, hash), preferences(&made, hash))?;
                compared += 1;
            }
        }
    }
    Ok(format!("{compared} preferences are the same"))
}

/// A table that is made of its nodes at once is the one that is made of them one by one.
pub(crate) fn at_once_or_one_by_one() -> Result<String, String> {
    let nodes = (0..50_u32).map(|number| Node::new((number * 7 % 50).to_string()));
    let weighed =
        nodes.clone().zip(1..).map(|(node, weight)| node.weighing(Weight::new(weight).expect("not zero")));
    let hashing = Hashing::default();
    macro_rules! compare {
        ($nodes:expr, $add:ident: $($empty:expr),*) => {$(
            let mut table = $empty;
            for node in $nodes.clone() {
                table.$add(node).map_err(|error| error.to_string())?;
            }
            let nodes = Nodes::of($nodes.clone()).map_err(|error| error.to_string())?;
            equal(|| stringify!($empty).to_owned(), $empty.with_nodes(nodes), Ok(table))?;
        )*};
    }
    let size = MaglevSize::new(1_009).map_err(|error| error.to_string())?;
    compare!(nodes, push: Jump::new(hashing), JumpBack::new(hashing));
    compare!(nodes, add: ModN::new(hashing), Anchor::new(hashing), Anchor::reserving(hashing, 60), Hrw::new(hashing));
    compare!(weighed, add: Hrw::new(hashing), Maglev::new(hashing, size), Maglev::envoy(size));
    Ok("9 tables of 50 nodes are equal".to_owned())
}

/// To add a node and remove it again, or to remove one and add it again, leaves every key where it was.
pub(crate) fn there_and_back_is_nowhere() -> Result<String, String> {
    let hashes = hashes(9, 200);
    for kind in KINDS {
        let mut table = (kind.make)();
        for number in 0..20 {
            let before = owners(&table, &hashes);
            table.add(Node::new(format!("node {number}"))).map_err(|error| error.to_string())?;
            let after = owners(&table, &hashes);
            let node = table.remove(&format!("node {number}")).map_err(|error| error.to_string())?;
            equal(|| format!("{} {number} gone", kind.name), owners(&table, &hashes), before)?;
            table.add(node).map_err(|error| error.to_string())?;
            equal(|| format!("{} {number} back", kind.name), owners(&table, &hashes), after)?;
        }
    }
    Ok(format!("20 nodes of {} tables", KINDS.len()))
}

/// What is refused comes back, with the reason, and changes nothing.
pub(crate) fn what_is_refused_changes_nothing() -> Result<String, String> {
    let hashes = hashes(10, 100);
    let two = Weight::new(2).map_err(|error| error.to_string())?;
    for kind in KINDS {
        let mut table = (kind.make)();
        equal(|| "nothing to remove".to_owned(), table.remove("a").is_err(), true)?;
        equal(|| "nobody".to_owned(), (table.locate(KeyHash::new(0)), table.owner(b"")), (None, None))?;
        for name in ["a", "b", "c"] {
            table.add(Node::new(name)).map_err(|error| error.to_string())?;
        }
        let before = owners(&table, &hashes);
        let node = Node::new("b").within(["elsewhere"]);
        let refused = table.add(node.clone()).map_err(|error| (error.node, error.reason));
        equal(|| kind.name.to_owned(), refused, Err((node, AddReason::Duplicate)))?;
        equal(|| kind.name.to_owned(), table.remove("d").is_err(), true)?;
        let unknown = table.set_weight("d", two).map_err(|error| error.reason);
        equal(|| kind.name.to_owned(), unknown, Err(WeightReason::Unknown))?;
        if !kind.weighs {
            let node = Node::new("d").weighing(two);
            let refused = table.add(node.clone()).map_err(|error| (error.node, error.reason));
            equal(|| kind.name.to_owned(), refused, Err((node, AddReason::Weighted { weight: two })))?;
            let refused = table.set_weight("b", two).map_err(|error| error.reason);
            equal(|| kind.name.to_owned(), refused, Err(WeightReason::Weighted))?;
        }
        equal(|| kind.name.to_owned(), owners(&table, &hashes), before)?;
        equal(|| kind.name.to_owned(), table.nodes().len(), 3)?;
    }
    Ok(format!("{} tables refuse", KINDS.len()))
}

/// One node more, and a key's preferences by one rule have it somewhere, all others in their order. First preferences by one hash after
/// another lose a node for each of the key's hashes that the new node takes, and no more; they keep their order if it takes none.
pub(crate) fn a_new_node_takes_its_place_among_preferences() -> Result<String, String> {
    const FIRST: usize = 3;
    /// How many hashes of a key are looked at; the first three of twelve nodes need no more.
    const ROUNDS: u64 = 60;
    let hashes = hashes(11, 400);
    let (mut changed, mut lost_most) = (0, 0);
    for kind in KINDS.iter().filter(|kind| kind.moves_least) {
        let mut table = (kind.make)();
        for number in 0..12 {
            table.add(Node::new(number.to_string())).map_err(|error| error.to_string())?;
        }
        let first = |table: &dyn Place, hash| -> Vec<_> {
            preferences(table, hash).into_iter().take(FIRST).collect()
        };
        let before: Vec<_> = hashes.iter().map(|&hash| first(&table, hash)).collect();
        table.add(Node::new("new")).map_err(|error| error.to_string())?;
        for (&hash, before) in hashes.iter().zip(before) {
            let after = first(&table, hash);
            if kind.ranks {
                let others = after.iter().filter(|name| *name != "new").count();
                let kept: Vec<_> = after.iter().filter(|name| *name != "new").collect();
                equal(|| format!("{hash:?}"), kept, before.iter().take(others).collect())?;
                continue;
            }
            let lost = before.iter().filter(|node| !after.contains(node)).count();
            let taken =
                |&round: &u64| name(&table, table.locate(hash.salted(round))).as_deref() == Some("new");
            let taken = (0..ROUNDS).filter(taken).count();
            if lost > taken || taken == 0 && before != after {
                return Err(format!("{}: {hash:?} goes from {before:?} to {after:?}", kind.name));
            }
            changed += usize::from(lost > 0);
            lost_most = lost_most.max(lost);
        }
    }
    Ok(format!("{changed} keys have another node among their first {FIRST}, {lost_most} others at most"))
}
