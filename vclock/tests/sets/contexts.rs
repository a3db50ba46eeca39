//! What must hold of causal contexts: they are sets of dots. Each check says what it reached, or what does not hold.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    hash::{DefaultHasher, Hash, Hasher},
};

use quorate_machine::Rng;
use quorate_vclock::{CausalContext, Causality, Dot, DotRange, VClock};

type Context = CausalContext<u8>;
/// A context as the mathematical object.
type Dots = BTreeSet<(u8, u64)>;

fn same<T: PartialEq + Debug>(what: &str, ours: &T, oracle: &T) -> Result<(), String> {
    if ours == oracle { Ok(()) } else { Err(format!("{what}: {ours:?} where it is {oracle:?}")) }
}

fn dots(set: &Dots) -> impl Iterator<Item = Dot<u8>> {
    set.iter().filter_map(|(actor, counter)| Dot::new(*actor, *counter))
}

fn pairs<'a>(ranges: impl Iterator<Item = DotRange<&'a u8>>) -> Vec<(u8, u64)> {
    ranges.flat_map(|range| range.cloned().dots()).map(|dot| (dot.actor, dot.counter.get())).collect()
}

fn hash(context: &Context) -> u64 {
    let mut hasher = DefaultHasher::new();
    context.hash(&mut hasher);
    hasher.finish()
}

/// The dots of a set as runs that are as long as they can be.
fn runs(set: &Dots) -> Vec<(u8, u64, u64)> {
    let mut runs: Vec<(u8, u64, u64)> = Vec::new();
    for (actor, counter) in set {
        match runs.last_mut() {
            Some((last_actor, _, last)) if last_actor == actor && *last + 1 == *counter => *last = *counter,
            _ => runs.push((*actor, *counter, *counter)),
        }
    }
    runs
}

/// What is missing below the latest of each actor.
fn missing(set: &Dots) -> Vec<(u8, u64)> {
    let below = |(actor, latest): (u8, u64)| (1..latest).map(move |counter| (actor, counter));
    let actors: BTreeSet<u8> = set.iter().map(|(actor, _)| *actor).collect();
    let latest = actors.iter().filter_map(|actor| set.range((*actor, 0)..=(*actor, u64::MAX)).next_back());
    latest.copied().flat_map(below).filter(|dot| !set.contains(dot)).collect()
}

fn relation(left: &Dots, right: &Dots) -> Causality {
    match (left.is_subset(right), right.is_subset(left)) {
        (true, true) => Causality::Equal,
        (true, false) => Causality::Before,
        (false, true) => Causality::After,
        (false, false) => Causality::Concurrent,
    }
}

/// Whether the context says what the set says, and nothing of how it came about.
fn denotes(context: &Context, set: &Dots) -> Result<(), String> {
    same("dots", &pairs(context.ranges()), &set.iter().copied().collect())?;
    let ours = context.ranges().map(|run| (*run.actor, run.first.get(), run.last.get())).collect();
    same("runs", &ours, &runs(set))?;
    same("exceptions", &pairs(context.exceptions()), &missing(set))?;
    same("total", &context.total(), &(set.len() as u128))?;
    same("contiguous", &context.is_contiguous(), &missing(set).is_empty())?;
    let floors = runs(set).into_iter().filter(|(_, first, _)| *first == 1);
    same("floor", &context.floor(), &floors.map(|(actor, _, last)| (actor, last)).collect())?;
    let rebuilt: Context = dots(set).collect::<Vec<_>>().into_iter().rev().collect();
    same("rebuilt from the last to the first", context, &rebuilt)?;
    same("hash", &hash(context), &hash(&rebuilt))
}

/// What two contexts make of each other is what sets make of each other.
fn pair(left: (&Context, &Dots), right: (&Context, &Dots)) -> Result<(), String> {
    same("comparing", &left.0.compare(right.0), &relation(left.1, right.1))?;
    same("descending", &left.0.descends(right.0), &right.1.is_subset(left.1))?;
    same("diff", &pairs(left.0.diff(right.0)), &left.1.difference(right.1).copied().collect())?;
    let (mut union, mut both, mut rest) = (left.0.clone(), left.0.clone(), left.0.clone());
    union.union(right.0);
    denotes(&union, &left.1.union(right.1).copied().collect()).map_err(|why| format!("union, {why}"))?;
    both.intersect(right.0);
    denotes(&both, &left.1.intersection(right.1).copied().collect())
        .map_err(|why| format!("intersection, {why}"))?;
    rest.subtract(right.0).map_err(|error| error.to_string())?;
    denotes(&rest, &left.1.difference(right.1).copied().collect()).map_err(|why| format!("difference, {why}"))
}

