//! The detector of one peer, whatever its heartbeats do.

use quorate_machine::{Rng, Time};
use quorate_phi_detector::{Beat, Detector, Model as _, Stamp, Threshold, model::AnyModel};

use super::kinds::{all, thresholds};

/// What has been heard, kept as plainly as can be.
#[derive(Default)]
struct Heard {
    last: Option<u64>,
    stamp: Option<Stamp>,
}

impl Heard {
    /// What a stamped heartbeat is.
    fn judge(&self, stamp: Stamp) -> Beat {
        match self.stamp {
            None if self.last.is_none() => Beat::First,
            None => Beat::Next { missed: 0 },
            Some(last) if stamp <= last => Beat::Stale,
            Some(last) if stamp.generation > last.generation => Beat::Restarted,
            Some(last) => {
                let missed = stamp.sequence - last.sequence - 1;
                Beat::Next { missed: u32::try_from(missed).unwrap_or(u32::MAX) }
            }
        }
    }
}

/// All that a detector says.
fn said(peer: &Detector<AnyModel>, now: Time, thresholds: &[Threshold]) -> (u64, Vec<Option<Time>>) {
    (peer.phi(now).to_bits(), thresholds.iter().map(|threshold| peer.deadline(threshold)).collect())
}

/// Heartbeats as networks deliver them: in order, again, late, of lives that are over, under clocks that jump.
fn deliveries(
    seed: u64,
    mut each: impl FnMut(&mut Detector<AnyModel>, Time, Stamp, &mut Rng) -> Result<(), String>,
) -> Result<u32, String> {
    let (mut rng, mut deliveries) = (Rng::new(seed), 0);
    for (name, model) in all() {
        let mut peer = Detector::new(model);
        let (mut now, mut stamp) = (1_000_000_000_u64, Stamp { generation: 1, sequence: 1 });
        for _ in 0..400 {
            let advance = rng.below(300_000_000);
            now = match rng.below(40) {
                0 => now.saturating_sub(rng.below(2_000_000_000)),
                1 => now.saturating_add(rng.below(1 << 45)),
                _ => now + advance,
            };
            let newest = stamp;
            stamp = match rng.below(30) {
                0 => Stamp { generation: stamp.generation + 1, sequence: rng.below(3) },
                1 => Stamp { sequence: stamp.sequence + 1 + rng.below(1 << 40), ..stamp },
                2..6 => stamp,
                _ => Stamp { sequence: stamp.sequence + 1, ..stamp },
            };
            // Some are overtaken, some are from a former life.
            let delivered = match rng.below(10) {
                0 => Stamp { sequence: newest.sequence.saturating_sub(rng.below(5)), ..newest },
                1 => Stamp { generation: newest.generation - 1, sequence: rng.below(u64::MAX) },
                _ => stamp,
            };
            stamp = stamp.max(newest);
            each(&mut peer, Time::from_nanos(now), delivered, &mut rng)
                .map_err(|why| format!("{name}: {why}"))?;
            deliveries += 1;
        }
    }
    Ok(deliveries)
}

pub(crate) fn stale_heartbeats_change_nothing() -> Result<String, String> {
    let (levels, mut stale) = (thresholds(), 0);
    let delivered = deliveries(1, |peer, now, stamp, rng| {
        let is_news = peer.stamp().is_none_or(|last| stamp > last);
        let later = now + core::time::Duration::from_nanos(rng.below(1_000_000_000));
        let (before, counted) = (said(peer, later, &levels), peer.counts().stale);
        let beat = peer.stamped(now, stamp);
        if (beat == Beat::Stale) == is_news {
            return Err(format!("{stamp:?} is {beat:?}"));
        }
        if is_news {
            return Ok(());
        }
        stale += 1;
        if said(peer, later, &levels) != before || peer.counts().stale != counted + 1 {
            return Err(format!("{stamp:?}, which is no news, changed what is said"));
        }
        Ok(())
    })?;
    Ok(format!("{stale} of {delivered} were stale"))
}

