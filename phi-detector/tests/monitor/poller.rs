//! A monitor against one who asks for φ of everybody at every tick.

use std::{collections::BTreeMap, time::Duration};

use quorate_machine::{Effect, Input, Machine, NodeId, OutboxOf, Rng, Tag, Time};
use quorate_phi_detector::{
    Model, Sample, Stamp, Threshold,
    model::AnyModel,
    monitor::{Command, Config, Duty, Event, Message, Monitor},
};

use crate::cluster::{model, threshold};

const TICK: u64 = 1_000_000;
const PEERS: u64 = 4;
const START: u64 = 1_000_000;
const STALL: Duration = Duration::from_millis(100);

/// One peer, as the naive monitor knows it.
struct Peer {
    stats: <AnyModel as Model>::Stats,
    ring: Vec<u32>,
    last: u64,
    stamp: Option<Stamp>,
    level: usize,
    was_away: bool,
}

/// A monitor that looks at everybody at each tick. Its clock is put back by each pause as well.
struct Poller {
    model: AnyModel,
    levels: Vec<Threshold>,
    unlearned: bool,
    /// Intervals that began before were not heard as a whole.
    whole_since: u64,
    peers: BTreeMap<u64, Peer>,
    /// What was seen: when, whom, what.
    seen: Vec<(u64, u64, Said)>,
    mistaken: u64,
    since: BTreeMap<u64, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Reached(u8),
    Trusted(u8),
    Restarted(u64),
}

impl Poller {
    fn watch(&mut self, peer: u64, own: u64) {
        let mut ring = vec![0; self.model.slots()];
        let stats = self.model.start(&mut ring);
        let new = Peer { stats, ring, last: own, stamp: None, level: 0, was_away: false };
        self.peers.entry(peer).or_insert(new);
    }

    fn poll(&mut self, tick: u64, own: u64) {
        for (id, peer) in &mut self.peers {
            while let Some(level) = self.levels.get(peer.level) {
                if self.model.phi(&peer.stats, own.saturating_sub(peer.last)) < level.phi() {
                    break;
                }
                self.seen.push((tick, *id, Said::Reached(u8::try_from(peer.level).unwrap_or(u8::MAX))));
                if peer.level == 0 {
                    self.since.insert(*id, tick);
                }
                peer.level += 1;
            }
        }
    }

    fn hear(&mut self, tick: u64, id: u64, stamp: Stamp, own: u64) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.stamp.is_some_and(|before| stamp <= before) {
            return;
        }
        let silence = own.saturating_sub(peer.last);
        if peer.stamp.is_some_and(|before| stamp.generation > before.generation) {
            peer.stats = self.model.start(&mut peer.ring);
            self.seen.push((tick, id, Said::Restarted(stamp.generation)));
        } else if let Some(before) = peer.stamp {
            let missed = u32::try_from(stamp.sequence - before.sequence - 1).unwrap_or(u32::MAX);
            let is_away = self.unlearned && peer.level > 0;
            peer.was_away = is_away && !peer.was_away;
            if peer.last >= self.whole_since && !peer.was_away {
                self.model.observe(&mut peer.stats, &mut peer.ring, Sample { interval: silence, missed });
            }
        }
        if let Some(level) = peer.level.checked_sub(1) {
            self.seen.push((tick, id, Said::Trusted(u8::try_from(level).unwrap_or(u8::MAX))));
            self.mistaken += tick - self.since.remove(&id).unwrap_or(tick);
        }
        // Who was heard just before a pause may be ahead of the clock that was put back.
        peer.last = peer.last.max(own);
        (peer.stamp, peer.level) = (Some(stamp), 0);
    }
}

/// A monitor that only listens, with its outbox, and what it told: when, whom, what.
struct Listener {
    monitor: Monitor<AnyModel>,
    out: OutboxOf<Monitor<AnyModel>>,
    told: Vec<(u64, u64, Said)>,
    stalls: u64,
    mistaken: u64,
    since: BTreeMap<u64, u64>,
    latest: u64,
}

impl Listener {
    fn feed(&mut self, now: u64, input: Input<Message, Command>) {
        self.latest = now;
        self.monitor.step(Time::from_nanos(now), input, &mut self.out);
        for effect in self.out.drain() {
            let Effect::Emit(event) = effect else { continue };
            let tick = now.div_ceil(TICK);
            let said = match event {
                Event::Reached { peer, level, .. } => {
                    if level == 0 {
                        self.since.insert(peer.0, tick);
                    }
                    (peer.0, Said::Reached(level))
                }
                Event::Trusted { peer, level, .. } => {
                    self.mistaken += tick - self.since.remove(&peer.0).unwrap_or(tick);
                    (peer.0, Said::Trusted(level))
                }
                Event::Restarted { peer, generation } => (peer.0, Said::Restarted(generation)),
                Event::Stalled { .. } => {
                    self.stalls += 1;
                    continue;
                }
                Event::Done { .. } | Event::Refused { .. } => continue,
            };
            self.told.push((tick, said.0, said.1));
        }
    }

