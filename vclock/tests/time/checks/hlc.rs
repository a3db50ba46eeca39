use quorate_machine::Rng;
use quorate_vclock::{Hlc, HlcError, HlcStamp};

use super::execution::{Execution, Kind};

/// How far the physical clocks of an execution are from the instant outside, either way.
const EPSILON: u64 = 5;

/// An execution whose events have been stamped, by actors whose physical clocks err and jump back.
struct Stamped {
    execution: Execution,
    physical: Vec<u64>,
    stamps: Vec<HlcStamp>,
}

impl Stamped {
    fn random(seed: u64) -> Result<Self, String> {
        let execution = Execution::random(seed, 4, 120);
        let mut rng = Rng::new(seed).fork(1);
        let mut clocks = vec![Hlc::new(2 * EPSILON); execution.actors];
        let (mut physical, mut stamps): (Vec<u64>, Vec<HlcStamp>) = (Vec::new(), Vec::new());
        for event in &execution.events {
            let reads = event.instant - EPSILON + rng.below(2 * EPSILON + 1);
            let clock = &mut clocks[event.actor];
            let stamp = match event.kind {
                Kind::Local | Kind::Send => clock.now(reads),
                Kind::Receive(sent) => clock.receive(reads, stamps[sent]),
            };
            stamps.push(stamp.map_err(|error| format!("seed {seed}: {error}"))?);
            physical.push(reads);
        }
        Ok(Self { execution, physical, stamps })
    }
}

/// What led to an event has a lower stamp (Kulkarni et al. 2014, theorem 1).
pub(crate) fn stamps_rise_along_happened_before() -> Result<String, String> {
    let mut pairs = 0;
    for seed in 0..40 {
        let Stamped { execution, stamps, .. } = Stamped::random(seed)?;
        for (cause, effect) in execution.causes() {
            if stamps[cause] >= stamps[effect] {
                return Err(format!("seed {seed}: {} led to {}", stamps[cause], stamps[effect]));
            }
            pairs += 1;
        }
    }
    Ok(format!("{pairs} causes with their effects"))
}

/// A stamp is not behind the physical clock, and ahead by no more than clocks differ; it is the highest physical time
/// in the event's past, and its counter is no more than the events of the past in that tick (theorems 2 and 3, corollaries
/// 1 and 2).
pub(crate) fn stamps_stay_near_the_physical_clock() -> Result<String, String> {
    let (mut farthest, mut highest) = (0, 0);
    for seed in 0..40 {
        let Stamped { execution, physical, stamps } = Stamped::random(seed)?;
        for (event, stamp) in stamps.iter().enumerate() {
            let past: Vec<usize> =
                (0..event).filter(|earlier| execution.led_to(*earlier, event)).chain([event]).collect();
            let heard = past.iter().map(|earlier| physical[*earlier]).max().unwrap_or(0);
            let beside = past.iter().filter(|earlier| stamps[**earlier].wall == stamp.wall).count() - 1;
            let ahead = stamp.wall.wrapping_sub(physical[event]);
            if ahead > 2 * EPSILON || stamp.wall != heard || u64::from(stamp.logical) > super::count(beside) {
                return Err(format!("seed {seed}: {stamp} at {}, heard of {heard}", physical[event]));
            }
            farthest = farthest.max(ahead);
            highest = highest.max(stamp.logical);
        }
    }
    Ok(format!("at most {farthest} ticks ahead, counters up to {highest}"))
}

/// The events up to any stamp contain the past of each of them (§6.1).
pub(crate) fn what_is_up_to_a_stamp_is_a_consistent_cut() -> Result<String, String> {
    let mut cuts = 0;
    for seed in 0..20 {
        let Stamped { execution, stamps, .. } = Stamped::random(seed)?;
        for cut in &stamps {
            for (cause, effect) in execution.causes() {
                if stamps[effect] <= *cut && stamps[cause] > *cut {
                    return Err(format!("seed {seed}: the cut at {cut} has an effect without its cause"));
                }
            }
            cuts += 1;
        }
    }
    Ok(format!("{cuts} cuts"))
}

