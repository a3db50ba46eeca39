//! How often detectors are mistaken, and how fast they are at equal rates of mistakes.
//!
//! Every judge hears the same heartbeats, and says, just before each, what φ it had come to: that is how often each threshold would have
//! been mistaken. What a threshold's detection time is, is integrated: had the sender crashed at any instant between two heartbeats
//! that came, how much later would it have been suspected?

use core::time::Duration;

use quorate_phi_detector::{
    Threshold,
    calibration::Limits,
    trace::{Arrival, Trace, TraceConfig},
};

use super::judges::{Judge, Made};

/// A trace, and what is known of it beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Between two heartbeats.
    pub interval: Duration,
    config: fn() -> TraceConfig,
}

/// All traces.
pub const TRACES: [Setting; 4] = [
    Setting { name: "LAN", interval: Duration::from_millis(100), config: TraceConfig::lan },
    Setting { name: "WAN", interval: Duration::from_millis(100), config: TraceConfig::wan },
    Setting { name: "cloud", interval: Duration::from_secs(1), config: TraceConfig::cloud },
    Setting { name: "regime shifts", interval: Duration::from_millis(100), config: TraceConfig::shifting },
];

/// Which φ are looked at.
pub const LEVELS: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 8.0];
/// Mistakes per second at which detection times are compared.
pub const RATES: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-5];
/// Heartbeats that are heard before any is judged.
const LEARNED: usize = 1_000;
/// Thresholds that are tried, from 0.1 to 10,000.
const TRIED: u32 = 280;

fn tried() -> Vec<Threshold> {
    let phi = |step| 0.1 * 1e5_f64.powf(f64::from(step) / f64::from(TRIED - 1));
    (0..TRIED).filter_map(|step| Threshold::new(phi(step)).ok()).collect()
}

/// What one judge did with all seeds of a trace.
#[derive(Clone, Debug, Default)]
pub struct Record {
    seeds: Vec<Counted>,
}

/// With one seed.
#[derive(Clone, Debug, Default)]
struct Counted {
    trials: u64,
    late: [u64; LEVELS.len()],
    /// How many heartbeats had come to each of the tried thresholds, and to none above.
    reached: Vec<u64>,
    seconds: f64,
    /// For each threshold, how much later than a crash, times how likely: seconds squared.
    waited: Vec<f64>,
    /// Of the heartbeats that horizons were asked for.
    asked: f64,
}

/// Lets a judge hear so many heartbeats of each seed of a trace.
pub fn judged(made: &Made, setting: &Setting, seeds: u64, beats: usize) -> Record {
    let tried = tried();
    let one = |seed| {
        let trace = Trace::new((setting.config)(), seed).expect("a trace with a name");
        count(made, (made.new)(setting).as_mut(), trace.take(LEARNED + beats), &tried)
    };
    Record { seeds: (0..seeds).map(one).collect() }
}

fn count(
    made: &Made,
    judge: &mut dyn Judge,
    trace: impl Iterator<Item = Arrival>,
    tried: &[Threshold],
) -> Counted {
    let mut counted =
        Counted { reached: vec![0; tried.len() + 1], waited: vec![0.0; tried.len()], ..Counted::default() };
    let mut last: Option<Arrival> = None;
    let mut horizons: Vec<u64> = vec![];
    for (index, arrival) in trace.enumerate() {
        let (now, sent) = (arrival.at.as_nanos(), arrival.sent.as_nanos());
        // Those that were overtaken are no trials, but whoever takes no numbers hears them.
        let newer = last.filter(|last| last.stamp < arrival.stamp);
        if let Some(before) = newer.filter(|_| index >= LEARNED) {
            let phi = judge.phi(now.saturating_sub(1).max(before.at.as_nanos()));
            counted.trials += 1;
            for (late, level) in counted.late.iter_mut().zip(LEVELS) {
                *late += u64::from(phi >= level);
            }
            if let Some(reached) =
                counted.reached.get_mut(tried.partition_point(|threshold| threshold.phi() <= phi))
            {
                *reached += 1;
            }
            counted.seconds += arrival.sent.since(before.sent).as_secs_f64();
            if !horizons.is_empty() {
                counted.asked += arrival.sent.since(before.sent).as_secs_f64();
                for (waited, horizon) in counted.waited.iter_mut().zip(&horizons) {
                    let suspected = before.at.as_nanos().saturating_add(*horizon);
                    *waited += wait(suspected, before.sent.as_nanos(), sent);
                }
            }
        }
        judge.hear(now, arrival.stamp);
        horizons.clear();
        if (index as u64).is_multiple_of(made.asked_each) && newer.is_some() {
            horizons.extend(tried.iter().map(|threshold| judge.horizon(now, threshold)));
        }
        if last.is_none_or(|last| last.stamp < arrival.stamp) {
            last = Some(arrival);
        }
    }
    counted
}

