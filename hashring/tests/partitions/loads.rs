//! What must hold of decisions about load: cuts are where the load is, and decisions do not take each other back.

use core::time::Duration;

use quorate_hashring::{
    Decision, FanOut, HotKeys, LoadLimits, LoadLimitsError, LoadSplit, Place as _, PlaceExt as _, RangeId,
    RangeMap, SlotSpec, Slots, Touched,
};
use quorate_machine::Rng;
use std::collections::BTreeMap;

use super::tables::{ensure, nodes, sound, table};

const SECOND: Duration = Duration::from_secs(1);

/// Twelve seconds of `rate` requests per second, whose keys somebody else draws.
fn twelve_seconds(load: &mut LoadSplit<u64>, rate: u32, mut key: impl FnMut() -> u64) -> Duration {
    let mut now = Duration::ZERO;
    for _ in 0..rate * 12 {
        load.record(Touched::Key(&key()), 1, now);
        now += SECOND / rate;
    }
    now
}

/// Uniform, skewed and clustered loads: there is a cut, and it leaves 40 to 60 percent on either side.
pub(crate) fn a_hot_range_is_cut_where_the_load_is() -> Result<String, String> {
    let mut worst = 0.5_f64;
    let limits = LoadLimits { imbalance_max: 150, samples: 40, ..LoadLimits::default() };
    for seed in 0..32 {
        let mut rng = Rng::new(seed);
        // Keys whose density rises, falls, or is in two clusters.
        let shape = seed % 4;
        let mut draw = move || {
            let (a, b) = (rng.below(10_000), rng.below(10_000));
            match shape {
                0 => a,
                1 => a.max(b),
                2 => a.min(b),
                _ => a % 100 + if b % 3 == 0 { 0 } else { 1 << 40 },
            }
        };
        let mut load = sound(LoadSplit::new(limits, seed))?;
        let now = twelve_seconds(&mut load, 3_000, &mut draw);
        let Decision::Split(at) = load.decide(now) else { return Err(format!("no cut with seed {seed}")) };
        let left = (0..20_000).filter(|_| draw() < at).count();
        let left = f64::from(u32::try_from(left).unwrap_or(0)) / 20_000.0;
        ensure!((0.4..=0.6).contains(&left), "the cut at {at} leaves {left} on its left, with seed {seed}");
        if (left - 0.5).abs() > (worst - 0.5).abs() {
            worst = left;
        }
    }
    Ok(format!("32 cuts; the worst leaves {worst} on its left"))
}

/// One key with more than half of the load is called hot, and no cut is made, whatever the others are.
pub(crate) fn a_hot_key_is_not_cut_off() -> Result<String, String> {
    let (mut hot, mut undecided) = (0, 0);
    for seed in 0..40 {
        let mut rng = Rng::new(seed);
        let percent = 51 + seed;
        let draw = || {
            if rng.below(100) < percent {
                5_000
            } else {
                rng.below(if seed % 2 == 0 { 10_000 } else { 5_001 })
            }
        };
        let mut load = sound(LoadSplit::new(LoadLimits::default(), seed))?;
        let now = twelve_seconds(&mut load, 3_000, draw);
        match load.decide(now) {
            Decision::HotKey(5_000) => hot += 1,
            Decision::Keep => undecided += 1,
            wrong @ (Decision::HotKey(_) | Decision::Split(_) | Decision::Merge) => {
                return Err(format!("a key with {percent} percent is answered by {wrong:?}"));
            }
        }
    }
    ensure!(undecided <= 5, "{undecided} of 40 hot keys are not called hot");
    Ok(format!("{hot} hot keys, {undecided} too near to half to say"))
}

