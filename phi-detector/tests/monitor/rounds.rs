//! The heartbeats that a monitor sends: how many at once, to whom, and when.

use std::{collections::BTreeMap, time::Duration};

use quorate_machine::{Durable, Effect, Input, Machine, NodeId, OutboxOf, Rng, Tag, Time};
use quorate_phi_detector::{
    Stamp,
    model::AnyModel,
    monitor::{Command, Config, Duty, Event, Image, Message, Monitor},
};

use crate::cluster::{BEAT, model, threshold};

type Out = OutboxOf<Monitor<AnyModel>>;

fn config(batch: usize, peers_max: usize) -> Config<AnyModel> {
    let mut config = Config::new(NodeId(0), model(0), vec![threshold(1.0)]);
    (config.beat, config.batch, config.peers_max, config.stall) = (Some(BEAT), batch, peers_max, None);
    #[cfg(quorate_bugs)]
    {
        config.bug = quorate_phi_detector::Bug::planted();
    }
    config
}

fn submit(monitor: &mut Monitor<AnyModel>, now: Time, command: Command, out: &mut Out) -> Vec<Event> {
    monitor.step(now, Input::Submit { tag: Tag(1), command }, out);
    let events = out.drain().filter_map(|effect| match effect {
        Effect::Emit(event) => Some(event),
        Effect::Send { .. } | Effect::Persist { .. } => None,
    });
    events.collect()
}

/// Whom a wake sends which heartbeat.
fn wake(monitor: &mut Monitor<AnyModel>, now: Time, out: &mut Out) -> Vec<(NodeId, Stamp)> {
    monitor.step(now, Input::Wake, out);
    let sent = out.drain().filter_map(|effect| match effect {
        Effect::Send { to, message: Message::Heartbeat(stamp) } => Some((to, stamp)),
        Effect::Emit(_) | Effect::Persist { .. } => None,
    });
    sent.collect()
}

/// However many peers come and go, each is sent its heartbeats exactly a beat apart, numbered without a gap; never more than a
/// batch leaves at once; and batches are spread over the beat.
pub(crate) fn heartbeats_are_a_beat_apart() -> Result<String, String> {
    let (mut sent, mut most, mut closest) = (0_u64, 0, Duration::MAX);
    // In one of them somebody comes when the next round has begun, and nobody's time in it has come.
    for seed in (0..300).chain([1_207]) {
        let mut rng = Rng::new(seed);
        let batch = 1 + usize::try_from(rng.below(5)).unwrap_or(0);
        let mut out = Out::new();
        let mut now = Time::from_nanos(rng.below(1 << 40));
        let mut monitor = Monitor::new(config(batch, 200), 1, now).map_err(|error| error.to_string())?;
        let mut before: BTreeMap<NodeId, (Time, Stamp)> = BTreeMap::new();
        let mut watched: BTreeMap<NodeId, Time> = BTreeMap::new();
        let mut latest_wake: Option<(Time, usize)> = None;
        let end = now + BEAT * 30;
        while now < end {
            let due = monitor.deadline().unwrap_or(Time::MAX);
            let next = now + rng.span(Duration::ZERO..BEAT / 3);
            if due <= next {
                now = now.max(due);
                let heartbeats = wake(&mut monitor, now, &mut out);
                if heartbeats.len() > batch {
                    return Err(format!("{} heartbeats at once, of {batch}", heartbeats.len()));
                }
                if let (Some((before, places)), false) = (latest_wake, heartbeats.is_empty()) {
                    if places == monitor.len() && places > 2 * batch {
                        closest = closest.min(now.since(before));
                    }
                }
                latest_wake = (!heartbeats.is_empty()).then_some((now, monitor.len()));
                most = most.max(monitor.len());
                for (to, stamp) in heartbeats {
                    sent += 1;
                    let Some((then, earlier)) = before.insert(to, (now, stamp)) else { continue };
                    if now.since(then) != BEAT || stamp.sequence != earlier.sequence + 1 {
                        let after = now.since(then);
                        return Err(format!(
                            "seed {seed}: {to} is sent {stamp:?} {after:?} after {earlier:?}"
                        ));
                    }
                }
            } else {
                now = next;
                let peer = NodeId(1 + rng.below(60));
                let command = match rng.below(4) {
                    0 => Command::Forget { peer },
                    1 => Command::Watch { peer, duty: Duty::Both },
                    _ => Command::Watch { peer, duty: Duty::Beat },
                };
                submit(&mut monitor, now, command, &mut out);
                if matches!(command, Command::Forget { .. }) {
                    before.remove(&peer);
                    watched.remove(&peer);
                } else {
                    watched.entry(peer).or_insert(now);
                }
            }
        }
        // Nobody is left out.
        for (peer, since) in watched {
            let latest = before.get(&peer).map_or(since + BEAT, |(at, _)| *at);
            if latest + BEAT < now {
                return Err(format!("seed {seed}: {peer} was sent nothing since {latest:?}"));
            }
        }
    }
    if closest < BEAT / 200 {
        return Err(format!("two batches {closest:?} apart"));
    }
    Ok(format!("{sent} heartbeats to up to {most} peers, batches at least {closest:?} apart"))
}

