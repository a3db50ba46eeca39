//! Many peers, heard in no order: what a heartbeat costs is then where its peer is kept.

use core::{hint::black_box, time::Duration};

use quorate_machine::{Rng, Time};
use quorate_phi_detector::{Detector, Model, Threshold};

use super::{
    Made,
    peers::{Accrual, Approximate, Pekko},
    single::{DEVIATION_MIN, FIRST, decaying, normal},
};
use crate::vclock::{Contest, Entrant};

/// How many heartbeats are one time.
const BEATS: u64 = 4_096;
const SAMPLES: u16 = 64;

/// Somebody who hears all peers about once a second.
fn entrant<T: 'static>(
    name: &'static str,
    count: u32,
    new: impl Fn() -> T,
    mut heartbeat: impl FnMut(&mut T, u64) -> u64 + 'static,
) -> Entrant {
    let mut peers: Vec<T> = (0..count).map(|_| new()).collect();
    let mut rng = Rng::new(2);
    let order: Vec<u32> = (0..1 << 20).map(|_| u32::try_from(rng.below(count.into())).unwrap_or(0)).collect();
    let (mut next, mut now) = (0, 0_u64);
    let step = 1_000_000_000 / u64::from(count);
    Entrant::new(name, move |times| {
        for _ in 0..times * BEATS {
            now += step;
            let peer = order.get(next).and_then(|peer| peers.get_mut(*peer as usize));
            if let Some(peer) = peer {
                black_box(heartbeat(peer, now));
            }
            next = (next + 1) % order.len();
        }
        times
    })
}

pub(super) fn contests() -> Vec<Made> {
    let all = [1_000, 100_000, 1_000_000].map(|count| -> Made { Box::new(move || contest(count)) });
    all.into_iter().collect()
}

fn ours<M: Model + 'static>(name: &'static str, count: u32, model: impl Fn() -> M) -> Entrant {
    let threshold = Threshold::new(8.0).expect("above zero");
    let new = || Detector::new(model());
    entrant(name, count, new, move |detector, now| {
        detector.heartbeat(Time::from_nanos(now));
        detector.deadline(&threshold).map_or(0, Time::as_nanos)
    })
}

fn pekko() -> Pekko {
    Pekko::new(SAMPLES.into(), DEVIATION_MIN, Duration::ZERO, FIRST)
}

fn contest(count: u32) -> Contest {
    let accrual = || Accrual::new(SAMPLES.into());
    let entrants = vec![
        ours("Normal, with its deadline", count, || normal(SAMPLES)),
        ours("Normal, decaying, with its deadline", count, || decaying(SAMPLES)),
        entrant("phi-accrual-failure-detector", count, pekko, |rival, now| {
            rival.heartbeat(now);
            0
        }),
        entrant(
            "phi-detector",
            count,
            || Approximate::new(FIRST),
            |rival, now| {
                rival.heartbeat(now);
                0
            },
        ),
        entrant("phi-accrual", count, accrual, |rival, now| {
            rival.heartbeat(now);
            0
        }),
    ];
    Contest { what: format!("{count} peers"), things: BEATS, entrants }
}

/// Who is asked by [`kept`].
pub const KEPT: [&str; 6] = [
    "Normal, 64",
    "Normal, 1000",
    "Normal, decaying",
    "phi-accrual-failure-detector, 64",
    "phi-detector",
    "phi-accrual, 64",
];

/// Makes so many detectors that have heard 1,100 heartbeats each, to be measured by whoever counts bytes: `filled` is called before
/// the last heartbeat of each, and `done` with all of them in memory.
pub fn kept(name: &str, count: usize, filled: &mut dyn FnMut(), done: &mut dyn FnMut()) {
    fn all<T>(
        count: usize,
        new: impl Fn() -> T,
        mut heartbeat: impl FnMut(&mut T, u64),
        calls: [&mut dyn FnMut(); 2],
    ) {
        let [filled, done] = calls;
        let mut peers: Vec<T> = (0..count).map(|_| new()).collect();
        for beat in 0..1_100 {
            for peer in &mut peers {
                heartbeat(peer, beat * 1_000_000_000);
            }
        }
        filled();
        for peer in &mut peers {
            heartbeat(peer, 1_100_000_000_000);
        }
        done();
        drop(black_box(peers));
    }
    fn own<M: Model>(count: usize, model: &M, calls: [&mut dyn FnMut(); 2]) {
        let beat = |detector: &mut Detector<M>, now| _ = detector.heartbeat(Time::from_nanos(now));
        all(count, || Detector::new(model.clone()), beat, calls);
    }
    let calls: [&mut dyn FnMut(); 2] = [filled, done];
    match name {
        "Normal, 64" => own(count, &normal(SAMPLES), calls),
        "Normal, 1000" => own(count, &normal(1_000), calls),
        "Normal, decaying" => own(count, &decaying(SAMPLES), calls),
        "phi-accrual-failure-detector, 64" => all(count, pekko, |rival, now| rival.heartbeat(now), calls),
        "phi-detector" => all(count, || Approximate::new(FIRST), Approximate::heartbeat, calls),
        _ => all(count, || Accrual::new(SAMPLES.into()), Accrual::heartbeat, calls),
    }
}