/// A constant load over many times the spans that decide, whatever it is at first: ranges are cut or joined, and then stay.
pub(crate) fn a_constant_load_never_flaps() -> Result<String, String> {
    let (mut cuts, mut joins) = (0, 0);
    let limits = LoadLimits {
        split_rate: 100,
        merge_rate: 50,
        sustained: SECOND * 10,
        calm: SECOND * 30,
        ..LoadLimits::default()
    };
    for seed in 0..12 {
        let mut rng = Rng::new(seed);
        // How much each of 64 keys has per second.
        let rates: Vec<u64> = (0..64).map(|_| rng.below(1 + (seed % 8) * 4)).collect();
        let mut world = sound(World::new(limits, rates, seed % 3 == 0))?;
        for minute in 0..14 {
            let (cut, joined) = sound(world.run(60))?;
            (cuts, joins) = (cuts + cut, joins + joined);
            ensure!(
                minute < 10 || (cut, joined) == (0, 0),
                "seed {seed}: still changing after {minute} minutes"
            );
            ensure!(cut == 0 || !world.has_joined, "seed {seed}: what was joined is cut");
        }
    }
    ensure!(cuts > 10 && joins > 10, "{cuts} cuts and {joins} joins are too few to say");
    Ok(format!("{cuts} cuts, {joins} joins, and none is taken back"))
}

/// Ranges with their loads, and somebody who does what is decided.
struct World {
    limits: LoadLimits,
    rates: Vec<u64>,
    map: RangeMap<u64, ()>,
    loads: BTreeMap<RangeId, LoadSplit<u64>>,
    now: Duration,
    has_joined: bool,
}

impl World {
    fn new(limits: LoadLimits, rates: Vec<u64>, is_cut_up: bool) -> Result<Self, String> {
        let mut map = RangeMap::new(());
        for at in (1..64).filter(|_| is_cut_up) {
            let last = map.locate(&at);
            let (id, epoch) = (last.id, last.epoch);
            sound(map.split(id, at, epoch))?;
        }
        let mut world = Self { limits, rates, map, loads: BTreeMap::new(), now: SECOND, has_joined: false };
        for id in world.map.iter().map(|range| range.id).collect::<Vec<_>>() {
            world.begin(id)?;
        }
        Ok(world)
    }

    fn begin(&mut self, id: RangeId) -> Result<(), String> {
        self.loads.insert(id, sound(LoadSplit::new(self.limits, id.get()))?);
        Ok(())
    }

    /// So many seconds; returns how many ranges were cut and joined.
    fn run(&mut self, seconds: u32) -> Result<(u32, u32), String> {
        let (mut cuts, mut joins) = (0, 0);
        for _ in 0..seconds {
            for (key, &rate) in (0..).zip(&self.rates) {
                for _ in 0..rate {
                    let id = self.map.locate(&key).id;
                    let load = self.loads.get_mut(&id).ok_or("a range without a load")?;
                    load.record(Touched::Key(&key), 1, self.now);
                }
            }
            self.now += SECOND;
            let ranges: Vec<_> = self.map.iter().map(|range| (range.id, range.epoch)).collect();
            let now = self.now;
            let decisions: Vec<_> =
                ranges.iter().filter_map(|(id, _)| Some(self.loads.get_mut(id)?.decide(now))).collect();
            for (range, decision) in ranges.iter().zip(&decisions) {
                if let Decision::Split(at) = decision {
                    let (left, right) = sound(self.map.split(range.0, *at, range.1))?;
                    self.begin(left)?;
                    self.begin(right)?;
                    cuts += 1;
                }
            }
            let joined = (1..ranges.len())
                .find(|&i| decisions[i - 1] == Decision::Merge && decisions[i] == Decision::Merge);
            if let Some(i) = joined {
                sound(self.map.merge(ranges[i - 1], ranges[i]))?;
                self.begin(ranges[i - 1].0)?;
                self.loads.remove(&ranges[i].0);
                self.has_joined = true;
                joins += 1;
            }
        }
        Ok((cuts, joins))
    }
}

