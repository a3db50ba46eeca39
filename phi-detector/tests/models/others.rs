//! What users come from, in its units: the cases that the tests of Akka, Cassandra and chitchat have, with right numbers.
#![allow(clippy::approx_constant, reason = "they are written as those tests have them")]

use std::{f64::consts::LN_10, time::Duration};

use quorate_machine::Time;
use quorate_phi_detector::{
    Detector, Model, Threshold, gauss,
    memory::{Memory as _, Window, WindowStats},
    model::{
        Normal,
        compatible::{Akka, Cassandra, Chitchat},
    },
};

use super::kinds::ms;

fn at(millis: u64) -> Time {
    Time::ZERO + ms(millis)
}

fn near(what: &str, is: f64, expected: f64, within: f64) -> Result<(), String> {
    if (is - expected).abs() <= within { Ok(()) } else { Err(format!("{what} is {is}, not {expected}")) }
}

fn holds(what: &str, holds: bool) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("it does not hold that {what}")) }
}

/// A peer that was heard at these milliseconds.
fn heard<M: Model>(model: M, beats: &[u64]) -> Detector<M> {
    let mut peer = Detector::new(model);
    for &beat in beats {
        peer.heartbeat(at(beat));
    }
    peer
}

const NO_PAUSE: Akka = Akka {
    threshold: 8.0,
    max_sample_size: 1000,
    min_std_deviation: Duration::from_millis(100),
    acceptable_heartbeat_pause: Duration::ZERO,
    first_heartbeat_estimate: Duration::from_secs(1),
};

fn akka(settings: Akka) -> Normal {
    settings.model().expect("a model")
}

/// φ by the logistic approximation.
fn logistic(y: f64) -> f64 {
    let odds = (-y * (1.5976 + 0.070_566 * y * y)).exp();
    if y > 0.0 { -(odds / (1.0 + odds)).log10() } else { -(1.0 - 1.0 / (1.0 + odds)).log10() }
}

pub(crate) fn phi_is_what_akka_means() -> Result<String, String> {
    let later = |y: f64| 1.0 - 10_f64.powf(-gauss::phi(y));
    for (y, cdf) in [
        (0.0, 0.5),
        (0.6, 0.7257),
        (1.5, 0.9332),
        (2.0, 0.97725),
        (2.5, 0.99379),
        (3.5, 0.99977),
        (4.0, 0.99997),
    ] {
        near("the share that is earlier", later(y), cdf, 1e-4)?;
    }
    // The approximation has 38, 10.8 and 15.3 for the last ones.
    for (millis, phi) in [
        (0, 0.0),
        (500, 0.0),
        (1_000, 0.301),
        (1_200, 1.643),
        (1_400, 4.499),
        (1_600, 9.006),
        (1_700, 11.893),
        (2_000, 23.118),
    ] {
        let peer = heard(akka(NO_PAUSE), &(0..=1_100).map(|beat| beat * 1_000).collect::<Vec<_>>());
        near("φ", peer.phi(at(1_100_000 + millis)), phi, 1e-3)?;
    }
    // Where the approximation is good, the two agree.
    for y in [-1.0, 0.0, 1.0, 2.0] {
        near("the approximation", logistic(y), gauss::phi(y), 5e-3)?;
    }
    Ok("fifteen values, and four of the approximation".into())
}

pub(crate) fn akka_suspects_when_it_would() -> Result<String, String> {
    let mut worst = 0.0_f64;
    for threshold in [0.1, 0.301_03, 0.5, 1.0, 3.0, 5.0, 8.0, 10.0, 12.0, 16.0] {
        let settings = Akka { threshold, ..Akka::default() };
        let y = settings.threshold().map_err(|error| error.to_string())?.deviations();
        worst = worst.max((logistic(y) - threshold).abs());
        near("φ by the approximation at its threshold", logistic(y), threshold, 1e-9)?;
    }
    // Its probability cannot be told from 1 any more beyond, and here is no end.
    for (threshold, phi) in [(8.0, 7.062_41), (100.0, 46.108_67), (300.0, 97.841_44), (1000.0, 220.371)] {
        let settings = Akka { threshold, ..Akka::default() };
        near("φ", settings.threshold().map_err(|error| error.to_string())?.phi(), phi, 1e-3)?;
    }
    Ok(format!("ten thresholds, at most {worst:.0e} off by its own formula"))
}

