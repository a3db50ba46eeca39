//! What is said of an observation, while it goes on and when it is over.

use std::time::Duration;

use quorate_machine::Time;
use quorate_phi_detector::{calibration::Lateness, qos::Quality};
use serde::Serialize;
use serde_json::{Value, json};

use super::watch::{News, Told, Watch};
use crate::{
    columns::{Align, aligned},
    terminal,
};

/// How sure the limits are between which a mistake rate is said to be.
const CONFIDENCE: f64 = 0.95;

/// A line for people.
pub(super) fn line(told: &Told) -> String {
    let at = seconds(told.at);
    match told.news {
        News::Reached { phi, silence } => {
            format!("{at:>14.3}  φ reaches {phi} after {} of silence", terminal::span(silence))
        }
        News::Trusted { silence } => format!("{at:>14.3}  heard again after {}", terminal::span(silence)),
        News::Restarted { generation } => format!("{at:>14.3}  restarted: this is life {generation}"),
        News::Down => format!("{at:>14.3}  known to be down"),
        News::Phi { phi } => format!("{at:>14.3}  φ {phi:.3}"),
    }
}

/// The same for programs.
pub(super) fn object(told: &Told) -> Value {
    let at = seconds(told.at);
    match told.news {
        News::Reached { phi, silence } => json!({"at": at, "reached": phi, "silence": silence.as_secs_f64()}),
        News::Trusted { silence } => json!({"at": at, "trusted": true, "silence": silence.as_secs_f64()}),
        News::Restarted { generation } => json!({"at": at, "restarted": generation}),
        News::Down => json!({"at": at, "down": true}),
        News::Phi { phi } => json!({"at": at, "phi": phi}),
    }
}

fn seconds(at: Time) -> f64 {
    at.since(Time::ZERO).as_secs_f64()
}

/// All that is known in the end.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) model: String,
    pub(super) heartbeats: u64,
    pub(super) stale: u64,
    pub(super) backwards: u64,
    pub(super) seconds: f64,
    pub(super) intervals: Option<Spread>,
    /// The last φ.
    pub(super) phi: f64,
    /// Whether it is suspected in the end, and nothing says that it is down: that counts as a mistake.
    doubted: bool,
    pub(super) levels: Vec<Level>,
}

/// What intervals were like, in seconds.
#[derive(Debug, Serialize)]
pub(super) struct Spread {
    mean: f64,
    deviation: f64,
    p99: f64,
    longest: f64,
}

/// How a level did.
#[derive(Debug, Serialize)]
pub(super) struct Level {
    pub(super) phi: f64,
    /// How many heartbeats came later than this level allows, of how many.
    pub(super) late: u64,
    pub(super) of: u64,
    /// −log10 of that share; `null` if none was late.
    pub(super) measured: Option<f64>,
    /// Between what it is, with 95 % confidence if heartbeats are late independently.
    pub(super) low: f64,
    pub(super) high: Option<f64>,
    pub(super) mistakes: u64,
    pub(super) mistakes_per_hour: Option<f64>,
    /// Seconds.
    pub(super) mistake_duration: Option<f64>,
    pub(super) mistake_recurrence: Option<f64>,
    pub(super) query_accuracy: Option<f64>,
    pub(super) crashes_detected: u64,
    pub(super) crashes_undetected: u64,
    pub(super) detection_time: Option<f64>,
    pub(super) detection_time_longest: Option<f64>,
}

impl Summary {
    pub(super) fn of(model: String, watch: &Watch) -> Self {
        let counts = watch.detector().counts();
        let intervals = &watch.intervals;
        let spread = || Spread {
            mean: intervals.mean(),
            deviation: intervals.deviation(),
            p99: intervals.percentile(99.0),
            longest: intervals.percentile(100.0),
        };
        let levels = watch.calibration().levels().iter().zip(watch.qualities());
        Self {
            model,
            heartbeats: watch.heartbeats,
            stale: counts.stale,
            backwards: counts.backwards,
            seconds: watch.watched().as_secs_f64(),
            intervals: (intervals.len() > 0).then(spread),
            phi: watch.phi(),
            doubted: watch.is_doubted(),
            levels: levels.map(|(lateness, quality)| Level::of(lateness, &quality)).collect(),
        }
    }