    /// Wakes it at each of its deadlines up to this instant.
    fn wake_until(&mut self, now: u64) {
        while let Some(due) = self.monitor.deadline().map(Time::as_nanos).filter(|due| *due <= now) {
            self.feed(due.max(self.latest), Input::Wake);
        }
    }
}

#[derive(Default)]
struct Reached {
    schedules: u64,
    events: usize,
    stalls: u64,
    wakes: u64,
    ticks: u64,
    mistaken: u64,
}

/// The monitor tells the same levels of the same peers as the one who polls, within the tick in which they are reached; and
/// so both count the same time of suspecting somebody who was alive.
pub(crate) fn a_poller_sees_the_same() -> Result<String, String> {
    let mut reached = Reached::default();
    for seed in 0..300 {
        schedule(seed, &mut reached).map_err(|why| format!("schedule {seed}: {why}"))?;
    }
    let Reached { schedules, events, stalls, wakes, ticks, mistaken } = reached;
    if stalls == 0 || mistaken == 0 {
        return Err("nobody was paused, or mistaken".into());
    }
    Ok(format!(
        "{events} events of {schedules} schedules with {stalls} pauses and {mistaken} ticks of mistakes: \
         {wakes} wakes, where polling takes {ticks}"
    ))
}

/// The two, at the same instant.
fn both(seed: u64) -> Result<(Listener, Poller), String> {
    let model = model(seed);
    let levels: Vec<_> = [0.4, 1.0, 1.7].into_iter().map(threshold).collect();
    let mut config = Config::new(NodeId(99), model, levels.clone());
    (config.beat, config.stall) = (None, Some(STALL));
    let unlearned = seed % 3 == 0;
    config.unlearned = unlearned.then_some(0);
    #[cfg(quorate_bugs)]
    {
        config.bug = quorate_phi_detector::Bug::planted();
    }
    let monitor =
        Monitor::new(config, 1, Time::from_nanos(START * TICK)).map_err(|error| error.to_string())?;
    let listener = Listener {
        monitor,
        out: OutboxOf::<Monitor<AnyModel>>::new(),
        told: vec![],
        stalls: 0,
        mistaken: 0,
        since: BTreeMap::new(),
        latest: START * TICK,
    };
    let poller = Poller {
        model,
        levels,
        unlearned,
        whole_since: 0,
        peers: BTreeMap::new(),
        seen: vec![],
        mistaken: 0,
        since: BTreeMap::new(),
    };
    Ok((listener, poller))
}

fn schedule(seed: u64, reached: &mut Reached) -> Result<(), String> {
    let mut rng = Rng::new(seed);
    let (mut listener, mut poller) = both(seed)?;
    let mut stamps = [Stamp { generation: 1, sequence: 0 }; 4];
    let mut tick = START;
    // The clocks begin far enough from zero to be put back.
    let mut behind = 0_u64;
    let grace = u64::try_from(STALL.as_nanos()).unwrap_or(0) / TICK;
    for _ in 0..150 {
        let wait = [0, 1, 7, 30, 45, 50, 55, 200][usize::try_from(rng.below(8)).unwrap_or(0)];
        let sleeps = rng.below(12) == 0;
        if sleeps {
            // Nobody is there for a while; only those who were waited for make it a pause.
            let nap = 150 + rng.below(400);
            listener.wake_until(tick * TICK);
            // The deadline is what the machine has asked for: the naive one need not know it.
            let due = listener.monitor.deadline().map_or(u64::MAX, Time::as_nanos);
            tick += nap;
            let late = (tick * TICK).saturating_sub(due);
            if late > grace * TICK {
                let heard = listener.latest - behind + 1;
                behind += late + grace * TICK;
                poller.whole_since = poller.whole_since.max(heard).max((tick + grace) * TICK - behind);
            }
        } else {
            for _ in 0..wait {
                tick += 1;
                listener.wake_until(tick * TICK);
                poller.poll(tick, (tick * TICK) - behind);
                reached.ticks += 1;
            }
        }
        let now = tick * TICK;
        let own = now - behind;
        let peer = rng.below(PEERS);
        let at = usize::try_from(peer).unwrap_or(0);
        let submit =
            |listener: &mut Listener, command| listener.feed(now, Input::Submit { tag: Tag(1), command });
        match rng.below(20) {
            0 | 1 => {
                submit(&mut listener, Command::Watch { peer: NodeId(peer), duty: Duty::Both });
                poller.watch(peer, own);
            }
            2 if rng.below(3) == 0 => {
                submit(&mut listener, Command::Forget { peer: NodeId(peer) });
                poller.peers.remove(&peer);
                poller.since.remove(&peer);
                listener.since.remove(&peer);
            }
            kind => {
                let sent = next_stamp(&mut stamps[at], kind);
                let message = Message::Heartbeat(sent);
                listener.feed(now, Input::Receive { from: NodeId(peer), message });
                poller.hear(tick, peer, sent, own);
            }
        }
        listener.wake_until(now);
        poller.poll(tick, own);
        compare(&mut listener, &mut poller, reached)?;
    }
    reached.schedules += 1;
    reached.stalls += listener.stalls;
    let counts = listener.monitor.counts();
    reached.wakes += counts.wakes;
    if counts.idle > 0 {
        return Err(format!("woken in vain {} times", counts.idle));
    }
    if listener.mistaken != poller.mistaken {
        return Err(format!("mistaken for {} ticks, not {}", listener.mistaken, poller.mistaken));
    }
    reached.mistaken += listener.mistaken;
    Ok(())
}