pub(crate) fn akka_cases() -> Result<String, String> {
    let threshold = |settings: Akka| settings.threshold().expect("a threshold");
    let is_available = |peer: &Detector<Normal>, settings: Akka, millis: u64| {
        peer.deadline(&threshold(settings)).is_some_and(|deadline| at(millis) < deadline)
    };

    holds("there is no φ before the first heartbeat", heard(akka(NO_PAUSE), &[]).phi(at(5_000)) == 0.0)?;
    let once = heard(akka(NO_PAUSE), &[0]);
    near("φ of one heartbeat after its estimate", once.phi(at(1_000)), 0.301, 1e-3)?;
    near("after twice that", once.phi(at(2_000)), 4.499, 1e-3)?;
    holds("after thrice φ is large", once.phi(at(3_000)) > 15.0)?;
    holds("φ is above 0 after two", heard(akka(NO_PAUSE), &[0, 100]).phi(at(200)) > 0.0)?;

    let three = Akka { threshold: 3.0, ..NO_PAUSE };
    let missed = heard(akka(three), &[0, 1_000, 1_100]);
    holds("it is available", is_available(&missed, three, 1_200))?;
    holds("it is dead when heartbeats are missed", !is_available(&missed, three, 8_200))?;

    let paused = Akka::default();
    let mut outage = heard(akka(paused), &(0..1_000).map(|beat| beat * 1_000).collect::<Vec<_>>());
    holds("a pause of five minutes is noticed", !is_available(&outage, paused, 999_000 + 300_000))?;
    let mut now = 999_000 + 300_100;
    outage.heartbeat(at(now));
    holds("it is not learned", outage.counts().dropped == 1)?;
    holds("it is back", is_available(&outage, paused, now + 900))?;
    now += 1_000;
    outage.heartbeat(at(now));
    holds("a pause of seven seconds is noticed", !is_available(&outage, paused, now + 7_000))?;
    now += 7_100;
    outage.heartbeat(at(now));
    holds("and it is back again", is_available(&outage, paused, now + 900))?;

    let accepted = heard(akka(paused), &[0, 1_000, 2_000, 3_000]);
    holds("a few may be missing", is_available(&accepted, paused, 7_000))?;
    let failing = heard(akka(paused), &[0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000]);
    holds("but not many", !is_available(&failing, paused, 11_000))?;

    let short = Akka { max_sample_size: 3, ..NO_PAUSE };
    let mut forgetting = heard(akka(short), &[0, 100, 200, 300]);
    let before = forgetting.phi(at(400));
    for beat in [1_000, 1_500, 2_000, 2_500] {
        forgetting.heartbeat(at(beat));
    }
    near("φ when the old ones are forgotten", forgetting.phi(at(3_000)), before, 1e-9)?;
    Ok("startup, misses, an outage of five minutes, accepted pauses, short windows".into())
}

/// Means and variances of Akka's heartbeat history.
pub(crate) fn windows_are_what_akka_remembers() -> Result<String, String> {
    let remembered = |samples: u16, intervals: &[u64]| {
        let window = Window::new(samples, ms(1_000)).expect("a window");
        let (mut stats, mut ring) = (WindowStats::default(), vec![0; window.slots()]);
        for interval in intervals {
            window.push(&mut stats, &mut ring, interval * 1_000_000);
        }
        (window.mean(&stats) / 1e6, (window.deviation(&stats) / 1e6).powi(2))
    };
    for (samples, intervals, mean, variance) in [
        (20, &[100, 200, 125, 340, 130][..], 179.0, 7_584.0),
        (600, &[1_000], 1_000.0, 0.0),
        (3, &[100, 110, 90], 100.0, 66.666_666_7),
        (3, &[100, 110, 90, 140], 113.333_333, 422.222_222),
        (3, &[100, 110, 90, 140, 80], 103.333_333, 688.888_889),
    ] {
        let (is_mean, is_variance) = remembered(samples, intervals);
        near("the mean", is_mean, mean, 1e-4)?;
        near("the variance", is_variance, variance, 1e-2)?;
    }
    Ok("five histories".into())
}

