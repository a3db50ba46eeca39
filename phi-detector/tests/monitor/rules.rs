//! Single rules of the monitor.

use std::time::Duration;

use quorate_machine::{Durable, Effect, Input, Machine, NodeId, OutboxOf, Rng, Tag, Time};
use quorate_phi_detector::{
    Stamp,
    model::AnyModel,
    monitor::{
        Command, Config, Duty, Event, Image, Message, Monitor, Record, RecordError, RecoverError, Refusal,
    },
};

use crate::cluster::{BEAT, model, threshold};

/// A monitor that only listens.
struct Rig {
    monitor: Monitor<AnyModel>,
    out: OutboxOf<Monitor<AnyModel>>,
}

impl Rig {
    fn new(kind: u64, change: impl FnOnce(&mut Config<AnyModel>)) -> Self {
        let mut config = Config::new(NodeId(99), model(kind), vec![threshold(1.0), threshold(2.0)]);
        (config.beat, config.stall) = (None, Some(BEAT * 2));
        #[cfg(quorate_bugs)]
        {
            config.bug = quorate_phi_detector::Bug::planted();
        }
        change(&mut config);
        let monitor = Monitor::new(config, 1, Time::ZERO).expect("usable");
        let mut rig = Self { monitor, out: OutboxOf::<Monitor<AnyModel>>::new() };
        rig.feed(Time::ZERO, Input::Wake);
        rig
    }

    fn feed(&mut self, now: Time, input: Input<Message, Command>) -> Vec<Event> {
        self.monitor.step(now, input, &mut self.out);
        let events = self.out.drain().filter_map(|effect| match effect {
            Effect::Emit(event) => Some(event),
            Effect::Send { .. } | Effect::Persist { .. } => None,
        });
        events.collect()
    }

    fn submit(&mut self, now: Time, command: Command) -> Vec<Event> {
        self.feed(now, Input::Submit { tag: Tag(7), command })
    }

    fn watch(&mut self, now: Time, peer: u64) {
        let told = self.submit(now, Command::Watch { peer: NodeId(peer), duty: Duty::Both });
        assert_eq!(told, [Event::Done { tag: Tag(7) }]);
    }

    fn hear(&mut self, now: Time, peer: u64, sequence: u64) -> Vec<Event> {
        let message = Message::Heartbeat(Stamp { generation: 1, sequence });
        self.feed(now, Input::Receive { from: NodeId(peer), message })
    }

    /// Wakes it as it wants to be, up to this instant.
    fn wake_until(&mut self, now: Time) -> Vec<Event> {
        let mut told = vec![];
        while let Some(due) = self.monitor.deadline().filter(|due| *due <= now) {
            told.extend(self.feed(due, Input::Wake));
        }
        told
    }
}

fn reached(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Reached { .. })).count()
}

/// Whoever is watched in the place of a forgotten peer is known as if nobody had been there before.
pub(crate) fn a_place_is_given_back_clean() -> Result<String, String> {
    let mut compared = 0;
    for kind in 0..6 {
        let (mut used, mut fresh) = (Rig::new(kind, |_| {}), Rig::new(kind, |_| {}));
        let mut rng = Rng::new(kind);
        let mut now = Time::ZERO;
        used.watch(now, 1);
        for sequence in 1..40 {
            now = now + rng.span(BEAT / 2..BEAT * 3);
            used.wake_until(now);
            used.hear(now, 1, sequence * 2);
        }
        used.submit(now, Command::Forget { peer: NodeId(1) });
        if used.monitor.deadline().is_some() {
            return Err(format!("a forgotten peer is waited for until {:?}", used.monitor.deadline()));
        }
        // Its late heartbeats are a stranger's, and nothing of it is told.
        let told = used.hear(now, 1, 1_000);
        if !told.is_empty() || used.monitor.counts().strangers != 1 {
            return Err(format!("of a forgotten peer it tells {told:?}"));
        }
        fresh.feed(now, Input::Wake);
        used.watch(now, 2);
        fresh.watch(now, 2);
        for sequence in 1..40 {
            now = now + rng.span(BEAT / 2..BEAT * 2);
            let told = (used.wake_until(now), fresh.wake_until(now));
            let heard = (used.hear(now, 2, sequence), fresh.hear(now, 2, sequence));
            let peer = NodeId(2);
            let known = (used.monitor.status(peer), fresh.monitor.status(peer));
            let due = (used.monitor.due(peer), fresh.monitor.due(peer));
            if told.0 != told.1 || heard.0 != heard.1 || known.0 != known.1 || due.0 != due.1 {
                return Err(format!("kind {kind}: {told:?}, {heard:?}, {known:?}, {due:?}"));
            }
            compared += 1;
        }
    }
    Ok(format!("{compared} heartbeats of somebody in the place of another"))
}

