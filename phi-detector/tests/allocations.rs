//! What is reserved: nothing once a peer is watched. A program of its own, since the allocator counts for all
//! threads, and a harness of tests has one as well.
#![allow(clippy::print_stdout, reason = "a test says what it reached")]

use std::{alloc::System, time::Duration};

use quorate_machine::{Effect, Input, Machine, NodeId, OutboxOf, Rng, Tag, Time};
use quorate_phi_detector::{
    Detector, Stamp, Threshold,
    memory::Window,
    model::Normal,
    monitor::{Command, Config, Duty, Message, Monitor},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SECOND: Duration = Duration::from_secs(1);
const PEERS: u64 = 1_000;

/// What is reserved and what is given back while this runs, in bytes.
fn moved(run: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    run();
    let change = region.change();
    change.bytes_allocated + change.bytes_deallocated
}

fn model() -> Normal<Window> {
    let window = Window::new(64, SECOND * 10).expect("usable");
    Normal::new(window, SECOND / 20, SECOND).expect("usable")
}

fn thresholds() -> Vec<Threshold> {
    [1.0, 3.0, 8.0].into_iter().map(|phi| Threshold::new(phi).expect("usable")).collect()
}

fn main() {
    a_detector_reserves_nothing();
    let heartbeats = a_monitor_reserves_nothing(0);
    let reserved = a_monitor_reserves_nothing(usize::try_from(PEERS).unwrap_or(0));
    println!("{heartbeats} and {reserved} heartbeats");
}

fn a_detector_reserves_nothing() {
    let mut peer = Detector::new(model());
    let levels = thresholds();
    let bytes = moved(|| {
        for beat in 0..1_000 {
            peer.heartbeat(Time::ZERO + SECOND * beat);
            assert!(levels.iter().all(|level| peer.deadline(level).is_some()));
        }
    });
    assert_eq!(bytes, 0);
}

/// Peers that come and go, are heard, restart and fall silent, after there was once room for them all; with room for them from
/// the beginning also the first time.
fn a_monitor_reserves_nothing(reserved: usize) -> u64 {
    let config = Config { peers_reserved: reserved, ..Config::new(NodeId(0), model(), thresholds()) };
    let region = Region::new(ALLOCATOR);
    let mut monitor = Monitor::new(config, 1, Time::ZERO).expect("usable");
    if let Some(each) = region.change().bytes_allocated.checked_div(reserved) {
        println!("{each} bytes for each peer, 256 of them its ring");
        assert!(each < 256 + 200);
    }
    let mut out = OutboxOf::<Monitor<Normal<Window>>>::new();
    // The outbox is the caller's, and keeps its memory.
    (0..2_000).for_each(|_| out.send(NodeId(1), Message::Heartbeat(Stamp::default())));
    out.drain();
    let bytes = moved(|| watch_all(&mut monitor, &mut out, Time::ZERO));
    assert_eq!(bytes == 0, reserved > 0, "{bytes} bytes to watch {PEERS} peers");
    let mut rng = Rng::new(1);
    let mut now = Time::ZERO;
    let mut stamps = vec![Stamp { generation: 1, sequence: 0 }; usize::try_from(PEERS).unwrap_or(0)];
    let bytes = moved(|| {
        for _ in 0..200_000 {
            now = now + rng.span(Duration::ZERO..SECOND / 500);
            while monitor.deadline().is_some_and(|due| due <= now) {
                monitor.step(now, Input::Wake, &mut out);
                out.drain();
            }
            // Some have died.
            let peer = rng.below(PEERS);
            if peer % 20 == 0 {
                continue;
            }
            match rng.below(200) {
                0 => submit(&mut monitor, &mut out, now, Command::Forget { peer: NodeId(peer + 1) }),
                1 => watch_all(&mut monitor, &mut out, now),
                _ => {}
            }
            let stamp = &mut stamps[usize::try_from(peer).unwrap_or(0)];
            if rng.below(500) == 0 {
                *stamp = Stamp { generation: stamp.generation + 1, sequence: 0 };
            }
            stamp.sequence += 1;
            let message = Message::Heartbeat(*stamp);
            monitor.step(now, Input::Receive { from: NodeId(peer + 1), message }, &mut out);
            out.drain().for_each(|effect| assert!(!matches!(effect, Effect::Persist { .. })));
        }
    });
    assert_eq!(bytes, 0);
    let counts = monitor.counts();
    assert!(counts.reached > 0 && counts.sent > 0 && counts.advanced > 0, "{counts:?}");
    assert_eq!(counts.idle, 0, "{counts:?}");
    counts.heard
}

fn watch_all(monitor: &mut Monitor<Normal<Window>>, out: &mut OutboxOf<Monitor<Normal<Window>>>, now: Time) {
    for peer in (1..=PEERS).map(NodeId) {
        submit(monitor, out, now, Command::Watch { peer, duty: Duty::Both });
    }
}

fn submit(
    monitor: &mut Monitor<Normal<Window>>,
    out: &mut OutboxOf<Monitor<Normal<Window>>>,
    now: Time,
    command: Command,
) {
    monitor.step(now, Input::Submit { tag: Tag(1), command }, out);
    out.drain();
}
