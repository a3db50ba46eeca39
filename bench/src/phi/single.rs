//! One peer, whose detector stays in the nearest cache.

use core::{hint::black_box, time::Duration};

use quorate_machine::{Rng, Time};
use quorate_phi_detector::{
    Detector, Model, Threshold,
    memory::{Decay, Window},
    model::{Chen, Exponential, Normal, Tail, Timeout},
};

use super::{
    Made,
    peers::{Accrual, Approximate, Pekko},
};
use crate::vclock::{Contest, Entrant};

pub(super) const FIRST: Duration = Duration::from_secs(1);
pub(super) const DEVIATION_MIN: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(16);
/// How many intervals there are, again and again.
const INTERVALS: usize = 4_096;

pub(super) fn normal(samples: u16) -> Normal<Window> {
    let window = Window::new(samples, LONGEST).expect("some");
    Normal::new(window, DEVIATION_MIN, FIRST).expect("a second")
}

pub(super) fn decaying(samples: u16) -> Normal<Decay> {
    let memory = Decay::new(samples, LONGEST).expect("some");
    Normal::new(memory, DEVIATION_MIN, FIRST).expect("a second")
}

fn exponential(samples: u16) -> Exponential<Window> {
    Exponential::new(Window::new(samples, LONGEST).expect("some"), FIRST).expect("a second")
}

fn tail() -> Tail {
    Tail::new(Window::new(100, LONGEST).expect("some"), DEVIATION_MIN, FIRST).expect("a second")
}

fn chen() -> Chen {
    Chen::new(100, FIRST, DEVIATION_MIN).expect("a second").unnumbered()
}

/// Of a second, less or more by up to a twentieth.
fn intervals() -> Vec<u64> {
    let mut rng = Rng::new(1);
    (0..INTERVALS).map(|_| 950_000_000 + rng.below(100_000_000)).collect()
}

/// Somebody who does this for each interval: it is fed when it is over, and answers with anything.
fn entrant<T>(
    name: &'static str,
    mut detector: T,
    mut each: impl FnMut(&mut T, u64) -> u64 + 'static,
) -> Entrant
where
    T: 'static,
{
    let intervals = intervals();
    let mut now = 0_u64;
    Entrant::new(name, move |times| {
        for _ in 0..times {
            for interval in &intervals {
                now += interval;
                black_box(each(black_box(&mut detector), now));
            }
        }
        times
    })
}

fn contest(what: &str, entrants: Vec<Entrant>) -> Contest {
    Contest { what: what.into(), things: INTERVALS as u64, entrants }
}

pub(super) fn contests() -> Vec<Made> {
    vec![Box::new(heartbeats), Box::new(deadlines), Box::new(heartbeats_and_phis), Box::new(phis)]
}

fn beating<M: Model + 'static>(name: &'static str, model: M) -> Entrant {
    entrant(name, Detector::new(model), |detector, now| {
        detector.heartbeat(Time::from_nanos(now));
        0
    })
}

fn heartbeats() -> Contest {
    let pekko = Pekko::new(100, DEVIATION_MIN, Duration::ZERO, FIRST);
    contest(
        "heartbeat",
        vec![
            beating("Normal", normal(100)),
            beating("Normal, 1000", normal(1_000)),
            beating("Normal, decaying", decaying(100)),
            beating("Exponential", exponential(100)),
            beating("Chen", chen()),
            beating("Tail", tail()),
            beating("Timeout", Timeout::new(FIRST).expect("a second")),
            entrant("phi-accrual-failure-detector", pekko, |rival, now| {
                rival.heartbeat(now);
                0
            }),
            entrant("phi-detector", Approximate::new(FIRST), |rival, now| {
                rival.heartbeat(now);
                0
            }),
            entrant("phi-accrual, 100", Accrual::new(100), |rival, now| {
                rival.heartbeat(now);
                0
            }),
            entrant("phi-accrual, 10", Accrual::new(10), |rival, now| {
                rival.heartbeat(now);
                0
            }),
        ],
    )
}

