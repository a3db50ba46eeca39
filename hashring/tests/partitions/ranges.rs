//! What must hold of maps of ranges: they are what a map from each single key says.

use quickcheck::{Arbitrary, Gen, QuickCheck};
use quorate_hashring::{MergeError, RangeMap, ReassignReason, SplitReason};

use super::{
    hashring::model::{Map, Model, Op, step},
    tables::{ensure, sound},
};

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Self {
        let stale = u8::arbitrary(g) < 20;
        match u8::arbitrary(g) % 5 {
            0..=2 => Self::Split { range: u8::arbitrary(g), at: u8::arbitrary(g), stale },
            3 => Self::Merge {
                left: u8::arbitrary(g),
                right: u8::arbitrary(g),
                next: bool::arbitrary(g),
                stale,
            },
            _ => Self::Assign { range: u8::arbitrary(g), value: u8::arbitrary(g) < 80, stale },
        }
    }
}

pub(crate) fn ranges_are_a_map_from_each_key() -> Result<String, String> {
    fn holds(ops: Vec<Op>) -> Result<bool, String> {
        let (mut map, mut model) = (Map::new('a'), Model::new());
        // A range that begins with the first of all keys has no start, but the model has a first key.
        let ops = ops.into_iter().filter(|op| !matches!(op, Op::Split { at: 0, .. }));
        for op in ops {
            step(&mut map, &mut model, op)?;
        }
        Ok(true)
    }
    QuickCheck::new()
        .rng(Gen::from_size_and_seed(60, 7))
        .tests(150)
        .quicktest(holds as fn(Vec<Op>) -> Result<bool, String>)
        .map(|tests| format!("{tests} sequences of changes agree with the model"))
        .map_err(|failed| format!("{failed:?}"))
}

/// Requests that were on their way while the range changed.
pub(crate) fn who_saw_an_older_range_is_refused() -> Result<String, String> {
    let mut map: RangeMap<u8, char> = RangeMap::new('a');
    let all = map.locate(&0);
    let (id, seen) = (all.id, all.epoch);
    sound(map.split(id, 100, seen))?;
    let current = map.locate(&0).epoch;
    let before = map.clone();
    let refused = map.split(id, 50, seen).map_err(|error| (error.at, error.reason));
    ensure!(refused == Err((50, SplitReason::StaleEpoch { current })), "an old epoch may split: {refused:?}");
    let refused = map.assign(id, 'b', seen).map_err(|error| (error.value, error.reason));
    ensure!(refused == Err(('b', ReassignReason::StaleEpoch { current })), "an old epoch may assign");
    let right = map.locate(&100).id;
    let refused = map.merge((id, current), (right, seen));
    ensure!(refused == Err(MergeError::StaleEpoch { id: right, current }), "an old epoch may merge");
    ensure!(map == before, "a refused change has changed something");
    Ok("old epochs are refused".into())
}
