//! Maps of ranges, beside a map from each single key.
#![allow(unreachable_pub, missing_docs, reason = "a module of two tests, and of the fuzzer")]

use std::collections::BTreeMap;

use quorate_hashring::{MergeError, RangeEpoch, RangeId, RangeMap, RangeRef, ReassignReason, SplitReason};

/// Fails a step.
macro_rules! ensure {
    ($holds:expr, $($broken:tt)*) => {{
        let holds: bool = $holds;
        if !holds {
            return Err(format!($($broken)*));
        }
    }};
}

/// What is in the ranges.
pub type Map = RangeMap<u8, char>;

/// What each single key is in.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    keys: BTreeMap<u8, RangeId>,
    ranges: BTreeMap<RangeId, (RangeEpoch, char)>,
    next: u64,
}

impl Model {
    /// One range that has all keys.
    pub fn new() -> Self {
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
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub enum Op {
    /// A range is cut, mostly that which has the key.
    Split { range: u8, at: u8, stale: bool },
    /// Two ranges are joined, which are neighbours or not.
    Merge { left: u8, right: u8, next: bool, stale: bool },
    /// A range is given to somebody.
    Assign { range: u8, value: bool, stale: bool },
}

/// Does it to both.
pub fn step(map: &mut Map, model: &mut Model, op: Op) -> Result<(), String> {
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