/// How long a crash waits for the suspicion, over all instants at which it can happen.
fn wait(suspected: u64, from: u64, to: u64) -> f64 {
    let seconds = |nanos: u64| Duration::from_nanos(nanos).as_secs_f64();
    let (longest, shortest) =
        (seconds(suspected.saturating_sub(from)), seconds(suspected.saturating_sub(to)));
    (longest * longest - shortest * shortest) / 2.0
}

impl Record {
    fn trials(&self) -> u64 {
        self.seeds.iter().map(|seed| seed.trials).sum()
    }

    /// The shortest mean detection time of all tried thresholds that are mistaken no more often than this, in seconds.
    pub fn detection_time(&self, rate: f64) -> Option<f64> {
        let seconds: f64 = self.seeds.iter().map(|seed| seed.seconds).sum();
        let asked: f64 = self.seeds.iter().map(|seed| seed.asked).sum();
        let mut mistakes: u64 = self.trials();
        let mut best: Option<f64> = None;
        for index in 0..TRIED as usize {
            let sum = |of: fn(&Counted) -> &Vec<u64>| -> u64 {
                self.seeds.iter().filter_map(|seed| of(seed).get(index)).sum()
            };
            // What has come to no more than the threshold before is not late here.
            mistakes = mistakes.saturating_sub(sum(|seed| &seed.reached));
            let waited: f64 = self.seeds.iter().filter_map(|seed| seed.waited.get(index)).sum();
            if float(mistakes) <= rate * seconds {
                let time = waited / asked;
                best = Some(best.map_or(time, |best| best.min(time)));
            }
        }
        best
    }
}

/// What φ turned out to be, with 95 % confidence.
#[derive(Clone, Copy, Debug)]
pub struct Calibrated {
    /// `None` if none was late.
    pub measured: Option<f64>,
    /// The wider of two intervals, since heartbeats of one trace depend on each other: Clopper and Pearson's over all heartbeats, and
    /// Student's over the shares of the seeds.
    pub limits: Limits,
}

/// For each of the levels.
pub fn calibrated(record: &Record) -> Vec<Calibrated> {
    (0..LEVELS.len()).map(|level| of_level(record, level)).collect()
}

fn of_level(record: &Record, level: usize) -> Calibrated {
    let late: Vec<u64> = record.seeds.iter().filter_map(|seed| seed.late.get(level)).copied().collect();
    let (all, trials) = (late.iter().sum::<u64>(), record.trials());
    let mut limits = Limits::of(all, trials, 0.95);
    if all == 0 {
        return Calibrated { measured: None, limits };
    }
    let shares: Vec<f64> =
        record.seeds.iter().zip(&late).map(|(seed, late)| float(*late) / float(seed.trials.max(1))).collect();
    let seeds = float(shares.len() as u64);
    let mean = shares.iter().sum::<f64>() / seeds;
    let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / (seeds - 1.0).max(1.0);
    let margin = STUDENT * (variance / seeds).sqrt();
    limits.low = limits.low.min(-(mean + margin).min(1.0).log10());
    if mean > margin {
        limits.high = limits.high.map(|high| high.max(-(mean - margin).log10()));
    }
    Calibrated { measured: Some((float(trials) / float(all)).log10()), limits }
}

/// Of 19 degrees of freedom, which are those of 20 seeds; with more it is too wide.
const STUDENT: f64 = 2.093;

#[expect(clippy::cast_precision_loss, reason = "a figure for a table")]
const fn float(count: u64) -> f64 {
    count as f64
}
