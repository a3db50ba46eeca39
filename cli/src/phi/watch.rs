//! One sender, watched: what is said of it while heartbeats come, and what is known of it afterwards.

use std::time::Duration;

use quorate_machine::Time;
use quorate_phi_detector::{
    Beat, Detector, Stamp, Threshold,
    calibration::Calibration,
    model::AnyModel,
    qos::{Qos, Quality},
};

use super::{
    arrivals::{Line, What},
    curve::{Curve, Intervals},
};
use crate::problem::Problem;

/// What is worth a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) at: Time,
    pub(super) news: News,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum News {
    /// φ has reached a level, after so long a silence.
    Reached { phi: f64, silence: Duration },
    /// It was heard again, after so long a silence.
    Trusted { silence: Duration },
    /// It says that it has restarted.
    Restarted { generation: u64 },
    /// It is known to be down.
    Down,
    /// φ is this now.
    Phi { phi: f64 },
}

/// A detector, and the account that is kept of it.
#[derive(Debug)]
pub(super) struct Watch {
    detector: Detector<AnyModel>,
    thresholds: Vec<Threshold>,
    /// How many of the thresholds φ has reached.
    reached: usize,
    calibration: Calibration,
    runs: Vec<Run>,
    every: Option<Duration>,
    sample: Option<Time>,
    began: Option<Time>,
    now: Time,
    is_down: bool,
    pub(super) curve: Curve,
    pub(super) intervals: Intervals,
    pub(super) heartbeats: u64,
}

/// The account of one level: of the run that goes on, and of those before.
#[derive(Debug)]
struct Run {
    qos: Qos,
    before: Quality,
}

impl Watch {
    /// Watches with this model for these thresholds, which rise; says φ `every` so often if that is wanted.
    pub(super) fn new(
        model: AnyModel,
        thresholds: Vec<Threshold>,
        every: Option<Duration>,
    ) -> Result<Self, Problem> {
        let intervals = Intervals::new().ok_or_else(|| Problem::new("there is no histogram"))?;
        Ok(Self {
            detector: Detector::new(model),
            calibration: Calibration::new(&thresholds).map_err(Problem::new)?,
            thresholds,
            reached: 0,
            runs: Vec::new(),
            every,
            sample: None,
            began: None,
            now: Time::ZERO,
            is_down: false,
            curve: Curve::default(),
            intervals,
            heartbeats: 0,
        })
    }

    /// What a file says.
    pub(super) fn line(&mut self, line: Line, tell: &mut dyn FnMut(Told)) {
        self.pass(line.at, tell);
        match line.what {
            What::Heartbeat(stamp) => self.heartbeat(line.at, stamp, tell),
            What::Down => self.down(tell),
            What::End => {}
        }
    }

    /// Time goes on: tells what is reached until `at`, in order.
    pub(super) fn pass(&mut self, at: Time, tell: &mut dyn FnMut(Told)) {
        let at = at.max(self.now);
        while let Some((due, is_level)) = self.next().filter(|(due, _)| *due <= at) {
            self.now = due.max(self.now);
            if is_level { self.reach(tell) } else { self.say_phi(tell) }
        }
        self.now = at;
    }

