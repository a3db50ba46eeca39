//! Every seeded bug is caught: `RUSTFLAGS="--cfg quorate_bugs" cargo test -p quorate-raft --test bugs`.
#![cfg(quorate_bugs)]
#![expect(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, or why it failed")]

mod cluster;

use std::collections::BTreeMap;

use cluster::Cluster;
use quorate_raft::Bug;
use quorate_sim::{Verdict, run};

/// How many plans a bug may survive.
const SEEDS: u64 = 20_000;

#[test]
fn every_seeded_bug_is_caught() {
    let mut survivors = Vec::new();
    println!("| bug | caught by | first seed | median seeds of 9 |\n|---|---|---|---|");
    for bug in Bug::ALL {
        let mut caught: BTreeMap<String, usize> = BTreeMap::new();
        let (mut needed, mut start) = (Vec::new(), 0);
        for _ in 0..9 {
            let Some((seed, name)) = hunt(bug, start) else { break };
            *caught.entry(name).or_default() += 1;
            needed.push(seed - start + 1);
            start = seed + 1;
        }
        if needed.is_empty() {
            survivors.push(bug);
            continue;
        }
        let first = needed[0] - 1;
        needed.sort_unstable();
        let mut names: Vec<_> = caught.into_iter().collect();
        names.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        let names: Vec<_> = names.into_iter().map(|(name, times)| format!("{name} ({times})")).collect();
        println!("| `{bug:?}` | {} | {first} | {} |", names.join(", "), needed[needed.len() / 2]);
    }
    assert!(survivors.is_empty(), "never caught in {SEEDS} plans: {survivors:?}");
}

fn hunt(bug: Bug, start: u64) -> Option<(u64, String)> {
    let cluster = Cluster { bug: Some(bug) };
    (start..start + SEEDS).find_map(|seed| match run(&cluster, &cluster::plan(seed)).verdict {
        Verdict::Violated { invariant, .. } => Some((seed, invariant.to_string())),
        Verdict::Stuck { .. } => Some((seed, "stuck".to_owned())),
        _ => None,
    })
}
