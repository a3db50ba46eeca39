//! What must hold after every step.
#![allow(clippy::wildcard_enum_match_arm, reason = "an invariant looks only at the events that it is about")]

use std::{collections::BTreeMap, time::Duration};

use quorate_machine::{Effect, Machine, NodeId, Time};
use quorate_phi_detector::{
    Stamp,
    model::AnyModel,
    monitor::{Event, Message, Monitor},
};
use quorate_sim::{Invariant, Step, StepKind, View};

use crate::cluster::{Cluster, hears};

pub(crate) fn all() -> Vec<Box<dyn Invariant<Cluster>>> {
    vec![
        Box::new(EventsAlternate),
        Box::new(DeadlineIsFirst::default()),
        Box::new(ReachedWhenDue::default()),
        Box::new(LivesAreWrittenDown::default()),
        Box::new(PausesAreNoSilence::default()),
        Box::new(RestartIsTold::default()),
    ]
}

/// What holds besides where nothing goes wrong.
pub(crate) fn of_the_well() -> Vec<Box<dyn Invariant<Cluster>>> {
    let mut all = all();
    all.push(Box::new(NobodyIsSuspected));
    all
}

fn machine<'a>(view: &View<'a, Cluster>, step: &Step<'_, Cluster>) -> Option<&'a Monitor<AnyModel>> {
    view.node(step.node)?.machine()
}

/// Of each peer levels 0, 1 and so on are told, each once, then that it is trusted; of those that are not watched, nothing.
struct EventsAlternate;

impl Invariant<Cluster> for EventsAlternate {
    fn name(&self) -> &'static str {
        "events alternate"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(node) = view.node(step.node) else { return Ok(()) };
        if let Some(wrong) = &node.app().wrong {
            return Err(wrong.clone());
        }
        let Some(machine) = node.machine() else { return Ok(()) };
        for (peer, watched) in &node.app().watched {
            let levels = machine.status(*peer).map(|status| status.level.map_or(0, |level| level + 1));
            if levels != Some(watched.levels) {
                return Err(format!("{peer} is said to be at {}, and is at {levels:?}", watched.levels));
            }
        }
        Ok(())
    }
}

/// The latest instant of each node's clock, which may go back.
#[derive(Default)]
struct Clocks(BTreeMap<NodeId, Time>);

impl Clocks {
    fn latest(&mut self, step: &Step<'_, Cluster>) -> Time {
        let latest = self.0.entry(step.node).or_insert(step.local);
        *latest = if step.kind == StepKind::Started { step.local } else { step.local.max(*latest) };
        *latest
    }
}

/// The deadline is the first instant at which anything is due, and nobody is woken in vain.
#[derive(Default)]
struct DeadlineIsFirst(Clocks);

impl Invariant<Cluster> for DeadlineIsFirst {
    fn name(&self) -> &'static str {
        "the deadline is first"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(machine) = machine(view, step) else { return Ok(()) };
        let now = self.0.latest(step);
        let first = machine.peers().filter_map(|status| machine.due(status.peer)).min();
        let deadline = machine.deadline();
        if let Some(first) = first {
            let latest = first.max(now.next());
            if deadline.is_none_or(|deadline| deadline > latest) {
                return Err(format!("a peer is due at {first:?}, and the deadline is {deadline:?}"));
            }
        }
        // Where a step may look at one peer only, moving others is work for the next one.
        let counts = machine.counts();
        if machine.config().fires_max > 16 && counts.idle > 0 {
            return Err(format!("woken at {:?}, with nothing to do", step.local));
        }
        Ok(())
    }
}

/// A peer's next level is due exactly when φ reaches it, and is told by the wake that was asked for then.
#[derive(Default)]
struct ReachedWhenDue(Clocks);

impl Invariant<Cluster> for ReachedWhenDue {
    fn name(&self) -> &'static str {
        "reached when due"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(machine) = machine(view, step) else { return Ok(()) };
        let now = self.0.latest(step);
        let levels = &machine.config().levels;
        for status in machine.peers().filter(|status| hears(status.duty)) {
            let peer = status.peer;
            let phi = |at| machine.phi(peer, at).unwrap_or(f64::NAN);
            let next = status.level.map_or(0, |level| usize::from(level) + 1);
            let (Some(level), due) = (levels.get(next), machine.due(peer)) else { continue };
            let Some(due) = due else { return Err(format!("{peer} never reaches level {next}")) };
            let before = Time::from_nanos(due.as_nanos().saturating_sub(1));
            if phi(due) < level.phi() || before > now && phi(before) >= level.phi() {
                return Err(format!("{peer} is due at {due:?}, with φ {} after {}", phi(due), phi(before)));
            }
            if step.kind == StepKind::Wake
                && due <= now
                && machine.deadline().is_none_or(|deadline| deadline > now.next())
            {
                return Err(format!("{peer} was due at {due:?}, and was not told at {now:?}"));
            }
        }
        for effect in step.effects {
            let Effect::Emit(Event::Reached { peer, level, .. }) = effect else { continue };
            let phi = machine.phi(*peer, now).unwrap_or(0.0);
            if levels.get(usize::from(*level)).is_none_or(|level| phi < level.phi()) {
                return Err(format!("{peer} is said to have reached level {level}, with φ {phi}"));
            }
        }
        Ok(())
    }
}

