//! Memories, beside all that they ever learned.

use std::{collections::VecDeque, time::Duration};

use quorate_machine::Rng;
use quorate_phi_detector::{
    Learned, Model as _, Threshold,
    memory::{Beyond, Decay, DecayError, DecayStats, Memory as _, Window, WindowError, WindowStats},
    model::{AnyModel, Chen, ChenError, Exponential, Normal, NormalError, Tail, TailError, Timeout},
};

use super::kinds::{Trace, ms, window};

/// Sums and deviations of what is in a window, from what went in.
#[allow(clippy::cast_precision_loss, reason = "the oracle is compared with a bound on that")]
pub(crate) fn windows_are_what_went_in() -> Result<String, String> {
    const PUSHES: usize = 1_000_000;
    let (mut compared, mut chance) = (0, Rng::new(1));
    for (samples, longest, beyond) in [
        (1, ms(10_000), Beyond::Drop),
        (100, ms(60), Beyond::Clamp),
        (1000, ms(10_000), Beyond::Drop),
        (4096, Window::LONGEST_MAX, Beyond::Clamp),
    ] {
        let window = window(samples, longest).with_beyond(beyond);
        let longest = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        let (mut stats, mut ring) = (WindowStats::default(), vec![0; window.slots()]);
        let mut inside = VecDeque::new();
        for nth in 0..PUSHES {
            let trace = if nth % 1_000 < 500 { Trace::Losses } else { Trace::Wild };
            let interval = trace.sample(&mut chance, nth, PUSHES).interval;
            let learned = window.push(&mut stats, &mut ring, interval);
            let expected = match (interval > longest, beyond) {
                (false, _) => Learned::AsItIs,
                (true, Beyond::Drop) => Learned::Dropped,
                (true, Beyond::Clamp) => Learned::Clamped,
            };
            if learned != expected {
                return Err(format!("{learned:?} of {interval}"));
            }
            if learned != Learned::Dropped {
                let unit = i128::from(window.unit());
                let value = (i128::from(interval.min(longest)) + unit / 2) / unit;
                inside.push_back(value.min((1 << 26) - 1));
            }
            if inside.len() > usize::from(samples) {
                inside.pop_front();
            }
            if nth < 50 || nth % 99_991 == 0 || nth + 1 == PUSHES {
                let (len, sum) = (inside.len() as i128, inside.iter().sum::<i128>());
                let squares: i128 = inside.iter().map(|value| value * value).sum();
                let exact = i128::from(stats.sum()) == sum && i128::from(stats.squares()) == squares;
                if !exact || i128::from(window.len(&stats)) != len {
                    return Err(format!("{stats:?} after {nth}, not {sum} and {squares} of {len}"));
                }
                let unit = window.unit() as f64;
                let mean = sum as f64 / (len.max(1)) as f64 * unit;
                let variance = (len * squares - sum * sum) as f64 / (len * len).max(1) as f64;
                let deviation = variance.sqrt() * unit;
                let off = |is: f64, expected: f64| (is - expected).abs() > expected.abs() * 1e-14;
                if off(window.mean(&stats), mean) || off(window.deviation(&stats), deviation) {
                    return Err(format!("{} ± {}", window.mean(&stats), window.deviation(&stats)));
                }
                compared += 1;
            }
        }
    }
    Ok(format!("{compared} comparisons in {PUSHES} pushes for each of four windows"))
}

