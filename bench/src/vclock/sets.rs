//! Sets of dots, and the concurrent values of a key.

use core::hint::black_box;
use std::collections::BTreeSet;

use crdts::{CmRDT as _, CvRDT as _};
use quorate_machine::Rng;
use quorate_vclock::{CausalContext, Dot, Siblings};

use crate::{
    cpu::cpu_time,
    vclock::contest::{Contest, Entrant, Work},
};

/// How many actors the dots are of.
const ACTORS: u64 = 8;

/// The first `count` dots, of all actors alike, in any order.
pub fn dense_dots(count: u64) -> Vec<(u64, u64)> {
    let mut rng = Rng::new(1);
    let mut dots: Vec<_> = (0..count).map(|n| (n % ACTORS, 1 + n / ACTORS)).collect();
    for at in (1..dots.len()).rev() {
        dots.swap(at, usize::try_from(rng.below(at as u64 + 1)).unwrap_or(0));
    }
    dots
}

/// Dots that are far apart: a context is of no use for them.
pub fn random_dots(count: u64) -> Vec<(u64, u64)> {
    let mut rng = Rng::new(2);
    (0..count).map(|_| (rng.below(ACTORS), 1 + rng.below(1 << 40))).collect()
}

pub(super) fn contexts() -> Vec<Contest> {
    let dense = [10_000, 1_000_000].map(|count| {
        let what = format!("{count} dots of {ACTORS} actors in any order");
        inserts(what, &dense_dots(count))
    });
    let apart = inserts("100000 dots far apart".to_owned(), &random_dots(100_000));
    dense.into_iter().chain([apart]).collect()
}

pub(super) fn siblings() -> Vec<Contest> {
    let entrants =
        vec![registers::<Siblings<u64, u64>>("quorate"), registers::<crdts::MVReg<u64, u64>>("crdts")];
    let what = "3 servers: a read and a write at each, then all sync".to_owned();
    vec![Contest { what, things: 3, entrants }]
}

fn inserts(what: String, dots: &[(u64, u64)]) -> Contest {
    let (ours, theirs) = (dots.to_vec(), dots.to_vec());
    let context = Entrant::prepared("quorate", move |times| {
        let mut work = Work::default();
        for _ in 0..times {
            let begun = cpu_time();
            let mut context = CausalContext::new();
            let mut news = 0;
            for (actor, counter) in &ours {
                news += u64::from(Dot::new(*actor, *counter).is_some_and(|dot| context.insert(dot)));
            }
            work.time += cpu_time().saturating_sub(begun);
            work.sum += news + u64::try_from(black_box(&context).total()).unwrap_or(0);
        }
        work
    });
    let set = Entrant::prepared("BTreeSet", move |times| {
        let mut work = Work::default();
        for _ in 0..times {
            let begun = cpu_time();
            let mut set = BTreeSet::new();
            let mut news = 0;
            for dot in &theirs {
                news += u64::from(set.insert(*dot));
            }
            work.time += cpu_time().saturating_sub(begun);
            work.sum += news + black_box(&set).len() as u64;
        }
        work
    });
    Contest { what, things: dots.len() as u64, entrants: vec![context, set] }
}

/// A register that keeps concurrent values, with numbers as actors and as values.
pub trait Registers: Default + 'static {
    /// Overwrites what is there, at the server `actor`.
    fn overwrite(&mut self, actor: u64, value: u64);
    /// Takes in what another server has.
    fn sync(&mut self, other: &Self);
    /// The values, in any order.
    fn held(&self) -> Vec<u64>;
}

impl Registers for Siblings<u64, u64> {
    fn overwrite(&mut self, actor: u64, value: u64) {
        let _ = self.update(&self.context(), actor, value);
    }

    fn sync(&mut self, other: &Self) {
        Siblings::sync(self, other);
    }

    fn held(&self) -> Vec<u64> {
        self.values().copied().collect()
    }
}

impl Registers for crdts::MVReg<u64, u64> {
    fn overwrite(&mut self, actor: u64, value: u64) {
        self.apply(self.write(value, self.read_ctx().derive_add_ctx(actor)));
    }

    fn sync(&mut self, other: &Self) {
        self.merge(other.clone());
    }

    fn held(&self) -> Vec<u64> {
        self.read().val
    }
}

/// Each server overwrites what it has, then each hears from both others: three siblings a round. Every context is fresh,
/// since a register of crdts makes the same dot twice where one is stale.
fn registers<R: Registers>(name: &'static str) -> Entrant {
    Entrant::new(name, move |times| {
        let mut servers: [R; 3] = Default::default();
        let mut sum = 0;
        for round in 0..times {
            for (at, server) in (0..).zip(&mut servers) {
                server.overwrite(at, round * 3 + at);
            }
            let [first, second, third] = &mut servers;
            first.sync(second);
            first.sync(third);
            second.sync(first);
            third.sync(first);
            sum += first.held().iter().sum::<u64>();
        }
        sum + servers.iter().map(|server| black_box(server).held().iter().sum::<u64>()).sum::<u64>()
    })
}
