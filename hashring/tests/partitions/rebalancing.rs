//! What must hold of rebalancing: shares are fair, and nothing moves that need not.

use quorate_hashring::{Node, Nodes, Place as _, RetargetError, SlotSpec, Slots};
use quorate_machine::Rng;

use super::tables::{ensure, filled, loads, moved, nodes, replicas, sound, table};

fn spec(count: u32, copies: u32, apart: Option<u32>) -> SlotSpec {
    SlotSpec { count, copies, apart, ..SlotSpec::default() }
}

/// All ways to give each of `count` slots one of the choices.
fn tables(choices: &[Vec<u32>], count: u32) -> Vec<Vec<Vec<u32>>> {
    let mut all = vec![vec![]];
    for _ in 0..count {
        let longer = |table: &Vec<Vec<u32>>| -> Vec<Vec<Vec<u32>>> {
            let with = |choice: &Vec<u32>| table.iter().cloned().chain([choice.clone()]).collect();
            choices.iter().map(with).collect()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

fn loads_of(table: &[Vec<u32>], nodes: usize) -> Vec<u64> {
    let mut loads = vec![0; nodes];
    table.iter().flatten().for_each(|&node| loads[node as usize] += 1);
    loads
}

/// Whether each load is the next whole number below or above the exact share.
fn are_fair(loads: &[u64], weights: &[u32], total: u64) -> bool {
    let sum: u64 = weights.iter().copied().map(u64::from).sum();
    loads.iter().zip(weights).all(|(&load, &weight)| (load * sum).abs_diff(total * u64::from(weight)) < sum)
}

/// One copy: every table of up to 6 slots on 3 nodes, beside all tables in which shares are fair.
pub(crate) fn no_table_with_fair_shares_is_nearer() -> Result<String, String> {
    let choices: Vec<Vec<u32>> = (0..3).map(|node| vec![node]).collect();
    let mut tried = 0;
    for (count, weights) in [(5, [1, 1, 1]), (6, [1, 1, 1]), (6, [1, 2, 3]), (5, [5, 1, 1]), (4, [100, 1, 7])]
    {
        let all = tables(&choices, count);
        let fair: Vec<_> =
            all.iter().filter(|table| are_fair(&loads_of(table, 3), &weights, u64::from(count))).collect();
        for before in &all {
            let table = filled(spec(count, 1, None), &nodes(&weights, &[]), before)?;
            let after = replicas(&table.rebalanced());
            ensure!(fair.contains(&&after), "{before:?} becomes {after:?} for weights {weights:?}");
            let least = fair.iter().map(|fair| moved(before, fair)).min().unwrap_or(0);
            let moved = moved(before, &after);
            ensure!(moved == least, "{before:?} becomes {after:?} with {moved} moves, {least} would do");
            tried += 1;
        }
    }
    Ok(format!("{tried} tables of one copy are rebalanced with the fewest moves"))
}

/// The sets of `copies` nodes of `of` that have no two in one group.
fn sets(of: u32, copies: usize, together: &[(u32, u32)]) -> Vec<Vec<u32>> {
    let mut all: Vec<Vec<u32>> = vec![vec![]];
    for node in 0..of {
        let may = |set: &&Vec<u32>| {
            set.len() < copies && !set.iter().any(|&other| together.contains(&(other, node)))
        };
        let more: Vec<_> = all.iter().filter(may).map(|set| [&set[..], &[node]].concat()).collect();
        all.extend(more);
    }
    all.retain(|set| set.len() == copies);
    all
}

/// Two and three copies, with and without failure domains: every small table, beside all tables with the same loads.
pub(crate) fn no_table_with_as_many_copies_is_nearer() -> Result<String, String> {
    let zones = ["n", "n", "s", "w", "w"];
    let together = [(0, 1), (3, 4)];
    let scopes = [
        (4, &[1, 1, 1, 1][..], None, sets(4, 2, &[])),
        (4, &[1, 2, 3, 4], None, sets(4, 2, &[])),
        (4, &[1, 1, 1, 1], Some(0), sets(4, 2, &together)),
        (4, &[1, 3, 2, 2], Some(0), sets(4, 2, &together)),
        (3, &[1, 1, 1, 1, 1], None, sets(5, 3, &[])),
        (4, &[1, 3, 1, 2, 1], Some(0), sets(5, 3, &together)),
    ];
    let (mut tried, mut chained) = (0, 0);
    for (count, weights, apart, choices) in scopes {
        let copies = u32::try_from(choices[0].len()).unwrap_or(0);
        let all = tables(&choices, count);
        for before in &all {
            let table = filled(spec(count, copies, apart), &nodes(weights, &zones), before)?;
            let balanced = table.rebalanced();
            let (after, loads) = (replicas(&balanced), loads(&balanced));
            let total = u64::from(count) * u64::from(copies);
            let is_even = weights.iter().all(|weight| *weight == 1) && apart.is_none();
            ensure!(
                !is_even || are_fair(&loads, weights, total),
                "{before:?} becomes {after:?}, which is not fair"
            );
            let rivals = all.iter().filter(|rival| loads_of(rival, weights.len()) == loads);
            let least = rivals.map(|rival| moved(before, rival)).min().ok_or("no rival")?;
            let moved = moved(before, &after);
            ensure!(moved == least, "{before:?} becomes {after:?} with {moved} moves, {least} would do");
            let had = loads_of(before, weights.len());
            let too_much: u64 = had.iter().zip(&loads).map(|(a, b)| a.saturating_sub(*b)).sum();
            chained += u64::from(moved > too_much);
            tried += 1;
        }
    }
    ensure!(chained > 0, "no table needs a chain");
    Ok(format!(
        "{tried} tables of several copies move as few as can be; {chained} need more than what is too much"
    ))
}

/// A world of nodes: some weights, some zones.
fn world(rng: &mut Rng) -> (Vec<u32>, Vec<&'static str>) {
    const ZONES: [&str; 4] = ["n", "s", "w", "e"];
    let count = 1 + rng.below(9);
    let heavy = rng.below(3) == 0;
    let weights =
        (0..count).map(|_| 1 + u32::try_from(rng.below(if heavy { 1_000 } else { 3 })).unwrap_or(0));
    let weights: Vec<u32> = weights.collect();
    let zones = (0..count).map(|_| ZONES[usize::try_from(rng.below(4)).unwrap_or(0)]).collect();
    (weights, zones)
}

/// What each node would have exactly, and no more than one copy of each slot, in units of `1 / scale`; by halving, not by our method.
fn exact(weights: &[u32], total: f64, most: f64) -> Vec<f64> {
    let (mut low, mut high) = (0.0, total);
    let fill = |level: f64| weights.iter().map(move |&weight| (level * f64::from(weight)).min(most));
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if fill(middle).sum::<f64>() < total { low = middle } else { high = middle }
    }
    fill(high).collect()
}

/// Random nodes come, go and change their weight; each rebalancing is within one of the shares, and every slot has all its copies.
pub(crate) fn shares_are_within_one_slot() -> Result<String, String> {
    let mut rng = Rng::new(1);
    let mut steps = 0;
    for _ in 0..150 {
        let (weights, zones) = world(&mut rng);
        let (count, copies) =
            (1 + u32::try_from(rng.below(200)).unwrap_or(0), 1 + u32::try_from(rng.below(4)).unwrap_or(0));
        let apart = (rng.below(2) == 0).then_some(0);
        let all = nodes(&weights, &zones);
        let some = 1 + usize::try_from(rng.below(all.len() as u64)).unwrap_or(0);
        let mut table = table(spec(count, copies, apart), all.iter().take(some).cloned())?;
        for node in all.into_iter().skip(some) {
            sound(table.add(node))?;
        }
        let table = table.rebalanced();
        check_shares(&table, &weights, &zones)?;
        steps += 1;
    }
    Ok(format!("{steps} tables are fair to within one slot"))
}

fn check_shares(table: &Slots, weights: &[u32], zones: &[&str]) -> Result<(), String> {
    let domains: std::collections::BTreeSet<_> = zones.iter().collect();
    let domains = if table.spec().apart.is_some() { domains.len() } else { weights.len() };
    let copies = domains.min(table.spec().copies as usize);
    let missing =
        u64::from(table.count()) * u64::from(table.spec().copies - u32::try_from(copies).unwrap_or(0));
    ensure!(table.shortfall() == missing, "{} of {missing} copies are missing", table.shortfall());
    for slot in 0..table.count() {
        let own = table.replicas(slot);
        let zone = |node: &quorate_hashring::NodeIx| table.nodes().get(*node).and_then(|node| node.domain(0));
        let mut seen: Vec<_> = own.iter().map(zone).collect();
        seen.sort();
        seen.dedup();
        ensure!(table.spec().apart.is_none() || seen.len() == own.len(), "slot {slot} is twice in one zone");
    }
    let loads = loads(table);
    if table.spec().apart.is_none() {
        let total = f64::from(table.count()) * f64::from(u32::try_from(copies).unwrap_or(0));
        for (load, exact) in loads.iter().zip(exact(weights, total, f64::from(table.count()))) {
            let load = f64::from(u32::try_from(*load).unwrap_or(0));
            ensure!(
                (load - exact).abs() < 1.0 + 1e-6,
                "{loads:?} for weights {weights:?}: {load} is not {exact}"
            );
        }
    }
    Ok(())
}

/// Larger tables: one copy moves exactly what is too much; several copies hardly ever more.
pub(crate) fn larger_tables_move_what_is_too_much() -> Result<String, String> {
    let (mut total, mut least) = (0, 0);
    for copies in 1..=3 {
        for apart in [None, Some(0)] {
            let all: Vec<Node> =
                (0..24).map(|i| Node::new(format!("node-{i}")).within([format!("zone-{}", i % 5)])).collect();
            let spec = spec(4_096, copies, apart);
            let mut table = table(spec, all.iter().take(20).cloned())?;
            for node in all.into_iter().skip(20) {
                sound(table.add(node))?;
                let after = table.rebalanced();
                let moved = moved(&replicas(&table), &replicas(&after));
                let too_much =
                    loads(&table).iter().zip(loads(&after)).map(|(a, b)| a.saturating_sub(b)).sum::<u64>();
                ensure!(moved >= too_much, "{moved} moves, {too_much} too much");
                ensure!(moved == too_much, "{moved} moves of {copies} copies, {too_much} too much");
                (total, least) = (total + moved, least + too_much);
                table = after;
            }
        }
    }
    Ok(format!("{total} moves where nodes had {least} too much"))
}

pub(crate) fn pins_stay_and_the_drained_have_nothing() -> Result<String, String> {
    let mut rng = Rng::new(2);
    let mut drained = 0;
    for _ in 0..100 {
        let (weights, zones) = world(&mut rng);
        let copies = 1 + u32::try_from(rng.below(3)).unwrap_or(0);
        let apart = (rng.below(2) == 0).then_some(0);
        let mut table = table(spec(64, copies, apart), nodes(&weights, &zones))?;
        for _ in 0..rng.below(20) {
            let slot = u32::try_from(rng.below(64)).unwrap_or(0);
            sound(table.pin(table.epoch(), slot))?;
        }
        sound(table.set_weight("a", quorate_hashring::Weight::ONE))?;
        let after = table.rebalanced();
        for slot in table.pinned() {
            ensure!(table.replicas(slot) == after.replicas(slot), "pinned slot {slot} has moved");
        }
        for slot in table.pinned().collect::<Vec<_>>() {
            sound(table.unpin(table.epoch(), slot))?;
        }
        let Ok(after) = table.drained(&["a"]) else {
            ensure!(weights.len() == 1, "a node of {} cannot be drained", weights.len());
            continue;
        };
        ensure!(after.load("a") == Some(0), "the drained node has {:?}", after.load("a"));
        let mut left = after.clone();
        sound(left.remove("a"))?;
        ensure!((0..64).all(|slot| !left.replicas(slot).is_empty()), "a slot is nobody's");
        drained += 1;
    }
    Ok(format!("{drained} nodes are drained"))
}

pub(crate) fn a_balanced_table_stays_as_it_is() -> Result<String, String> {
    let mut rng = Rng::new(3);
    for _ in 0..100 {
        let (weights, zones) = world(&mut rng);
        let table = table(spec(100, 2, Some(0)), nodes(&weights, &zones))?;
        let again = table.rebalanced();
        ensure!(again == table, "a balanced table of weights {weights:?} changes");
    }
    Ok("100 balanced tables stay, and their epochs".into())
}

/// With as many nodes as there may be copies, or more: nodes own their share of the slots, to within one wherever that can be.
pub(crate) fn nodes_own_their_share() -> Result<String, String> {
    let (mut rng, mut off) = (Rng::new(14), 0);
    for _ in 0..100 {
        let (mut weights, _) = world(&mut rng);
        if weights.len() < 2 {
            weights.push(2);
        }
        let copies = 2 + u32::try_from(rng.below(2)).unwrap_or(0);
        let mut table = table(spec(128, copies, None), nodes(&weights, &[]))?;
        if rng.below(2) == 0 {
            weights.push(3);
            sound(table.add(super::tables::node("zz", 3)))?;
            table = table.rebalanced();
        }
        let mut owned = vec![0; weights.len()];
        (0..128).filter_map(|slot| table.replicas(slot).first()).for_each(|owner| owned[owner.index()] += 1);
        ensure!(owned.iter().sum::<u64>() == 128, "{owned:?}");
        // Nobody can own what it has no copy of; with weights that differ much it may not be possible.
        let is_even = weights.iter().max() <= weights.iter().min().map(|least| least * 3).as_ref();
        let is_fair = are_fair(&owned, &weights, 128);
        ensure!(is_fair || !is_even, "{owned:?} for weights {weights:?} with {copies} copies");
        off += u32::from(!is_fair);
    }
    Ok(format!("100 tables; in {off} a node cannot own its share"))
}

/// One list of nodes after another: the table is as if each change had been made by itself, and who is gone has nothing.
pub(crate) fn a_table_follows_its_list_of_nodes() -> Result<String, String> {
    let mut rng = Rng::new(15);
    let list = |rng: &mut Rng| {
        let all = (0..6).filter(|_| rng.below(3) > 0).collect::<Vec<u32>>();
        let named = all
            .into_iter()
            .map(|i| super::tables::node(format!("n{i}"), 1 + i % 3).within([format!("z{}", i % 4)]));
        sound(Nodes::of(named))
    };
    for _ in 0..60 {
        let (before, after) = (list(&mut rng)?, list(&mut rng)?);
        let old = sound(Slots::new(spec(48, 2, Some(0))))?.with_nodes(before.clone());
        let new = match old.retargeted(&after) {
            Ok(new) => new,
            Err(error) => {
                ensure!(after.is_empty() && !before.is_empty(), "{error} from {before:?} to {after:?}");
                continue;
            }
        };
        for (_, node) in before.by_name().filter(|(_, node)| after.find(node.name()).is_none()) {
            ensure!(new.load(node.name()) == Some(0), "{:?} is gone and has something", node.name());
        }
        let domains: std::collections::BTreeSet<_> = after.iter().map(|(_, node)| node.domain(0)).collect();
        ensure!((0..48).all(|slot| new.replicas(slot).len() == domains.len().min(2)), "copies are missing");
        ensure!(new.retargeted(&after).is_ok_and(|again| again == new), "the same list changes something");
    }
    let old = sound(Slots::new(spec(48, 2, Some(0))))?
        .with_nodes(sound(Nodes::of([Node::new("a").within(["z"])]))?);
    let moved = old.retargeted(&sound(Nodes::of([Node::new("a").within(["y"])]))?);
    ensure!(matches!(moved, Err(RetargetError::OtherDomain { .. })), "a node changes its domain: {moved:?}");
    Ok("60 tables follow their lists".into())
}
