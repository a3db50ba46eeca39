//! What must hold of maps of ranges: they are what a map from each single key says.

use std::collections::BTreeMap;

use quickcheck::{Arbitrary, Gen, QuickCheck};
use quorate_hashring::{MergeError, RangeEpoch, RangeId, RangeMap, RangeRef, ReassignReason, SplitReason};

use super::tables::{ensure, sound};

type Map = RangeMap<u8, char>;

/// The model: what each single key is in.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    keys: BTreeMap<u8, RangeId>,
    ranges: BTreeMap<RangeId, (RangeEpoch, char)>,
    next: u64,
}

impl Model {
    fn new() -> Self {
        let id = RangeId::new(0);
        let epoch = RangeEpoch { version: 1, conf: 1 };
        Self { keys: (0..=255).map(|key| (key, id)).collect(), ranges: [(id, (epoch, 'a'))].into(), next: 1 }
    }

    fn first(&self, id: RangeId) -> Option<u8> {
        self.keys.iter().find(|&(_, &other)| other == id).map(|(&key, _)| key)
    }

    fn last(&self, id: RangeId) -> Option<u8> {
        self.keys.iter().rev().find(|&(_, &other)| other == id).map(|(&key, _)| key)
    }

    fn split(&mut self, id: RangeId, at: u8, seen: RangeEpoch) -> Result<(RangeId, RangeId), SplitReason> {
        let &(current, value) = self.ranges.get(&id).ok_or(SplitReason::Unknown { id })?;
        if current != seen {
            return Err(SplitReason::StaleEpoch { current });
        }
        if self.keys.get(&at) != Some(&id) {
            return Err(SplitReason::Outside);
        }
        if self.first(id) == Some(at) && at > 0 {
            return Err(SplitReason::AtBoundary);
        }
        let right = RangeId::new(self.next);
        self.next += 1;
        let epoch = RangeEpoch { version: current.version + 1, ..current };
        self.ranges.extend([(id, (epoch, value)), (right, (epoch, value))]);
        for (_, of) in self.keys.range_mut(at..).filter(|(_, of)| **of == id) {
            *of = right;
        }
        Ok((id, right))
    }

    fn merge(
        &mut self,
        left: (RangeId, RangeEpoch),
        right: (RangeId, RangeEpoch),
    ) -> Result<RangeEpoch, MergeError> {
        let mut found = vec![];
        for (id, _) in [left, right] {
            found.push(*self.ranges.get(&id).ok_or(MergeError::Unknown { id })?);
        }
        for ((id, seen), (current, _)) in [left, right].into_iter().zip(&found) {
            if seen != *current {
                return Err(MergeError::StaleEpoch { id, current: *current });
            }
        }
        let after = self.last(left.0).and_then(|last| last.checked_add(1));
        if after.is_none() || after != self.first(right.0) {
            return Err(MergeError::NotAdjacent);
        }
        if found[0].1 != found[1].1 {
            return Err(MergeError::DifferentOwners);
        }
        let epoch = RangeEpoch {
            version: found[0].0.version.max(found[1].0.version) + 1,
            conf: found[0].0.conf.max(found[1].0.conf),
        };
        self.ranges.remove(&right.0);
        self.ranges.insert(left.0, (epoch, found[0].1));
        self.keys.values_mut().filter(|of| **of == right.0).for_each(|of| *of = left.0);
        Ok(epoch)
    }

    fn assign(&mut self, id: RangeId, value: char, seen: RangeEpoch) -> Result<RangeEpoch, ReassignReason> {
        let (current, of) = self.ranges.get_mut(&id).ok_or(ReassignReason::Unknown { id })?;
        if *current != seen {
            return Err(ReassignReason::StaleEpoch { current: *current });
        }
        current.conf += 1;
        *of = value;
        Ok(*current)
    }
}

/// One thing that somebody does: with the right epoch, or an old one.
#[derive(Clone, Copy, Debug)]
enum Op {
    Split { range: u8, at: u8, stale: bool },
    Merge { left: u8, right: u8, next: bool, stale: bool },
    Assign { range: u8, value: bool, stale: bool },
}

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