/// After a pause nobody is suspected whose heartbeats are in the backlog, nothing is learned from how the backlog comes, and who
/// has died in the pause is suspected as late as if it had died after it.
pub(crate) fn a_pause_suspects_nobody() -> Result<String, String> {
    let mut pauses = 0;
    for kind in 0..6 {
        for wakes_first in [false, true] {
            let mut rig = Rig::new(kind, |_| {});
            let mut now = Time::ZERO;
            (1..=2).for_each(|peer| rig.watch(now, peer));
            for sequence in 1..=30 {
                now = now + BEAT;
                let told = rig.wake_until(now);
                if reached(&told) > 0 {
                    return Err(format!("kind {kind}: {told:?} before the pause"));
                }
                (1..=2).for_each(|peer| drop(rig.hear(now, peer, sequence)));
            }
            let before = rig.monitor.status(NodeId(1)).map(|status| status.stats);
            let horizon = rig.monitor.due(NodeId(2)).map_or(Duration::ZERO, |due| due.since(now));
            // Ten seconds during which the first peer goes on and the second one dies at once.
            let away = Duration::from_secs(10);
            now = now + away;
            let mut told = vec![];
            if wakes_first {
                told.extend(rig.feed(now, Input::Wake));
            }
            for sequence in 31..=230 {
                told.extend(rig.hear(now, 1, sequence));
            }
            told.extend(rig.feed(now, Input::Wake));
            if reached(&told) > 0 || !matches!(told[..], [Event::Stalled { .. }]) {
                return Err(format!("kind {kind}: after a pause it tells {told:?}"));
            }
            if rig.monitor.status(NodeId(1)).map(|status| status.stats) != before {
                return Err(format!("kind {kind}: something was learned from the backlog"));
            }
            // Within the stall, and what was left of the horizon.
            let until = now + BEAT * 2;
            let mut silence = None;
            for sequence in 231..300 {
                now = now + BEAT;
                for event in rig.wake_until(now) {
                    let Event::Reached { peer: NodeId(2), level, .. } = event else {
                        return Err(format!("kind {kind}: {event:?} after the pause"));
                    };
                    silence = silence.or((level == 0).then_some(now));
                }
                rig.hear(now, 1, sequence);
            }
            if silence.is_none_or(|at| at < until || at > until + horizon + BEAT) {
                return Err(format!("kind {kind}: who died in the pause is suspected at {silence:?}"));
            }
            pauses += 1;
        }
    }
    Ok(format!("{pauses} pauses of ten seconds"))
}

/// Nobody can have been paused for longer than it has run; then nothing changes.
pub(crate) fn a_pause_is_no_longer_than_the_run() -> Result<String, String> {
    let mut rig = Rig::new(0, |_| ());
    rig.watch(Time::ZERO, 2);
    let (now, run) = (Time::ZERO + BEAT, BEAT);
    let span = run + Duration::from_nanos(1);
    let (due, command) = (rig.monitor.due(NodeId(2)), Command::Paused { span });
    let told = rig.submit(now, command);
    let refusal = Refusal::TooLong { span, max: run };
    if told != [Event::Refused { tag: Tag(7), command, refusal }] || rig.monitor.due(NodeId(2)) != due {
        return Err(format!("{told:?}, and it is due at {:?}, not {due:?}", rig.monitor.due(NodeId(2))));
    }
    let told = rig.submit(now, Command::Paused { span: run });
    let later = rig.monitor.due(NodeId(2));
    if told != [Event::Done { tag: Tag(7) }] || later <= due {
        return Err(format!("{told:?}, and it is due at {later:?} after {due:?}"));
    }
    Ok(format!("{span:?} is refused, {run:?} puts off {due:?} to {later:?}"))
}

/// Signs of life without a number count, also those of others' protocols; and nothing is known of strangers.
pub(crate) fn any_sign_of_life_counts() -> Result<String, String> {
    let mut rig = Rig::new(0, |_| {});
    let (mut now, peer) = (Time::ZERO, NodeId(1));
    rig.watch(now, 1);
    for _ in 0..10 {
        now = now + BEAT * 2;
        let mut told = rig.wake_until(now);
        told.extend(rig.submit(now, Command::Heard { peer, stamp: None }));
        if told != [Event::Done { tag: Tag(7) }] {
            return Err(format!("{told:?}"));
        }
    }
    let stranger = NodeId(5);
    if rig.monitor.phi(stranger, now).is_some() || rig.monitor.status(stranger).is_some() {
        return Err("something is known of a stranger".into());
    }
    // Told of this node, and not waited for.
    rig.submit(now, Command::Watch { peer, duty: Duty::Beat });
    if rig.monitor.phi(peer, now).is_some() || rig.monitor.deadline().is_some() {
        return Err("who only is told of this node is waited for".into());
    }
    let told = rig.submit(now, Command::Heard { peer, stamp: None });
    let refusal = Refusal::NotHeard { peer };
    if told != [Event::Refused { tag: Tag(7), command: Command::Heard { peer, stamp: None }, refusal }] {
        return Err(format!("{told:?}"));
    }
    Ok(format!("{} signs of life", rig.monitor.counts().heard))
}

