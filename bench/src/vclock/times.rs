//! Hybrid logical clocks, on physical clocks that cost nothing to read.

use core::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use quorate_vclock::{Hlc, HlcStamp};
use uhlc::{HLC, HLCBuilder, ID, NTP64, Timestamp};

use crate::vclock::contest::{Contest, Entrant};

/// What the physical clock reads. `uhlc` takes a function without a state, so the state is here, for both.
static PHYSICAL: AtomicU64 = AtomicU64::new(0);

/// `uhlc` counts in the four lowest bits of time, so physical time moves in steps of so much.
const STEP: u64 = 16;

const DRIFT: Duration = Duration::from_secs(3_600);

fn physical() -> NTP64 {
    NTP64(PHYSICAL.load(Ordering::Relaxed))
}

fn theirs() -> HLC {
    PHYSICAL.store(STEP, Ordering::Relaxed);
    let id = ID::try_from([1]).unwrap_or_else(|_| ID::rand());
    HLCBuilder::new().with_id(id).with_clock(physical).with_max_delta(DRIFT).build()
}

fn ours() -> Hlc {
    PHYSICAL.store(STEP, Ordering::Relaxed);
    Hlc::new(u64::MAX)
}

/// What the physical clock reads, after it has moved.
fn moved(step: u64) -> u64 {
    let now = PHYSICAL.load(Ordering::Relaxed) + step;
    PHYSICAL.store(now, Ordering::Relaxed);
    now
}

pub(super) fn contests() -> Vec<Contest> {
    vec![
        stamps("a stamp, the physical clock stands still", 0),
        stamps("a stamp, the physical clock moves on", STEP),
        received(),
    ]
}

fn contest(what: &str, ours: Entrant, theirs: Entrant) -> Contest {
    Contest { what: what.to_owned(), things: 1, entrants: vec![ours, theirs] }
}

/// The sum counts stamps that are above the ones before.
fn stamps(what: &str, step: u64) -> Contest {
    let mine = Entrant::new("quorate", move |times| {
        let (mut clock, mut last, mut rising) = (ours(), HlcStamp::new(0, 0), 0);
        for _ in 0..times {
            let Ok(stamp) = black_box(&mut clock).now(moved(step)) else { return 0 };
            rising += u64::from(stamp > last);
            last = stamp;
        }
        rising
    });
    let other = Entrant::new("uhlc", move |times| {
        let clock = theirs();
        let (mut last, mut rising) = (Timestamp::new(NTP64(0), *clock.get_id()), 0);
        for _ in 0..times {
            moved(step);
            let stamp = black_box(&clock).new_timestamp();
            rising += u64::from(stamp > last);
            last = stamp;
        }
        rising
    });
    contest(what, mine, other)
}

/// Every message is ahead of the physical clock, and of all before it; the sum counts those taken in. `uhlc` takes a stamp in
/// without giving one out for it, which is less work than ours does.
fn received() -> Contest {
    let mine = Entrant::new("quorate", move |times| {
        let (mut clock, mut taken) = (ours(), 0);
        for message in 0..times {
            let stamp = HlcStamp::new(moved(STEP) + (message + 1) * STEP, 3);
            taken +=
                u64::from(black_box(&mut clock).receive(PHYSICAL.load(Ordering::Relaxed), stamp).is_ok());
        }
        taken
    });
    let other = Entrant::new("uhlc", move |times| {
        let (clock, mut taken) = (theirs(), 0);
        for message in 0..times {
            let stamp = Timestamp::new(NTP64(moved(STEP) + (message + 1) * STEP + 3), *clock.get_id());
            taken += u64::from(black_box(&clock).update_with_timestamp(&stamp).is_ok());
        }
        taken
    });
    contest("a stamp received, ahead of the clock", mine, other)
}
