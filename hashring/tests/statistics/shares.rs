//! What each node has.

use quorate_hashring::{Hrw, Maglev, MaglevSize, Node, Nodes, Place, Weight};

use super::{
    chance::{chi_square, deviations, float, is_one_of_a_hundred},
    keys::{FAMILIES, counts, hashes, hashing, nodes, tables},
};

/// 400 keys of the hash, 20,000 keys of one of five kinds for each, ten nodes: chi-square says of 1 in 100 sound tables that it is not even. Of 400
/// that is more than 12 with a probability of 3 · 10⁻⁴, for each of nine tables. (Maglev's slots are uneven by one in a thousand,
/// which adds 0.02 to a chi-square of 9.)
pub(crate) fn nodes_have_equal_shares_of_any_keys() -> Result<String, String> {
    const SEEDS: u64 = 400;
    let mut rejected: Vec<(&str, u32)> = tables(0, 1, 2).into_iter().map(|(name, _)| (name, 0)).collect();
    for seed in 0..SEEDS {
        let hashes = hashes(seed, seed % FAMILIES, 20_000);
        for ((_, table), (_, rejected)) in tables(seed, 10, 1_009).iter().zip(&mut rejected) {
            let counts = counts(table, hashes.iter().filter_map(|&hash| table.locate(hash)));
            *rejected += u32::from(is_one_of_a_hundred(chi_square(&counts, &[1.0; 10]), 9));
        }
    }
    let uneven: Vec<_> = rejected.iter().filter(|(_, rejected)| *rejected > 12).collect();
    let report = format!("of {SEEDS} tables each, uneven in one of a hundred: {rejected:?}");
    if uneven.is_empty() { Ok(report) } else { Err(report) }
}

/// With `n` nodes and `K` keys, no node has more than `1 + 1.25 √(2 n ln n / K)` times the mean. For a sound table one has with a
/// probability of `n · P(z > 1.25 √(2 ln n))`, which is 2 · 10⁻³ for 1000 nodes and 7 · 10⁻³ for 100.
pub(crate) fn the_most_that_a_node_has_is_near_the_mean() -> Result<String, String> {
    let mut report = Vec::new();
    for (nodes, keys, slots) in [(100_u32, 100_000_u64, 10_007), (1_000, 1_000_000, 655_373)] {
        let hashes = hashes(77, 2, keys);
        for (name, table) in tables(77, nodes, slots) {
            if name == "rendezvous" && nodes > 100 {
                continue; // a second, to no other end
            }
            let counts = counts(&table, hashes.iter().filter_map(|&hash| table.locate(hash)));
            let mean = float(keys) / f64::from(nodes);
            let most = float(counts.into_iter().max().unwrap_or(0)) / mean;
            let bound = 1.0 + 1.25 * (2.0 * f64::from(nodes).ln() / mean).sqrt();
            if most > bound {
                return Err(format!("{name} of {nodes}: {most:.3} times the mean, above {bound:.3}"));
            }
            report.push(format!("{name} of {nodes} {most:.3} of {bound:.3}"));
        }
    }
    Ok(format!("the most, times the mean: {}", report.join(", ")))
}

/// Weights from 1 to 10, and groups of many nodes with weights a million apart; 100 keys of the hash each. Of 100 chi-squares more than 6 are
/// one of a hundred with a probability of 10⁻⁴.
pub(crate) fn shares_are_in_proportion_to_weights() -> Result<String, String> {
    const SEEDS: u64 = 100;
    /// How many nodes have which weight.
    const GROUPS: [&[(u32, u32)]; 3] = [
        &[(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6), (1, 7), (1, 8), (1, 9), (1, 10)],
        &[(40, 1), (20, 3), (10, 11), (4, 40), (1, 200)],
        &[(300, 7), (300, 13), (1, 1_000), (1, 5_000), (1, 7_000)],
    ];
    let size = MaglevSize::new(65_537).map_err(|error| error.to_string())?;
    let mut report = Vec::new();
    for groups in GROUPS {
        let mut weighed = Vec::new();
        for &(count, weight) in groups {
            let weight = Weight::new(weight).map_err(|error| error.to_string())?;
            weighed.extend((0..count).map(|number| Node::new(format!("{weight}/{number}")).weighing(weight)));
        }
        let weighed = Nodes::of(weighed).map_err(|error| error.to_string())?;
        let shares: Vec<_> =
            groups.iter().map(|&(count, weight)| f64::from(count) * f64::from(weight)).collect();
        let group = |node: &Node| groups.iter().position(|&(_, weight)| weight == node.weight().get());
        let mut rejected = [0; 2];
        for seed in 0..SEEDS {
            let hrw =
                Hrw::new(hashing(seed)).with_nodes(weighed.clone()).map_err(|error| error.to_string())?;
            let mut tables: Vec<Box<dyn Place>> = vec![Box::new(hrw)];
            // A Maglev table is filled to within a slot; what keys make of it is the same for all.
            if seed % 20 == 0 {
                let maglev = Maglev::new(hashing(seed), size).with_nodes(weighed.clone());
                tables.push(Box::new(maglev.map_err(|error| error.to_string())?));
            }
            for (table, rejected) in tables.iter().zip(&mut rejected) {
                let mut counts = vec![0; groups.len()];
                for hash in hashes(seed, seed % FAMILIES, 3_000) {
                    let owner =
                        table.locate(hash).and_then(|index| table.nodes().get(index)).ok_or("a node")?;
                    counts[group(owner).ok_or("a group")?] += 1;
                }
                *rejected += u32::from(is_one_of_a_hundred(chi_square(&counts, &shares), groups.len() - 1));
            }
        }
        if rejected[0] > 6 || rejected[1] > 2 {
            return Err(format!("{rejected:?} of [{SEEDS}, 5] are not in proportion to {groups:?}"));
        }
        report.push(rejected);
    }
    Ok(format!("[rendezvous, Maglev]: {report:?} of [{SEEDS}, 5] are one of a hundred"))
}

/// One node weighs a million times as much as each of a hundred others, and one 10,000 times as much as each of a thousand: together the light ones
/// have a share of 10⁻⁴ and of 1/11, within 5 standard deviations (6 · 10⁻⁷).
pub(crate) fn very_light_nodes_have_their_share() -> Result<String, String> {
    let mut report = Vec::new();
    for (light, heavy, keys) in [(100_u32, 1_000_000_u32, 400_000), (1_000, 10_000, 40_000)] {
        let heavy = Weight::new(heavy).map_err(|error| error.to_string())?;
        let mut nodes = nodes(light);
        let index = nodes.add(Node::new("heavy").weighing(heavy)).map_err(|error| error.to_string())?;
        let table = Hrw::new(hashing(5)).with_nodes(nodes).map_err(|error| error.to_string())?;
        let hashes = hashes(5, 2, keys);
        let on_light = hashes.iter().filter(|&&hash| table.locate(hash) != Some(index)).count();
        let share = f64::from(light) / (f64::from(light) + f64::from(heavy.get()));
        let off = deviations(on_light, hashes.len(), share);
        report.push(format!(
            "{on_light} of {keys} keys are on {light} light nodes, {off:.1} standard deviations off"
        ));
        if off > 5.0 {
            return Err(report.join("; "));
        }
    }
    Ok(report.join("; "))
}
