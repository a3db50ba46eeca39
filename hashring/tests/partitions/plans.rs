//! What must hold of plans: they are the difference between two tables, no more and no less.

use core::num::NonZeroU32;
use std::{cmp::Ordering, sync::Arc};

use quorate_hashring::{
    Elastic as _, Hashing, Hrw, KeyHash, ModN, Node, Nodes, Place, PlaceExt as _, Plan, RangeMap, Ring, Rule,
    SlotSpec, Slots, Spread, Weight,
    plan::{Fingerprint, Fraction, HashSpan, KeySpan, PlanError, Region as _, moved_keys},
};
use quorate_machine::Rng;

use super::tables::{ensure, node, nodes, sound, table};

/// A ring of some of ten nodes, with few tokens.
pub(crate) fn ring(rng: &mut Rng) -> Result<Ring, String> {
    let tokens = NonZeroU32::MIN.saturating_add(u32::try_from(rng.below(8)).unwrap_or(0));
    let mut table = Ring::new(Hashing::default(), tokens);
    change_nodes(&mut table, rng)?;
    Ok(table)
}

/// Some nodes come, go, or change their weight.
pub(crate) fn change_nodes(table: &mut Ring, rng: &mut Rng) -> Result<(), String> {
    for _ in 0..=rng.below(5) {
        let name = format!("n{}", rng.below(10));
        let weight = 1 + u32::try_from(rng.below(3)).unwrap_or(0);
        let zone = format!("z{}", rng.below(3));
        let is_there = table.nodes().find(&name).is_some();
        match rng.below(3) {
            0 if is_there => drop(sound(table.remove(&name))?),
            1 if is_there => drop(sound(table.set_weight(&name, sound(Weight::new(weight))?))?),
            _ if !is_there => drop(sound(table.add(node(name, weight).within([zone])))?),
            _ => {}
        }
    }
    Ok(())
}

/// The names of the first nodes that a hash prefers.
fn names(place: &dyn Place, hash: KeyHash, copies: usize) -> Vec<String> {
    let name = |node| place.nodes().get(node).map_or("", Node::name).to_owned();
    place.preferences_of(hash).take(copies).map(name).collect()
}