/// The mean and the deviation of weights that are defined, not of steps.
pub(crate) fn decaying_memories_are_weighted_means() -> Result<String, String> {
    let (decay, mut stats) = (Decay::new(50, ms(10_000)).expect("a memory"), DecayStats::default());
    let (mut weighted, mut chance, mut worst) = (Vec::<(f64, f64)>::new(), Rng::new(8), 0.0_f64);
    for nth in 1..=400_u32 {
        #[allow(clippy::cast_precision_loss, reason = "less than a second")]
        let interval = chance.below(1_000_000_000) as f64;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was whole")]
        decay.push(&mut stats, &mut [], interval as u64);
        let share = 1.0 / f64::from(nth.min(50));
        for (weight, _) in &mut weighted {
            *weight *= 1.0 - share;
        }
        weighted.push((share, interval));
        let mean: f64 = weighted.iter().map(|(weight, interval)| weight * interval).sum();
        let variance: f64 =
            weighted.iter().map(|(weight, interval)| weight * (interval - mean).powi(2)).sum();
        let off = (decay.mean(&stats) / mean - 1.0).abs().max(if nth < 2 {
            decay.deviation(&stats)
        } else {
            (decay.deviation(&stats) / variance.sqrt() - 1.0).abs()
        });
        worst = worst.max(off);
        if off > 1e-9 {
            return Err(format!("{} and {mean} after {nth}", decay.mean(&stats)));
        }
    }
    let before = stats;
    let learned = decay.push(&mut stats, &mut [], 10_000_000_001);
    if (learned, stats) != (Learned::Dropped, before) {
        return Err(format!("what is too long to be learned is {learned:?}: {stats:?}"));
    }
    Ok(format!("400 intervals, at most {worst:.0e} off"))
}

pub(crate) fn empty_windows_know_nothing() -> Result<String, String> {
    let window = window(10, ms(1_000));
    let (mut stats, mut ring) = (WindowStats::default(), vec![0; 10]);
    let known = |stats: &WindowStats| (window.len(stats), window.mean(stats), window.deviation(stats));
    if known(&stats) != (0, 0.0, 0.0) {
        return Err(format!("{:?} of nothing", known(&stats)));
    }
    // Zero is an interval: two heartbeats at once.
    window.push(&mut stats, &mut ring, 0);
    if known(&stats) != (1, 0.0, 0.0) {
        return Err(format!("{:?} of a zero", known(&stats)));
    }
    window.push(&mut stats, &mut ring, 1_000_000_000);
    let (len, mean, deviation) = known(&stats);
    if len != 2 || mean != 5e8 || deviation != 5e8 {
        return Err(format!("{:?} of a zero and a second", known(&stats)));
    }
    Ok("none, one, two".into())
}

/// Everything that multiplies by a power of two multiplies what is said by it.
pub(crate) fn spans_may_be_of_any_scale() -> Result<String, String> {
    let mut compared = 0;
    for bits in 1..8_u32 {
        let scaled = |span: u64| Duration::from_millis(span << bits);
        let (small, large) = (window(100, ms(1_000)), window(100, scaled(1_000)));
        if large.unit() != small.unit() << bits {
            return Err(format!("units of {} and {}", small.unit(), large.unit()));
        }
        let pairs: [[AnyModel; 2]; 5] = [
            [
                Normal::new(small, ms(4), ms(100)).expect("a model").into(),
                Normal::new(large, scaled(4), scaled(100)).expect("a model").into(),
            ],
            [
                Exponential::new(small, ms(100)).expect("a model").with_weight(3).into(),
                Exponential::new(large, scaled(100)).expect("a model").with_weight(3).into(),
            ],
            [
                Tail::new(small, ms(4), ms(100)).expect("a model").into(),
                Tail::new(large, scaled(4), scaled(100)).expect("a model").into(),
            ],
            [
                Chen::new(100, ms(100), ms(4)).expect("a model").into(),
                Chen::new(100, scaled(100), scaled(4)).expect("a model").into(),
            ],
            [
                Timeout::new(ms(300)).expect("a model").into(),
                Timeout::new(scaled(300)).expect("a model").into(),
            ],
        ];
        for [small, large] in pairs {
            let [mut one, mut other] = [small, large].map(super::kinds::Peer::new);
            let mut chance = Rng::new(u64::from(bits));
            for nth in 0..300 {
                let mut sample = Trace::Losses.sample(&mut chance, nth, 300);
                // Whole units, so that nothing is rounded.
                sample.interval &= !0xffff;
                one.observes(sample);
                sample.interval <<= bits;
                other.observes(sample);
                let silence = chance.below(1 << 32) & !0xffff;
                let phi = (one.phi(silence), other.phi(silence << bits));
                // A lost heartbeat takes a whole number of nanoseconds.
                let off = if matches!(small, AnyModel::Tail(_)) { 1e-6 * phi.0 } else { 0.0 };
                if (phi.0 - phi.1).abs() > off {
                    return Err(format!("{small:?}, {bits}: {phi:?} after {silence}"));
                }
                compared += 1;
            }
        }
    }
    Ok(format!("{compared} silences, the same to the bit but for losses"))
}

