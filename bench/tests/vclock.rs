//! Clocks and their rivals do the same work, and come to the same, but for what is wrong with the rivals.

use std::panic::{self, AssertUnwindSafe};

use crdts::{CmRDT as _, CvRDT as _, MVReg, VClock as Tree};
use quorate_bench::vclock::{Registers as _, TABLES, broadcast, reversed};
use quorate_machine::Rng;
use quorate_vclock::{Dot, Overflow, Siblings, VClock};

#[test]
fn every_entrant_comes_to_the_same() {
    for mut contest in TABLES.into_iter().flat_map(|(_, contests)| contests()) {
        // What one thing is among many takes long enough as it is.
        contest.check(if contest.things > 100 { 1 } else { 100 });
    }
}

#[test]
fn what_comes_reversed_is_delivered_in_order() {
    for messages in [0, 1, 2, 1_000] {
        reversed(16, messages);
    }
}

#[test]
fn what_is_broadcast_is_delivered_everywhere() {
    for members in [1, 3, 5] {
        let (_, deliveries) = broadcast(members, 10);
        assert_eq!(deliveries, members * members * 160);
    }
}

fn same(ours: &VClock<u8>, theirs: &Tree<u8>) -> bool {
    ours.iter()
        .map(|dot| (*dot.actor, dot.counter.get()))
        .eq(theirs.iter().map(|dot| (*dot.actor, dot.counter)))
}

/// Three replicas each, in step.
struct Pair {
    ours: [VClock<u8>; 3],
    theirs: [Tree<u8>; 3],
}

impl Pair {
    fn step(&mut self, rng: &mut Rng) {
        let mut below = |bound| usize::try_from(rng.below(bound)).unwrap_or(0);
        let (at, from, kind) = (below(3), below(3), below(6));
        let (actor, counter) = (u8::try_from(below(4)).unwrap_or(0), 1 + below(5) as u64);
        let (other, tree) = (self.ours[from].clone(), self.theirs[from].clone());
        let (ours, theirs) = (&mut self.ours[at], &mut self.theirs[at]);
        match kind {
            0 | 1 => {
                let dot = ours.increment(actor).expect("counters are small");
                let op = theirs.inc(actor);
                assert_eq!((dot.actor, dot.counter.get()), (op.actor, op.counter));
                theirs.apply(op);
            }
            2 => {
                ours.observe(Dot::new(actor, counter).expect("counters are from 1"));
                theirs.apply(crdts::Dot::new(actor, counter));
            }
            3 => {
                ours.merge(&other);
                theirs.merge(tree);
            }
            4 => {
                ours.meet(&other);
                theirs.glb(&tree);
            }
            _ => {
                assert_eq!((*ours).partial_cmp(&other), (*theirs).partial_cmp(&tree));
                assert_eq!(ours.get(&actor), theirs.get(&actor));
                let both = Tree::intersection(theirs, &tree);
                assert!(both.iter().all(|dot| ours.get(dot.actor) == other.get(dot.actor)));
            }
        }
        assert!(same(&self.ours[at], &self.theirs[at]), "{:?}, {:?}", self.ours[at], self.theirs[at]);
    }
}

#[test]
fn clocks_of_crdts_come_to_the_same() {
    let mut steps = 0;
    for seed in 0..100_000 {
        let mut rng = Rng::new(seed);
        let mut pair = Pair { ours: Default::default(), theirs: Default::default() };
        for _ in 0..10 {
            pair.step(&mut rng);
            steps += 1;
        }
    }
    println!("{steps} steps");
}

/// As long as every write has a fresh context.
#[test]
fn registers_of_crdts_hold_the_same() {
    let mut siblings_max = 0;
    for seed in 0..10_000 {
        let mut rng = Rng::new(seed);
        let mut ours: [Siblings<u64, u64>; 3] = Default::default();
        let mut theirs: [MVReg<u64, u64>; 3] = Default::default();
        for value in 0..20 {
            let mut below = |bound| usize::try_from(rng.below(bound)).unwrap_or(0);
            let (at, from) = (below(3), below(3));
            if below(2) == 0 {
                ours[at].overwrite(at as u64, value);
                theirs[at].overwrite(at as u64, value);
            } else {
                let (other, peer) = (ours[from].clone(), theirs[from].clone());
                ours[at].sync(&other);
                theirs[at].merge(peer);
            }
            let (mut held, mut peers) = (ours[at].held(), theirs[at].held());
            held.sort_unstable();
            peers.sort_unstable();
            assert_eq!(held, peers, "seed {seed}");
            siblings_max = siblings_max.max(held.len());
        }
    }
    println!("up to {siblings_max} siblings");
}

/// Of two equal clocks each is greater than the other, if one of them has an entry of nothing. Ours cannot have one.
#[test]
fn a_zero_makes_clocks_of_crdts_unequal() {
    let (empty, zero) = (Tree::<u8>::new(), Tree { dots: [(1, 0)].into() });
    assert_ne!(empty, zero);
    assert!(empty > zero && zero > empty);
    assert_eq!(VClock::from([(1_u8, 0)]), VClock::new());
}

/// The last counter wraps to nothing, or panics, as the crate was compiled. Ours is an error.
#[test]
fn clocks_of_crdts_overflow() {
    let full: Tree<u8> = crdts::Dot::new(1, u64::MAX).into();
    let next = panic::catch_unwind(AssertUnwindSafe(|| full.inc(1).counter));
    assert!(next.is_err() || next.is_ok_and(|counter| counter == 0));
    assert_eq!(VClock::from([(1_u8, u64::MAX)]).increment(1), Err(Overflow));
}

/// A dot that comes before those that it follows makes the clock claim that they have come, and nobody is told.
#[test]
fn clocks_of_crdts_claim_what_a_dot_skips() {
    let mut tree = Tree::<u8>::new();
    tree.apply(crdts::Dot::new(1, 5));
    assert_eq!(tree.get(&1), 5);
    let mut clock = VClock::<u8>::new();
    assert!(clock.observe_next(Dot::new(1, 5).unwrap()).is_err());
    assert!(clock.is_empty());
}

/// Two writes through one server, by clients that have both read nothing, have one dot: merging keeps one of them, and
/// which one depends on the order.
#[test]
fn registers_of_crdts_lose_a_write() {
    let write = |value| {
        let mut register = MVReg::<&str, u8>::new();
        let context = register.read_ctx().derive_add_ctx(1);
        register.apply(register.write(value, context));
        register
    };
    let (mut one, mut other) = (write("x"), write("y"));
    one.merge(write("y"));
    other.merge(write("x"));
    assert_eq!((one.read().val, other.read().val), (vec!["x"], vec!["y"]));

    let mut server = Siblings::<u8, &str>::new();
    server.update(&VClock::new(), 1, "x").unwrap();
    server.update(&VClock::new(), 1, "y").unwrap();
    assert_eq!(server.values().collect::<Vec<_>>(), [&"x", &"y"]);
}
