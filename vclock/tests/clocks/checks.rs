//! What must hold of vector clocks. Each check says what it reached, or what does not hold.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use quorate_machine::Rng;
use quorate_vclock::{Causality, Dot, VClock};

/// All clocks of three actors that count to at most three: small enough to try everything.
pub(crate) fn small() -> Vec<VClock<u8>> {
    (0..64_u64).map(|n| VClock::from([(0, n % 4), (1, n / 4 % 4), (2, n / 16)])).collect()
}

/// A clock as the mathematical object: a function that is zero almost everywhere.
pub(crate) fn function(clock: &VClock<u8>) -> BTreeMap<u8, u64> {
    clock.iter().map(|dot| (*dot.actor, dot.counter.get())).collect()
}

pub(crate) fn at_most(left: &BTreeMap<u8, u64>, right: &BTreeMap<u8, u64>) -> bool {
    left.iter().all(|(actor, counter)| right.get(actor).is_some_and(|held| counter <= held))
}

fn relation(left: &BTreeMap<u8, u64>, right: &BTreeMap<u8, u64>) -> Causality {
    match (at_most(left, right), at_most(right, left)) {
        (true, true) => Causality::Equal,
        (true, false) => Causality::Before,
        (false, true) => Causality::After,
        (false, false) => Causality::Concurrent,
    }
}

/// Every pair of small clocks is related as its entries are.
pub(crate) fn comparing_is_what_entries_say() -> Result<String, String> {
    let clocks = small();
    let mut pairs = 0;
    for left in &clocks {
        for right in &clocks {
            let expected = relation(&function(left), &function(right));
            let descends = matches!(expected, Causality::Equal | Causality::After);
            let ordering: Option<Ordering> = expected.ordering();
            if left.compare(right) != expected
                || left.descends(right) != descends
                || left.partial_cmp(right) != ordering
            {
                return Err(format!("{left} is {} {right}, not {expected}", left.compare(right)));
            }
            pairs += 1;
        }
    }
    Ok(format!("{pairs} pairs"))
}

/// A merge is above both, and no small clock that is above both is not above it.
pub(crate) fn a_merge_is_the_least_upper_bound() -> Result<String, String> {
    let clocks = small();
    let mut triples = 0;
    for left in &clocks {
        for right in &clocks {
            let mut join = left.clone();
            join.merge(right);
            for above in &clocks {
                let bounds = above.descends(left) && above.descends(right);
                if bounds != above.descends(&join) {
                    return Err(format!("{left} and {right} are merged to {join}, see {above}"));
                }
                triples += 1;
            }
        }
    }
    Ok(format!("{triples} triples"))
}

/// Every triple of small clocks keeps the laws of a partial order and of a distributive lattice.
pub(crate) fn small_clocks_are_a_distributive_lattice() -> Result<String, String> {
    let clocks = small();
    let join = |left: &VClock<u8>, right: &VClock<u8>| {
        let mut join = left.clone();
        join.merge(right);
        join
    };
    let meet = |left: &VClock<u8>, right: &VClock<u8>| {
        let mut meet = left.clone();
        meet.meet(right);
        meet
    };
    let mut triples = 0;
    for a in &clocks {
        for b in &clocks {
            let (a_or_b, a_and_b) = (join(a, b), meet(a, b));
            let alone = [
                a_or_b == join(b, a),
                a_and_b == meet(b, a),
                join(a, &a_and_b) == *a,
                meet(a, &a_or_b) == *a,
                a.compare(b) == b.compare(a).reversed(),
                (a == b) == (a.descends(b) && b.descends(a)),
                a.descends(&a_and_b) && a_or_b.descends(a),
            ];
            for c in &clocks {
                let together = [
                    join(&a_or_b, c) == join(a, &join(b, c)),
                    meet(&a_and_b, c) == meet(a, &meet(b, c)),
                    meet(&a_or_b, c) == join(&meet(a, c), &meet(b, c)),
                    !(a.descends(b) && b.descends(c)) || a.descends(c),
                    (a.descends(c) && b.descends(c)) == a_and_b.descends(c),
                ];
                if alone.contains(&false) || together.contains(&false) {
                    return Err(format!("{a}, {b}, {c}: {alone:?} {together:?}"));
                }
                triples += 1;
            }
        }
    }
    Ok(format!("{triples} triples"))
}