/// Two actors: all sets of the first two events of one, and of the three around the end of a block of the other,
/// with all or none that come before these.
fn small() -> Vec<Dots> {
    let set = |n: u64| {
        let first = (0..2).filter(move |bit| n >> bit & 1 == 1).map(|bit| (0, bit + 1));
        let second = (0..3).filter(move |bit| n >> (2 + bit) & 1 == 1).map(|bit| (1, bit + 64));
        let before = (1..64).filter(move |_| n >> 5 == 1).map(|counter| (1, counter));
        first.chain(second).chain(before).collect()
    };
    (0..64).map(set).collect()
}

/// Every pair of small contexts.
pub(crate) fn small_contexts_are_sets_of_dots() -> Result<String, String> {
    let sets = small();
    let contexts: Vec<Context> = sets.iter().map(|set| dots(set).collect()).collect();
    let mut tried = 0;
    for left in contexts.iter().zip(&sets) {
        for right in contexts.iter().zip(&sets) {
            pair(left, right).map_err(|why| format!("{} and {}: {why}", left.0, right.0))?;
            tried += 1;
        }
    }
    Ok(format!("{tried} pairs"))
}

/// Ranges of three actors that may lie over the end of a block, and over each other.
pub(crate) fn clumps(draw: &mut impl FnMut(u64) -> u64) -> Vec<(u8, u64, u64)> {
    let clump = |draw: &mut dyn FnMut(u64) -> u64| {
        let actor = if draw(2) == 0 { 0 } else { 1 + u8::from(draw(2) == 0) };
        let first = if draw(3) == 0 { 1 } else { 1 + draw(200) };
        (actor, first, first + if draw(3) == 0 { draw(140) } else { draw(5) })
    };
    (0..draw(6)).map(|_| clump(draw)).collect()
}

fn draw(draw: &mut impl FnMut(u64) -> u64) -> Dots {
    let clump = |(actor, first, last)| (first..=last).map(move |counter| (actor, counter));
    clumps(draw).into_iter().flat_map(clump).collect()
}

/// Contexts that grow at random, dot by dot and range by range, beside sets that do.
pub(crate) fn contexts_are_sets_of_dots() -> Result<String, String> {
    let mut steps = 0;
    for seed in 0..40 {
        let mut rng = Rng::new(seed);
        // Now and then far enough up that what is above the gap is kept elsewhere.
        let mut below = |bound| rng.below(bound) + if bound == 200 && seed % 8 == 0 { 4_000 } else { 0 };
        let mut set = draw(&mut below);
        let mut context: Context = dots(&set).collect();
        for _ in 0..12 {
            let more = draw(&mut below);
            pair((&context, &set), (&dots(&more).collect(), &more))
                .map_err(|why| format!("seed {seed}: {why}"))?;
            if below(2) == 0 {
                for (actor, first, last) in runs(&more) {
                    let range = DotRange::new(actor, first, last).ok_or("no range")?;
                    context.insert_range(range).map_err(|error| error.to_string())?;
                }
                set.extend(&more);
            } else {
                for dot in dots(&more) {
                    let news = set.insert((dot.actor, dot.counter.get()));
                    same("news", &context.insert(dot), &news)?;
                }
            }
            for counter in 1..400 {
                let held = Dot::new(0, counter).is_some_and(|dot| context.contains(&dot));
                same("contains", &held, &set.contains(&(0, counter)))?;
            }
            denotes(&context, &set).map_err(|why| format!("seed {seed}: {why}"))?;
            steps += 1;
        }
    }
    Ok(format!("{steps} steps"))
}

/// Nine thousand events in any order, some of them twice, come to the clock that has seen them all.
pub(crate) fn gaps_close() -> Result<String, String> {
    let (mut runs_max, mut repeated) = (0, 0_u32);
    for seed in 0..4 {
        let mut rng = Rng::new(seed);
        let mut order: Vec<u64> = (1..=9000).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, usize::try_from(rng.below(at as u64 + 1)).unwrap_or(0));
        }
        let mut context = Context::new();
        for counter in order {
            let dot = Dot::new(7, counter).ok_or("no dot")?;
            same("news", &context.insert(dot), &true)?;
            if rng.below(10) == 0 {
                same("news of what was seen", &context.insert(dot), &false)?;
                repeated += 1;
            }
            if counter % 100 == 0 {
                runs_max = runs_max.max(context.ranges().count());
            }
        }
        same("all", &context, &VClock::from([(7, 9000)]).into())?;
    }
    Ok(format!("4 orders, {repeated} events repeated, up to {runs_max} runs at a time"))
}
