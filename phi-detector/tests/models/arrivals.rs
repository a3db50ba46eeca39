//! Chen's expected arrivals, beside their definition.

use std::collections::VecDeque;

use quorate_machine::Rng;
use quorate_phi_detector::{
    Learned, Model as _, Sample, Threshold,
    model::{Chen, ChenStats},
};

use super::kinds::{Trace, ms};

/// The arrivals themselves, and their numbers.
struct Arrivals {
    interval: i128,
    samples: usize,
    seen: VecDeque<(i128, i128)>,
}

impl Arrivals {
    fn new(interval: u64, samples: usize) -> Self {
        Self { interval: i128::from(interval), samples, seen: VecDeque::from([(0, 0)]) }
    }

    fn last(&self) -> (i128, i128) {
        *self.seen.back().expect("one is always there")
    }

    fn arrive(&mut self, sample: Sample, learned: Learned) {
        let (at, number) = self.last();
        let next = (at + i128::from(sample.interval), number + i128::from(sample.missed) + 1);
        if learned == Learned::Dropped {
            // The schedule has moved.
            let shift = next.0 - at - self.interval * (next.1 - number);
            self.seen.iter_mut().for_each(|(at, _)| *at += shift);
            let back = self.seen.back_mut().expect("one is always there");
            *back = next;
        } else {
            self.seen.push_back(next);
        }
        if self.seen.len() > self.samples {
            self.seen.pop_front();
        }
    }

    /// n times the time from the last arrival to the next one: n·EA = Σ(A − Δ·s) + n·Δ·k.
    fn due_times_n(&self) -> i128 {
        let n = i128::try_from(self.seen.len()).expect("a few");
        let (last, number) = self.last();
        let sum: i128 = self.seen.iter().map(|(at, number)| at - self.interval * number).sum();
        sum + n * self.interval * (number + 1) - n * last
    }
}

/// What the stats say of the same.
fn due_times_n(model: &Chen, stats: &ChenStats, interval: u64) -> i128 {
    let n = i128::from(stats.arrivals());
    n * i128::from(interval) - i128::from(stats.errors()) * i128::from(model.unit())
}

pub(crate) fn expectations_are_those_of_all_arrivals() -> Result<String, String> {
    let (mut exact, mut shifts) = (0, 0);
    for (samples, shift) in [(1, 1_600), (2, 1_600), (7, 2_000), (1_000, 1_600), (50, 3_600_000)] {
        let model = Chen::new(samples, ms(100), ms(10)).and_then(|m| m.with_shift(ms(shift)));
        let model = model.map_err(|error| error.to_string())?;
        let mut chance = Rng::new(u64::from(samples));
        for trace in Trace::ALL {
            let mut ring = vec![0; model.slots()];
            let mut stats = model.start(&mut ring);
            let mut arrivals = Arrivals::new(Trace::INTERVAL, usize::from(samples));
            for nth in 0..3_000 {
                let sample = trace.sample(&mut chance, nth, 3_000);
                let learned = model.observe(&mut stats, &mut ring, sample);
                arrivals.arrive(sample, learned);
                let (is, naive) = (due_times_n(&model, &stats, Trace::INTERVAL), arrivals.due_times_n());
                let n = i128::from(stats.arrivals());
                // With a unit of more than a nanosecond, what is rounded is less than that for each arrival.
                let may = if model.unit() == 1 { 0 } else { n * i128::from(model.unit()) };
                if arrivals.seen.len() as i128 != n && samples > 1 || (is - naive).abs() > may {
                    return Err(format!("{samples}, {trace:?}, {nth}: {is} and {naive}, of {n}"));
                }
                if learned == Learned::Dropped { shifts += 1 } else { exact += 1 }
            }
        }
    }
    Ok(format!("{exact} arrivals, {shifts} moves of the schedule"))
}

