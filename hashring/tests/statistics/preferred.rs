//! What comes after the first node of a key.

use quorate_hashring::PlaceExt as _;

use super::{
    chance::{chi_square, is_one_of_a_hundred},
    keys::{FAMILIES, counts, hashes, tables},
};

const SEEDS: u64 = 100;

/// The first, second and third preferences are each as even as chance: of 300 chi-squares for each of nine tables more than 10 are one of a hundred with
/// a probability of 3 · 10⁻⁴.
pub(crate) fn every_rank_of_preferences_is_even() -> Result<String, String> {
    let mut rejected: Vec<(&str, u32)> = tables(0, 1, 2).into_iter().map(|(name, _)| (name, 0)).collect();
    for seed in 0..SEEDS {
        let hashes = hashes(seed, seed % FAMILIES, 3_000);
        for ((_, table), (_, rejected)) in tables(seed, 10, 1_009).iter().zip(&mut rejected) {
            let mut ranks = [const { Vec::new() }; 3];
            for &hash in &hashes {
                for (rank, node) in ranks.iter_mut().zip(table.preferences_of(hash)) {
                    rank.push(node);
                }
            }
            for rank in ranks {
                let counts = counts(table, rank.into_iter());
                *rejected += u32::from(is_one_of_a_hundred(chi_square(&counts, &[1.0; 10]), 9));
            }
        }
    }
    let report = format!("of 300 ranks each, uneven in one of a hundred: {rejected:?}");
    if rejected.iter().any(|(_, rejected)| *rejected > 10) { Err(report) } else { Ok(report) }
}

/// The keys of one node, were it to fail, would be on all others evenly: of 100 chi-squares of second preferences more than 6 are one of a hundred with a
/// probability of 10⁻⁴, for each of nine tables.
pub(crate) fn what_one_node_had_spreads_over_all_others() -> Result<String, String> {
    let mut rejected: Vec<(&str, u32)> = tables(0, 1, 2).into_iter().map(|(name, _)| (name, 0)).collect();
    for seed in 0..SEEDS {
        let hashes = hashes(seed, seed % FAMILIES, 20_000);
        for ((_, table), (_, rejected)) in tables(seed, 10, 1_009).iter().zip(&mut rejected) {
            let failed = table.nodes().by_name().nth(4).map(|(index, _)| index);
            let of_failed = hashes.iter().filter(|&&hash| table.locate(hash) == failed);
            let seconds = of_failed.filter_map(|&hash| table.preferences_of(hash).nth(1));
            let mut counts = counts(table, seconds);
            counts.remove(4);
            *rejected += u32::from(is_one_of_a_hundred(chi_square(&counts, &[1.0; 9]), 8));
        }
    }
    let report = format!("of {SEEDS} failures each, spread unevenly in one of a hundred: {rejected:?}");
    if rejected.iter().any(|(_, rejected)| *rejected > 6) { Err(report) } else { Ok(report) }
}