    /// When there will be something to tell if no heartbeat comes.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.next().map(|(due, _)| due)
    }

    /// The next instant at which there is something to tell, and whether that is a level.
    fn next(&self) -> Option<(Time, bool)> {
        let level = self.thresholds.get(self.reached).and_then(|next| self.detector.deadline(next));
        let level = level.map(|due| (due, true));
        let sample = self.sample.map(|due| (due, false));
        [level, sample].into_iter().flatten().min()
    }

    fn reach(&mut self, tell: &mut dyn FnMut(Told)) {
        let Some(threshold) = self.thresholds.get(self.reached) else { return };
        if let Some(run) = self.runs.get_mut(self.reached) {
            run.qos.suspected(self.now);
        }
        self.reached += 1;
        tell(Told { at: self.now, news: News::Reached { phi: threshold.phi(), silence: self.silence() } });
    }

    fn say_phi(&mut self, tell: &mut dyn FnMut(Told)) {
        tell(Told { at: self.now, news: News::Phi { phi: self.detector.phi(self.now) } });
        self.sample = self.every.map(|every| self.now + every);
    }

    /// A heartbeat comes now.
    pub(super) fn heartbeat(&mut self, at: Time, stamp: Option<Stamp>, tell: &mut dyn FnMut(Told)) {
        let silence = self.silence();
        let last = self.detector.last();
        self.draw_silence();
        let beat = match stamp {
            // Whoever was down was not late.
            None if self.is_down => self.detector.heartbeat(at),
            Some(stamp) if self.is_down => self.detector.stamped(at, stamp),
            None => self.calibration.heartbeat(&mut self.detector, at),
            Some(stamp) => self.calibration.stamped(&mut self.detector, at, stamp),
        };
        match beat {
            Beat::Stale => return,
            Beat::First => self.begin(),
            Beat::Next { .. } if !self.is_down && last.is_some_and(|last| last <= at) => {
                self.intervals.add(u64::try_from(silence.as_nanos()).unwrap_or(u64::MAX));
            }
            Beat::Next { .. } => {}
            Beat::Restarted => {
                let generation = stamp.unwrap_or_default().generation;
                tell(Told { at: self.now, news: News::Restarted { generation } });
            }
        }
        self.heartbeats += 1;
        self.trust(silence, tell);
    }

    fn begin(&mut self) {
        self.began = Some(self.now);
        self.sample = self.every.map(|every| self.now + every);
        let run = || Run { qos: Qos::begun(self.now), before: Quality::default() };
        self.runs = self.thresholds.iter().map(|_| run()).collect();
    }

    fn trust(&mut self, silence: Duration, tell: &mut dyn FnMut(Told)) {
        if self.is_down {
            self.is_down = false;
            for run in &mut self.runs {
                run.before.merge(&run.qos.over(self.now));
                run.qos = Qos::begun(self.now);
            }
        }
        for run in self.runs.iter_mut().take(self.reached) {
            run.qos.trusted(self.now);
        }
        if self.reached > 0 {
            self.reached = 0;
            tell(Told { at: self.now, news: News::Trusted { silence } });
        }
    }

    fn down(&mut self, tell: &mut dyn FnMut(Told)) {
        if self.is_down || self.began.is_none() {
            return;
        }
        self.is_down = true;
        for run in &mut self.runs {
            run.qos.crashed(self.now);
        }
        tell(Told { at: self.now, news: News::Down });
    }

    /// The local clock stood still, or nobody listened: the silence begins anew.
    pub(super) fn excuse(&mut self, at: Time) {
        self.now = self.now.max(at);
        self.detector.excuse(self.now);
    }

    /// How φ rose while nothing came.
    fn draw_silence(&mut self) {
        let (Some(last), Some(began)) = (self.detector.last(), self.began) else { return };
        let silence = self.silence();
        for part in 1..=STEPS {
            let at = last + silence * part / STEPS;
            self.curve.add(at.since(began).as_secs_f64(), self.detector.phi(at));
        }
        self.curve.add(self.now.since(began).as_secs_f64(), 0.0);
    }

    fn silence(&self) -> Duration {
        self.detector.last().map_or(Duration::ZERO, |last| self.now.since(last))
    }

    /// Nothing more will come.
    pub(super) fn finish(&mut self) {
        self.draw_silence();
    }

    /// How long it was watched.
    pub(super) fn watched(&self) -> Duration {
        self.began.map_or(Duration::ZERO, |began| self.now.since(began))
    }

    /// How good the detector was at each of its levels.
    pub(super) fn qualities(&self) -> Vec<Quality> {
        let quality = |run: &Run| {
            let mut quality = run.before;
            quality.merge(&run.qos.over(self.now));
            quality
        };
        self.runs.iter().map(quality).collect()
    }

    /// Whether it is suspected, and nothing says that it is down.
    pub(super) const fn is_doubted(&self) -> bool {
        self.reached > 0 && !self.is_down
    }

    pub(super) const fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    pub(super) const fn detector(&self) -> &Detector<AnyModel> {
        &self.detector
    }

    pub(super) fn phi(&self) -> f64 {
        self.detector.phi(self.now)
    }
}

/// In how many pieces the rise of φ in a silence is drawn.
const STEPS: u32 = 12;
