//! What is asked of Chen's detector, beside what it does on networks that are as bad as was assumed.

use quorate_machine::{Rng, Time};
use quorate_phi_detector::{
    Beat, Detector, Stamp, Threshold,
    model::{Chen, ConfigureError, Network, Requirements},
};

use super::kinds::ms;

/// How delays are distributed, for a deviation of one. All have the mean one.
#[derive(Clone, Copy, Debug)]
enum Delays {
    Exponential,
    /// Nearly always a little less than the mean, and in one of a hundred ten times the deviation more: what Cantelli's
    /// inequality bounds is nearly reached.
    RarelyLong,
}

impl Delays {
    #[allow(clippy::cast_precision_loss, reason = "a draw")]
    fn draw(self, rng: &mut Rng) -> f64 {
        let uniform = (rng.below(1 << 40) as f64 + 0.5) / (1_u64 << 40) as f64;
        match self {
            Self::Exponential => -uniform.ln(),
            Self::RarelyLong if uniform < 0.01 => 1.0 + 0.99_f64.sqrt() * 10.0,
            Self::RarelyLong => 1.0 - 0.99_f64.sqrt() * 10.0 / 99.0,
        }
    }
}

/// What was measured, in seconds.
struct Measured {
    recurrence: f64,
    duration: f64,
    detection: f64,
    overdue: u64,
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "less than a year of nanoseconds"
)]
fn run(model: Chen, network: &Network, delays: Delays, heartbeats: u64, seed: u64) -> Measured {
    let interval = model.interval().as_secs_f64();
    let (mut rng, deviation) = (Rng::new(seed), network.deviation.as_secs_f64());
    let mut arrivals = vec![];
    for sequence in 1..=heartbeats {
        let sent = sequence as f64 * interval;
        let lost = (rng.below(1_000_000) as f64) < network.loss * 1e6;
        let delay = delays.draw(&mut rng) * deviation;
        if !lost {
            arrivals.push((((sent + delay) * 1e9) as u64, sequence));
        }
    }
    arrivals.sort_unstable();
    let mut peer = Detector::new(model);
    let level = Threshold::new(1.0).expect("a threshold");
    let (mut mistakes, mut wrongly, mut last) = (0_u32, 0, 0);
    let (mut latest, mut overdue) = (0.0_f64, 0);
    for (at, sequence) in arrivals {
        let now = Time::from_nanos(at);
        let due = peer.deadline(&level);
        if peer.stamped(now, Stamp { generation: 1, sequence }) == Beat::Stale {
            continue;
        }
        if let Some(due) = due.filter(|&due| due < now) {
            mistakes += 1;
            wrongly += at - due.as_nanos();
        }
        if sequence > 1_000 {
            // Had it crashed just after it sent this one.
            let due = peer.deadline(&level).map_or(f64::INFINITY, |due| due.as_nanos() as f64 / 1e9);
            // One that is later than the next one should be has the margin for itself.
            let late = at as f64 / 1e9 + model.margin().as_secs_f64() >= due - 1e-9;
            latest = if late { latest } else { latest.max(due - sequence as f64 * interval) };
            overdue += u64::from(late);
        }
        last = at;
    }
    let mistakes = f64::from(mistakes.max(1));
    Measured {
        recurrence: last as f64 / 1e9 / mistakes,
        duration: wrongly as f64 / 1e9 / mistakes,
        detection: latest,
        overdue,
    }
}

pub(crate) fn requirements_are_kept() -> Result<String, String> {
    let mut reached = vec![];
    for (detection, recurrence, duration, loss, deviation) in [
        (1_000, 60_000, 500, 0.01, 20),
        (500, 10_000, 200, 0.1, 50),
        (300, 5_000, 1_000, 0.0, 30),
        (2_000, 20_000, 400, 0.3, 10),
    ] {
        let requirements =
            Requirements { detection: ms(detection), recurrence: ms(recurrence), duration: ms(duration) };
        let network = Network { loss, deviation: ms(deviation) };
        let model =
            Chen::for_requirements(1_000, &requirements, &network).map_err(|error| error.to_string())?;
        for delays in [Delays::Exponential, Delays::RarelyLong] {
            let measured = run(model, &network, delays, 200_000, detection);
            let mean_delay = network.deviation.as_secs_f64();
            let asked = requirements;
            // The window's own mean strays by a deviation over √1000.
            let detection = asked.detection.as_secs_f64() + mean_delay * 1.2;
            let kept = measured.recurrence >= asked.recurrence.as_secs_f64()
                && measured.duration <= asked.duration.as_secs_f64()
                && measured.detection <= detection;
            let what = format!(
                "{:?} each, {delays:?}: mistakes {:.1} s apart for {:.3} s, detected after {:.3} s, {} overdue",
                model.interval(),
                measured.recurrence,
                measured.duration,
                measured.detection,
                measured.overdue
            );
            if !kept {
                return Err(format!("{asked:?} of {network:?}: {what}"));
            }
            reached.push(what);
        }
    }
    Ok(reached.join("\n"))
}

/// A longer interval is taken where less is asked for, and none where too much is.
pub(crate) fn intervals_are_as_long_as_can_be() -> Result<String, String> {
    let network = Network { loss: 0.01, deviation: ms(20) };
    let of = |detection, recurrence| {
        let asked =
            Requirements { detection: ms(detection), recurrence: ms(recurrence), duration: ms(10_000) };
        Chen::for_requirements(100, &asked, &network).map(|model| model.interval())
    };
    let mut before = ms(1_000_000);
    for recurrence in [1_000, 60_000, 3_600_000, 86_400_000, 31_536_000_000] {
        let interval = of(1_000, recurrence).map_err(|error| error.to_string())?;
        if interval > before || interval.is_zero() {
            return Err(format!("{interval:?} for mistakes {recurrence} ms apart, {before:?} for more"));
        }
        before = interval;
    }
    let asked = Requirements { detection: ms(0), recurrence: ms(1), duration: ms(1) };
    let unreachable = Chen::for_requirements(100, &asked, &network) == Err(ConfigureError::Unreachable);
    let never = of(1, u64::MAX / 2) == Err(ConfigureError::Unreachable);
    let no_loss = [1.0, -0.1, f64::NAN, f64::INFINITY].iter().all(|&loss| {
        let network = Network { loss, ..network };
        matches!(Chen::for_requirements(100, &asked, &network), Err(ConfigureError::Loss { .. }))
    });
    if unreachable && never && no_loss {
        Ok(format!("{before:?} for a mistake a year"))
    } else {
        Err(format!("{unreachable}, {never}, {no_loss}"))
    }
}