/// A node that was away sends each peer one heartbeat, not all that it has missed, and their numbers have no gap.
pub(crate) fn missed_rounds_are_left_out() -> Result<String, String> {
    let mut rounds = 0;
    for seed in 0..200 {
        let mut rng = Rng::new(seed);
        let mut out = Out::new();
        let mut now = Time::ZERO;
        let mut monitor = Monitor::new(config(2, 10), 1, now).map_err(|error| error.to_string())?;
        for peer in 1..=5 {
            submit(&mut monitor, now, Command::Watch { peer: NodeId(peer), duty: Duty::Beat }, &mut out);
        }
        let mut sequences: BTreeMap<NodeId, u64> = BTreeMap::new();
        for _ in 0..40 {
            let away = rng.span(Duration::ZERO..BEAT * 10);
            now = now.max(monitor.deadline().unwrap_or(now))
                + if rng.below(3) == 0 { away } else { Duration::ZERO };
            let mut here: BTreeMap<NodeId, u32> = BTreeMap::new();
            while monitor.deadline().is_some_and(|due| due <= now.next()) {
                now = now.max(monitor.deadline().unwrap_or(now));
                for (to, stamp) in wake(&mut monitor, now, &mut out) {
                    *here.entry(to).or_insert(0) += 1;
                    let before = sequences.insert(to, stamp.sequence);
                    if before.is_some_and(|before| stamp.sequence != before + 1) {
                        return Err(format!("seed {seed}: {to} is sent {stamp:?} after {before:?}"));
                    }
                }
            }
            if let Some((to, count)) = here.iter().find(|(_, count)| **count > 1) {
                return Err(format!("seed {seed}: {to} is sent {count} heartbeats at once"));
            }
            rounds += 1;
        }
    }
    Ok(format!("{rounds} times, some of them late"))
}

/// A life is on disk before anybody hears of it, and is greater than the one before, whatever of it reached the disk.
pub(crate) fn no_heartbeat_before_its_life_is_durable() -> Result<String, String> {
    let (mut image, mut lives, mut latest) = (Image::default(), 0, 0);
    let mut rng = Rng::new(1);
    for _ in 0..200 {
        let mut out = Out::new();
        let mut now = Time::ZERO;
        let mut monitor =
            Monitor::recover(config(2, 10), image, 0, now).map_err(|error| error.to_string())?;
        submit(&mut monitor, now, Command::Watch { peer: NodeId(1), duty: Duty::Beat }, &mut out);
        let (mut durable, mut ticket) = (image, None);
        let persists = rng.below(4) > 0;
        let mut sent = 0;
        for round in 0..6 {
            now = now.max(monitor.deadline().unwrap_or(now + BEAT));
            monitor.step(now, Input::Wake, &mut out);
            for effect in out.drain() {
                match effect {
                    Effect::Persist { ticket: issued, record } => {
                        Monitor::<AnyModel>::absorb(&mut durable, record)
                            .map_err(|error| error.to_string())?;
                        ticket = issued;
                    }
                    Effect::Send { message: Message::Heartbeat(stamp), .. } => {
                        sent += 1;
                        if stamp.generation <= latest || stamp.generation != image.generation() {
                            let on_disk = image.generation();
                            return Err(format!("{stamp:?} after life {latest}, with {on_disk} on disk"));
                        }
                    }
                    Effect::Emit(_) => {}
                }
            }
            if round == 2 && persists {
                image = durable;
                let ticket = ticket.ok_or("it is not written down")?;
                monitor.step(now, Input::Persisted(ticket), &mut out);
            }
        }
        if persists != (sent > 0) {
            return Err(format!("{sent} heartbeats, and it is {persists} that its life is on disk"));
        }
        lives += u64::from(persists);
        latest = latest.max(image.generation());
        if sent == 0 && rng.below(2) == 0 {
            // It reached the disk after all, and nobody was told.
            image = durable;
        }
    }
    Ok(format!("{lives} lives that were heard of, the last one is {latest}"))
}
