//! Synthetic heartbeats beside the formulas that they are made by.

use core::time::Duration;

use quorate_machine::{Chance, Rng, Time};
use quorate_phi_detector::trace::{Arrival, Loss, Pace, Spread, Stalls, Trace, TraceConfig, TraceError};

const BEATS: usize = 20_000;

fn arrivals(config: &TraceConfig, seed: u64) -> Result<Vec<Arrival>, String> {
    let trace = Trace::new(config.clone(), seed).map_err(|error| error.to_string())?;
    Ok(trace.take(BEATS).collect())
}

fn named() -> [(&'static str, TraceConfig); 4] {
    [
        ("LAN", TraceConfig::lan()),
        ("WAN", TraceConfig::wan()),
        ("cloud", TraceConfig::cloud()),
        ("shifting", TraceConfig::shifting()),
    ]
}

pub(crate) fn traces_are_the_same_from_the_same_seed() -> Result<String, String> {
    let mut reached = vec![];
    for (name, config) in named() {
        let heartbeats = arrivals(&config, 1)?;
        if heartbeats != arrivals(&config, 1)? || heartbeats == arrivals(&config, 2)? {
            return Err(format!("{name}: seeds do not decide"));
        }
        let is_whole = heartbeats.len() == BEATS
            && heartbeats.is_sorted_by_key(|heartbeat| heartbeat.at)
            && heartbeats.iter().all(|heartbeat| heartbeat.sent <= heartbeat.at);
        let mut sent = heartbeats.clone();
        sent.sort_by_key(|heartbeat| heartbeat.stamp);
        if !is_whole || !sent.is_sorted_by(|one, other| one.stamp < other.stamp && one.sent < other.sent) {
            return Err(format!("{name}: not in order"));
        }
        // What is changed of one part leaves the others as they are.
        let lossless = arrivals(&TraceConfig { loss: Loss::default(), ..config }, 1)?;
        let kept = heartbeats.iter().filter(|heartbeat| lossless.contains(heartbeat)).take(500).count();
        if kept != 500
            || lossless.iter().map(|heartbeat| heartbeat.stamp.sequence).max() != Some(BEATS as u64)
        {
            return Err(format!("{name}: losses move other heartbeats"));
        }
        let last = heartbeats.iter().map(|heartbeat| heartbeat.stamp.sequence).max().unwrap_or(0);
        let overtaken =
            heartbeats.windows(2).filter(|pair| matches!(pair, [one, other] if one.stamp > other.stamp));
        reached.push(format!("{name} lost {}, {} overtaken", last - BEATS as u64, overtaken.count()));
    }
    Ok(reached.join("; "))
}

/// Means and deviations, each within five deviations of its own: one in a million seeds would fail.
pub(crate) fn traces_are_distributed_as_they_say() -> Result<String, String> {
    let ms = Duration::from_millis;
    let half = 0.5_f64;
    // Each with its mean and standard deviation in milliseconds.
    let spreads = [
        (Spread::None, 0.0, 0.0),
        (Spread::Uniform { width: ms(12) }, 6.0, 12.0 / 12.0_f64.sqrt()),
        (Spread::Normal { deviation: ms(2) }, 12.0, 2.0),
        (Spread::Exponential { mean: ms(3) }, 3.0, 3.0),
        (
            Spread::LogNormal { median: ms(4), sigma: half },
            4.0 * (half * half / 2.0).exp(),
            4.0 * (half * half / 2.0).exp() * ((half * half).exp() - 1.0).sqrt(),
        ),
        (Spread::Pareto { scale: ms(10), shape: 6.0 }, 2.0, 10.0 / 5.0 * (6.0_f64 / 4.0).sqrt()),
    ];
    let count = f64::from(u32::try_from(BEATS).unwrap_or(0));
    for (spread, mean, deviation) in spreads {
        let config = TraceConfig { interval: ms(1_000), jitter: vec![spread], ..TraceConfig::default() };
        let jitter: Vec<f64> = arrivals(&config, 5)?
            .iter()
            .map(|heartbeat| heartbeat.at.since(heartbeat.sent).as_secs_f64() * 1e3)
            .collect();
        let found = jitter.iter().sum::<f64>() / count;
        let strays = (jitter.iter().map(|jitter| (jitter - mean).powi(2)).sum::<f64>() / count).sqrt();
        // The tail of Pareto's fourth moment is what makes its deviation stray.
        let near = (found - mean).abs() <= 5.0 * deviation / count.sqrt() + 1e-6;
        if !near || (strays - deviation).abs() > 0.1 * deviation + 1e-6 {
            return Err(format!("{spread:?} has a mean of {found} and a deviation of {strays}"));
        }
    }
    Ok(format!("{} distributions of {BEATS} heartbeats", spreads.len()))
}

/// However late a sender is, and however short its sleep, it sends its heartbeats in order, and no two at once.
pub(crate) fn heartbeats_leave_in_order() -> Result<String, String> {
    let mut closest = vec![];
    for (pace, interval, width) in [
        (Pace::Ticks, 100_000_000, 500_000_000),
        (Pace::Sleeps, 100_000_000, 500_000_000),
        (Pace::Sleeps, 0, 3),
    ] {
        let [interval, width] = [interval, width].map(Duration::from_nanos);
        let slack = Spread::Uniform { width };
        let mut sent = arrivals(&TraceConfig { pace, slack, interval, ..TraceConfig::default() }, 3)?;
        sent.sort_by_key(|heartbeat| heartbeat.stamp.sequence);
        let apart = sent.windows(2).map(|pair| pair[1].sent.since(pair[0].sent)).min().unwrap_or_default();
        if apart.is_zero() {
            return Err(format!("two are sent at once with {pace:?}, {interval:?} and {width:?}"));
        }
        closest.push(apart);
    }
    Ok(format!("{closest:?} apart at least"))
}

pub(crate) fn losses_and_stalls_are_as_frequent_as_they_say() -> Result<String, String> {
    let gilbert = Loss { begins: Chance::ppm(50_000), goes_on: Chance::ppm(750_000) };
    let config = TraceConfig { loss: gilbert, ..TraceConfig::default() };
    let sequences: Vec<u64> =
        arrivals(&config, 3)?.iter().map(|heartbeat| heartbeat.stamp.sequence).collect();
    let gaps: Vec<u64> = sequences
        .windows(2)
        .filter_map(|pair| if let [one, other] = pair { Some(other - one - 1) } else { None })
        .filter(|&gap| gap > 0)
        .collect();
    // A burst follows one in twenty of those that came, and is of four in the mean: 1,000 ± 31 · 5, and 4 ± 0.11 · 5.
    let lost: u64 = gaps.iter().sum();
    let bursts = gaps.len() as u64;
    if !(845..=1_155).contains(&bursts) || lost * 100 < bursts * 345 || lost * 100 > bursts * 455 {
        return Err(format!("{bursts} bursts of {lost} in all"));
    }
    // Ticks that a stall sleeps through are not sent.
    let stalls =
        Stalls { chance: Chance::ppm(100_000), length: Spread::Uniform { width: Duration::from_secs(5) } };
    let mut skipped = 0;
    for pace in [Pace::Ticks, Pace::Sleeps] {
        let stalled = arrivals(&TraceConfig { stalls, pace, ..TraceConfig::default() }, 3)?;
        let is_numbered =
            stalled.iter().zip(1..).all(|(heartbeat, number)| heartbeat.stamp.sequence == number);
        let took =
            stalled.last().map_or(Duration::ZERO, |heartbeat| heartbeat.at.since(Time::ZERO)).as_secs();
        // Ticks: a stall of x costs ⌊x⌋ ticks, 2 in the mean. Sleeps: 2.5 seconds. Each ± 5 deviations, of 1.6 s and √1,800 of them.
        let costs = if pace == Pace::Ticks { 4_000 } else { 5_000 };
        if !is_numbered || took.abs_diff(20_000 + costs) > 340 {
            return Err(format!("{pace:?}: numbered: {is_numbered}, {took} seconds"));
        }
        skipped = skipped.max(took - 20_000);
    }
    Ok(format!("{bursts} bursts of {lost} in all; stalls of {skipped} seconds in all"))
}

pub(crate) fn crashes_drift_and_nonsense_are_met() -> Result<String, String> {
    let seconds = |count| Time::ZERO + Duration::from_secs(count);
    let drifting = TraceConfig { drift_ppm: -50_000, crash: Some(seconds(950)), ..TraceConfig::default() };
    let heartbeats = arrivals(&drifting, 1)?;
    let last = heartbeats.last().map(|heartbeat| (heartbeat.at, heartbeat.stamp.sequence));
    if last != Some((Time::from_nanos(949_050_000_000), 999)) {
        return Err(format!("the last before the crash was {last:?}"));
    }
    let certain = Loss { begins: Chance::ALWAYS, goes_on: Chance::ALWAYS };
    if !arrivals(&TraceConfig { loss: certain, ..TraceConfig::default() }, 1)?.is_empty() {
        return Err("a heartbeat came where all are lost".into());
    }
    let day = Spread::LONGEST;
    let endless = TraceConfig {
        interval: day,
        stalls: Stalls { chance: Chance::ALWAYS, length: Spread::Exponential { mean: day } },
        drift_ppm: TraceConfig::DRIFT_PPM_MAX,
        ..TraceConfig::default()
    };
    let ends = Trace::new(endless, 1).map_err(|error| error.to_string())?.count();
    let refused = |config| Trace::new(config, 1).err();
    let long = day + Duration::from_nanos(1);
    let sane = TraceConfig::default;
    let all = [
        refused(TraceConfig { interval: Duration::ZERO, ..sane() }) == Some(TraceError::Interval),
        refused(TraceConfig { transit: long, ..sane() }) == Some(TraceError::Span { span: long }),
        refused(TraceConfig { jitter: vec![], ..sane() }) == Some(TraceError::Regimes { regimes: 0 }),
        refused(TraceConfig { jitter: vec![Spread::None; 17], ..sane() })
            == Some(TraceError::Regimes { regimes: 17 }),
        refused(TraceConfig { drift_ppm: i32::MIN, ..sane() }) == Some(TraceError::Drift { ppm: i32::MIN }),
        refused(TraceConfig { slack: Spread::Pareto { scale: day, shape: 0.0 }, ..sane() })
            == Some(TraceError::Shape { shape: 0.0 }),
        refused(TraceConfig { slack: Spread::LogNormal { median: day, sigma: f64::NAN }, ..sane() })
            .is_some(),
    ];
    if all.contains(&false) {
        return Err(format!("what was refused: {all:?}"));
    }
    // Whatever is not refused makes heartbeats, in order.
    let mut rng = Rng::new(6);
    for seed in 0..200 {
        let mut any = |bits: u64| Duration::from_nanos(rng.draw() >> (18 + rng.below(bits)));
        let spread = Spread::Pareto { scale: any(40).min(day), shape: 0.1 };
        let config = TraceConfig {
            interval: any(40).min(day),
            slack: spread,
            jitter: vec![Spread::Exponential { mean: any(40).min(day) }, spread],
            regime: any(40).min(day),
            ..sane()
        };
        let trace = Trace::new(config, seed).map_err(|error| error.to_string())?;
        if !trace.take(300).collect::<Vec<_>>().is_sorted_by_key(|heartbeat| heartbeat.at) {
            return Err(format!("seed {seed}: not in order"));
        }
    }
    Ok(format!("a trace of days ends after {ends} heartbeats; 200 configurations of any size"))
}