    /// The model and what it was given, in a line.
    pub(super) fn title(&self) -> String {
        format!("{}: {}", self.model, self.given())
    }

    fn given(&self) -> String {
        let watched = terminal::span(Duration::from_secs_f64(self.seconds));
        let strange = |count: u64, what: &str| match count {
            0 => String::new(),
            _ => format!(", {} {what}", terminal::count(count)),
        };
        format!(
            "{} heartbeats in {watched}{}{}",
            terminal::count(self.heartbeats),
            strange(self.stale, "stale"),
            strange(self.backwards, "against the clock")
        )
    }

    /// What heartbeats were like, whatever the model.
    pub(super) fn observed(&self) -> Vec<String> {
        let mut lines = vec![self.given()];
        lines.extend(self.intervals.as_ref().map(Spread::line));
        lines
    }

    /// All that is known, as lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.title()];
        lines.extend(self.intervals.as_ref().map(Spread::line));
        let head =
            ["φ", "late", "measured φ", "95 %", "mistakes", "per hour", "lasting", "right", "detected after"];
        let head = head.map(str::to_owned);
        let rows: Vec<_> = [head].into_iter().chain(self.levels.iter().map(Level::cells)).collect();
        lines.extend(aligned([Align::Right; 9], &rows));
        if self.doubted {
            lines
                .push("it is silent now, which counts as a mistake: nothing says that it is down".to_owned());
        }
        lines
    }
}

impl Spread {
    fn line(&self) -> String {
        let [mean, deviation, p99, longest] =
            [self.mean, self.deviation, self.p99, self.longest].map(|seconds| span(Some(seconds)));
        format!("intervals {mean} ± {deviation}, 99 % of them at most {p99}, the longest {longest}")
    }
}

impl Level {
    fn of(lateness: &Lateness, quality: &Quality) -> Self {
        let limits = lateness.limits(CONFIDENCE);
        let seconds = |span: Option<Duration>| span.map(|span| span.as_secs_f64());
        Self {
            phi: lateness.claimed(),
            late: lateness.late(),
            of: lateness.heartbeats(),
            measured: lateness.measured(),
            low: limits.low,
            high: limits.high,
            mistakes: quality.mistakes(),
            mistakes_per_hour: quality.mistake_rate().map(|rate| rate * 3600.0),
            mistake_duration: seconds(quality.mistake_duration().mean()),
            mistake_recurrence: seconds(quality.mistake_recurrence().mean()),
            query_accuracy: quality.query_accuracy(),
            crashes_detected: quality.detection_time().count(),
            crashes_undetected: quality.undetected(),
            detection_time: seconds(quality.detection_time().mean()),
            detection_time_longest: seconds(quality.detection_time().longest()),
        }
    }

    fn cells(&self) -> [String; 9] {
        [
            self.phi.to_string(),
            format!("{} of {}", terminal::count(self.late), terminal::count(self.of)),
            number(self.measured, 2),
            self.limits(),
            terminal::count(self.mistakes),
            number(self.mistakes_per_hour, 2),
            span(self.mistake_duration),
            self.query_accuracy.map_or_else(nothing, |part| format!("{:.3} %", part * 100.0)),
            self.detected(),
        ]
    }

    /// `2.94 to 3.10`, or `above 3.5` if there was no mistake.
    pub(super) fn limits(&self) -> String {
        match self.high {
            _ if self.of == 0 => nothing(),
            Some(high) => format!("{:.2} to {high:.2}", self.low),
            None => format!("above {:.2}", self.low),
        }
    }

    pub(super) fn detected(&self) -> String {
        let time = span(self.detection_time);
        match self.crashes_undetected {
            0 => time,
            missed if self.crashes_detected == 0 => format!("never ({missed})"),
            missed => format!("{time} ({missed} never)"),
        }
    }
}

fn nothing() -> String {
    "-".to_owned()
}

pub(super) fn number(number: Option<f64>, decimals: usize) -> String {
    number.map_or_else(nothing, |number| format!("{number:.decimals$}"))
}

pub(super) fn span(seconds: Option<f64>) -> String {
    seconds.map_or_else(nothing, |seconds| terminal::span(Duration::from_secs_f64(seconds)))
}