pub(crate) fn spans_and_clocks_that_go_backwards() -> Result<String, String> {
    // Everything is about both sides of any border: no cut.
    let mut load = sound(LoadSplit::new(LoadLimits::default(), 1))?;
    let mut now = SECOND;
    for request in 0..60_000_u64 {
        let (from, to) = (request % 10, 1_000 + request % 10);
        load.record(Touched::Span(&from, &to), 1, now);
        now += SECOND / 5_000;
    }
    ensure!(load.decide(now) == Decision::Keep, "a range is cut that is always read as a whole");
    // The wrong way round it is the first key.
    let mut wrong = sound(LoadSplit::new(LoadLimits::default(), 1))?;
    let mut right = wrong.clone();
    now = SECOND;
    for request in 0..60_000_u64 {
        let key = request.wrapping_mul(2_654_435_761) % 1_000;
        wrong.record(Touched::Span(&key, &0), 1, now);
        right.record(Touched::Span(&key, &(key + 1)), 1, now);
        now += SECOND / 5_000;
    }
    ensure!(wrong.decide(now) == right.decide(now), "a span that ends before it begins is not its first key");
    ensure!(matches!(right.decide(now), Decision::Split(380..=620)), "{:?}", right.decide(now));

    // It is cold in the end, and stays so when the clock goes back; nothing overflows at the end of time.
    ensure!(right.decide(now + SECOND * 400) == Decision::Merge, "an idle range is not cold");
    ensure!(right.decide(SECOND) == Decision::Merge, "a clock that goes back makes it warm");
    right.record(Touched::Key(&1), u64::MAX, Duration::MAX);
    right.record(Touched::Key(&1), u64::MAX, Duration::MAX);
    ensure!(right.decide(Duration::MAX) == Decision::Merge, "the end of time is warm");

    for (limits, expected) in [
        (LoadLimits { split_rate: 0, merge_rate: 0, ..LoadLimits::default() }, LoadLimitsError::SplitAlways),
        (
            LoadLimits { merge_rate: 1_251, ..LoadLimits::default() },
            LoadLimitsError::Flaps { merge_rate: 1_251, split_rate: 2_500 },
        ),
        (LoadLimits { window: Duration::ZERO, ..LoadLimits::default() }, LoadLimitsError::NoWindow),
        (LoadLimits { samples: 0, ..LoadLimits::default() }, LoadLimitsError::Samples { samples: 0 }),
        (LoadLimits { samples: 1_025, ..LoadLimits::default() }, LoadLimitsError::Samples { samples: 1_025 }),
        (
            LoadLimits { imbalance_max: 1_001, ..LoadLimits::default() },
            LoadLimitsError::Thousandths { thousandths: 1_001 },
        ),
        (
            LoadLimits { spanning_max: 2_000, ..LoadLimits::default() },
            LoadLimitsError::Thousandths { thousandths: 2_000 },
        ),
    ] {
        let made = LoadSplit::<u64>::new(limits, 0).map(|_| ());
        ensure!(made == Err(expected), "{made:?}, not {expected:?}");
    }
    Ok("spans, idleness, clocks and limits".into())
}

/// Against exact counts: no estimate is wrong, no error is larger than `total / m`, and nothing frequent is missed.
pub(crate) fn counts_are_within_their_errors() -> Result<String, String> {
    let mut streams = 0;
    for seed in 0..60 {
        let mut rng = Rng::new(seed);
        let capacity = 1 + usize::try_from(rng.below(20)).unwrap_or(0);
        let mut keys = sound(HotKeys::new(capacity))?;
        let mut exact: BTreeMap<u64, u64> = BTreeMap::new();
        for _ in 0..2_000 {
            // Few keys come often, many seldom; later others than before.
            let skew = (0..3).fold(100, |below, _| rng.below(1 + below));
            let key = skew + seed % 2 * (exact.len() as u64 / 50);
            let cost = rng.below(4);
            keys.record(&key, cost);
            *exact.entry(key).or_default() += cost;
        }
        let total: u64 = exact.values().sum();
        ensure!(keys.total() == total, "{} of {total} are counted", keys.total());
        ensure!(
            u128::from(keys.error()) * capacity as u128 <= u128::from(total),
            "the error is {}",
            keys.error()
        );
        for (key, &times) in &exact {
            let estimate = keys.estimate(key);
            ensure!(
                estimate.at_least <= times && times <= estimate.at_most,
                "{key} comes {times} times, not {estimate:?}, with {capacity} counters"
            );
            ensure!(
                u128::from(estimate.at_most - estimate.at_least) * capacity as u128 <= u128::from(total),
                "{estimate:?} of {total} with {capacity} counters"
            );
            let is_counted = keys.top().any(|(top, _)| top == key);
            ensure!(
                is_counted || u128::from(times) * capacity as u128 <= u128::from(total),
                "{key} is missed"
            );
        }
        ensure!(
            keys.top().count() == capacity.min(exact.values().filter(|&&times| times > 0).count()),
            "counters"
        );
        ensure!(keys.top().is_sorted_by(|a, b| a.1.at_most >= b.1.at_most), "the top is not in order");
        streams += 1;
    }
    ensure!(HotKeys::<u8>::new(0).is_err(), "no counters count");
    ensure!(HotKeys::<u8>::new(usize::MAX).is_err(), "too many counters");
    Ok(format!("{streams} streams are counted within their errors"))
}