/// What one has and the other has not, against the two as functions.
pub(crate) fn a_diff_is_what_the_other_lacks() -> Result<String, String> {
    let clocks = small();
    let mut ranges = 0;
    for left in &clocks {
        for right in &clocks {
            let lacking = |dot: &Dot<u8>| left.contains(dot) && !right.contains(dot);
            let dots = (0..4).flat_map(|actor| (1..6).filter_map(move |counter| Dot::new(actor, counter)));
            let expected: Vec<_> = dots.filter(lacking).collect();
            let found: Vec<_> = left.diff(right).flat_map(|range| range.cloned().dots()).collect();
            if found != expected {
                return Err(format!("{right} lacks {found:?} of {left}, not {expected:?}"));
            }
            ranges += left.diff(right).count();
        }
    }
    Ok(format!("{ranges} ranges"))
}

/// In random executions one event happened before another exactly if its clock is before the other's: against the
/// transitive closure of program order and messages (Mattern 1988, theorem 10; Fidge 1988).
pub(crate) fn clocks_are_happened_before() -> Result<String, String> {
    let mut found = BTreeMap::new();
    for seed in 0..40 {
        for (left, right) in Execution::random(seed, 5, 60).pairs() {
            let expected = match (right.past.contains(&left.dot), left.past.contains(&right.dot)) {
                (true, true) => Causality::Equal,
                (true, false) => Causality::Before,
                (false, true) => Causality::After,
                (false, false) => Causality::Concurrent,
            };
            let said = left.clock.compare(&right.clock);
            if said != expected {
                return Err(format!("seed {seed}: {} is {said} {}, not {expected}", left.dot, right.dot));
            }
            *found.entry(expected.to_string()).or_insert(0) += 1;
        }
    }
    if found.len() < 4 { Err(format!("only {found:?}")) } else { Ok(format!("{found:?}")) }
}

/// An event with its clock, and its past as a set: itself and whatever happened before it.
#[derive(Clone)]
struct Event {
    dot: Dot<u8>,
    clock: VClock<u8>,
    past: BTreeSet<Dot<u8>>,
}

/// What happened, in one order that it may have happened in.
struct Execution(Vec<Event>);

impl Execution {
    /// Events of so many nodes; at each, the node may hear of any earlier event.
    fn random(seed: u64, nodes: u64, events: usize) -> Self {
        let mut rng = Rng::new(seed);
        let mut latest: BTreeMap<u8, Event> = BTreeMap::new();
        let mut all: Vec<Event> = Vec::new();
        while all.len() < events {
            let node = u8::try_from(rng.below(nodes)).unwrap_or(0);
            let own = latest.get(&node);
            let mut clock = own.map_or_else(VClock::new, |event| event.clock.clone());
            let mut past = own.map_or_else(BTreeSet::new, |event| event.past.clone());
            if rng.below(2) == 0 && !all.is_empty() {
                let heard = &all[usize::try_from(rng.below(all.len() as u64)).unwrap_or(0)];
                clock.merge(&heard.clock);
                past.extend(&heard.past);
            }
            let dot = clock.increment(node).expect("far from the last counter");
            past.insert(dot);
            let event = Event { dot, clock, past };
            latest.insert(node, event.clone());
            all.push(event);
        }
        Self(all)
    }

    fn pairs(&self) -> impl Iterator<Item = (&Event, &Event)> {
        self.0.iter().flat_map(|left| self.0.iter().map(move |right| (left, right)))
    }
}
