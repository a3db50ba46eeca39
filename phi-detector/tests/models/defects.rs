//! What other detectors have been found to do, as promises of ours.

use std::time::Duration;

use quorate_machine::{Rng, Time};
use quorate_phi_detector::{
    Beat, Detector, Model as _, Stamp, Threshold, gauss,
    memory::{Decay, DecayStats, Memory as _, Window, WindowStats},
    model::{AnyModel, Exponential, Normal},
};

use super::kinds::{Peer, all, ms, window};

fn threshold(phi: f64) -> Threshold {
    Threshold::new(phi).expect("a threshold")
}

/// A thousand, and ten milliseconds at least.
fn normal() -> Normal {
    Normal::new(window(1000, ms(10_000)), ms(10), ms(1_000)).expect("a model")
}

/// phi-accrual-failure-detector 0.1 declares a perfect peer dead after some thousand heartbeats.
pub(crate) fn perfect_heartbeats_are_never_suspected() -> Result<String, String> {
    const HEARTBEATS: u64 = 100_000;
    let second = Duration::from_secs(1);
    let (level, mut models) = (threshold(3.0), 0);
    for samples in [100, 1000] {
        let window = window(samples, ms(10_000));
        let decay = Decay::new(samples, ms(10_000)).expect("a memory");
        let kinds: [AnyModel; 4] = [
            Normal::new(window, ms(10), second).expect("a model").into(),
            Normal::new(decay, ms(10), second).expect("a model").into(),
            Exponential::new(window, second).expect("a model").into(),
            quorate_phi_detector::model::Tail::new(window, ms(10), second).expect("a model").into(),
        ];
        for model in kinds {
            let (mut peer, mut now, mut settled) = (Detector::new(model), Time::ZERO, None);
            for nth in 1..=HEARTBEATS {
                peer.heartbeat(now);
                now = now + second;
                let deadline = peer.deadline(&level);
                if deadline <= Some(now) || peer.phi(now) > 0.45 {
                    return Err(format!("{model:?}: suspected after {nth} heartbeats"));
                }
                let horizon = deadline.map(|deadline| deadline.since(now));
                // When all that was assumed is forgotten, nothing changes any more.
                let is_settled = nth >= 1_100 && !matches!(model, AnyModel::NormalDecay(_));
                if is_settled && *settled.get_or_insert(horizon) != horizon {
                    return Err(format!("{model:?}: {horizon:?} after {nth}, {settled:?} before"));
                }
            }
            models += 1;
        }
    }
    Ok(format!("{HEARTBEATS} heartbeats for each of {models} models"))
}

/// phi-accrual 0.1 has the inverse of the mean, no number for one heartbeat, and an overflow where a clock goes backwards.
pub(crate) fn the_mean_is_time_per_heartbeat() -> Result<String, String> {
    for (name, model) in all() {
        let mut peer = Detector::new(model);
        peer.heartbeat(Time::from_nanos(5_000_000_000));
        for now in [0, 1, 4_999_999_999, 5_000_000_000, 5_000_000_001, u64::MAX] {
            let phi = peer.phi(Time::from_nanos(now));
            if !phi.is_finite() || phi < 0.0 {
                return Err(format!("{name}: φ after one heartbeat is {phi}"));
            }
        }
    }
    let mut peer = Peer::new(normal().into());
    for _ in 0..2_000 {
        peer.hears(1_000_000_000);
    }
    let (mean, half) = (peer.model.expected(&peer.stats), peer.phi(1_000_000_000));
    if (mean - 1e9).abs() > 1e-3 || (half - 2_f64.log10()).abs() > 1e-9 {
        return Err(format!("the mean is {mean}, and φ at the mean {half}"));
    }
    Ok(format!("{} models after one heartbeat; a mean of {mean} ns", all().len()))
}

/// phi-detector 0.4 reports a mean of 878 ms after twenty thousand intervals of a second, and a first value for ever.
pub(crate) fn the_window_forgets() -> Result<String, String> {
    let (window, mut ring) = (window(1000, ms(10_000)), vec![0; 1000]);
    let mut stats = WindowStats::default();
    for interval in [100, 1_000] {
        for _ in 0..20_000 {
            window.push(&mut stats, &mut ring, interval * 1_000_000);
        }
    }
    if window.mean(&stats) != 1e9 || window.deviation(&stats) != 0.0 {
        return Err(format!("{} and {}", window.mean(&stats), window.deviation(&stats)));
    }
    window.push(&mut stats, &mut ring, 5_000_000_000);
    for _ in 0..1_000 {
        window.push(&mut stats, &mut ring, 100_000_000);
    }
    if (window.mean(&stats) - 1e8).abs() > 128.0 || window.deviation(&stats) != 0.0 {
        return Err(format!("{} and {}", window.mean(&stats), window.deviation(&stats)));
    }
    // A memory that decays is nearly there after as many again.
    let decay = Decay::new(1000, ms(10_000)).map_err(|error| error.to_string())?;
    let mut stats = DecayStats::default();
    for interval in [100, 1_000] {
        for _ in 0..20_000 {
            decay.push(&mut stats, &mut [], interval * 1_000_000);
        }
    }
    let mean = decay.mean(&stats);
    if (mean - 1e9).abs() > 10.0 {
        Err(format!("{mean}"))
    } else {
        Ok(format!("a decaying mean of {mean} ns"))
    }
}