pub(crate) fn hot_keys_are_served_by_several() -> Result<String, String> {
    let slots = table(SlotSpec { copies: 3, ..SlotSpec::default() }, nodes(&[1, 1, 1, 1, 1], &[]))?;
    let mut keys = sound(HotKeys::new(8))?;
    for request in 0..100_u8 {
        keys.record(&if request % 2 == 0 { vec![7] } else { vec![request] }, 1);
    }
    let served = |key: &Vec<u8>, copies: u32| -> Vec<_> {
        (0..12).map(|turn| keys.route(&slots, key, turn, FanOut { parts: 4, copies })).collect()
    };
    let cold = vec![1];
    ensure!(
        served(&cold, 3).iter().all(|&node| node == slots.locate(slots.hash(&cold))),
        "a cold key wanders"
    );
    for copies in [0, 1, 2, 3, 4, 100] {
        let prefers: Vec<_> = slots.preferences(&[7]).collect();
        let mut count = BTreeMap::new();
        for node in served(&vec![7], copies) {
            *count.entry(node).or_insert(0) += 1;
        }
        let nodes = prefers.len().min((copies as usize).max(1));
        ensure!(count.len() == nodes, "{copies} copies are {count:?}");
        ensure!(count.keys().all(|node| node.is_some_and(|node| prefers.contains(&node))), "{count:?}");
        let first = served(&vec![7], copies)[0];
        ensure!(first == prefers.first().copied(), "the first turn is {first:?}");
    }
    let none = sound(Slots::new(SlotSpec::default()))?;
    ensure!(keys.route(&none, &vec![7], 5, FanOut { parts: 4, copies: 3 }).is_none(), "nobody serves");
    Ok("hot keys are served by the first nodes that they prefer".into())
}

/// A load is high for so long before a range is cut, and low for so long before it is joined, as the limits say; a moment of the other
/// kind begins that anew.
pub(crate) fn nothing_is_done_in_a_hurry() -> Result<String, String> {
    let limits = LoadLimits {
        split_rate: 100,
        merge_rate: 50,
        sustained: SECOND * 10,
        calm: SECOND * 30,
        ..LoadLimits::default()
    };
    let mut reached = vec![];
    for (rate, other, least) in [(400, 0, limits.sustained), (10, 70, limits.calm)] {
        for interrupted in [None, Some(7)] {
            let mut load = sound(LoadSplit::new(limits, 1))?;
            let decided = (0..100_u32).find(|&second| {
                let requests: u32 = if interrupted == Some(second) { other } else { rate };
                for request in 0..requests {
                    let now = SECOND * second + SECOND / 1_000 * request;
                    load.record(Touched::Key(&(request.wrapping_mul(2_654_435_761) % 64)), 1, now);
                }
                load.decide(SECOND * (second + 1)) != Decision::Keep
            });
            let begins = interrupted.map_or(0, |second| second + 1);
            let after = decided.map(|second| SECOND * (second + 1 - begins));
            ensure!(
                after.is_some_and(|after| after >= least && after <= least + SECOND * 2),
                "{rate} per second, {interrupted:?}: something is done after {after:?}, not {least:?}"
            );
            reached.push(after);
        }
    }
    Ok(format!("{reached:?}"))
}
