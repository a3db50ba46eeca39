//! What every model promises, whatever it has learned.

use quorate_machine::Rng;
use quorate_phi_detector::{Model as _, grain};

use super::kinds::{self, Peer, Trace, all, thresholds};

/// Peers of every kind of model after traces of every kind, at lengths from nothing to more than the windows hold.
fn peers(mut check: impl FnMut(&str, &Peer, &mut Rng) -> Result<(), String>) -> Result<u32, String> {
    const LENGTHS: [usize; 6] = [0, 1, 2, 10, 100, 1_500];
    let (mut rng, mut met) = (Rng::new(7), 0);
    for (name, model) in all() {
        for trace in Trace::ALL {
            let mut peer = Peer::new(model);
            for nth in 0..=LENGTHS[5] {
                if LENGTHS.contains(&nth) {
                    check(name, &peer, &mut rng).map_err(|why| format!("{name}, {trace:?}, {nth}: {why}"))?;
                    met += 1;
                }
                peer.observes(trace.sample(&mut rng, nth, LENGTHS[5]));
            }
        }
    }
    Ok(met)
}

pub(crate) fn phi_is_finite_and_never_falls() -> Result<String, String> {
    let mut asked = 0;
    let met = peers(|_, peer, rng| {
        let horizons: Vec<u64> = thresholds().iter().map(|threshold| peer.horizon(threshold)).collect();
        let mut before = 0.0;
        for silence in kinds::silences(rng, &horizons) {
            let phi = peer.phi(silence);
            if !phi.is_finite() || phi < before {
                return Err(format!("φ of {silence} is {phi}, after {before}"));
            }
            before = phi;
            asked += 1;
        }
        Ok(())
    })?;
    Ok(format!("{asked} silences of {met} peers"))
}

pub(crate) fn horizons_are_the_least_silences() -> Result<String, String> {
    let (mut exact, mut beyond) = (0, 0);
    peers(|_, peer, _| {
        for threshold in thresholds() {
            let (horizon, phi) = (peer.horizon(&threshold), threshold.phi());
            if horizon == u64::MAX {
                // φ of the longest silence of all is below, or just reaches it.
                let before = peer.phi(u64::MAX - grain::grain(u64::MAX));
                if before >= phi {
                    return Err(format!("no horizon for {phi}, but φ gets to {before}"));
                }
                beyond += 1;
                continue;
            }
            let at = peer.phi(horizon);
            if at < phi {
                return Err(format!("φ is {at} at the horizon {horizon} of {phi}"));
            }
            if horizon > 0 {
                let before = peer.phi(grain::coarse(horizon - 1));
                if before >= phi {
                    return Err(format!("φ is {before} before the horizon {horizon} of {phi}"));
                }
            }
            exact += 1;
        }
        Ok(())
    })?;
    Ok(format!("{exact} horizons, {beyond} beyond the end of time"))
}

pub(crate) fn equal_samples_make_equal_stats() -> Result<String, String> {
    let mut samples = 0;
    for (name, model) in all() {
        for trace in Trace::ALL {
            let (mut one, mut other) = (Peer::new(model), Peer::new(model));
            // What was in the ring before does not matter.
            other.ring.fill(u32::MAX);
            other.stats = model.start(&mut other.ring);
            let (mut rng, mut again) = (Rng::new(3), Rng::new(3));
            for nth in 0..1_200 {
                one.observes(trace.sample(&mut rng, nth, 1_200));
                other.observes(trace.sample(&mut again, nth, 1_200));
                samples += 1;
                if one.stats != other.stats {
                    return Err(format!("{name}, {trace:?}: {:?} and {:?}", one.stats, other.stats));
                }
            }
        }
    }
    Ok(format!("{samples} samples"))
}

/// A ring that is too short is a mistake of the caller; it must not become one of ours.
pub(crate) fn rings_that_are_too_short_do_no_harm() -> Result<String, String> {
    let mut rng = Rng::new(5);
    for (name, model) in all() {
        for trace in Trace::ALL {
            let mut peer = Peer { stats: model.start(&mut []), ring: vec![0; model.slots() / 2], model };
            for nth in 0..1_200 {
                peer.observes(trace.sample(&mut rng, nth, 1_200));
                let phi = peer.phi(rng.below(u64::MAX) >> rng.below(64));
                if !phi.is_finite() || phi < 0.0 {
                    return Err(format!("{name}, {trace:?}: φ is {phi}"));
                }
            }
        }
    }
    Ok(format!("{} models", all().len()))
}

/// What one model learned is nothing to another.
pub(crate) fn stats_of_another_kind_say_nothing() -> Result<String, String> {
    let (all, threshold) = (all(), &thresholds()[0]);
    let mut strangers = 0;
    for (name, model) in &all {
        for (other, stranger) in &all {
            let mut peer = Peer::new(*stranger);
            if std::mem::discriminant(model) == std::mem::discriminant(stranger) {
                continue;
            }
            peer.model = *model;
            let before = peer.stats;
            peer.hears(Trace::INTERVAL);
            if peer.phi(u64::MAX) != 0.0 || peer.horizon(threshold) != u64::MAX || peer.stats != before {
                return Err(format!("{name} with stats of {other}"));
            }
            strangers += 1;
        }
    }
    Ok(format!("{strangers} pairs"))
}
