//! Histories of versions, and the session guarantees by their definitions.

use quorate_consistency::{Guarantee, SessionAction, SessionOp};

use super::Rng;

pub type Ops = Vec<SessionOp<char, u32>>;

/// By the definitions, of one key at a time, with nothing but loops.
pub fn defined(ops: &Ops, guarantee: Guarantee, read: usize) -> bool {
    let SessionAction::Saw(context) = &ops[read].action else { return true };
    let before = |at: usize| {
        (0..at).filter(move |other| ops[*other].session == ops[at].session && ops[*other].key == ops[at].key)
    };
    let covers = |version: &u32| context.contains(version);
    let wrote = |at: usize| match &ops[at].action {
        SessionAction::Wrote(version) => Some(*version),
        SessionAction::Saw(_) => None,
    };
    let saw = |at: usize| match &ops[at].action {
        SessionAction::Saw(versions) => versions.clone(),
        SessionAction::Wrote(_) => Vec::new(),
    };
    let mut covered = (0..ops.len())
        .filter(|at| ops[*at].key == ops[read].key && wrote(*at).is_some_and(|version| covers(&version)));
    match guarantee {
        Guarantee::ReadYourWrites => before(read).filter_map(wrote).all(|version| covers(&version)),
        Guarantee::MonotonicReads => {
            before(read).rfind(|at| wrote(*at).is_none()).is_none_or(|at| saw(at).iter().all(covers))
        }
        Guarantee::MonotonicWrites => {
            covered.all(|write| before(write).filter_map(wrote).all(|version| covers(&version)))
        }
        Guarantee::WritesFollowReads => {
            covered.all(|write| before(write).flat_map(saw).all(|version| covers(&version)))
        }
    }
}

/// Replicas that exchange writes in causal order, or in any; sessions that stay, or roam.
pub fn versions(rng: &mut Rng, is_right: bool) -> Ops {
    let mut ops: Ops = Vec::new();
    let mut replicas: Vec<Vec<(char, u32, Vec<u32>)>> = vec![Vec::new(); 3];
    for nth in 0..30 {
        let session = rng.below(4);
        let at = if is_right { session % 3 } else { rng.below(3) };
        let from = rng.below(3);
        for write in replicas[from].clone() {
            let has = |version: &u32| replicas[at].iter().any(|(_, other, _)| other == version);
            if !has(&write.1) && (is_right && write.2.iter().all(has) || !is_right && rng.chance(30)) {
                replicas[at].push(write);
            }
        }
        let key = *rng.pick(&['x', 'y']);
        let action = if rng.chance(50) {
            let past = replicas[at].iter().map(|(_, version, _)| *version).collect();
            replicas[at].push((key, nth, past));
            SessionAction::Wrote(nth)
        } else {
            let seen = replicas[at].iter().filter(|(other, ..)| *other == key);
            SessionAction::Saw(seen.map(|(_, version, _)| *version).collect())
        };
        ops.push(SessionOp { session: session as u64, key, action });
    }
    ops
}