/// What cannot be is refused with what is wrong; nothing is adjusted in silence.
pub(crate) fn models_that_cannot_be_are_refused() -> Result<String, String> {
    let (day, zero) = (Window::LONGEST_MAX, Duration::ZERO);
    let (longer, second) = (day + Duration::from_nanos(1), ms(1_000));
    let usual = window(100, second);
    let mut wrong = vec![];
    let mut refused = |what: &str, is: bool| {
        if !is {
            wrong.push(what.to_owned());
        }
    };
    refused("samples", Window::new(0, second) == Err(WindowError::Samples { samples: 0 }));
    refused("samples", Window::new(4_097, second) == Err(WindowError::Samples { samples: 4_097 }));
    for longest in [zero, longer, Duration::MAX] {
        refused("longest", Window::new(1, longest) == Err(WindowError::Longest { longest }));
        refused("decay", Decay::new(1, longest) == Err(DecayError::Longest { longest }));
        refused("timeout", Timeout::new(longest).is_err_and(|error| error.timeout == longest));
        let interval = longest;
        refused("interval", Chen::new(1, interval, second) == Err(ChenError::Interval { interval }));
        let margin = longest;
        refused("margin", Chen::new(1, second, margin) == Err(ChenError::Margin { margin }));
        let shift = longest;
        let shifted = Chen::new(1, second, second).and_then(|model| model.with_shift(shift));
        refused("shift", shifted == Err(ChenError::Shift { shift }));
        let deviation_min = longest;
        let error = NormalError::DeviationMin { deviation_min };
        refused("deviation", Normal::new(usual, deviation_min, ms(100)) == Err(error));
        let error = TailError::DeviationMin { deviation_min };
        refused("deviation", Tail::new(usual, deviation_min, ms(100)) == Err(error));
    }
    refused("decay", Decay::new(0, second) == Err(DecayError::Samples));
    refused("samples", Chen::new(0, second, second) == Err(ChenError::Samples { samples: 0 }));
    refused(
        "samples",
        Tail::new(window(15, second), second, ms(1)) == Err(TailError::Samples { samples: 15 }),
    );
    for first in [zero, second, day, longer, Duration::MAX] {
        refused("first", Normal::new(usual, second, first) == Err(NormalError::First { first }));
        refused("first", Tail::new(usual, second, first) == Err(TailError::First { first }));
    }
    for first in [zero, second + Duration::from_nanos(1), Duration::MAX] {
        refused("first", Exponential::new(usual, first).is_err_and(|error| error.first == first));
    }
    let paused = Normal::new(usual, second, ms(100)).and_then(|model| model.with_pause(longer));
    refused("pause", paused == Err(NormalError::Pause { pause: longer }));
    for phi in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, 9e-7, 1.1e6] {
        refused("threshold", Threshold::new(phi).is_err_and(|error| error.phi.to_bits() == phi.to_bits()));
    }
    // What is at the limits can be.
    let fits = Normal::new(window(1, day), day, day * 4 / 5).and_then(|model| model.with_pause(day));
    refused("the widest", fits.is_ok_and(|model| model.slots() == 1));
    refused("the least", Chen::new(1, Duration::from_nanos(1), day).is_ok());
    if wrong.is_empty() { Ok("fifty settings".into()) } else { Err(wrong.join(", ")) }
}