/// What a peer sends next: mostly the next one, sometimes one of a new life, the same again, or an old one.
const fn next_stamp(stamp: &mut Stamp, kind: u64) -> Stamp {
    match kind {
        3 => *stamp = Stamp { generation: stamp.generation + 1, sequence: 1 },
        4 => {}
        5 => stamp.sequence += 3,
        _ => stamp.sequence += 1,
    }
    if kind == 6 { Stamp { generation: stamp.generation, sequence: 1 } } else { *stamp }
}

/// Within a tick, the poller does not see what came first.
fn compare(listener: &mut Listener, poller: &mut Poller, reached: &mut Reached) -> Result<(), String> {
    let (mut told, mut seen) = (core::mem::take(&mut listener.told), core::mem::take(&mut poller.seen));
    told.sort_by_key(|(tick, peer, _)| (*tick, *peer));
    seen.sort_by_key(|(tick, peer, _)| (*tick, *peer));
    reached.events += told.len();
    if told == seen { Ok(()) } else { Err(format!("it tells {told:?}, where {seen:?} is seen")) }
}

/// Levels that are reached at different instants and told by one late wake are told in the order of the instants.
pub(crate) fn late_wakes_tell_in_order() -> Result<String, String> {
    let mut events = 0;
    for seed in 0..200 {
        let mut rng = Rng::new(seed);
        let levels: Vec<_> = [0.5, 1.0, 3.0].into_iter().map(threshold).collect();
        let mut config = Config::new(NodeId(99), model(seed), levels);
        (config.beat, config.stall, config.fires_max) =
            (None, None, 1 + usize::try_from(seed % 7).unwrap_or(0));
        #[cfg(quorate_bugs)]
        {
            config.bug = quorate_phi_detector::Bug::planted();
        }
        let monitor = Monitor::new(config, 1, Time::ZERO).map_err(|error| error.to_string())?;
        let mut out = OutboxOf::<Monitor<AnyModel>>::new();
        let mut monitor = monitor;
        let mut now = Time::ZERO;
        monitor.step(now, Input::Wake, &mut out);
        let mut watched = BTreeMap::new();
        for peer in 0..20 {
            let command = Command::Watch { peer: NodeId(peer), duty: Duty::Hear };
            now = now + rng.span(Duration::ZERO..Duration::from_millis(9));
            monitor.step(now, Input::Submit { tag: Tag(peer), command }, &mut out);
            watched.insert(NodeId(peer), now);
        }
        out.drain();
        let mut told = vec![];
        now = now + Duration::from_secs(100);
        while let Some(due) = monitor.deadline() {
            now = now.max(due);
            monitor.step(now, Input::Wake, &mut out);
            if out.len() > monitor.config().fires_max {
                return Err(format!("{} events of one step", out.len()));
            }
            for effect in out.drain() {
                let Effect::Emit(Event::Reached { peer, level, silence }) = effect else { continue };
                let since = watched.get(&peer).copied().unwrap_or(Time::ZERO);
                told.push((since + silence, peer, level));
            }
        }
        if told.len() != 60 {
            return Err(format!("{} of 60 levels were told", told.len()));
        }
        if let Some(at) = (1..told.len()).find(|at| told[at - 1].0 > told[*at].0) {
            return Err(format!("{:?} is told before {:?}", told[at - 1], told[at]));
        }
        events += told.len();
    }
    Ok(format!("{events} levels in order, in steps of one to seven"))
}