/// On a physical clock that stands still the counter rises to its last value; then there is no stamp, rather than one
/// from a later tick.
pub(crate) fn the_counter_never_carries_into_time() -> Result<String, String> {
    const LEFT: u32 = 1000;
    let mut clock = Hlc::after(HlcStamp::new(7, u32::MAX - LEFT), 10);
    for logical in u32::MAX - LEFT + 1..=u32::MAX {
        let stamp = clock.now(7);
        if stamp != Ok(HlcStamp::new(7, logical)) {
            return Err(format!("7,{logical} comes next, not {stamp:?}"));
        }
    }
    let full = clock.clone();
    let refused = [clock.now(7), clock.now(6), clock.receive(7, HlcStamp::new(7, 3))];
    if refused != [Err(HlcError::LogicalOverflow { wall: 7 }); 3] || clock != full {
        return Err(format!("after 7,{}: {refused:?}", u32::MAX));
    }
    let mut fresh = Hlc::new(10);
    let last = HlcStamp::new(9, u32::MAX);
    if fresh.receive(7, last) != Err(HlcError::LogicalOverflow { wall: 9 }) || fresh != Hlc::new(10) {
        return Err(format!("{last} was taken in: {fresh:?}"));
    }
    match clock.now(8) {
        Ok(stamp) if stamp == HlcStamp::new(8, 0) => Ok(format!("{LEFT} stamps, then none")),
        other => Err(format!("the next tick brings {other:?}")),
    }
}

/// What is as far ahead as is allowed is taken in, one tick more is refused; then nothing has changed. The past has no
/// limit.
pub(crate) fn drift_is_checked_forwards_and_before_anything_changes() -> Result<String, String> {
    let mut tried = 0;
    for max in [0, 1, 10, 1000] {
        for physical in [5000, 1 << 40] {
            for logical in [0, 5, u32::MAX - 1] {
                let mut clock = Hlc::new(max);
                clock.now(physical).map_err(|error| error.to_string())?;
                let before = clock.clone();
                let ahead = clock.receive(physical, HlcStamp::new(physical + max + 1, logical));
                if ahead != Err(HlcError::RemoteAhead { by: max + 1, max }) || clock != before {
                    return Err(format!("{} ticks ahead of {max}: {ahead:?}, {clock:?}", max + 1));
                }
                let past = clock.receive(physical, HlcStamp::new(0, logical));
                if past != Ok(HlcStamp::new(physical, 1)) {
                    return Err(format!("a message from long ago: {past:?}"));
                }
                let edge = clock.receive(physical, HlcStamp::new(physical + max, logical));
                if edge.map(|stamp| stamp.wall) != Ok(physical + max) {
                    return Err(format!("{max} ticks ahead: {edge:?}"));
                }
                tried += 1;
            }
        }
    }
    Ok(format!("{tried} clocks"))
}

/// A process that keeps its bound, and may end at any moment.
struct Process {
    clock: Hlc,
    disk: u64,
    /// What is on its way to the disk, and when it gets there.
    writing: Option<(u64, u64)>,
}

const WINDOW: u64 = 8;

impl Process {
    fn start(disk: u64, max_drift: u64) -> Self {
        Self { clock: Hlc::restore(disk, max_drift), disk, writing: None }
    }

    /// One step of a driver that writes beside its work: the stamps it got.
    fn step(&mut self, rng: &mut Rng, physical: u64) -> Option<HlcStamp> {
        if let Some((bound, left)) = self.writing.take() {
            if left == 0 {
                self.disk = bound;
                self.clock.persisted(bound);
            } else {
                self.writing = Some((bound, left - 1));
            }
        } else if let Some(bound) = self.clock.needs_persist(physical, WINDOW) {
            self.writing = Some((bound, rng.below(3)));
        }
        let remote = HlcStamp::new(physical + rng.below(6), 0);
        let stamp =
            if rng.below(3) == 0 { self.clock.receive(physical, remote) } else { self.clock.now(physical) };
        stamp.ok()
    }
}

/// Wherever a process ends, also while a bound is being written, which may then have come to the disk or not, and
/// whatever the clock reads when it starts again: every stamp is above every one before.
pub(crate) fn no_stamp_is_reused_after_a_restart() -> Result<String, String> {
    let (mut crashes, mut restarted) = (0, 0);
    for seed in 0..30 {
        for crash in 0..60 {
            for written in [false, true] {
                let mut rng = Rng::new(seed);
                let mut process = Process::start(0, u64::MAX);
                let mut physical = 1000;
                let mut highest = None;
                for _ in 0..crash {
                    physical = drifts(&mut rng, physical);
                    highest = highest.max(process.step(&mut rng, physical));
                }
                let disk = match process.writing {
                    Some((bound, _)) if written => bound,
                    _ => process.disk,
                };
                let mut process = Process::start(disk, u64::MAX);
                physical = physical.saturating_sub(rng.below(500));
                for _ in 0..12 {
                    physical = drifts(&mut rng, physical);
                    let Some(stamp) = process.step(&mut rng, physical) else { continue };
                    if Some(stamp) <= highest {
                        return Err(format!(
                            "seed {seed}, crash at {crash}: {stamp} comes after {highest:?}"
                        ));
                    }
                    highest = Some(stamp);
                    restarted += 1;
                }
                crashes += 1;
            }
        }
    }
    if restarted < 10 * crashes / 2 {
        return Err(format!("only {restarted} stamps after {crashes} restarts: nothing was tried"));
    }
    Ok(format!("{restarted} stamps after {crashes} crashes"))
}

