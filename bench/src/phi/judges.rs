//! Who judges the same heartbeats.

use core::{f64::consts::LN_10, fmt::Debug, time::Duration};

use quorate_machine::Time;
use quorate_phi_detector::{
    Detector, Model, Stamp, Threshold,
    memory::{Decay, Memory as _, Window},
    model::{Chen, Exponential, Normal, Tail},
};

use super::{
    peers::{Accrual, Approximate, Pekko},
    quality::Setting,
};

/// A detector of one peer, as it is judged.
pub trait Judge: Debug {
    /// A heartbeat came; the number is for those who take one.
    fn hear(&mut self, now: u64, stamp: Stamp);

    /// φ, or what the detector calls so.
    fn phi(&mut self, now: u64) -> f64;

    /// After which silence it reaches a threshold, having heard the last heartbeat at `last`. By halving, unless there is a better
    /// way.
    fn horizon(&mut self, last: u64, threshold: &Threshold) -> u64 {
        let (mut below, mut reaches) = (0, SILENCE_MAX);
        while reaches - below > RESOLUTION {
            let middle = u64::midpoint(below, reaches);
            if self.phi(last + middle) >= threshold.phi() { reaches = middle } else { below = middle }
        }
        reaches
    }
}

/// A day, and a microsecond.
const SILENCE_MAX: u64 = 24 * 3_600_000_000_000;
const RESOLUTION: u64 = 1_000;

/// How a judge is made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// What it is called in tables.
    pub name: &'static str,
    /// Whether what it answers claims to be φ.
    pub is_phi: bool,
    /// Every how manieth heartbeat it is asked for its horizons.
    pub asked_each: u64,
    /// Makes one.
    pub new: fn(&Setting) -> Box<dyn Judge>,
}

const fn own(name: &'static str, new: fn(&Setting) -> Box<dyn Judge>) -> Made {
    Made { name, is_phi: true, asked_each: 199, new }
}

/// Its horizons have to be searched for.
const fn rival(name: &'static str, new: fn(&Setting) -> Box<dyn Judge>) -> Made {
    Made { name, is_phi: true, asked_each: 19_997, new }
}

/// All judges, ours first.
pub fn judges() -> Vec<Made> {
    vec![
        Made { is_phi: false, ..own("fixed timeout", |setting| Box::new(Fixed::new(setting))) },
        own("Normal", |setting| Box::new(Own(Detector::new(normal(setting))))),
        own("Normal, a pause of one interval", |setting| {
            Box::new(Own(Detector::new(normal(setting).with_pause(setting.interval).expect("a second"))))
        }),
        own("Normal, decaying", |setting| {
            let memory = Decay::new(SAMPLES, LONGEST).expect("some");
            Box::new(Own(Detector::new(
                Normal::new(memory, DEVIATION_MIN, setting.interval).expect("a second"),
            )))
        }),
        own("Tail", |setting| Box::new(Own(Detector::new(tail(setting))))),
        own("Tail, not numbered", |setting| Box::new(Unnumbered(Detector::new(tail(setting))))),
        Made { is_phi: false, ..own("Chen", |setting| Box::new(Own(Detector::new(chen(setting))))) },
        Made {
            is_phi: false,
            ..own("Chen, two windows", |setting| Box::new(Own(Detector::new(chen(setting).two_windows()))))
        },
        own("Exponential", |setting| Box::new(Own(Detector::new(exponential(setting))))),
        rival("Akka's formula", |setting| Box::new(Logistic(Detector::new(normal(setting))))),
        rival("chitchat's formula", |setting| {
            Box::new(Means(Detector::new(exponential(setting).with_weight(5))))
        }),
        rival("phi-accrual-failure-detector", |setting| {
            let least = Duration::from_millis(1);
            Box::new(Pekko::new(SAMPLES.into(), least, Duration::ZERO, setting.interval))
        }),
        rival("phi-detector", |setting| Box::new(Approximate::new(setting.interval))),
        rival("phi-accrual", |_| Box::new(Accrual::new(10))),
    ]
}

const SAMPLES: u16 = 1_000;
const LONGEST: Duration = Duration::from_secs(16);
const DEVIATION_MIN: Duration = Duration::from_micros(10);

fn window() -> Window {
    Window::new(SAMPLES, LONGEST).expect("some")
}

fn normal(setting: &Setting) -> Normal<Window> {
    Normal::new(window(), DEVIATION_MIN, setting.interval).expect("a second")
}

