//! What must hold of vector clocks. Each check says what it reached, or what does not hold.

use std::{cmp::Ordering, collections::BTreeMap};

use quorate_vclock::{Causality, VClock};

/// All clocks of three actors that count to at most three: small enough to try everything.
pub(crate) fn small() -> Vec<VClock<u8>> {
    (0..64_u64).map(|n| VClock::from([(0, n % 4), (1, n / 4 % 4), (2, n / 16)])).collect()
}

/// A clock as the mathematical object: a function that is zero almost everywhere.
pub(crate) fn function(clock: &VClock<u8>) -> BTreeMap<u8, u64> {
    clock.iter().map(|dot| (*dot.actor, dot.counter.get())).collect()
}

fn at_most(left: &BTreeMap<u8, u64>, right: &BTreeMap<u8, u64>) -> bool {
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