pub(crate) fn cassandra_cases() -> Result<String, String> {
    let settings = Cassandra { sample_size: 4, ..Cassandra::default() };
    let peer = heard(settings.model().expect("a model"), &[111, 222, 333, 444, 555]);
    near("φ after one mean", peer.phi(at(666)), 0.4342, 1e-4)?;
    near("φ after 22", peer.phi(at(3_000)), 9.566, 1e-3)?;
    let convict = settings.threshold().map_err(|error| error.to_string())?;
    let deadline = peer.deadline(&convict).map(Time::as_nanos);
    near("the conviction, in means", convict.nats(), 18.4207, 1e-4)?;
    holds("it is convicted after 18.42 means", deadline == Some(555_000_000 + 2_044_695_563))?;
    // Whoever was heard once is convicted by the large first value.
    let once = heard(Cassandra::default().model().expect("a model"), &[0]);
    holds("36.8 s after the first", once.deadline(&convict).map(Time::as_nanos) == Some(36_841_361_488))?;
    // An interval that is too long changes nothing of the mean.
    let mut away = heard(settings.model().expect("a model"), &[111, 222, 333, 444, 555]);
    away.heartbeat(at(2_556));
    near("the mean", away.model().expected(away.stats()), 111e6, 16.0)?;
    Ok("one window of four, one first value, one interval that is too long".into())
}

pub(crate) fn chitchat_cases() -> Result<String, String> {
    // Versions without a prior: the first interval is one of the window.
    let settings = Chitchat {
        sampling_window_size: 10,
        max_interval: ms(5_000),
        initial_interval: ms(2_000),
        prior_weight: 0,
        ..Chitchat::default()
    };
    let theirs = |peer: &Detector<_>, millis: u64| peer.phi(at(millis)) * LN_10;
    let mut peer = heard(settings.model().expect("a model"), &[0, 3_000]);
    near("φ at once", theirs(&peer, 3_000), 0.0, 1e-12)?;
    near("φ after a second", theirs(&peer, 4_000), 1.0 / 2.5, 1e-12)?;
    peer.heartbeat(at(9_000));
    near("φ after an interval that is too long", theirs(&peer, 11_000), 2.0 / 2.5, 1e-12)?;

    // With one: (Σ + 5 · 5 s) / (n + 5).
    let settings = Chitchat::default();
    let suspect = settings.threshold().map_err(|error| error.to_string())?;
    let mut peer = heard(settings.model().expect("a model"), &[0]);
    holds("alive after a second", peer.phi(at(1_000)) < suspect.phi())?;
    holds("dead after forty", peer.phi(at(40_001)) >= suspect.phi())?;
    peer.heartbeat(at(1_000));
    near("φ by the mean of a second and the prior", theirs(&peer, 2_000), 6.0 / 26.0, 1e-9)?;
    for beat in 2..=2_000 {
        peer.heartbeat(at(beat * 1_000));
    }
    near("the mean of a full window", peer.model().expected(peer.stats()) / 1e9, 1_025.0 / 1_005.0, 1e-6)?;
    holds("dead after fifty seconds", peer.phi(at(2_050_000)) >= suspect.phi())?;
    near("its 8 in decades", suspect.phi(), 3.474, 1e-3)?;
    Ok("with and without a prior".into())
}

/// Settings that cannot be are refused, not adjusted.
pub(crate) fn settings_beyond_our_limits_are_refused() -> Result<String, String> {
    let day = Window::LONGEST_MAX;
    holds("no samples", Akka { max_sample_size: 0, ..Akka::default() }.model().is_err())?;
    holds("too many", Cassandra { sample_size: 4_097, ..Cassandra::default() }.model().is_err())?;
    holds("no deviation", Akka { min_std_deviation: Duration::ZERO, ..Akka::default() }.model().is_err())?;
    holds(
        "a first interval that is too long",
        Chitchat { initial_interval: day, ..Chitchat::default() }.model().is_err(),
    )?;
    for threshold in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 1e-300] {
        holds("Akka's threshold", Akka { threshold, ..Akka::default() }.threshold().is_err())?;
        let cassandra = Cassandra { phi_convict_threshold: threshold, ..Cassandra::default() };
        holds("Cassandra's threshold", cassandra.threshold().is_err())?;
        holds(
            "chitchat's threshold",
            Chitchat { phi_threshold: threshold, ..Chitchat::default() }.threshold().is_err(),
        )?;
        // The model does without it.
        let model = Akka { threshold, ..Akka::default() }.model();
        holds("the model", model.is_ok())?;
    }
    let least = Threshold::new(Threshold::PHI_MIN).map_err(|error| error.to_string())?;
    holds("the least threshold has deviations", least.deviations().is_finite())?;
    Ok("four settings, seven thresholds".into())
}
