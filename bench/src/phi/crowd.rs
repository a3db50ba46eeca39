//! A whole crowd of peers, each heard once a second: what it costs to know who is silent.

use core::{hint::black_box, time::Duration};

use quorate_machine::{Effect, Input, Machine as _, NodeId, Outbox, Rng, Tag, Time};
use quorate_phi_detector::{
    Model, Stamp, Threshold,
    monitor::{Command, Config, Duty, Event, Message, Monitor, Record},
};

use super::peers::{Accrual, Approximate, Pekko};
use crate::cpu::cpu_time;

/// What one second of watching took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    /// The share of a core.
    pub share: f64,
    /// How many times a second somebody had to be woken, or polled.
    pub wakes: f64,
    /// How many of these told nothing.
    pub idle: f64,
    /// How many peers were told to be silent in all.
    pub suspected: u64,
}

const SECOND: u64 = 1_000_000_000;

/// Heartbeats of one second, in order: each peer has its place in the second, and strays from it by up to a twentieth.
fn heartbeats(rng: &mut Rng, second: u64, peers: u32, dead: u32) -> Vec<(u64, u32)> {
    // The first of them are dead.
    let mut all: Vec<(u64, u32)> = (dead..peers)
        .map(|peer| {
            let place = (u64::from(peer.wrapping_mul(0x9e37_79b1)) * SECOND) >> 32;
            (second * SECOND + place + rng.below(SECOND / 20), peer)
        })
        .collect();
    all.sort_unstable();
    all
}

/// A monitor with three levels hears a crowd for so many seconds, after it has learned; at each second one in 60,000 dies, which is
/// one in a thousand each minute. With `beats` it sends a heartbeat to each as well. `watched` is
/// called once all are watched, for whoever counts bytes.
pub fn monitored<M: Model>(
    model: M,
    peers: u32,
    seconds: u64,
    beats: bool,
    watched: &mut dyn FnMut(),
) -> Load {
    let levels = [2.0, 5.0, 8.0].map(|phi| Threshold::new(phi).expect("above zero"));
    let mut config = Config::new(NodeId(u64::MAX), model, levels.into());
    config.peers_max = peers as usize;
    config.peers_reserved = peers as usize;
    let mut monitor = Monitor::new(config, 1, Time::ZERO).expect("a configuration of positive numbers");
    let mut out = Outbox::new();
    let duty = if beats { Duty::Both } else { Duty::Hear };
    for peer in 0..peers {
        let command = Command::Watch { peer: NodeId(peer.into()), duty };
        monitor.step(Time::ZERO, Input::Submit { tag: Tag(0), command }, &mut out);
    }
    out.drain().for_each(drop);
    drop(core::mem::take(&mut out));
    watched();
    let mut rng = Rng::new(3);
    let mut load = Load::default();
    let (mut time, mut wakes, mut idle, mut dead) = (Duration::ZERO, 0_u64, 0_u64, 0);
    for second in 0..LEARNED + seconds {
        if second >= LEARNED {
            dead += (peers / 60_000).max(u32::from(second % 8 == 0));
        }
        let all = heartbeats(&mut rng, second, peers, dead);
        let begun = cpu_time();
        for (at, peer) in all {
            let at = Time::from_nanos(at);
            while let Some(due) = monitor.deadline().filter(|due| *due <= at) {
                wakes += u64::from(second >= LEARNED);
                monitor.step(due, Input::Wake, &mut out);
                let is_idle = out.is_empty();
                idle += u64::from(second >= LEARNED && is_idle);
                load.suspected += told(&mut monitor, due, &mut out);
            }
            let message = Message::Heartbeat(Stamp { generation: 1, sequence: second + 1 });
            monitor.step(at, Input::Receive { from: NodeId(peer.into()), message }, &mut out);
            load.suspected += told(&mut monitor, at, &mut out);
        }
        if second >= LEARNED {
            time += cpu_time().saturating_sub(begun);
        }
    }
    load.share = time.as_secs_f64() / seconds_of(seconds);
    load.wakes = seconds_of(wakes) / seconds_of(seconds);
    load.idle = seconds_of(idle) / seconds_of(seconds);
    load
}

/// Seconds before any is measured.
const LEARNED: u64 = 70;

type Out = Outbox<Message, Record, Event>;

/// Carries out what a step has asked for; how many peers are as silent as the highest level.
fn told<M: Model>(monitor: &mut Monitor<M>, now: Time, out: &mut Out) -> u64 {
    let (mut silent, mut written) = (0, None);
    for effect in out.drain() {
        match effect {
            Effect::Emit(Event::Reached { level: 2, .. }) => silent += 1,
            Effect::Persist { ticket, .. } => written = ticket.or(written),
            Effect::Send { .. } | Effect::Emit(_) => _ = black_box(effect),
        }
    }
    if let Some(ticket) = written {
        monitor.step(now, Input::Persisted(ticket), out);
        out.drain().for_each(drop);
    }
    silent
}

/// A rival, asked every 10 ms for every φ: for one second, after it has learned.
pub fn polled(name: &str, peers: u32, made: &mut dyn FnMut()) -> Load {
    let first = Duration::from_secs(1);
    match name {
        "phi-accrual-failure-detector" => poll(
            (peers, made),
            || Pekko::new(64, Duration::from_millis(10), Duration::ZERO, first),
            |rival, now| rival.heartbeat(now),
            |rival, now| rival.phi(now),
        ),
        "phi-detector" => poll(
            (peers, made),
            || Approximate::new(first),
            Approximate::heartbeat,
            |rival, now| rival.phi(now),
        ),
        _ => poll((peers, made), || Accrual::new(10), Accrual::heartbeat, Accrual::phi),
    }
}

fn poll<T>(
    (peers, made): (u32, &mut dyn FnMut()),
    new: impl Fn() -> T,
    mut heartbeat: impl FnMut(&mut T, u64),
    mut phi: impl FnMut(&mut T, u64) -> f64,
) -> Load {
    let mut all: Vec<T> = (0..peers).map(|_| new()).collect();
    made();
    let mut rng = Rng::new(3);
    let mut load = Load { wakes: 100.0, idle: 100.0, ..Load::default() };
    for second in 0..=SECONDS_BEFORE_POLLS {
        let mut next = second * SECOND;
        let arrivals = heartbeats(&mut rng, second, peers, 0);
        let begun = cpu_time();
        for (at, peer) in arrivals {
            while second == SECONDS_BEFORE_POLLS && next <= at {
                next += SECOND / 100;
                load.suspected += all.iter_mut().map(|rival| u64::from(phi(rival, at) >= 8.0)).sum::<u64>();
            }
            if let Some(rival) = all.get_mut(peer as usize) {
                heartbeat(rival, at);
            }
        }
        load.share = cpu_time().saturating_sub(begun).as_secs_f64();
    }
    load
}

const SECONDS_BEFORE_POLLS: u64 = 20;

#[expect(clippy::cast_precision_loss, reason = "a figure for a table")]
const fn seconds_of(count: u64) -> f64 {
    count as f64
}