/// A physical clock that mostly goes on, and now and then jumps.
fn drifts(rng: &mut Rng, physical: u64) -> u64 {
    match rng.below(12) {
        0 => physical.saturating_sub(rng.below(40)),
        1 => physical + rng.below(20),
        _ => physical + rng.below(3),
    }
}

/// Figure 5 of the paper, with what we refuse beside it: the new `(l, c)` of a clock at `(l, c)` that reads `physical`, and
/// receives the stamp, if there is one.
fn figure_5(
    last: HlcStamp,
    physical: u64,
    received: Option<HlcStamp>,
    max: u64,
    bound: u64,
) -> Result<HlcStamp, HlcError> {
    let m = received.unwrap_or(HlcStamp::new(0, 0));
    if m.wall > physical && m.wall - physical > max {
        return Err(HlcError::RemoteAhead { by: m.wall - physical, max });
    }
    let l = if received.is_some() { last.wall.max(m.wall).max(physical) } else { last.wall.max(physical) };
    let (ours, theirs) = (u64::from(last.logical), u64::from(m.logical));
    let c = match (l == last.wall, received.is_some() && l == m.wall) {
        (true, true) => ours.max(theirs) + 1,
        (true, false) => ours + 1,
        (false, true) => theirs + 1,
        (false, false) => 0,
    };
    if l - physical > max {
        return Err(HlcError::LocalAhead { by: l - physical, max });
    }
    if l >= bound {
        return Err(HlcError::BeyondBound { wall: l, bound });
    }
    u32::try_from(c).map(|c| HlcStamp::new(l, c)).map_err(|_| HlcError::LogicalOverflow { wall: l })
}

/// Every step of every small clock is what figure 5 says, and what is refused changes nothing.
pub(crate) fn every_small_step_is_the_papers() -> Result<String, String> {
    let stamps: Vec<HlcStamp> = (0..4)
        .flat_map(|wall| [0, 1, 2, u32::MAX - 1, u32::MAX].map(|logical| HlcStamp::new(wall, logical)))
        .collect();
    let (mut steps, mut refused) = (0, 0);
    for last in &stamps {
        for bound in [None, Some(2), Some(4)] {
            for max in 0..3 {
                let clock = Hlc::after(*last, max);
                // A clock with a bound is one that was restored, and has come so far since.
                let clock = match bound {
                    None => clock,
                    Some(bound) => match restored(*last, max, bound) {
                        Some(clock) => clock,
                        None => continue,
                    },
                };
                for physical in 0..5 {
                    for received in stamps.iter().copied().map(Some).chain([None]) {
                        let mut stepped = clock.clone();
                        let found = match received {
                            Some(stamp) => stepped.receive(physical, stamp),
                            None => stepped.now(physical),
                        };
                        let expected = figure_5(*last, physical, received, max, bound.unwrap_or(u64::MAX));
                        let untouched = found.is_ok() || stepped == clock;
                        if found != expected || !untouched || found.is_ok_and(|stamp| stamp != stepped.last())
                        {
                            return Err(format!(
                                "{clock:?} reads {physical}, receives {received:?}: {found:?}, not {expected:?}"
                            ));
                        }
                        steps += 1;
                        refused += u32::from(found.is_err());
                    }
                }
            }
        }
    }
    Ok(format!("{steps} steps, {refused} of them refused"))
}

/// A clock that has this bound, and this stamp as its last.
fn restored(last: HlcStamp, max: u64, bound: u64) -> Option<Hlc> {
    let mut clock = Hlc::restore(0, max);
    clock.persisted(bound);
    let before = HlcStamp::new(last.wall, last.logical.checked_sub(1)?);
    clock.receive(last.wall, before).ok().map(|_| clock)
}