/// Does it to both.
fn step(map: &mut Map, model: &mut Model, op: Op) -> Result<(), String> {
    let pick = |number: u8| RangeId::new(u64::from(number) % (model.next + 1));
    let seen = |id: RangeId, stale: bool| {
        let mut epoch = model.ranges.get(&id).map(|(epoch, _)| *epoch).unwrap_or_default();
        epoch.version -= u64::from(stale && epoch.version > 0);
        epoch
    };
    let (before, is_refused) =
        (map.clone(), |refused: bool, after: &Map, before: &Map| !refused || after == before);
    match op {
        Op::Split { range, at, stale } => {
            // Mostly the range that has the key.
            let id = if range < 200 { model.keys[&at] } else { pick(range) };
            let epoch = seen(id, stale);
            let (ours, theirs) = (map.split(id, at, epoch), model.split(id, at, epoch));
            if let Err(error) = &ours {
                ensure!(error.at == at, "{op:?} gives {error:?} back");
            }
            let ours = ours.map_err(|error| error.reason);
            ensure!(ours == theirs, "{op:?}: {ours:?}, not {theirs:?}");
            ensure!(is_refused(ours.is_err(), map, &before), "{op:?} is refused and has changed something");
        }
        Op::Merge { left, right, next, stale } => {
            let left = if next { model.keys[&left] } else { pick(left) };
            let after = model.last(left).and_then(|last| model.keys.get(&last.checked_add(1)?)).copied();
            let right = after.filter(|_| next).unwrap_or_else(|| pick(right));
            let ((a, b), (c, d)) = ((left, seen(left, stale)), (right, seen(right, false)));
            let (ours, theirs) = (map.merge((a, b), (c, d)), model.merge((a, b), (c, d)));
            ensure!(ours == theirs, "{op:?}: {ours:?}, not {theirs:?}");
            ensure!(is_refused(ours.is_err(), map, &before), "{op:?} is refused and has changed something");
        }
        Op::Assign { range, value, stale } => {
            let id = model.keys.get(&range).copied().filter(|_| range % 4 > 0).unwrap_or_else(|| pick(range));
            let value = if value { 'b' } else { 'a' };
            let epoch = seen(id, stale);
            let (ours, theirs) = (map.assign(id, value, epoch), model.assign(id, value, epoch));
            let ours = ours.map(|(epoch, _)| epoch).map_err(|error| error.reason);
            ensure!(ours == theirs, "{op:?}: {ours:?}, not {theirs:?}");
            ensure!(is_refused(ours.is_err(), map, &before), "{op:?} is refused and has changed something");
        }
    }
    agree(map, model)
}

/// Every key is in the range that the model says, and the ranges cover all keys, one after the other.
fn agree(map: &Map, model: &Model) -> Result<(), String> {
    let as_model = |range: RangeRef<'_, u8, char>| (range.id, range.epoch, *range.value);
    for (&key, &id) in &model.keys {
        let (epoch, value) = model.ranges[&id];
        let found = map.locate(&key);
        ensure!(as_model(found) == (id, epoch, value), "key {key} is in {found:?}, not in {id}");
        ensure!(found.start.is_none_or(|&start| start <= key), "key {key} is before {found:?}");
        ensure!(found.end.is_none_or(|&end| key < end), "key {key} is after {found:?}");
        ensure!(map.get(id) == Some(found), "{id} is {:?}", map.get(id));
    }
    let all: Vec<_> = map.iter().collect();
    ensure!(all.len() == map.len() && all.len() == model.ranges.len(), "{} ranges", all.len());
    ensure!(all.windows(2).all(|two| two[0].end.is_some() && two[0].end == two[1].start), "a gap in {all:?}");
    ensure!(all[0].start.is_none() && all[all.len() - 1].end.is_none(), "an end of {all:?}");
    for (from, to) in [(0, 255), (10, 20), (128, 128), (200, 100)] {
        let ours: Vec<_> = map.span(from..to).map(|range| range.id).collect();
        let mut theirs: Vec<_> = (from..to).map(|key| model.keys[&key]).collect();
        theirs.dedup();
        ensure!(ours == theirs, "the ranges from {from} to {to} are {ours:?}, not {theirs:?}");
        let ours: Vec<_> = map.span(from..=to).map(|range| range.id).collect();
        let mut theirs: Vec<_> = (from..=to).map(|key| model.keys[&key]).collect();
        theirs.dedup();
        ensure!(ours == theirs, "the ranges from {from} to and with {to} are {ours:?}, not {theirs:?}");
    }
    Ok(())
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