pub(crate) fn heartbeats_are_what_their_stamps_say() -> Result<String, String> {
    let mut met = [0; 4];
    let mut heard = Heard::default();
    deliveries(2, |peer, now, stamp, _| {
        if peer.last().is_none() {
            heard = Heard::default();
        }
        let expected = heard.judge(stamp);
        let beat = peer.stamped(now, stamp);
        if beat != expected {
            return Err(format!("{stamp:?} after {:?} is {beat:?}, not {expected:?}", heard.stamp));
        }
        if beat != Beat::Stale {
            heard.last = Some(heard.last.unwrap_or(0).max(now.as_nanos()));
            heard.stamp = Some(stamp);
        }
        if peer.last().map(Time::as_nanos) != heard.last || peer.stamp() != heard.stamp {
            return Err(format!("last heard {:?} at {:?}", peer.stamp(), peer.last()));
        }
        met[match beat {
            Beat::First => 0,
            Beat::Next { .. } => 1,
            Beat::Restarted => 2,
            Beat::Stale => 3,
        }] += 1;
        Ok(())
    })?;
    Ok(format!("{met:?} first, next, restarted and stale ones"))
}

pub(crate) fn a_new_life_forgets_the_old() -> Result<String, String> {
    let (levels, mut restarts) = (thresholds(), 0);
    deliveries(3, |peer, now, stamp, _| {
        if peer.stamped(now, stamp) != Beat::Restarted {
            return Ok(());
        }
        let mut fresh = Detector::new(*peer.model());
        fresh.stamped(peer.last().unwrap_or(now), stamp);
        restarts += 1;
        if fresh.stats() != peer.stats() || said(&fresh, now, &levels) != said(peer, now, &levels) {
            return Err(format!("after a restart {:?} is known", peer.stats()));
        }
        Ok(())
    })?;
    // A life that begins after a long absence is not an interval.
    for (name, model) in all() {
        let (mut peer, second) = (Detector::new(model), core::time::Duration::from_secs(1));
        peer.stamped(Time::ZERO, Stamp { generation: 1, sequence: 1 });
        peer.stamped(Time::ZERO + second, Stamp { generation: 1, sequence: 2 });
        let (fresh, counts) = (Detector::new(model), peer.counts());
        let beat = peer.stamped(Time::ZERO + second * 9, Stamp { generation: 2, sequence: 900 });
        if beat != Beat::Restarted || peer.stats() != fresh.stats() || peer.counts() != counts {
            return Err(format!("{name}: {beat:?} is learned"));
        }
    }
    Ok(format!("{restarts} restarts"))
}

pub(crate) fn clocks_that_go_backwards_take_nothing_back() -> Result<String, String> {
    let (levels, mut backwards) = (thresholds(), 0);
    deliveries(4, |peer, now, stamp, _| {
        let (last, stats) = (peer.last(), *peer.stats());
        let counted = peer.counts();
        let beat = peer.stamped(now, stamp);
        if peer.last() < last {
            return Err(format!("last heard at {:?}, and before that at {last:?}", peer.last()));
        }
        if last > Some(now) && matches!(beat, Beat::Next { .. }) {
            backwards += 1;
            if *peer.stats() != stats || peer.counts().backwards != counted.backwards + 1 {
                return Err("an interval that was not measured is learned".into());
            }
        }
        // Before the last heartbeat there is no silence.
        let (before, at) = (peer.phi(Time::ZERO), peer.phi(peer.last().unwrap_or(now)));
        if before.to_bits() != at.to_bits() {
            return Err(format!("φ is {before} before the last heartbeat, {at} at it"));
        }
        for level in &levels {
            if let Some(deadline) = peer.deadline(level) {
                if Some(deadline) < peer.last() || peer.phi(deadline) < level.phi() {
                    return Err(format!("φ is {} at the deadline of {}", peer.phi(deadline), level.phi()));
                }
            }
        }
        Ok(())
    })?;
    Ok(format!("{backwards} clocks went backwards"))
}

pub(crate) fn who_was_never_heard_is_not_suspected() -> Result<String, String> {
    for (name, model) in all() {
        let mut peer = Detector::new(model);
        let unheard = thresholds().iter().all(|threshold| peer.deadline(threshold).is_none());
        if !unheard || peer.phi(Time::from_nanos(u64::MAX)) != 0.0 || peer.last().is_some() {
            return Err(format!("{name} suspects nobody"));
        }
        peer.heartbeat(Time::from_nanos(u64::MAX));
        let stats = *peer.stats();
        let horizon = peer.model().horizon(&stats, &thresholds()[9]);
        let deadline = peer.deadline(&thresholds()[9]);
        // At the end of time there is no later.
        if deadline.is_some() && horizon > 0 {
            return Err(format!("{name}: {deadline:?}"));
        }
    }
    Ok(format!("{} models", all().len()))
}
