//! Tables, plans and progress as they come from elsewhere, and changes to ranges.
#![allow(unreachable_pub, reason = "a library here, a module of a test in the crate that it tests")]

use core::fmt::Debug;
use std::sync::Arc;

use quorate_hashring::{
    HotKeys, LoadLimits, LoadSplit, Nodes, Place as _, Plan, RangeMap, Ring, Slots,
    plan::{Action, Fingerprint, HashSpan, KeySpan, MoveLimits, Progress, Region, Schedule, Stage},
};
use serde::{Serialize, de::DeserializeOwned};

#[path = "../../hashring/tests/partitions/range_model.rs"]
pub mod model;

use model::{Map, Model, Op, step};

/// Bytes that claim to be a table, a plan or its progress are refused or are one: it comes back from what is stored of it, keeps its
/// promises, and can be used. The first byte says of what.
pub fn stored(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 12 {
        0 => slots(postcard::from_bytes(bytes).ok()),
        1 => slots(json(bytes)),
        2 => drop(returns::<Plan<u32>>(bytes).map(|plan| carried_out(&plan))),
        3 => drop(returns::<Plan<HashSpan>>(bytes).map(|plan| carried_out(&plan))),
        4 => drop(returns::<Plan<KeySpan<u8>>>(bytes).map(|plan| carried_out(&plan))),
        5 => drop(returns::<Progress>(bytes)),
        6 => gone_on_with(bytes),
        7 => drop(returns::<RangeMap<u16, Vec<Arc<str>>>>(bytes).map(|map| covered(&map))),
        8 => drop(returns::<HotKeys<u16>>(bytes).map(counted)),
        9 => ring(bytes),
        10 => drop(returns::<Nodes>(bytes)),
        _ => drop(json::<LoadLimits>(bytes).map(|limits| LoadSplit::<u8>::new(limits, 1).is_ok())),
    }
}

/// Changes to a map of ranges, beside what each single key says.
pub fn ranges(data: &[u8]) {
    let Ok(changes) = postcard::from_bytes::<Vec<Op>>(data) else { return };
    let (mut map, mut model) = (Map::new('a'), Model::new());
    // A range that begins with the first of all keys has no start, but the model has a first key.
    for change in changes.into_iter().filter(|change| !matches!(change, Op::Split { at: 0, .. })).take(200) {
        let holds = step(&mut map, &mut model, change);
        assert!(holds.is_ok(), "{holds:?}");
    }
    let bytes = postcard::to_allocvec(&map).expect("a map can be stored");
    assert_eq!(postcard::from_bytes::<Map>(&bytes).expect("and read"), map);
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

fn returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let value = postcard::from_bytes::<T>(bytes).ok()?;
    comes_back(&value);
    Some(value)
}

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let bytes = postcard::to_allocvec(value).expect("what was read can be stored");
    let text = serde_json::to_string(value).expect("as text as well");
    assert_eq!(&postcard::from_bytes::<T>(&bytes).expect("and read again"), value);
    assert_eq!(&serde_json::from_str::<T>(&text).expect("as text as well"), value);
}

fn ring(bytes: &[u8]) {
    /// A weight of a few bytes makes as many tokens as a ring may have.
    const TOKENS_MAX: usize = 10_000;
    let ring = postcard::from_bytes::<Ring>(bytes).ok().filter(|ring| ring.token_count() <= TOKENS_MAX);
    if let Some(ring) = ring {
        comes_back(&ring);
        let print = |ring: &Ring| Fingerprint::of(ring, 2).expect("a ring is of its own kind");
        assert_eq!(print(&ring), print(&ring.clone()));
    }
}

fn slots(table: Option<Slots>) {
    /// Larger tables take the fuzzer too long, not the table.
    const COUNT_MAX: u32 = 512;
    let Some(table) = table.filter(|table| table.count() <= COUNT_MAX) else { return };
    comes_back(&table);
    sound(&table);
    let copies = table.spec().copies as usize;
    let balanced = table.rebalanced();
    sound(&balanced);
    assert!(balanced.shortfall() <= table.shortfall());
    assert!(table.pinned().all(|slot| table.replicas(slot) == balanced.replicas(slot)));
    assert_eq!(balanced.rebalanced().epoch(), balanced.epoch(), "nothing is left to do");
    carried_out(&Plan::between(&table, &balanced, copies).expect("the tables are of one kind"));
    let first = table.nodes().by_name().next().map(|(_, node)| node.name().to_owned());
    if let Some(Ok(drained)) = first.as_deref().map(|name| table.drained(&[name])) {
        sound(&drained);
        assert_eq!(drained.load(first.as_deref().unwrap_or_default()), Some(0));
        carried_out(&Plan::between(&balanced, &drained, copies).expect("the tables are of one kind"));
    }
}

