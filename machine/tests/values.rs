//! The plain values: random numbers, time, what is set aside.

use core::time::Duration;
use std::hash::{DefaultHasher, Hash, Hasher};

use quickcheck::{Gen, QuickCheck};
use quorate_machine::{Aside, Chance, Clock, Rng, Time};

#[test]
fn the_random_sequence_never_changes() {
    let mut rng = Rng::new(42);
    let drawn = [rng.draw(), rng.draw(), rng.draw()];
    assert_eq!(drawn, GOLDEN_42);
    let mut fork = Rng::new(42).fork(7);
    assert_eq!([fork.draw(), fork.below(1_000)], GOLDEN_FORK);
}

/// Computed by an independent implementation of SipHash-2-4.
const GOLDEN_42: [u64; 3] =
    [17_715_052_701_868_052_711, 15_705_329_807_014_710_885, 6_579_291_366_555_260_092];
const GOLDEN_FORK: [u64; 2] = [6_155_868_127_241_140_474, 188];

#[test]
fn forks_do_not_move_each_other() {
    let mut parent = Rng::new(5);
    let before = parent.fork(1).draw();
    parent.draw();
    assert_eq!(parent.fork(1).draw(), before);
    assert_ne!(parent.fork(2).draw(), before);
}

#[test]
fn draws_stay_in_their_range_and_reach_all_of_it() {
    let mut rng = Rng::new(1);
    let mut seen = [0_u32; 6];
    for _ in 0..6_000 {
        seen[usize::try_from(rng.below(6)).unwrap()] += 1;
    }
    assert!(seen.iter().all(|count| (850..1_150).contains(count)), "{seen:?}");
    assert_eq!(rng.below(0), 0);
    let span = Duration::from_millis(10)..Duration::from_millis(20);
    assert!((0..1_000).all(|_| span.contains(&rng.span(span.clone()))));
    assert_eq!(rng.span(Duration::from_secs(2)..Duration::from_secs(1)), Duration::from_secs(2));
}

#[test]
fn a_draw_that_decides_nothing_is_a_draw() {
    let (mut idle, mut busy) = (Rng::new(7), Rng::new(7));
    assert_eq!((idle.below(0), idle.below(1), idle.chance(Chance::NEVER)), (0, 0, false));
    for _ in 0..3 {
        busy.draw();
    }
    assert_eq!(idle.draw(), busy.draw());
}

#[test]
fn a_chance_is_what_it_says() {
    let mut rng = Rng::new(9);
    let mut hits = |chance| (0..100_000).filter(|_| rng.chance(chance)).count();
    assert_eq!((hits(Chance::NEVER), hits(Chance::ALWAYS)), (0, 100_000));
    assert!((9_500..10_500).contains(&hits(Chance::ppm(100_000))));
    assert_eq!(Chance::ppm(u32::MAX), Chance::ALWAYS);
}

#[test]
fn time_saturates_and_a_clock_never_goes_back() {
    fn holds(instants: Vec<u64>) -> bool {
        let mut clock = Clock::default();
        let mut highest = Time::ZERO;
        instants.into_iter().map(Time::from_nanos).all(|now| {
            highest = highest.max(now);
            clock.advance(now) == highest && clock.latest() == highest
        })
    }
    QuickCheck::new().rng(Gen::from_size_and_seed(50, 1)).quickcheck(holds as fn(Vec<u64>) -> bool);
    assert_eq!(Time::MAX + Duration::from_secs(1), Time::MAX);
    assert_eq!(Time::from_nanos(5) + Duration::MAX, Time::MAX);
    assert_eq!(Time::from_nanos(5).since(Time::from_nanos(9)), Duration::ZERO);
    assert_eq!(
        (Time::from_nanos(5) + Duration::from_nanos(4)).since(Time::from_nanos(5)),
        Duration::from_nanos(4)
    );
}

#[test]
fn what_is_set_aside_is_not_state() {
    let hash = |aside: &Aside<u32>| {
        let mut hasher = DefaultHasher::new();
        aside.hash(&mut hasher);
        hasher.finish()
    };
    let (one, two) = (Aside::new(1), Aside::new(2));
    assert_eq!(one, two);
    assert_eq!(hash(&one), hash(&two));
    assert_eq!(one.into_inner() + *two, 3);
}