fn waiting<M: Model + 'static>(name: &'static str, model: M) -> Entrant {
    let threshold = Threshold::new(8.0).expect("above zero");
    entrant(name, Detector::new(model), move |detector, now| {
        detector.heartbeat(Time::from_nanos(now));
        detector.deadline(&threshold).map_or(0, Time::as_nanos)
    })
}

/// The rivals have none.
fn deadlines() -> Contest {
    contest(
        "heartbeat and deadline",
        vec![
            waiting("Normal", normal(100)),
            waiting("Normal, 1000", normal(1_000)),
            waiting("Normal, decaying", decaying(100)),
            waiting("Exponential", exponential(100)),
            waiting("Chen", chen()),
            waiting("Tail", tail()),
            waiting("Timeout", Timeout::new(FIRST).expect("a second")),
        ],
    )
}

/// After a silence of another third of a second.
const LATER: u64 = 333_000_000;

fn asked<M: Model + 'static>(name: &'static str, model: M, beats: bool) -> Entrant {
    let mut detector = Detector::new(model);
    let last = learned(|now| _ = detector.heartbeat(Time::from_nanos(now)));
    entrant(name, detector, move |detector, now| {
        if beats {
            detector.heartbeat(Time::from_nanos(last + now));
            return detector.phi(Time::from_nanos(last + now + LATER)).to_bits();
        }
        detector.phi(Time::from_nanos(last + silence(now))).to_bits()
    })
}

/// Silences from 0.95 to 1.2 seconds: up to 7 deviations.
const fn silence(now: u64) -> u64 {
    950_000_000 + now % 250_000_000
}

/// Feeds all intervals once; when the last heartbeat came.
fn learned(mut heartbeat: impl FnMut(u64)) -> u64 {
    let mut now = 0;
    for interval in intervals() {
        now += interval;
        heartbeat(now);
    }
    now
}

fn rivals(beats: bool) -> Vec<Entrant> {
    let pekko = Pekko::new(100, DEVIATION_MIN, Duration::ZERO, FIRST);
    let last = learned(|now| pekko.heartbeat(now));
    let mut approximate = Approximate::new(FIRST);
    learned(|now| approximate.heartbeat(now));
    let accrual = |samples| {
        let mut rival = Accrual::new(samples);
        learned(|now| rival.heartbeat(now));
        rival
    };
    let asked_at = move |now| if beats { last + now + LATER } else { last + silence(now) };
    let mut all = vec![
        entrant("phi-accrual-failure-detector", pekko, move |rival, now| {
            if beats {
                rival.heartbeat(last + now);
            }
            rival.phi(asked_at(now)).to_bits()
        }),
        entrant("phi-detector", approximate, move |rival, now| {
            if beats {
                rival.heartbeat(last + now);
            }
            rival.phi(asked_at(now)).to_bits()
        }),
    ];
    for (name, samples) in [("phi-accrual, 100", 100), ("phi-accrual, 10", 10)] {
        all.push(entrant(name, accrual(samples), move |rival, now| {
            if beats {
                rival.heartbeat(last + now);
            }
            rival.phi(asked_at(now)).to_bits()
        }));
    }
    all
}

fn asking(beats: bool) -> Vec<Entrant> {
    let mut all = vec![
        asked("Normal", normal(100), beats),
        asked("Normal, 1000", normal(1_000), beats),
        asked("Normal, decaying", decaying(100), beats),
        asked("Exponential", exponential(100), beats),
        asked("Chen", chen(), beats),
        asked("Tail", tail(), beats),
        asked("Timeout", Timeout::new(FIRST).expect("a second"), beats),
    ];
    all.extend(rivals(beats));
    all
}

fn heartbeats_and_phis() -> Contest {
    contest("heartbeat and φ", asking(true))
}

fn phis() -> Contest {
    contest("φ", asking(false))
}