/// Every slot is somebody's, and no node has two copies.
fn sound(table: &Slots) {
    for slot in 0..table.count() {
        let replicas = table.replicas(slot);
        assert_eq!(replicas.is_empty(), table.nodes().is_empty());
        assert!(replicas.iter().all(|&node| table.nodes().get(node).is_some()));
        assert!((1..replicas.len()).all(|i| !replicas[..i].contains(&replicas[i])));
    }
}

/// Every wave leaves each region its copies, and after the last one they are where they shall be.
fn carried_out<R: Region>(plan: &Plan<R>) {
    let moves = plan.move_count() as usize;
    assert_eq!(plan.moves().count(), moves);
    assert!(plan.moved() >= plan.unavoidable());
    if moves > 2_000 {
        return;
    }
    let limits = MoveLimits { per_source: 2, per_target: 2, size_in_all: 100, ..MoveLimits::default() };
    let schedule = Schedule::new(plan, limits, |_| 7).expect("these limits let something move");
    let (mut progress, mut waves) = (Progress::new(plan), 0);
    for wave in schedule.waves() {
        for step in wave {
            progress.start(&step).expect("its turn has come");
            progress.finish(&step).expect("it has begun");
        }
        waves += 1;
        assert!(waves <= 2 * moves);
    }
    assert!(progress.is_done());
    assert!(waves >= schedule.waves_min());
    for (i, change) in plan.changes().iter().enumerate().take(20) {
        let mut live = plan.live(&progress, i).expect("it is its progress").expect("it is a change");
        let mut new = change.new().to_vec();
        live.sort_unstable();
        new.sort_unstable();
        assert_eq!(live, new);
    }
}

/// Any progress is one of another plan, or can be gone on with until all is done.
fn gone_on_with(bytes: &[u8]) {
    let Ok((plan, progress)) = postcard::from_bytes::<(Plan<u32>, Progress)>(bytes) else { return };
    let schedule =
        Schedule::new(&plan, MoveLimits::default(), |_| 1).expect("these limits let something move");
    let mine = Progress::new(&plan);
    // Its stages, as if they were of this plan.
    let Ok(stored) = serde_json::to_value(&progress) else { return };
    let stages: Vec<Stage> = serde_json::from_value(stored["stages"].clone()).unwrap_or_default();
    let Ok(mut spliced) = serde_json::to_value(&mine) else { return };
    let places = spliced["stages"].as_array_mut().expect("a list");
    for (place, stage) in places.iter_mut().zip(stages) {
        *place = serde_json::to_value(stage).expect("a stage");
    }
    let mut progress: Progress = serde_json::from_value(spliced).expect("the stages are some");
    progress.restart();
    if schedule.ready(&progress).is_err() {
        return; // no such progress of this plan
    }
    for _ in 0..=3 * plan.move_count() {
        let ready = schedule.ready(&progress).expect("it is its progress");
        if ready.is_empty() {
            break;
        }
        for step in ready {
            progress.start(&step).expect("its turn has come");
            if step.action == Action::Add
                && step.number % 3 == 0
                && progress.failures().map(|(_, times)| times).sum::<u32>() < 5
            {
                progress.fail(&step).expect("it has begun");
            } else {
                progress.finish(&step).expect("it has begun");
            }
        }
    }
    assert!(progress.is_done(), "{progress:?}");
}

/// The ranges have all keys, each once.
fn covered(map: &RangeMap<u16, Vec<Arc<str>>>) {
    let ranges: Vec<_> = map.iter().collect();
    assert_eq!(ranges.len(), map.len());
    assert!(ranges.windows(2).all(|two| two[0].end.is_some() && two[0].end == two[1].start));
    for range in &ranges {
        assert_eq!(map.get(range.id), Some(*range));
        // What is before the first of all keys is a range, too, but has no key.
        let key = range.start.unwrap_or(&0);
        assert!(range.end == Some(key) || map.locate(key).id == range.id);
    }
    let plan = Plan::between_ranges(map, &RangeMap::new(vec!["a".into()])).expect("there are few ranges");
    comes_back(&plan);
    carried_out(&plan);
}

/// Counters that were read can be counted on with.
fn counted(mut keys: HotKeys<u16>) {
    for key in 0..20 {
        keys.record(&(key % 7), 3);
    }
    comes_back(&keys);
    let (error, total) = (u128::from(keys.error()), u128::from(keys.total()));
    assert!(error * keys.capacity() as u128 <= total || total >= u128::from(u64::MAX));
}