/// Heartbeats are of a life that is on disk, and each is later than all that its sender has sent to the same node before.
#[derive(Default)]
struct LivesAreWrittenDown {
    sent: BTreeMap<(NodeId, NodeId), Stamp>,
}

impl Invariant<Cluster> for LivesAreWrittenDown {
    fn name(&self) -> &'static str {
        "lives are written down"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let durable = view.node(step.node).map_or(0, |node| node.image().generation());
        for effect in step.effects {
            let Effect::Send { to, message: Message::Heartbeat(stamp) } = effect else { continue };
            if stamp.generation != durable {
                return Err(format!("{stamp:?} leaves, and life {durable} is on disk"));
            }
            let before = self.sent.insert((step.node, *to), *stamp);
            if before.is_some_and(|before| before >= *stamp) {
                return Err(format!("{stamp:?} follows {before:?}"));
            }
        }
        Ok(())
    }
}

/// The own clock is put back by as much as a step is late or as a pause that is told of, and for the backlog after it.
#[derive(Default)]
struct PausesAreNoSilence {
    clocks: BTreeMap<NodeId, Own>,
}

/// A clock that is computed from scratch.
#[derive(Clone, Copy)]
struct Own {
    deadline: Option<Time>,
    latest: Time,
    started: Time,
    shown: Duration,
    behind: Duration,
    pauses: usize,
    is_born: bool,
}

impl Invariant<Cluster> for PausesAreNoSilence {
    fn name(&self) -> &'static str {
        "pauses are no silence"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(node) = view.node(step.node) else { return Ok(()) };
        let Some(machine) = node.machine() else { return Ok(()) };
        let stall = machine.config().stall;
        if step.kind == StepKind::Started {
            let (deadline, started) = (machine.deadline(), step.local);
            let (shown, behind) = (Duration::ZERO, Duration::ZERO);
            let own = Own { deadline, latest: started, started, shown, behind, pauses: 0, is_born: false };
            self.clocks.insert(step.node, own);
            return Ok(());
        }
        let Some(own) = self.clocks.get_mut(&step.node) else { return Ok(()) };
        let now = own.latest.max(step.local);
        let late = own.deadline.map_or(Duration::ZERO, |due| now.since(due.max(own.latest)));
        let expected = stall.filter(|stall| late > *stall && own.is_born).map(|stall| {
            own.behind += late + stall;
            late
        });
        for span in &node.app().pauses[own.pauses..] {
            own.behind += *span + stall.unwrap_or(Duration::ZERO).min(*span);
        }
        let told = step.effects.iter().find_map(|effect| match effect {
            Effect::Emit(Event::Stalled { late }) => Some(*late),
            _ => None,
        });
        own.shown = now.since(own.started).saturating_sub(own.behind);
        own.pauses = node.app().pauses.len();
        own.is_born |= step.kind == StepKind::Wake;
        (own.deadline, own.latest) = (machine.deadline(), now);
        if told != expected || machine.awake(now) != own.shown {
            let awake = machine.awake(now);
            return Err(format!("{late:?} late it says {told:?} and has run {awake:?}, not {:?}", own.shown));
        }
        Ok(())
    }
}

/// What is known of a peer's heartbeats never falls back, and that it is in another life is told when it is known, and only then.
#[derive(Default)]
struct RestartIsTold {
    known: BTreeMap<(NodeId, NodeId), Stamp>,
}

impl Invariant<Cluster> for RestartIsTold {
    fn name(&self) -> &'static str {
        "a restart is told"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(machine) = machine(view, step) else { return Ok(()) };
        let told: Vec<_> = step
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Emit(Event::Restarted { peer, .. }) => Some(*peer),
                _ => None,
            })
            .collect();
        // Commands may forget a peer, and what was known of it.
        let is_heard = matches!(step.kind, StepKind::Receive(_));
        let before = core::mem::take(&mut self.known);
        self.known =
            before.iter().filter(|((node, _), _)| *node != step.node).map(|(key, at)| (*key, *at)).collect();
        for status in machine.peers() {
            let key = (step.node, status.peer);
            let known = status.stamp.unwrap_or_default();
            self.known.insert(key, known);
            let Some(before) = before.get(&key).filter(|_| is_heard) else { continue };
            let restarted = before.generation > 0 && known.generation > before.generation;
            if known < *before || before.generation > 0 && restarted != told.contains(&status.peer) {
                return Err(format!(
                    "{} was known by {before:?}, and is by {known:?}: {told:?}",
                    status.peer
                ));
            }
        }
        Ok(())
    }
}

/// Where messages, disks and clocks are within what a timeout can bear, nobody is suspected who is up.
struct NobodyIsSuspected;

impl Invariant<Cluster> for NobodyIsSuspected {
    fn name(&self) -> &'static str {
        "nobody is suspected"
    }

    fn after(&mut self, _: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let mut effects = step.effects.iter();
        let wrong = effects
            .find(|effect| matches!(effect, Effect::Emit(Event::Reached { .. } | Event::Stalled { .. })));
        wrong.map_or(Ok(()), |wrong| Err(format!("{wrong:?}")))
    }
}
