//! What is usual, what is not, and what is lost.

use std::f64::consts::LN_10;

use quorate_machine::Rng;
use quorate_phi_detector::{
    Model as _, Sample, Threshold,
    model::{Normal, Tail, TailStats},
};

use super::kinds::{Peer, Trace, ms, window};

fn tail(samples: u16) -> Tail {
    Tail::new(window(samples, ms(10_000)), ms(1), ms(100)).expect("a model")
}

fn threshold(phi: f64) -> Threshold {
    Threshold::new(phi).expect("a threshold")
}

/// All that there is to know of a window, from what is in its ring.
#[derive(Default)]
struct Recounted {
    usual: Vec<i128>,
    outliers: Vec<i128>,
    runs: u32,
    lost: u32,
}

impl Recounted {
    fn new(ring: &[u32]) -> Self {
        let mut all = Self::default();
        for slot in ring {
            let value = i128::from(slot & 0x03ff_ffff);
            let values = if slot >> 31 == 1 { &mut all.outliers } else { &mut all.usual };
            values.push(value);
            let code = (slot >> 26) & 31;
            all.runs += u32::from(code > 0);
            all.lost += if code < 16 { code } else { 1 << (code - 12) };
        }
        all
    }

    /// The closed form, by definition.
    #[allow(clippy::cast_precision_loss, reason = "a few large numbers")]
    fn horizon(&self, unit: f64, phi: f64) -> f64 {
        let mean_of = |values: &[i128]| values.iter().sum::<i128>() as f64 / values.len().max(1) as f64;
        let (mean, count) = (mean_of(&self.usual), self.usual.len() as f64);
        let variance = self.usual.iter().map(|&v| (v as f64 - mean).powi(2)).sum::<f64>() / count;
        let (mean, deviation) = (mean * unit, (variance.sqrt() * unit).max(1e6));
        let limit = mean + 4.0 * deviation;
        let (outliers, all) = (self.outliers.len() as f64, count + self.outliers.len() as f64);
        let beyond = (mean_of(&self.outliers) * unit - limit) * outliers;
        let excess = ((beyond.max(0.0) + mean) / (outliers + 1.0)).max(deviation);
        let rarity = ((all + 2.0) / (outliers + 1.0)).ln();
        let body = mean + threshold(phi).deviations() * deviation;
        let outlying = if phi * LN_10 > rarity { limit + excess * (phi * LN_10 - rarity) } else { 0.0 };
        let (runs, lost) = (f64::from(self.runs), f64::from(self.lost));
        let (begins, goes_on) = ((runs + 1.0) / (all + 2.0), (lost - runs + 1.0) / (lost + 2.0));
        let mut waited = 0;
        // The least number of lost heartbeats of which more are as improbable.
        while runs > 0.0 && begins.log10() + f64::from(waited) * goes_on.log10() > -phi {
            waited += 1;
        }
        body.max(outlying) + f64::from(waited) * mean.floor()
    }
}

pub(crate) fn horizons_are_the_closed_form_of_the_ring() -> Result<String, String> {
    const PUSHES: usize = 1_000_000;
    let (mut compared, mut outliers, mut chance) = (0, 0, Rng::new(11));
    for trace in [Trace::Jitter, Trace::Losses, Trace::Wild] {
        let model = tail(100);
        let mut peer = Peer::new(model.into());
        for nth in 0..PUSHES {
            peer.observes(trace.sample(&mut chance, nth, PUSHES));
            if nth < 100 || nth % 50_021 != 0 && nth + 1 != PUSHES {
                continue;
            }
            let all = Recounted::new(&peer.ring);
            outliers += all.outliers.len();
            for phi in [0.5, 1.0, 2.0, 3.0, 6.0, 12.0] {
                #[allow(clippy::cast_precision_loss, reason = "less than a minute")]
                let is = peer.horizon(&threshold(phi)) as f64;
                let naive = all.horizon(256.0, phi);
                if (is - naive).abs() > 2.0 + naive * 1e-9 {
                    return Err(format!("{trace:?}, {nth}: {is} for {phi}, and not {naive}"));
                }
                compared += 1;
            }
        }
    }
    Ok(format!("{compared} horizons after up to {PUSHES} heartbeats, with {outliers} outliers in all"))
}

/// One heartbeat in fifty stalls for up to three seconds.
fn stalling(chance: &mut Rng) -> Sample {
    let stall = if chance.below(50) == 0 { 500_000_000 + chance.below(2_500_000_000) } else { 0 };
    Sample { interval: Trace::INTERVAL + chance.below(10_000_000) + stall, missed: 0 }
}

#[allow(clippy::cast_precision_loss, reason = "spans of seconds")]
pub(crate) fn outliers_do_not_hide_what_is_usual() -> Result<String, String> {
    let normal = Normal::new(window(1000, ms(10_000)), ms(1), ms(100)).expect("a model");
    let [mut clean, mut tailed, mut plain] =
        [tail(1000).into(), tail(1000).into(), normal.into()].map(Peer::new);
    let (mut chance, mut again) = (Rng::new(4), Rng::new(4));
    for _ in 0..3_000 {
        let sample = stalling(&mut chance);
        tailed.observes(sample);
        plain.observes(sample);
        let usual = stalling(&mut again);
        clean.hears(usual.interval.min(Trace::INTERVAL + 10_000_000));
    }
    let at = |peer: &Peer| peer.horizon(&threshold(1.0)) as f64 / 1e6;
    let [clean, tailed, plain] = [at(&clean), at(&tailed), at(&plain)];
    let reached = format!(
        "one in ten is later than {tailed:.1} ms, without stalls {clean:.1}, and {plain:.1} if all are normal"
    );
    if tailed > clean * 1.02 || plain < 3.0 * clean { Err(reached) } else { Ok(reached) }
}

