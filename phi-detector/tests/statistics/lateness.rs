//! Heartbeats that are counted as late, beside the horizons that a detector had.

use core::time::Duration;

use quorate_machine::{Rng, Time};
use quorate_phi_detector::{
    Beat, Detector, Model, Stamp, Threshold,
    calibration::{Calibration, CalibrationError, Lateness},
    memory::Window,
    model::Normal,
};

pub(crate) fn normal(samples: u16) -> Normal<Window> {
    let ms = Duration::from_millis;
    let window = Window::new(samples, ms(60_000)).expect("a window of seconds");
    Normal::new(window, Duration::from_micros(10), ms(100)).expect("a tenth of a second")
}

pub(crate) fn thresholds(all: &[f64]) -> Vec<Threshold> {
    all.iter().map(|&phi| Threshold::new(phi).expect("above zero")).collect()
}

fn late(calibration: &Calibration) -> Vec<u64> {
    calibration.levels().iter().map(Lateness::late).collect()
}

/// The horizon says the same as φ, to the nanosecond, so here it is asked.
pub(crate) fn heartbeats_are_late_where_the_horizon_was() -> Result<String, String> {
    let mut rng = Rng::new(4);
    let thresholds = thresholds(&[1e-6, 0.3, 1.0, 2.0, 3.0, 8.0, 100.0]);
    let mut calibration = Calibration::new(&thresholds).map_err(|error| error.to_string())?;
    let (mut detector, mut now) = (Detector::new(normal(20)), Time::ZERO);
    let mut counted = vec![0; thresholds.len()];
    let mut trials = 0;
    for beat in 0..60_000 {
        let horizon = |threshold| detector.model().horizon(detector.stats(), threshold);
        let horizons: Vec<u64> = thresholds.iter().map(horizon).collect();
        // Now and then just at a horizon, or next to it.
        let edge = usize::try_from(rng.below(16)).unwrap_or(0);
        let interval = match (horizons.get(edge), rng.below(64)) {
            (Some(&horizon), 0) => (2_000_000_000.min(horizon) + rng.below(3)).saturating_sub(1),
            (_, 1) => 0,
            (_, 2) => 100_000_000 + rng.below(3_000_000_000),
            _ => 90_000_000 + rng.below(20_000_000),
        };
        now = now + Duration::from_nanos(interval);
        if calibration.heartbeat(&mut detector, now) != Beat::First {
            trials += 1;
            for (counted, horizon) in counted.iter_mut().zip(&horizons) {
                *counted += u64::from(interval > *horizon);
            }
        }
        let all_counted = calibration.levels().iter().all(|level| level.heartbeats() == trials);
        if late(&calibration) != counted || !all_counted {
            return Err(format!("heartbeat {beat}: {calibration:?}, and not {counted:?} late"));
        }
    }
    Ok(format!("{trials} heartbeats, of which {counted:?} were late"))
}

/// Neither are those that a clock that went back could not measure, nor the first of a life.
pub(crate) fn stale_heartbeats_are_no_trials() -> Result<String, String> {
    let mut calibration = Calibration::new(&thresholds(&[1.0])).map_err(|error| error.to_string())?;
    let mut detector = Detector::new(normal(20));
    let ms = |count| Time::ZERO + Duration::from_millis(count);
    let at = |generation, sequence| Stamp { generation, sequence };
    let mut trials = vec![];
    for (now, stamp) in [
        (ms(100), at(1, 1)),
        (ms(200), at(1, 2)),
        (ms(5_000), at(1, 2)),
        (ms(5_050), at(1, 1)),
        (ms(5_100), at(2, 1)),
        (ms(5_000), at(2, 2)),
        (ms(5_100), at(2, 3)),
        (ms(6_000), at(2, 9)),
    ] {
        calibration.stamped(&mut detector, now, stamp);
        trials.extend(calibration.levels().iter().map(|level| (level.heartbeats(), level.late())));
    }
    if trials != [(0, 0), (1, 0), (1, 0), (1, 0), (1, 0), (1, 0), (2, 0), (3, 1)] {
        return Err(format!("trials and late ones were {trials:?}"));
    }
    Ok("3 trials in 8 heartbeats".into())
}

pub(crate) fn counts_merge_by_threshold() -> Result<String, String> {
    let new = |all: &[f64]| Calibration::new(&thresholds(all)).map_err(|error| error.to_string());
    let (mut one, mut other, mut both) = (new(&[1.0, 2.0])?, new(&[1.0, 2.0])?, new(&[1.0, 2.0])?);
    for (index, phi) in [0.5, 1.0, 1.5, f64::NAN, 2.0, f64::INFINITY, 3.0].into_iter().enumerate() {
        if index % 2 == 0 {
            one.count(phi);
        } else {
            other.count(phi);
        }
        both.count(phi);
    }
    one.merge(&other).map_err(|error| error.to_string())?;
    let refused = one.merge(&new(&[1.0, 2.5])?).and_then(|()| one.merge(&both));
    if one != both || late(&one) != [5, 3] || refused != Err(CalibrationError::Others) {
        return Err(format!("{one:?}, and not {both:?}; {refused:?}"));
    }
    let none = Calibration::new(&[]);
    let many = Calibration::new(&thresholds(&[1.0; 65]));
    if none.is_ok() || many != Err(CalibrationError::Levels { levels: 65 }) {
        return Err("no thresholds, or too many, were taken".into());
    }
    Ok("7 heartbeats by two".into())
}
