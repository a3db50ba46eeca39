//! Vector clocks of all sizes, related in all ways.

use core::{hint::black_box, time::Duration};

use quorate_machine::Rng;
use quorate_vclock::{Causality, VClock};

use crate::{
    cpu::cpu_time,
    vclock::{
        clocks::{Clocks, Dense, Hashed, Sorted, Tree},
        contest::{Contest, Entrant, Work},
    },
};

const SIZES: [u64; 6] = [1, 3, 8, 32, 100, 1_000];

/// How far one actor's number is from the next.
pub(super) const SPREAD: u64 = 0x9e37_79b9_7f4a;

/// So many different pairs are worked on in turn.
const PAIRS: u64 = 8;

type Entries = Vec<(u64, u64)>;

fn actor(n: u64) -> u64 {
    n * SPREAD
}

/// Two clocks of `size` actors that are so related; if `disjoint`, a fifth of the actors, one at least, are the second
/// clock's alone, and as many the first one's, if that can be.
fn pair(size: u64, relation: Causality, disjoint: bool, seed: u64) -> (Entries, Entries) {
    let mut rng = Rng::new(seed);
    let counters: Entries = (0..size).map(|n| (actor(n), 2 + rng.below(6))).collect();
    let (mut left, mut right) = (counters.clone(), counters);
    let mut ahead = |clock: &mut Entries| {
        let certain = rng.below(size);
        for (at, (_, counter)) in (0..).zip(clock) {
            *counter += u64::from(at == certain || rng.below(3) == 0);
        }
    };
    match relation {
        Causality::Before => ahead(&mut right),
        Causality::After => ahead(&mut left),
        Causality::Concurrent if !disjoint => {
            // Each is ahead where the other is not, so that neither is from the first actor on.
            ahead(&mut left);
            ahead(&mut right);
            if let ([first, ..], [.., last]) = (&mut *left, &mut *right) {
                (first.1, last.1) = (9, 9);
            }
        }
        Causality::Concurrent | Causality::Equal => {}
    }
    if disjoint {
        let alone = (size / 5).max(1);
        let mut places: Vec<u64> = (0..size).collect();
        for at in (1..places.len()).rev() {
            places.swap(at, usize::try_from(rng.below(at as u64 + 1)).unwrap_or(0));
        }
        let mut places = places.into_iter().map(actor);
        let rights: Vec<u64> = places.by_ref().take(usize::try_from(alone).unwrap_or(1)).collect();
        left.retain(|(actor, _)| !rights.contains(actor));
        if relation == Causality::Concurrent {
            let lefts: Vec<u64> = places.take(usize::try_from(alone).unwrap_or(1)).collect();
            right.retain(|(actor, _)| !lefts.contains(actor));
        }
    }
    (left, right)
}

fn pairs<E: Clocks>(size: u64, relation: Causality, disjoint: bool) -> Vec<(E::Clock, E::Clock)> {
    let made = (0..PAIRS).map(|seed| pair(size, relation, disjoint, seed));
    made.map(|(left, right)| (E::make(&left), E::make(&right))).collect()
}

/// What each engine does, for the engines that can: clocks with a fixed membership have no actors apart.
macro_rules! entrants {
    ($entrant:ident($size:expr, $relation:expr, $disjoint:expr)) => {{
        let mut entrants = vec![$entrant::<Sorted>($size, $relation, $disjoint)];
        if !$disjoint {
            entrants.push(match $size {
                1 => $entrant::<Dense<1>>($size, $relation, $disjoint),
                3 => $entrant::<Dense<3>>($size, $relation, $disjoint),
                8 => $entrant::<Dense<8>>($size, $relation, $disjoint),
                32 => $entrant::<Dense<32>>($size, $relation, $disjoint),
                100 => $entrant::<Dense<100>>($size, $relation, $disjoint),
                _ => $entrant::<Dense<1000>>($size, $relation, $disjoint),
            });
        }
        entrants.push($entrant::<Tree>($size, $relation, $disjoint));
        entrants.push($entrant::<Hashed>($size, $relation, $disjoint));
        entrants
    }};
}

fn cases() -> impl Iterator<Item = (u64, Causality, bool)> {
    use Causality::{Before, Concurrent, Equal};
    let all = SIZES.into_iter().flat_map(|size| {
        [(Equal, false), (Before, false), (Concurrent, false), (Before, true), (Concurrent, true)]
            .map(|(relation, disjoint)| (size, relation, disjoint))
    });
    // One actor cannot be concurrent with itself, nor be a fifth of the actors.
    all.filter(|(size, relation, disjoint)| *size > 1 || (*relation != Concurrent && !disjoint))
}

fn named(size: u64, relation: Causality, disjoint: bool) -> String {
    let actors = if size == 1 { "actor" } else { "actors" };
    format!("{size} {actors}, {relation}{}", if disjoint { ", a fifth apart" } else { "" })
}

pub(super) fn compare() -> Vec<Contest> {
    fn entrant<E: Clocks>(size: u64, relation: Causality, disjoint: bool) -> Entrant {
        let pairs = pairs::<E>(size, relation, disjoint);
        Entrant::new(E::NAME, move |times| {
            let each = pairs.iter().cycle().zip(0..times);
            each.map(|((left, right), _)| E::compare(black_box(left), black_box(right)) as u64).sum()
        })
    }
    let contests = cases().map(|(size, relation, disjoint)| Contest {
        what: named(size, relation, disjoint),
        things: 1,
        entrants: entrants!(entrant(size, relation, disjoint)),
    });
    contests.collect()
}

