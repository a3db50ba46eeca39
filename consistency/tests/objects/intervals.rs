//! Operations as closed intervals of one clock, beside an oracle that knows instants alone.

use crate::common::{
    Rng,
    intervals::{drawn, explained},
};
use quorate_consistency::{History, check, spec::Register};

#[test]
fn intervals_that_touch_are_concurrent() {
    let (mut good, mut touching) = (0, 0);
    for seed in 0..100_000 {
        let mut rng = Rng(seed);
        let shortest = rng.below(2) as u64;
        let intervals = drawn(&mut rng, shortest);
        let expected = explained(&intervals, 0, 0);
        good += u32::from(expected);
        let ends =
            |at: u64| intervals.iter().any(|one| one.returned.as_ref().is_some_and(|(end, _)| *end == at));
        touching += u32::from(intervals.iter().any(|one| ends(one.called)));
        let history = History::from_intervals(intervals.iter().cloned()).unwrap();
        assert_eq!(
            check(&Register { initial: 0 }, &history).is_linearizable(),
            Some(expected),
            "{intervals:?}"
        );
    }
    println!("{good} of 100000 are linearizable, in {touching} some intervals touch");
    assert!((10_000..90_000).contains(&good) && touching > 50_000, "{good} {touching}");
}