/// Lives are counted upwards; a journal in which they are not is refused.
pub(crate) fn lives_only_rise() -> Result<String, String> {
    type M = Monitor<AnyModel>;
    let mut image = Image::default();
    let refused = M::absorb(&mut image, Record::Born { generation: 0 });
    if refused != Err(RecoverError::Record(RecordError::Younger { generation: 0, before: 0 })) {
        return Err(format!("life 0 is the first: {refused:?}"));
    }
    for generation in [1, 2, 2, 7] {
        M::absorb(&mut image, Record::Born { generation }).map_err(|error| error.to_string())?;
    }
    for generation in [0, 6] {
        let refused = M::absorb(&mut image, Record::Born { generation });
        let younger = RecordError::Younger { generation, before: 7 };
        if refused != Err(RecoverError::Record(younger)) {
            return Err(format!("life {generation} after life 7: {refused:?}"));
        }
    }
    M::absorb(&mut image, Record::Born { generation: u64::MAX }).map_err(|error| error.to_string())?;
    let config = Config::new(NodeId(1), model(0), vec![threshold(1.0)]);
    match M::recover(config, image, 0, Time::ZERO) {
        Err(RecoverError::NoMoreLives) => Ok(format!("{:?}", image.generation())),
        other => Err(format!("after the last life comes {:?}", other.map(|node| node.generation()))),
    }
}

/// Where intervals after a level are not learned, a peer that has become slower for good is trusted all the same, and so is one of
/// which a burst of backlog was learned; an outage is not learned.
pub(crate) fn a_slower_peer_is_trusted_again() -> Result<String, String> {
    let mut flaps = 0;
    for kind in 1..6 {
        let mut rig = Rig::new(kind, |config| config.unlearned = Some(0));
        let (mut now, mut sequence) = (Time::ZERO, 0);
        rig.watch(now, 1);
        let mut heard = |rig: &mut Rig, apart: Duration, times: u64| {
            let mut told = 0;
            for _ in 0..times {
                now = now + apart;
                sequence += 1;
                told += reached(&rig.wake_until(now));
                rig.hear(now, 1, sequence);
            }
            told
        };
        heard(&mut rig, BEAT, 40);
        let before = rig.monitor.status(NodeId(1)).map(|status| status.stats);
        if heard(&mut rig, BEAT * 10, 1) == 0 {
            return Err(format!("kind {kind}: an outage is not told"));
        }
        // Chen's model counts the numbers that were left out, whatever is learned.
        if kind != 4 && rig.monitor.status(NodeId(1)).map(|status| status.stats) != before {
            return Err(format!("kind {kind}: an outage is learned"));
        }
        for (apart, burst) in [(BEAT * 2, 0), (BEAT, 40)] {
            heard(&mut rig, Duration::ZERO, burst);
            let some = heard(&mut rig, apart, 60);
            let more = heard(&mut rig, apart, 40);
            flaps += some;
            // A tenth of all, where φ is a probability, and both levels.
            if more > 8 {
                return Err(format!("kind {kind}: {more} levels of 80 with heartbeats {apart:?} apart"));
            }
        }
    }
    Ok(format!("{flaps} levels until it was known"))
}

/// However many peers there are, each wake tells something: none is for a peer that was heard meanwhile.
pub(crate) fn nobody_is_woken_in_vain() -> Result<String, String> {
    let (peers, rounds) = (4_000_u64, 12_u64);
    let mut said = vec![];
    for kind in [0, 1, 5] {
        let mut rig = Rig::new(kind, |config| config.peers_max = 1 << 16);
        let mut rng = Rng::new(kind);
        (0..peers).for_each(|peer| rig.watch(Time::ZERO, peer + 100));
        let phases: Vec<_> = (0..peers).map(|_| rng.span(Duration::ZERO..BEAT)).collect();
        let (mut told, mut heard) = (0, 0_u64);
        for round in 1..=rounds {
            let mut beats: Vec<_> = (0..peers)
                .zip(&phases)
                // One in a hundred has died in each round.
                .filter(|(peer, _)| peer % 100 != 0 || peer / 100 > round)
                .map(|(peer, phase)| {
                    (
                        Time::ZERO
                            + BEAT * u32::try_from(round).unwrap_or(0)
                            + *phase
                            + rng.span(Duration::ZERO..BEAT / 5),
                        peer,
                    )
                })
                .collect();
            beats.sort();
            for (at, peer) in beats {
                told += reached(&rig.wake_until(at));
                rig.hear(at, peer + 100, round);
                heard += 1;
            }
        }
        let counts = rig.monitor.counts();
        if counts.idle > 0 || told == 0 {
            return Err(format!("kind {kind}: {counts:?}"));
        }
        said.push(format!("{} wakes tell {told} levels, of {heard} heartbeats", counts.wakes));
    }
    Ok(said.join("; "))
}