fn strings(names: &[Arc<str>]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The hash is in the change that says what happens to it, or in none if nothing does.
fn check_hash(
    plan: &Plan<HashSpan>,
    hash: KeyHash,
    before: &[String],
    after: &[String],
) -> Result<(), String> {
    let mut found = plan.changes().iter().filter(|change| change.region().contains(hash));
    let (first, second) = (found.next(), found.next());
    ensure!(second.is_none(), "{hash:?} is in two changes");
    match first {
        None => ensure!(
            before == after,
            "{hash:?} goes from {before:?} to {after:?}, and the plan does not say so"
        ),
        Some(change) => {
            let (old, new) = (strings(change.old()), strings(change.new()));
            ensure!(
                old == before && new == after,
                "{hash:?} goes from {before:?} to {after:?}, not {change:?}"
            );
            ensure!(old != new, "{change:?} is none");
        }
    }
    Ok(())
}

/// Rings, with copies in a row and with copies in zones, at every border and beside it, and in between; and slots.
pub(crate) fn plans_are_the_exact_difference() -> Result<String, String> {
    let mut rng = Rng::new(4);
    let mut hashes = 0;
    for round in 0..120 {
        let old = ring(&mut rng)?;
        let mut new = old.clone();
        change_nodes(&mut new, &mut rng)?;
        let copies = usize::try_from(rng.below(4)).unwrap_or(0);
        let plan = sound(Plan::between(&old, &new, copies))?;
        ensure!(
            plan.is_between(sound(Fingerprint::of(&old, copies))?, sound(Fingerprint::of(&new, copies))?),
            "prints"
        );
        let zoned = round % 2 == 0 && copies > 0;
        let rule = Rule::copies(u16::try_from(copies.max(1)).unwrap_or(1)).strict(0);
        let spreads =
            (sound(Spread::new(old.clone(), rule.clone()))?, sound(Spread::new(new.clone(), rule))?);
        let spread = sound(Plan::between_spreads(&spreads.0, &spreads.1))?;
        let borders = old.tokens().chain(new.tokens()).map(|(token, _)| token);
        let around = borders.flat_map(|token| [token.wrapping_sub(1), token, token.wrapping_add(1)]);
        let others = (0..50).map(|i| KeyHash::mixed(i).get()).chain([0, u64::MAX, 1 << 63]);
        for hash in around.chain(others).map(KeyHash::new).collect::<Vec<_>>() {
            check_hash(&plan, hash, &names(&old, hash, copies), &names(&new, hash, copies))?;
            if zoned {
                let of = |spread: &Spread<Ring>| -> Vec<String> {
                    let nodes = spread.replicas_of(hash);
                    nodes.nodes().map(|node| spread.node(node).map_or("", Node::name).to_owned()).collect()
                };
                check_hash(&spread, hash, &of(&spreads.0), &of(&spreads.1))?;
            }
            hashes += 1;
        }
    }
    for _ in 0..60 {
        let weights: Vec<u32> =
            (0..=rng.below(6)).map(|_| 1 + u32::try_from(rng.below(3)).unwrap_or(0)).collect();
        let mut old = table(SlotSpec { count: 100, copies: 2, ..SlotSpec::default() }, nodes(&weights, &[]))?;
        sound(old.add(Node::new("z")))?;
        let new = old.rebalanced();
        let plan = sound(Plan::between(&old, &new, 2))?;
        let mut applied = old.clone();
        for change in plan.changes() {
            let find = |name: &Arc<str>| applied.nodes().find(name);
            let replicas: Vec<_> = change.new().iter().filter_map(find).collect();
            sound(applied.assign(applied.epoch(), *change.region(), &replicas))?;
        }
        for slot in 0..100 {
            ensure!(
                applied.replicas(slot) == new.replicas(slot),
                "slot {slot} of the plan is not that of the table"
            );
        }
        ensure!(sound(Plan::between(&applied, &new, 2))?.is_empty(), "something is left to do");
    }
    Ok(format!(
        "{hashes} hashes of 120 pairs of rings move as planned, and 60 tables of slots become what they shall"
    ))
}

/// The arcs of a plan and what stays the same are 2⁶⁴ together, and neighbours that change alike are one arc.
pub(crate) fn arcs_of_plans_go_all_around() -> Result<String, String> {
    let [a, b] = ["a", "b"].map(|name| ring_of(Hashing::default(), [Node::new(name)]));
    let (a, b) = (a?, b?);
    let plan = sound(Plan::between(&a, &b, 1))?;
    ensure!(plan.changes().len() == 1, "one owner for another is {:?}", plan.changes());
    let all = plan.changes()[0].region();
    ensure!(all.extent() == 1 << 64, "all hashes are {}", all.extent());
    ensure!(plan.moved() == Fraction::new(1, 1) && plan.minimum() == Fraction::new(1, 1), "{}", plan.moved());

    let mut rng = Rng::new(5);
    let mut arcs = 0;
    for _ in 0..100 {
        let old = ring(&mut rng)?;
        let mut new = old.clone();
        change_nodes(&mut new, &mut rng)?;
        let plan = sound(Plan::between(&old, &new, 1))?;
        let extents: u128 = plan.changes().iter().map(|change| change.region().extent()).sum();
        ensure!(extents <= 1 << 64, "{extents} hashes move");
        if new.nodes().is_empty() {
            continue;
        }
        ensure!(plan.moved() == Fraction::new(extents, 1 << 64), "{} of {extents}", plan.moved());
        // By walking over all borders in another way.
        let mut borders: Vec<u64> = old.tokens().chain(new.tokens()).map(|(token, _)| token).collect();
        borders.sort_unstable();
        borders.dedup();
        let changes = |hash: u64| names(&old, KeyHash::new(hash), 1) != names(&new, KeyHash::new(hash), 1);
        let length = |i: usize| {
            let after = borders[(i + borders.len() - 1) % borders.len()];
            if borders.len() == 1 { 1 << 64 } else { u128::from(borders[i].wrapping_sub(after)) }
        };
        let walked: u128 = (0..borders.len()).filter(|&i| changes(borders[i])).map(length).sum();
        ensure!(walked == extents, "{extents} hashes move, not {walked}");
        for (i, change) in plan.changes().iter().enumerate() {
            for other in plan.changes().iter().skip(i + 1) {
                let touch =
                    change.region().to == other.region().after || other.region().to == change.region().after;
                let alike = change.old() == other.old() && change.new() == other.new();
                ensure!(!(touch && alike), "{change:?} and {other:?} are one");
            }
        }
        arcs += plan.changes().len();
    }
    Ok(format!("{arcs} arcs of 100 plans"))
}

/// A ring with 4 tokens for each unit of weight.
pub(crate) fn ring_of(hashing: Hashing, nodes: impl IntoIterator<Item = Node>) -> Result<Ring, String> {
    let mut ring = Ring::new(hashing, NonZeroU32::MIN.saturating_add(3));
    for node in nodes {
        sound(ring.add(node))?;
    }
    Ok(ring)
}

pub(crate) fn what_moves_is_at_least_what_has_to() -> Result<String, String> {
    let mut rng = Rng::new(6);
    for _ in 0..200 {
        let old = ring(&mut rng)?;
        let mut new = old.clone();
        change_nodes(&mut new, &mut rng)?;
        for copies in 1..4 {
            let plan = sound(Plan::between(&old, &new, copies))?;
            ensure!(plan.moved() >= plan.unavoidable(), "{} of {}", plan.moved(), plan.unavoidable());
            ensure!(plan.moved() <= Fraction::new(1, 1), "{} moves", plan.moved());
        }
    }
    for (old, new, least) in [
        (vec![1, 1, 1], vec![1, 1, 1, 1], (1, 4)),
        (vec![1, 1, 1, 1], vec![1, 1, 1], (1, 4)),
        (vec![1, 2, 3], vec![1, 2, 3], (0, 1)),
        (vec![1, 1], vec![1, 3], (1, 4)),
        (vec![3, 1], vec![1, 3], (1, 2)),
        (vec![], vec![1, 1], (1, 1)),
        (vec![1, 1], vec![], (0, 1)),
    ] {
        let spec = SlotSpec { count: 240, ..SlotSpec::default() };
        let slots = (table(spec, nodes(&old, &[]))?, table(spec, nodes(&new, &[]))?);
        let plan = sound(Plan::between(&slots.0, &slots.1, 1))?;
        ensure!(plan.minimum() == Fraction::new(least.0, least.1), "{} is not {least:?}", plan.minimum());
        let [old, new] = [old, new].map(|weights| ring_of(Hashing::default(), nodes(&weights, &[])));
        let plan = sound(Plan::between(&old?, &new?, 2))?;
        ensure!(plan.minimum() == Fraction::new(least.0, least.1), "{} is not {least:?}", plan.minimum());
    }
    let heavy = |weights: &[u32]| {
        sound(ModN::new(Hashing::default()).with_nodes(sound(Nodes::of(nodes(weights, &[])))?))
    };
    let swapped = moved_keys(&heavy(&[1, 1])?, &heavy(&[1])?, []).minimum;
    ensure!(swapped == Fraction::new(1, 2), "{swapped}");
    // One copy, rebalanced: what has to move, moves, and nothing else.
    for count in [100, 240, 1_000] {
        let spec = SlotSpec { count, ..SlotSpec::default() };
        let mut old = table(spec, nodes(&[1, 1, 1, 1, 1], &[]))?;
        sound(old.add(Node::new("f")))?;
        let plan = sound(Plan::between(&old, &old.rebalanced(), 1))?;
        ensure!(plan.moved() == plan.unavoidable(), "{} of {}", plan.moved(), plan.unavoidable());
        let apart = plan.moved().as_f64() - plan.minimum().as_f64();
        ensure!(apart.abs() * f64::from(count) < 6.0, "{} is far from {}", plan.moved(), plan.minimum());
    }
    Ok("no plan moves less than it has to".into())
}

type Owners = Vec<Arc<str>>;

fn owners(names: &[&str]) -> Owners {
    names.iter().map(|name| Arc::from(*name)).collect()
}

pub(crate) fn ranges_are_compared_piece_by_piece() -> Result<String, String> {
    let mut rng = Rng::new(7);
    let mut pieces = 0;
    for _ in 0..100 {
        let mut map: RangeMap<u8, Owners> = RangeMap::new(owners(&["a", "b"]));
        let mut old = map.clone();
        for step in 0..20 {
            if step == 10 {
                old = map.clone();
            }
            let key = u8::try_from(1 + rng.below(255)).unwrap_or(1);
            let range = map.locate(&key);
            let (id, epoch) = (range.id, range.epoch);
            if rng.below(2) == 0 {
                let _ = map.split(id, key, epoch);
            } else {
                let lists: [&[&str]; 4] = [&["a", "b"], &["b", "a"], &["c"], &["a", "c", "d"]];
                sound(map.assign(id, owners(lists[usize::try_from(rng.below(4)).unwrap_or(0)]), epoch))?;
            }
        }
        let plan = sound(Plan::between_ranges(&old, &map))?;
        for key in 0..=255_u8 {
            let within = |span: &KeySpan<u8>| {
                span.start.is_none_or(|start| start <= key) && span.end.is_none_or(|end| key < end)
            };
            let mut found = plan.changes().iter().filter(|change| within(change.region()));
            let (before, after) = (old.locate(&key).value, map.locate(&key).value);
            match (found.next(), found.next()) {
                (None, _) => ensure!(before == after, "key {key} moves and the plan does not say so"),
                (Some(change), None) => {
                    ensure!(
                        change.old() == &before[..] && change.new() == &after[..],
                        "key {key}: {change:?}"
                    );
                }
                (Some(_), Some(_)) => return Err(format!("key {key} is in two changes")),
            }
        }
        pieces += plan.changes().len();
        ensure!(sound(Plan::between_ranges(&map, &map))?.is_empty(), "nothing moves to itself");
    }
    Ok(format!("{pieces} pieces of 100 maps"))
}

pub(crate) fn fractions_are_exact() -> Result<String, String> {
    let mut compared = 0;
    for (a, b) in (0..12_u128).flat_map(|a| (1..12_u128).map(move |b| (a, b))) {
        for (c, d) in (0..12_u128).flat_map(|c| (1..12_u128).map(move |d| (c, d))) {
            let (one, two) = (Fraction::new(a, b), Fraction::new(c, d));
            ensure!(one.cmp(&two) == (a * d).cmp(&(c * b)), "{a}/{b} and {c}/{d}");
            ensure!((one == two) == (a * d == c * b), "{a}/{b} and {c}/{d}");
            compared += 1;
        }
    }
    let most = u128::MAX;
    for (one, two, order) in [
        (Fraction::new(most, most - 1), Fraction::new(most - 1, most - 2), Ordering::Less),
        (Fraction::new(most, 1), Fraction::new(most - 1, 1), Ordering::Greater),
        (Fraction::new(1, most), Fraction::new(1, most - 1), Ordering::Less),
        (Fraction::new(most, most), Fraction::new(1, 1), Ordering::Equal),
        (Fraction::new(5, 0), Fraction::ZERO, Ordering::Equal),
        (Fraction::new(0, 0), Fraction::ZERO, Ordering::Equal),
    ] {
        ensure!(one.cmp(&two) == order && two.cmp(&one) == order.reverse(), "{one} and {two}");
    }
    Ok(format!("{compared} pairs of fractions"))
}

pub(crate) fn tables_of_different_kinds_have_no_plan() -> Result<String, String> {
    let spec = SlotSpec { count: 64, ..SlotSpec::default() };
    let one = table(spec, nodes(&[1, 1], &[]))?;
    let incomparable = |plan: Result<Plan<u32>, PlanError>| matches!(plan, Err(PlanError::Incomparable(_)));
    for other in [
        SlotSpec { count: 65, ..spec },
        SlotSpec { hashing: Hashing::keyed([0, 1]), ..spec },
        SlotSpec { tags: true, ..spec },
    ] {
        let other = table(other, nodes(&[1, 1], &[]))?;
        ensure!(incomparable(Plan::between(&one, &other, 1)), "a plan to {:?}", other.spec());
    }
    let mut rng = Rng::new(8);
    let old = ring(&mut rng)?;
    let other = ring_of(Hashing::keyed([1, 2]), old.nodes().iter().map(|(_, node)| node.clone()))?;
    ensure!(Plan::between(&old, &other, 1).is_err(), "a plan between rings that hash differently");
    let none = ring_of(Hashing::default(), [])?;
    ensure!(sound(Plan::between(&none, &none, 3))?.is_empty(), "nothing moves among no nodes");

    // A plan is one for its tables alone.
    let mut two = one.clone();
    sound(two.add(Node::new("c")))?;
    let (two, print) = (two.rebalanced(), |slots: &Slots| Fingerprint::of(slots, 1));
    let plan = sound(Plan::between(&one, &two, 1))?;
    ensure!(plan.is_between(sound(print(&one))?, sound(print(&two))?), "a plan is not for its tables");
    ensure!(!plan.is_between(sound(print(&two))?, sound(print(&one))?), "a plan goes both ways");
    let mut heavier = one.clone();
    sound(heavier.set_weight("a", sound(Weight::new(2))?))?;
    let prints =
        [sound(print(&one))?, sound(print(&two))?, sound(print(&heavier))?, sound(Fingerprint::of(&one, 0))?];
    for (i, print) in prints.iter().enumerate() {
        ensure!(prints.iter().position(|other| other == print) == Some(i), "two tables are {print}");
    }
    // Indexes do not matter.
    let again = table(spec, [node("b", 1), node("a", 1)])?;
    ensure!(print(&again) == print(&one), "a fingerprint depends on indexes");
    ensure!(sound(Plan::between(&again, &one, 1))?.is_empty(), "indexes move");
    Ok("plans are for their tables".into())
}

pub(crate) fn keys_are_counted_where_there_are_no_regions() -> Result<String, String> {
    let hashes: Vec<_> = (0..4_000).map(KeyHash::mixed).collect();
    let mut rng = Rng::new(9);
    for _ in 0..40 {
        let old = ring(&mut rng)?;
        let mut new = old.clone();
        change_nodes(&mut new, &mut rng)?;
        let plan = sound(Plan::between(&old, &new, 1))?;
        let planned = |&&hash: &&KeyHash| plan.changes().iter().any(|change| change.region().contains(hash));
        let counted = moved_keys(&old, &new, hashes.iter().copied());
        ensure!(counted.moved == hashes.iter().filter(planned).count() as u64, "{counted:?}");
        ensure!(counted.minimum == plan.minimum(), "{counted:?}, not {}", plan.minimum());
    }
    // Whoever hashes each node alone moves nothing needlessly; whoever divides moves nearly everything so.
    let all = sound(Nodes::of(nodes(&[1, 1, 1, 1], &[])))?;
    let mut more = all.clone();
    sound(more.add(Node::new("e")))?;
    let hrw = |nodes: &Nodes| sound(Hrw::new(Hashing::default()).with_nodes(nodes.clone()));
    let mod_n = |nodes: &Nodes| sound(ModN::new(Hashing::default()).with_nodes(nodes.clone()));
    let good = moved_keys(&hrw(&all)?, &hrw(&more)?, hashes.iter().copied());
    let bad = moved_keys(&mod_n(&all)?, &mod_n(&more)?, hashes.iter().copied());
    ensure!(good.needless == 0 && good.moved > 600, "{good:?}");
    ensure!(bad.needless > 2_000 && bad.moved > 3_000, "{bad:?}");
    ensure!(good.minimum == Fraction::new(1, 5), "{good:?}");
    let none = sound(ModN::new(Hashing::default()).with_nodes(Nodes::new()))?;
    let born = moved_keys(&none, &hrw(&all)?, hashes.iter().copied());
    ensure!((born.moved, born.needless) == (4_000, 0), "{born:?}");
    ensure!(moved_keys(&none, &none, []).part() == Fraction::ZERO, "nothing of nothing");
    Ok(format!("{} keys are counted as planned", hashes.len()))
}