pub(crate) fn a_million_arrivals_do_not_drift() -> Result<String, String> {
    const ARRIVALS: usize = 1_000_000;
    let mut reached = vec![];
    for shift in [2_000, 86_400_000] {
        let model = Chen::new(100, ms(100), ms(10)).and_then(|m| m.with_shift(ms(shift)));
        let model = model.map_err(|error| error.to_string())?;
        let (mut chance, mut ring) = (Rng::new(1), vec![0; model.slots()]);
        let mut stats = model.start(&mut ring);
        let mut arrivals = Arrivals::new(Trace::INTERVAL, 100);
        for nth in 0..ARRIVALS {
            let sample = Trace::Losses.sample(&mut chance, nth, ARRIVALS);
            let learned = model.observe(&mut stats, &mut ring, sample);
            arrivals.arrive(sample, learned);
        }
        let (is, naive) = (due_times_n(&model, &stats, Trace::INTERVAL), arrivals.due_times_n());
        let may = if model.unit() == 1 { 0 } else { 100 * i128::from(model.unit()) };
        if (is - naive).abs() > may {
            return Err(format!("{is} and {naive}"));
        }
        reached.push(format!("off by {} of {may} allowed", is - naive));
    }
    Ok(format!("{}, in hundredths of a nanosecond", reached.join(", ")))
}

/// Losses that are known of change nothing of what is expected.
pub(crate) fn lost_heartbeats_are_no_lateness() -> Result<String, String> {
    let model = Chen::new(100, ms(100), ms(10)).map_err(|error| error.to_string())?;
    let mut ring = vec![0; model.slots()];
    let mut stats = model.start(&mut ring);
    for missed in [0, 3, 1, 0, 1_000_000, 7, u32::MAX] {
        let interval = Trace::INTERVAL * (u64::from(missed) + 1);
        model.observe(&mut stats, &mut ring, Sample { interval, missed });
        let horizon = model.horizon(&stats, &Threshold::new(3.0).map_err(|error| error.to_string())?);
        if horizon != 130_000_000 {
            return Err(format!("after {missed} lost ones the horizon is {horizon}"));
        }
    }
    // Without numbers the same is concluded from when they come.
    let model = model.unnumbered();
    let mut stats = model.start(&mut ring);
    for (missed, late) in [(0, 0), (3, 20_000_000), (1, 0), (50, 0)] {
        let interval = Trace::INTERVAL * (missed + 1) + late;
        model.observe(&mut stats, &mut ring, Sample { interval, missed: 0 });
    }
    // Five arrivals, of which two were before the schedule moved by 20 ms.
    let due = model.expected(&stats);
    if (due - (100_000_000.0 - 2.0 * 20_000_000.0 / 5.0)).abs() > 1e-6 {
        return Err(format!("the next one is due after {due}"));
    }
    Ok("seven runs of losses with numbers, three without".into())
}

/// When heartbeats become slower, the last arrival knows first; when they become faster, all of them together are later.
pub(crate) fn the_later_of_two_windows_counts() -> Result<String, String> {
    let one = Chen::new(20, ms(100), ms(10)).map_err(|error| error.to_string())?;
    let both = one.two_windows();
    let alone = Chen::new(1, ms(100), ms(10)).map_err(|error| error.to_string())?;
    let mut chance = Rng::new(2);
    let mut ring = vec![0; one.slots()];
    let mut stats = one.start(&mut ring);
    let (mut last, mut all) = (0, 0);
    for nth in 0..1_000 {
        one.observe(&mut stats, &mut ring, Trace::Jitter.sample(&mut chance, nth, 1_000));
        let (window, single) = (one.expected(&stats), alone.expected(&ChenStats::default()));
        let due = both.expected(&stats);
        if due < window || due < single || (due > window && due > single) {
            return Err(format!("{due}, but the windows say {window} and {single}"));
        }
        if due > window { last += 1 } else { all += 1 }
    }
    Ok(format!("{last} times the last arrival was later, {all} times all of them"))
}