/// So many clocks are prepared at a time.
fn chunk(size: u64) -> u64 {
    (65_536 / size).clamp(64, 2_048)
}

/// Merges prepared clocks; if `cloning`, the preparations are part of the work.
fn merges<E: Clocks>(size: u64, relation: Causality, disjoint: bool, cloning: bool) -> Entrant {
    let pairs = pairs::<E>(size, relation, disjoint);
    let probe = actor(size - 1);
    Entrant::prepared(E::NAME, move |times| {
        let mut work = Work::default();
        let mut each = pairs.iter().cycle();
        let mut left = times;
        while left > 0 {
            let part = left.min(chunk(size));
            left -= part;
            let sources: Vec<_> = each.by_ref().zip(0..part).map(|(pair, _)| pair).collect();
            let mut merged = Vec::with_capacity(sources.len());
            if cloning {
                let begun = cpu_time();
                for (ours, theirs) in &sources {
                    let mut clock = black_box(ours).clone();
                    E::merge(&mut clock, theirs, E::spare(theirs));
                    merged.push(clock);
                }
                work.time += cpu_time().saturating_sub(begun);
            } else {
                let prepared: Vec<_> =
                    sources.iter().map(|(ours, theirs)| (ours.clone(), theirs, E::spare(theirs))).collect();
                let begun = cpu_time();
                for (mut clock, theirs, spare) in prepared {
                    E::merge(&mut clock, theirs, spare);
                    merged.push(clock);
                }
                work.time += cpu_time().saturating_sub(begun);
            }
            work.sum += merged.iter().map(|clock| E::get(black_box(clock), probe)).sum::<u64>();
        }
        work
    })
}

pub(super) fn merge() -> Vec<Contest> {
    fn cloning<E: Clocks>(size: u64, relation: Causality, disjoint: bool) -> Entrant {
        merges::<E>(size, relation, disjoint, true)
    }
    fn in_place<E: Clocks>(size: u64, relation: Causality, disjoint: bool) -> Entrant {
        merges::<E>(size, relation, disjoint, false)
    }
    let mut contests = Vec::new();
    for (size, relation, disjoint) in cases().filter(|(_, relation, _)| *relation == Causality::Concurrent) {
        let what = |how: &str| {
            let apart = if disjoint { ", a fifth apart" } else { "" };
            format!("{size} actors{apart}, {how}")
        };
        contests.push(Contest {
            what: what("in place"),
            things: 1,
            entrants: entrants!(in_place(size, relation, disjoint)),
        });
        contests.push(Contest {
            what: what("of clones"),
            things: 1,
            entrants: entrants!(cloning(size, relation, disjoint)),
        });
    }
    contests
}

pub(super) fn increment() -> Vec<Contest> {
    fn entrant<E: Clocks>(size: u64, _: Causality, _: bool) -> Entrant {
        let mut rng = Rng::new(size);
        let actors: Vec<u64> = (0..64).map(|_| actor(rng.below(size))).collect();
        let start: Entries = (0..size).map(|n| (actor(n), 1)).collect();
        Entrant::prepared(E::NAME, move |times| {
            let mut clock = E::make(&start);
            let begun = cpu_time();
            for (actor, _) in actors.iter().cycle().zip(0..times) {
                E::increment(black_box(&mut clock), *actor);
            }
            let time = cpu_time().saturating_sub(begun);
            Work { time, sum: start.iter().map(|(actor, _)| E::get(&clock, *actor)).sum() }
        })
    }
    let numbers = SIZES.map(|size| Contest {
        what: named_size(size, "numbers"),
        things: 1,
        entrants: entrants!(entrant(size, Causality::Equal, false)),
    });
    numbers.into_iter().chain([3, 32].map(increment_names)).collect()
}

fn named_size(size: u64, of: &str) -> String {
    format!("{size} known {}, {of}", if size == 1 { "actor" } else { "actors" })
}

/// Actors are strings, and each call is given one of its own: the caller's clone is part of the work.
fn increment_names(size: u64) -> Contest {
    use crdts::CmRDT as _;
    fn entrant<C>(
        name: &'static str,
        size: u64,
        new: impl Fn(&[String]) -> C + 'static,
        increment: impl Fn(&mut C, String) + 'static,
        get: impl Fn(&C, &String) -> u64 + 'static,
    ) -> Entrant {
        let names: Vec<String> = (0..size).map(|n| format!("node-{n:06}.example")).collect();
        Entrant::prepared(name, move |times| {
            let mut clock = new(&names);
            let begun = cpu_time();
            for (name, _) in names.iter().cycle().zip(0..times) {
                increment(black_box(&mut clock), name.clone());
            }
            let time: Duration = cpu_time().saturating_sub(begun);
            Work { time, sum: names.iter().map(|name| get(&clock, name)).sum() }
        })
    }
    let ours = entrant(
        Sorted::NAME,
        size,
        |names| names.iter().map(|name| (name.clone(), 1)).collect::<VClock<String>>(),
        |clock, name| drop(clock.increment(name)),
        VClock::get,
    );
    let theirs = entrant(
        Tree::NAME,
        size,
        |names| names.iter().map(|name| crdts::Dot::new(name.clone(), 1)).collect::<crdts::VClock<String>>(),
        |clock, name| clock.apply(clock.inc(name)),
        crdts::VClock::get,
    );
    Contest { what: named_size(size, "strings, cloned"), things: 1, entrants: vec![ours, theirs] }
}