/// Akka's formula is infinite from 21.6 deviations on, and sixty times too low below the mean.
pub(crate) fn phi_has_no_end_and_no_noise() -> Result<String, String> {
    let mut peer = Peer::new(normal().into());
    for _ in 0..1_000 {
        peer.hears(1_000_000_000);
    }
    let mut before = 0.0;
    for late in [21, 22, 25, 38, 39, 100, 10_000, 1_000_000_000] {
        let phi = peer.phi(1_000_000_000 + late * 10_000_000);
        if !phi.is_finite() || phi <= before {
            return Err(format!("φ is {phi} after {late} deviations, {before} before"));
        }
        before = phi;
    }
    let early = peer.phi(1_000_000_000 - 60_000_000);
    if (early / 4.284_695_703_651_578e-10 - 1.0).abs() > 1e-13 || gauss::phi(-36.0) <= 0.0 {
        return Err(format!("φ is {early} six deviations before the mean"));
    }
    Ok(format!("φ is {before:e} after 10⁹ deviations, {early:e} before the mean"))
}

/// With Akka's pause φ says nothing below the threshold; here levels are as far apart as without.
pub(crate) fn a_pause_keeps_the_levels_apart() -> Result<String, String> {
    let paused = normal().with_pause(ms(3_000)).map_err(|error| error.to_string())?;
    let [mut plain, mut paused] = [normal().into(), paused.into()].map(Peer::new);
    let mut chance = Rng::new(1);
    for _ in 0..1_500 {
        let interval = 950_000_000 + chance.below(100_000_000);
        plain.hears(interval);
        paused.hears(interval);
    }
    for phi in [0.5, 1.0, 3.0, 8.0, 16.0] {
        let apart = paused.horizon(&threshold(phi)) - plain.horizon(&threshold(phi));
        // The least nanosecond may be one off.
        if apart.abs_diff(3_000_000_000) > 1 {
            return Err(format!("at {phi} they are {apart} ns apart"));
        }
    }
    if paused.model.expected(&paused.stats) != plain.model.expected(&plain.stats) {
        return Err("the pause is in the mean".into());
    }
    Ok("five levels, each three seconds later".into())
}

/// In Cassandra a pause that anybody notices silences the convictions of everybody; here an excuse is for one.
pub(crate) fn an_excuse_is_for_one_peer() -> Result<String, String> {
    let (mut one, mut other) = (Detector::new(normal()), Detector::new(normal()));
    let mut now = Time::ZERO;
    for sequence in 1..=1_100 {
        now = now + ms(1_000);
        for peer in [&mut one, &mut other] {
            peer.stamped(now, Stamp { generation: 1, sequence });
        }
    }
    let learned = *one.stats();
    now = now + ms(7_000);
    one.excuse(now);
    if one.phi(now) > 1e-9 || other.phi(now) < 100.0 {
        return Err(format!("φ is {} and {}", one.phi(now), other.phi(now)));
    }
    now = now + ms(20);
    let beat = one.stamped(now, Stamp { generation: 1, sequence: 1_101 });
    if !matches!(beat, Beat::Next { .. }) || *one.stats() != learned {
        return Err(format!("{beat:?} after an excuse changed {learned:?} to {:?}", one.stats()));
    }
    one.stamped(now + ms(900), Stamp { generation: 1, sequence: 1_102 });
    if *one.stats() == learned {
        return Err("nothing was learned after that".into());
    }
    Ok("nothing was learned of what was excused".into())
}

/// The exponential model needs 18.4 intervals, whatever heartbeats are like. That is so; others do not.
pub(crate) fn regular_heartbeats_are_missed_soon() -> Result<String, String> {
    let window = window(1000, ms(10_000));
    let exponential = Exponential::new(window, ms(1_000)).map_err(|error| error.to_string())?;
    let [mut slow, mut fast] = [exponential.into(), normal().into()].map(Peer::new);
    for _ in 0..1_000 {
        slow.hears(1_000_000_000);
        fast.hears(1_000_000_000);
    }
    let [slow, fast] = [slow, fast].map(|peer| peer.horizon(&threshold(8.0)));
    if slow != 18_420_680_744 || fast != 1_056_120_013 {
        return Err(format!("{slow} and {fast}"));
    }
    Ok("18.42 s and 1.06 s at 8".into())
}

/// A window of a day's intervals is no finer than its unit, and no coarser.
pub(crate) fn units_are_the_finest() -> Result<String, String> {
    for (longest, unit) in
        [(67, 1), (68, 2), (1_000, 16), (10_000, 256), (60_000, 1_024), (86_400_000, 2_097_152)]
    {
        let window = Window::new(1, ms(longest)).map_err(|error| error.to_string())?;
        if window.unit() != unit {
            return Err(format!("{longest} ms are in units of {}", window.unit()));
        }
        let (mut stats, mut ring) = (WindowStats::default(), [0]);
        window.push(&mut stats, &mut ring, longest * 1_000_000);
        let off = (window.mean(&stats) - Duration::from_millis(longest).as_secs_f64() * 1e9).abs();
        #[allow(clippy::cast_precision_loss, reason = "a small power of two")]
        if off > unit as f64 / 2.0 {
            return Err(format!("{longest} ms are {off} ns off"));
        }
    }
    Ok("six windows".into())
}
