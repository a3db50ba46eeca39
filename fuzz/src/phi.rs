//! One peer under any model: settings, heartbeats, clocks and questions as bytes.
#![allow(unreachable_pub, reason = "a library here, a module of a test in the crate that it tests")]

use std::time::Duration;

use quorate_machine::Time;
use quorate_phi_detector::{
    Beat, Detector, Model as _, Stamp, Threshold, grain,
    memory::{Beyond, Decay, Window},
    model::{
        AnyModel, Chen, Exponential, Normal, Tail, Timeout,
        compatible::{Akka, Cassandra, Chitchat},
    },
};

/// Settings are refused or make a model, and a detector with it keeps its promises whatever it is told.
pub fn detector(data: &[u8]) {
    let mut script = Script(data);
    let Some(model) = script.model() else { return };
    let (mut peer, mut now) = (Detector::new(model), Time::ZERO);
    for _ in 0..STEPS_MAX {
        let Some(step) = script.byte() else { break };
        match step % 8 {
            0 | 1 => {
                now = now + script.span();
                heard(&mut peer, now, None);
            }
            2 | 3 => {
                now = now + script.span();
                let Stamp { generation, sequence } = peer.stamp().unwrap_or_default();
                let sequence = sequence.saturating_add(script.number());
                heard(&mut peer, now, Some(Stamp { generation, sequence }));
            }
            4 => {
                let stamp = Stamp { generation: script.number(), sequence: script.number() };
                heard(&mut peer, now, Some(stamp));
            }
            5 => now = Time::from_nanos(script.number()),
            6 => {
                let stats = *peer.stats();
                peer.excuse(now);
                assert_eq!(*peer.stats(), stats, "an excuse is nothing to learn from");
            }
            _ => asked(&peer, now, script.number(), script.float()),
        }
    }
    asked(&peer, now, 1_000_000_000, 8.0);
}

/// More steps take the fuzzer too long, not the detector.
const STEPS_MAX: usize = 1_000;

fn heard(peer: &mut Detector<AnyModel>, now: Time, stamp: Option<Stamp>) {
    let before = peer.clone();
    let beat = match stamp {
        Some(stamp) => peer.stamped(now, stamp),
        None => peer.heartbeat(now),
    };
    assert!(peer.last() >= before.last(), "the last heartbeat is never earlier");
    assert!(peer.stamp() >= before.stamp(), "and never of a lesser stamp");
    match beat {
        Beat::First => assert_eq!(before.last(), None),
        Beat::Stale => {
            assert!(stamp <= before.stamp());
            assert_eq!((peer.stats(), peer.last()), (before.stats(), before.last()));
            assert_eq!(peer.counts().stale, before.counts().stale + 1);
        }
        Beat::Restarted => assert_eq!(peer.stats(), Detector::new(*peer.model()).stats()),
        Beat::Next { .. } => {
            let measured = before.last() <= Some(now);
            assert!(measured || peer.stats() == before.stats(), "what was not measured is not learned");
        }
    }
}

fn asked(peer: &Detector<AnyModel>, now: Time, silence: u64, level: f64) {
    let later = Time::from_nanos(now.as_nanos().saturating_add(silence));
    let (phi, after) = (peer.phi(now), peer.phi(later));
    assert!(phi.is_finite() && phi >= 0.0, "φ is {phi}");
    assert!(after.is_finite() && after >= phi, "φ is {phi}, and {after} after {silence}");
    let Ok(threshold) = Threshold::new(level) else { return };
    let (model, stats) = (peer.model(), peer.stats());
    let horizon = model.horizon(stats, &threshold);
    if horizon < u64::MAX {
        let at = model.phi(stats, horizon);
        assert!(at >= level, "φ is {at} at the horizon {horizon} of {level}");
        let before = if horizon == 0 { -1.0 } else { model.phi(stats, grain::coarse(horizon - 1)) };
        assert!(before < level, "φ is {before} before the horizon {horizon} of {level}");
    } else {
        let end = model.phi(stats, u64::MAX - grain::grain(u64::MAX));
        assert!(end < level, "φ of {level} has no horizon, but gets to {end}");
    }
    let deadline = peer.last().and_then(|last| last.as_nanos().checked_add(horizon));
    assert_eq!(peer.deadline(&threshold).map(Time::as_nanos), deadline);
    let expected = model.expected(stats);
    assert!(expected.is_finite() && expected >= 0.0, "the next one is expected after {expected}");
}

/// The rest of the bytes. Whatever is beyond their end is zero.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// How many bits it has, then these in as few bytes as they need, the lowest first.
    fn number(&mut self) -> u64 {
        let bits = u32::from(self.byte().unwrap_or(0)) % 65;
        let bytes = (0..bits.div_ceil(8)).map(|place| u64::from(self.byte().unwrap_or(0)) << (8 * place));
        let number = bytes.fold(0, |number, byte| number | byte);
        number & u64::MAX.checked_shr(64 - bits).unwrap_or(0)
    }

    fn span(&mut self) -> Duration {
        Duration::from_nanos(self.number())
    }

    fn samples(&mut self) -> u16 {
        u16::try_from(self.number()).unwrap_or(u16::MAX)
    }

    /// A threshold of the usual ones, or any float at all.
    fn float(&mut self) -> f64 {
        match self.byte().unwrap_or(0) {
            byte @ 0..200 => f64::from(byte) / 8.0,
            _ => f64::from_bits(self.number()),
        }
    }

    fn window(&mut self) -> Option<Window> {
        let beyond = if self.byte()? % 2 == 0 { Beyond::Drop } else { Beyond::Clamp };
        Some(Window::new(self.samples(), self.span()).ok()?.with_beyond(beyond))
    }

    fn model(&mut self) -> Option<AnyModel> {
        Some(match self.byte()? % 9 {
            0 => Timeout::new(self.span()).ok()?.into(),
            1 => {
                let model = Normal::new(self.window()?, self.span(), self.span()).ok()?;
                model.with_pause(self.span()).ok()?.into()
            }
            2 => {
                let decay = Decay::new(self.samples(), self.span()).ok()?;
                Normal::new(decay, self.span(), self.span()).ok()?.with_pause(self.span()).ok()?.into()
            }
            3 => {
                let model = Exponential::new(self.window()?, self.span()).ok()?;
                model.with_weight(self.samples()).into()
            }
            4 => {
                let flags = self.byte()?;
                let mut model = Chen::new(self.samples(), self.span(), self.span()).ok()?;
                if flags & 1 != 0 {
                    model = model.with_shift(self.span()).ok()?;
                }
                if flags & 2 != 0 {
                    model = model.two_windows();
                }
                if flags & 4 != 0 {
                    model = model.unnumbered();
                }
                model.into()
            }
            5 => Tail::new(self.window()?, self.span(), self.span()).ok()?.into(),
            6 => Akka {
                threshold: self.float(),
                max_sample_size: self.samples(),
                min_std_deviation: self.span(),
                acceptable_heartbeat_pause: self.span(),
                first_heartbeat_estimate: self.span(),
            }
            .model()
            .ok()?
            .into(),
            7 => Cassandra {
                phi_convict_threshold: self.float(),
                sample_size: self.samples(),
                initial_value: self.span(),
                max_interval: self.span(),
            }
            .model()
            .ok()?
            .into(),
            _ => Chitchat {
                phi_threshold: self.float(),
                sampling_window_size: self.samples(),
                max_interval: self.span(),
                initial_interval: self.span(),
                prior_weight: self.samples(),
            }
            .model()
            .ok()?
            .into(),
        })
    }
}
