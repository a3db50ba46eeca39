//! Limits of probabilities beside binomial distributions that are summed up.

use core::f64::consts::LOG10_E;

use quorate_phi_detector::calibration::Limits;

const RISK: f64 = 0.025;

/// The chance of each number of hits, from one to the next.
fn chances(trials: u32, event: f64) -> Vec<f64> {
    let mut choices = 1.0;
    (0..=trials)
        .map(|hits| {
            if hits > 0 {
                choices *= f64::from(trials - hits + 1) / f64::from(hits);
            }
            let powers = (
                event.powi(i32::try_from(hits).unwrap_or(0)),
                (1.0 - event).powi(i32::try_from(trials - hits).unwrap_or(0)),
            );
            choices * powers.0 * powers.1
        })
        .collect()
}

pub(crate) fn limits_have_the_risk_they_claim() -> Result<String, String> {
    let mut worst = 0.0_f64;
    for trials in 0..=60_u32 {
        for hits in 0..=trials {
            let limits = Limits::of(hits.into(), trials.into(), 1.0 - 2.0 * RISK);
            let few: f64 = chances(trials, 10_f64.powf(-limits.low)).iter().take(hits as usize + 1).sum();
            let wanted = if hits == trials { 1.0 } else { RISK };
            worst = worst.max((few / wanted - 1.0).abs());
            match limits.high {
                None if hits == 0 => {}
                Some(high) if hits > 0 => {
                    let many: f64 = chances(trials, 10_f64.powf(-high)).iter().skip(hits as usize).sum();
                    worst = worst.max((many / RISK - 1.0).abs());
                }
                _ => return Err(format!("{limits:?} after {hits} of {trials}")),
            }
            if worst > 1e-9 {
                return Err(format!("{limits:?} after {hits} of {trials} has another risk: {worst:e}"));
            }
        }
    }
    Ok(format!("every number of hits of up to 60 trials; the risk is off by {worst:.1e} at most"))
}

/// For any probability, the hits after which its limits leave it out are improbable.
pub(crate) fn limits_hold_as_often_as_they_claim() -> Result<String, String> {
    let trials = 50;
    let all: Vec<Limits> = (0..=trials).map(|hits| Limits::of(hits.into(), trials.into(), 0.95)).collect();
    let mut least = 1.0_f64;
    for step in 1..4_000 {
        let event = f64::from(step) / 4_000.0;
        let decades = -event.log10();
        let inside =
            |limits: &Limits| limits.low <= decades && limits.high.is_none_or(|high| decades <= high);
        let held: f64 = chances(trials, event)
            .iter()
            .zip(&all)
            .filter(|(_, limits)| inside(limits))
            .map(|(chance, _)| chance)
            .sum();
        least = least.min(held);
        if held < 0.95 - 1e-9 {
            return Err(format!("limits hold in {held} of all cases where the probability is {event}"));
        }
    }
    Ok(format!("limits of 95 % hold in {:.1} % at least", least * 100.0))
}

/// Hits, trials, and the limits of 95 % as binomial tails of 30 digits have them.
const GREAT: [(u64, u64, f64, Option<f64>); 6] = [
    (0, 2_000_000, 5.734_135_932_675_76, None),
    (1, 2_000_000, 5.555_047_180_090_91, Some(7.897_603_896_654_29)),
    (7, 10_000_000, 5.840_954_333_041_1, Some(6.550_619_810_326_77)),
    (100, 1_000_000, 3.914_975_437_860_76, Some(4.089_563_925_850_81)),
    (12_345, 1_000_000, 1.900_894_967_679_4, Some(1.916_157_322_244_1)),
    (999_990, 1_000_000, 2.082_620_221_114_9e-6, Some(7.986_870_083_736e-6)),
];

pub(crate) fn limits_of_great_numbers_are_those_of_others() -> Result<String, String> {
    for (hits, trials, low, high) in GREAT {
        let limits = Limits::of(hits, trials, 0.95);
        let near = |found: f64, wanted: f64| (found - wanted).abs() < 1e-10;
        let high_is = match (limits.high, high) {
            (Some(found), Some(wanted)) => near(found, wanted),
            (found, wanted) => found == wanted,
        };
        if !near(limits.low, low) || !high_is {
            return Err(format!("{limits:?} after {hits} of {trials}, and not {low} and {high:?}"));
        }
    }
    // Where there are too many to be added up, the limits are still on both sides, and near.
    let mut widest = 0.0_f64;
    for bits in 20..63 {
        let (hits, trials) = (1_u64 << bits, u64::MAX);
        let measured = (2.0_f64.powi(64 - bits)).log10();
        let limits = Limits::of(hits, trials, 0.95);
        let (low, high) = (measured - limits.low, limits.high.unwrap_or(f64::NAN) - measured);
        // The normal distribution's, which is what it is for so many.
        let normal = 1.959_964 * (1.0 - 2.0_f64.powi(bits - 64)).sqrt() / 2.0_f64.powi(bits).sqrt() * LOG10_E;
        let wide = low.min(high) > normal * 0.98 - 1e-13 && low.max(high) < normal * 1.1 + 1e-13;
        if !wide {
            return Err(format!("{limits:?} after 2^{bits} of 2^64, and not {measured} ± {normal}"));
        }
        widest = widest.max(low.max(high) / normal);
    }
    let nonsense = [(5, 3, 2.0), (0, 0, f64::NAN), (u64::MAX, u64::MAX, f64::INFINITY), (1, u64::MAX, -1.0)];
    for (hits, trials, confidence) in nonsense {
        let limits = Limits::of(hits, trials, confidence);
        let high = limits.high.unwrap_or(f64::MAX);
        if !(limits.low >= 0.0 && limits.low <= high && high.is_finite()) {
            return Err(format!("{limits:?} after {hits} of {trials} with {confidence}"));
        }
    }
    Ok(format!(
        "{} rows, and up to 2^62 of 2^64, where they are {widest:.3} times as wide as normal ones",
        GREAT.len()
    ))
}
