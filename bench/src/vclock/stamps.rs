//! Interval tree clocks: stamps that have been forked, joined and counted in any order.

use core::hint::black_box;

use itc::{IntervalTreeClock as _, LessThanOrEqual as _};
use quorate_machine::Rng;
use quorate_vclock::itc::Stamp;

use crate::{
    cpu::cpu_time,
    vclock::contest::{Contest, Entrant, Work},
};

/// How many stamps live.
const LIVE: u64 = 100;

/// How many steps they have been through before anything is measured.
const STEPS: u64 = 1_000;

/// Stamps as engines.
trait Stamps: Clone + 'static {
    fn seed() -> Self;
    fn event(&mut self);
    /// What the one half of this stamp is; the other one stays here.
    fn fork(&mut self) -> Self;
    /// Both know what either has known.
    fn sync(&mut self, other: &mut Self);
    /// Whether it has seen whatever the other has.
    fn descends(&self, other: &Self) -> bool;
}

impl Stamps for Stamp {
    fn seed() -> Self {
        Self::seed()
    }

    fn event(&mut self) {
        let _ = Self::event(self);
    }

    fn fork(&mut self) -> Self {
        let whole = core::mem::replace(self, Self::seed());
        let Ok((half, other)) = whole.fork() else { return Self::seed() };
        *self = half;
        other
    }

    fn sync(&mut self, other: &mut Self) {
        let (one, two) = (core::mem::replace(self, Self::seed()), core::mem::replace(other, Self::seed()));
        if let Some((one, two)) = one.join(two).ok().and_then(|joined| joined.fork().ok()) {
            (*self, *other) = (one, two);
        }
    }

    fn descends(&self, other: &Self) -> bool {
        Self::descends(self, other)
    }
}

impl Stamps for itc::Stamp {
    fn seed() -> Self {
        Self::seed()
    }

    fn event(&mut self) {
        *self = itc::IntervalTreeClock::event(&*self);
    }

    fn fork(&mut self) -> Self {
        let (half, other) = itc::IntervalTreeClock::fork(&*self);
        *self = half;
        other
    }

    fn sync(&mut self, other: &mut Self) {
        (*self, *other) = self.join(other).fork();
    }

    fn descends(&self, other: &Self) -> bool {
        other.leq(self)
    }
}

fn index(rng: &mut Rng, bound: u64) -> usize {
    usize::try_from(rng.below(bound)).unwrap_or(0)
}

/// Two different stamps.
fn two<'a, S>(stamps: &'a mut [S], rng: &mut Rng) -> Option<[&'a mut S; 2]> {
    let (one, other) = (index(rng, LIVE), index(rng, LIVE - 1));
    stamps.get_disjoint_mut([one, if other < one { other } else { other + 1 }]).ok()
}

fn live<S: Stamps>() -> Vec<S> {
    let mut rng = Rng::new(7);
    let mut stamps = vec![S::seed()];
    while (stamps.len() as u64) < LIVE {
        let at = index(&mut rng, stamps.len() as u64);
        let half = stamps.get_mut(at).map(S::fork);
        stamps.extend(half);
    }
    for _ in 0..STEPS {
        step(&mut stamps, &mut rng, 4);
    }
    stamps
}

/// An event, or one time of so many a sync.
fn step<S: Stamps>(stamps: &mut [S], rng: &mut Rng, syncs: u64) {
    if rng.below(syncs) == 0 {
        if let Some([one, other]) = two(stamps, rng) {
            one.sync(other);
        }
    } else if let Some(stamp) = stamps.get_mut(index(rng, LIVE)) {
        stamp.event();
    }
}

/// How many of all pairs are in this order.
fn ordered<S: Stamps>(stamps: &[S]) -> u64 {
    stamps.iter().map(|left| stamps.iter().filter(|right| left.descends(right)).count() as u64).sum()
}

pub(super) fn contests() -> Vec<Contest> {
    fn steps<S: Stamps>(name: &'static str, syncs: u64) -> Entrant {
        let start = live::<S>();
        Entrant::prepared(name, move |times| {
            let (mut stamps, mut rng, mut work) = (start.clone(), Rng::new(3), Work::default());
            let begun = cpu_time();
            for _ in 0..times {
                step(&mut stamps, &mut rng, syncs);
            }
            work.time = cpu_time().saturating_sub(begun);
            work.sum = ordered(black_box(&stamps));
            work
        })
    }
    fn compares<S: Stamps>(name: &'static str) -> Entrant {
        let stamps = live::<S>();
        Entrant::new(name, move |times| (0..times).map(|_| ordered(black_box(&stamps))).sum())
    }
    let contest = |what: &str, things, ours, theirs| Contest {
        what: format!("{LIVE} live stamps, {what}"),
        things,
        entrants: vec![ours, theirs],
    };
    vec![
        contest("events", 1, steps::<Stamp>("quorate", u64::MAX), steps::<itc::Stamp>("itc", u64::MAX)),
        contest("join and fork", 1, steps::<Stamp>("quorate", 1), steps::<itc::Stamp>("itc", 1)),
        contest("compare", LIVE * LIVE, compares::<Stamp>("quorate"), compares::<itc::Stamp>("itc")),
    ]
}