fn exponential(setting: &Setting) -> Exponential<Window> {
    Exponential::new(window(), setting.interval).expect("a second")
}

fn tail(setting: &Setting) -> Tail {
    Tail::new(window(), DEVIATION_MIN, setting.interval).expect("a second")
}

/// Its levels are hundredths of an interval.
fn chen(setting: &Setting) -> Chen {
    Chen::new(SAMPLES, setting.interval, setting.interval / 100).expect("a second")
}

/// One of ours.
#[derive(Debug)]
struct Own<M: Model>(Detector<M>);

impl<M: Model> Judge for Own<M> {
    fn hear(&mut self, now: u64, stamp: Stamp) {
        self.0.stamped(Time::from_nanos(now), stamp);
    }

    fn phi(&mut self, now: u64) -> f64 {
        self.0.phi(Time::from_nanos(now))
    }

    fn horizon(&mut self, _: u64, threshold: &Threshold) -> u64 {
        self.0.model().horizon(self.0.stats(), threshold)
    }
}

/// One of ours, of heartbeats that are not numbered.
#[derive(Debug)]
struct Unnumbered<M: Model>(Detector<M>);

impl<M: Model> Judge for Unnumbered<M> {
    fn hear(&mut self, now: u64, _: Stamp) {
        self.0.heartbeat(Time::from_nanos(now));
    }

    fn phi(&mut self, now: u64) -> f64 {
        self.0.phi(Time::from_nanos(now))
    }

    fn horizon(&mut self, _: u64, threshold: &Threshold) -> u64 {
        self.0.model().horizon(self.0.stats(), threshold)
    }
}

/// A timeout of so many intervals.
#[derive(Debug)]
struct Fixed {
    interval: f64,
    last: u64,
}

impl Fixed {
    fn new(setting: &Setting) -> Self {
        Self { interval: setting.interval.as_secs_f64() * 1e9, last: 0 }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a day has 47 bits"
)]
impl Judge for Fixed {
    fn hear(&mut self, now: u64, _: Stamp) {
        self.last = now;
    }

    fn phi(&mut self, now: u64) -> f64 {
        now.saturating_sub(self.last) as f64 / self.interval
    }

    fn horizon(&mut self, _: u64, threshold: &Threshold) -> u64 {
        (threshold.phi() * self.interval) as u64
    }
}

/// The logistic approximation that Akka and those after it compute, of the same mean and deviation as [`Normal`].
#[derive(Debug)]
struct Logistic(Detector<Normal<Window>>);

impl Judge for Logistic {
    fn hear(&mut self, now: u64, stamp: Stamp) {
        self.0.stamped(Time::from_nanos(now), stamp);
    }

    fn phi(&mut self, now: u64) -> f64 {
        let (memory, stats) = (self.0.model().memory(), self.0.stats());
        let silence = self.0.last().map_or(Duration::ZERO, |last| Time::from_nanos(now).since(last));
        let deviation = memory.deviation(stats).max(DEVIATION_MIN.as_secs_f64() * 1e9);
        let late = (silence.as_secs_f64() * 1e9 - memory.mean(stats)) / deviation;
        let odds = (-late * (1.5976 + 0.070_566 * late * late)).exp();
        if late > 0.0 { -(odds / (1.0 + odds)).log10() } else { -(1.0 - 1.0 / (1.0 + odds)).log10() }
    }
}

/// How many means, without the factor that would make decades of it: what chitchat calls φ.
#[derive(Debug)]
struct Means(Detector<Exponential<Window>>);

impl Judge for Means {
    fn hear(&mut self, now: u64, stamp: Stamp) {
        self.0.stamped(Time::from_nanos(now), stamp);
    }

    fn phi(&mut self, now: u64) -> f64 {
        self.0.phi(Time::from_nanos(now)) * LN_10
    }
}

impl Judge for Pekko {
    fn hear(&mut self, now: u64, _: Stamp) {
        self.heartbeat(now);
    }

    fn phi(&mut self, now: u64) -> f64 {
        Self::phi(self, now)
    }
}

impl Judge for Approximate {
    fn hear(&mut self, now: u64, _: Stamp) {
        self.heartbeat(now);
    }

    fn phi(&mut self, now: u64) -> f64 {
        Self::phi(self, now)
    }
}

impl Judge for Accrual {
    fn hear(&mut self, now: u64, _: Stamp) {
        self.heartbeat(now);
    }

    fn phi(&mut self, now: u64) -> f64 {
        Self::phi(self, now)
    }
}