/// One heartbeat in six is lost: what comes after it had as long to come as any.
pub(crate) fn lost_ones_do_not_lengthen_the_usual() -> Result<String, String> {
    let mut peer = Peer::new(tail(1000).into());
    for nth in 0..3_000_u32 {
        let missed = u32::from(nth % 5 == 0);
        peer.observes(Sample { interval: Trace::INTERVAL * u64::from(missed + 1), missed });
    }
    let [usual, lost] = [0.5, 1.0].map(|phi| peer.horizon(&threshold(phi)));
    let reached = format!("half a φ after {usual} ns, and a whole one after {lost}");
    let is_late = |silence: u64, intervals: u64| {
        (intervals * Trace::INTERVAL..intervals * Trace::INTERVAL * 21 / 20).contains(&silence)
    };
    if is_late(usual, 1) && is_late(lost, 2) { Ok(reached) } else { Err(reached) }
}

pub(crate) fn slower_senders_are_followed() -> Result<String, String> {
    let mut reached = vec![];
    for samples in [16_u16, 100, 1000, 4096] {
        let mut peer = Peer::new(tail(samples).into());
        for _ in 0..5_000 {
            peer.hears(Trace::INTERVAL);
        }
        let slow = 10 * Trace::INTERVAL;
        let mut heartbeats = 0;
        while peer.horizon(&threshold(1.0)) < slow {
            peer.hears(slow);
            heartbeats += 1;
            if heartbeats > u32::from(samples) / 4 {
                return Err(format!("of {samples} samples {heartbeats} are not enough"));
            }
        }
        for _ in 0..samples {
            peer.hears(slow);
        }
        let settled = peer.horizon(&threshold(1.0));
        for _ in 0..samples {
            peer.hears(Trace::INTERVAL);
        }
        let back = peer.horizon(&threshold(1.0));
        if settled > slow * 102 / 100 || back > Trace::INTERVAL * 102 / 100 {
            return Err(format!("of {samples} samples: slow {settled}, fast again {back}"));
        }
        reached.push(format!("{heartbeats} heartbeats for {samples} samples"));
    }
    Ok(reached.join(", "))
}

/// However regular heartbeats are, so many of them say no more than that a later one is as rare.
#[allow(clippy::cast_precision_loss, reason = "a few thousand")]
pub(crate) fn few_heartbeats_support_little() -> Result<String, String> {
    let mut peer = Peer::new(tail(4096).into());
    let mut highest = 0.0_f64;
    for heartbeats in 0..5_000_u64 {
        let remembered = (heartbeats + 2).min(4096) as f64;
        for intervals in [2, 3, 10, 100] {
            let phi = peer.phi(intervals * Trace::INTERVAL);
            // Beyond the limit, an interval is a decade over ln 10.
            let most = (remembered + 2.0).log10() + intervals as f64 / LN_10;
            if phi > most {
                return Err(format!("φ is {phi} after {heartbeats} heartbeats and {intervals} intervals"));
            }
            highest = highest.max(phi / most);
        }
        peer.hears(Trace::INTERVAL);
    }
    Ok(format!("φ is at most {highest:.2} of what is supported"))
}

pub(crate) fn runs_of_losses_are_waited_for() -> Result<String, String> {
    const HEARTBEATS: u32 = 200_000;
    let model = tail(1000);
    let mut peer = Peer::new(model.into());
    let thresholds = [1.0, 2.0, 3.0].map(threshold);
    let (mut mistakes, mut chance, mut lost_in_all) = ([0_u32; 3], Rng::new(21), 0);
    for nth in 0..HEARTBEATS {
        let mut missed = u32::from(chance.below(100) < 2);
        while missed > 0 && chance.below(100) < 60 {
            missed += 1;
        }
        lost_in_all += missed;
        let interval = Trace::INTERVAL * (u64::from(missed) + 1) + chance.below(4_000_000);
        if nth > 1_000 {
            for (mistakes, threshold) in mistakes.iter_mut().zip(&thresholds) {
                *mistakes += u32::from(peer.horizon(threshold) <= interval);
            }
        }
        peer.observes(Sample { interval, missed });
    }
    let mut reached = vec![];
    for (&mistakes, threshold) in mistakes.iter().zip(&thresholds) {
        let rate = f64::from(mistakes) / f64::from(HEARTBEATS);
        let claimed = 10_f64.powf(-threshold.phi());
        reached.push(format!("{rate:.5} instead of {claimed}"));
        if rate > 2.2 * claimed {
            return Err(reached.join(", "));
        }
    }
    Ok(format!("{} mistakes, with {lost_in_all} lost", reached.join(", ")))
}

/// Runs are kept in five bits.
pub(crate) fn lengths_of_runs_are_nearly_kept() -> Result<String, String> {
    let model = Tail::new(window(16, ms(86_400_000)), ms(1), ms(100)).expect("a model");
    let mut chance = Rng::new(9);
    let lengths = (0..40).chain((0..2_000).map(|_| chance.below(u64::from(u32::MAX)) >> chance.below(32)));
    for length in lengths.filter_map(|length| u32::try_from(length).ok()).chain([u32::MAX]) {
        let (mut ring, mut stats) = (vec![0; 16], TailStats::default());
        model.observe(&mut stats, &mut ring, Sample { interval: 1, missed: length });
        let (kept, run) = (stats.lost(), u32::from(length > 0));
        let near = if length < 16 {
            kept == length
        } else {
            kept == 1 << 19 && length > 1 << 18 || kept <= length / 3 * 4 + 4 && kept >= length / 3 * 2
        };
        if !near || stats.runs() != run {
            return Err(format!("{length} are {kept}"));
        }
    }
    Ok("exact below 16, within a third up to 2¹⁹".into())
}
