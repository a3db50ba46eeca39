mod model;

use quorate_machine::Rng;
use quorate_vclock::{
    Causality,
    itc::{Limits, Stamp},
};

use super::execution::pick;

/// Up to 512 events as bits.
type Events = [u64; 8];

fn includes(all: &Events, some: &Events) -> bool {
    all.iter().zip(some).all(|(all, some)| some & !all == 0)
}

fn add(seen: &mut Events, others: &Events) {
    seen.iter_mut().zip(others).for_each(|(seen, others)| *seen |= others);
}

/// A stamp three times: as it is, as the paper defines it, and what it stands for, which is the set of events that led to
/// it.
#[derive(Clone)]
struct Actor {
    stamp: Stamp,
    model: model::Stamp,
    seen: Events,
}

impl Actor {
    fn seed() -> Self {
        Self { stamp: Stamp::seed(), model: model::Stamp::seed(), seen: Events::default() }
    }

    fn fork(self) -> Result<(Self, Self), String> {
        let (first, second) = self.stamp.fork().map_err(|error| error.to_string())?;
        let (first_model, second_model) = self.model.fork();
        let seen = self.seen;
        Ok((
            Self { stamp: first, model: first_model, seen },
            Self { stamp: second, model: second_model, seen: self.seen },
        ))
    }

    fn event(mut self, number: usize) -> Result<Self, String> {
        self.stamp.event().map_err(|error| error.to_string())?;
        self.model = self.model.event().ok_or("the model records no event")?;
        self.seen[number / 64] |= 1 << (number % 64);
        Ok(self)
    }

    fn join(self, other: Self) -> Result<Self, String> {
        let mut seen = self.seen;
        add(&mut seen, &other.seen);
        let model = self.model.join(&other.model).ok_or("the model's ids overlap")?;
        let stamp = self.stamp.join(other.stamp).map_err(|error| error.to_string())?;
        Ok(Self { stamp, model, seen })
    }

    fn merge(mut self, message: &Self) -> Result<Self, String> {
        self.stamp.merge(&message.stamp).map_err(|error| error.to_string())?;
        self.model = self.model.join(&message.model.peek()).ok_or("a message's id overlaps")?;
        add(&mut self.seen, &message.seen);
        Ok(self)
    }

    fn peek(&self) -> Self {
        Self { stamp: self.stamp.peek(), model: self.model.peek(), seen: self.seen }
    }

    /// Whether it is what the paper's rules say, and returns from bytes.
    fn check(&self) -> Result<(), String> {
        let (ours, expected) = (self.stamp.to_string(), self.model.to_string());
        if ours != expected {
            return Err(format!("{ours} is {expected} by the paper's rules"));
        }
        match Stamp::decode(&self.stamp.encode(), Limits::default()) {
            Ok(back) if back == self.stamp => Ok(()),
            other => Err(format!("{ours} comes back as {other:?}")),
        }
    }

    /// Whether the two are related as the sets of events are.
    fn check_beside(&self, other: &Self) -> Result<(), String> {
        let expected = match (includes(&other.seen, &self.seen), includes(&self.seen, &other.seen)) {
            (true, true) => Causality::Equal,
            (true, false) => Causality::Before,
            (false, true) => Causality::After,
            (false, false) => Causality::Concurrent,
        };
        let found = self.stamp.compare(&other.stamp);
        let by_rules = (
            self.model.history.at_most(&other.model.history),
            other.model.history.at_most(&self.model.history),
        );
        if found != expected || self.stamp.descends(&other.stamp) != by_rules.1 {
            return Err(format!("{} is {found} {}, not {expected}", self.stamp, other.stamp));
        }
        Ok(())
    }
}

/// Actors that come and go, and messages that are on their way.
struct Run {
    rng: Rng,
    live: Vec<Actor>,
    messages: Vec<Actor>,
    events: usize,
}

const LIVE_MAX: usize = 8;

impl Run {
    fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed), live: vec![Actor::seed()], messages: Vec::new(), events: 0 }
    }

    fn take(&mut self) -> Actor {
        let at = pick(&mut self.rng, self.live.len());
        self.live.swap_remove(at)
    }

    /// One step; what came of it is last.
    fn step(&mut self) -> Result<(), String> {
        let actor = self.take();
        match self.rng.below(8) {
            0 | 1 if self.live.len() + 1 < LIVE_MAX => {
                let (first, second) = actor.fork()?;
                self.live.extend([first, second]);
            }
            2 if !self.live.is_empty() => {
                let other = self.take();
                self.live.push(actor.join(other)?);
            }
            3 | 4 => {
                let message = pick(&mut self.rng, self.messages.len());
                let received = match self.messages.get(message) {
                    Some(message) => actor.merge(message)?,
                    None => actor,
                };
                self.live.push(received);
            }
            _ => {
                self.events += 1;
                let actor = actor.event(self.events)?;
                // Old messages stay: they are late, and come twice.
                if self.messages.len() > LIVE_MAX {
                    let lost = pick(&mut self.rng, self.messages.len());
                    self.messages.swap_remove(lost);
                }
                self.messages.push(actor.peek());
                self.live.push(actor);
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let Some((latest, others)) = self.live.split_last() else { return Ok(()) };
        latest.check()?;
        for other in others.iter().chain(&self.messages) {
            latest.check_beside(other)?;
        }
        let ids: Vec<&model::Id> = self.live.iter().map(|actor| &actor.model.id).collect();
        if !model::Id::divide_everything(&ids) {
            return Err("the ids of the live stamps do not divide everything".to_owned());
        }
        Ok(())
    }
}

/// In long random runs every stamp is what the paper's rules say, compares as causal histories do (also with messages
/// that are late), returns from bytes, and the live ids divide the interval among them.
pub(crate) fn stamps_are_the_causal_histories() -> Result<String, String> {
    let (mut steps, mut events, mut largest, mut longest) = (0, 0, 0, 0);
    for seed in 0..24 {
        let mut run = Run::new(seed);
        for step in 0..500 {
            run.step()
                .and_then(|()| run.check())
                .map_err(|why| format!("seed {seed}, step {step}: {why}"))?;
            steps += 1;
            for actor in &run.live {
                largest = largest.max(actor.stamp.nodes());
                longest = longest.max(actor.stamp.encode().len());
            }
        }
        events += run.events;
    }
    Ok(format!("{steps} steps, {events} events, stamps of up to {largest} nodes and {longest} bytes"))
}

/// The same for every run of six steps with up to three actors that fork, join, record events and send.
pub(crate) fn every_short_run_is_the_causal_histories() -> Result<String, String> {
    let mut runs = 0;
    explore(&[Actor::seed()], 6, &mut runs)?;
    Ok(format!("{runs} runs"))
}

fn explore(live: &[Actor], left: usize, runs: &mut usize) -> Result<(), String> {
    *runs += 1;
    if left == 0 {
        return Ok(());
    }
    for at in 0..live.len() {
        let mut others = live.to_vec();
        let actor = others.remove(at);
        visit(others.clone(), vec![actor.clone().event(left)?], left, runs)?;
        if live.len() < 3 {
            let (first, second) = actor.clone().fork()?;
            visit(others.clone(), vec![first, second], left, runs)?;
        }
        for (place, other) in others.iter().enumerate() {
            visit(others.clone(), vec![actor.clone().merge(&other.peek())?], left, runs)?;
            if place >= at {
                let mut rest = others.clone();
                let other = rest.remove(place);
                visit(rest, vec![actor.clone().join(other)?], left, runs)?;
            }
        }
    }
    Ok(())
}

fn visit(mut live: Vec<Actor>, new: Vec<Actor>, left: usize, runs: &mut usize) -> Result<(), String> {
    for actor in new {
        actor.check()?;
        for other in &live {
            actor.check_beside(other)?;
        }
        live.push(actor);
    }
    explore(&live, left - 1, runs)
}

/// To fork and join again is to have done nothing, wherever an actor is.
pub(crate) fn joining_undoes_forking() -> Result<String, String> {
    let mut tried = 0;
    for seed in 0..20 {
        let mut run = Run::new(seed);
        for _ in 0..100 {
            run.step()?;
            for actor in &run.live {
                let (first, second) = actor.stamp.clone().fork().map_err(|error| error.to_string())?;
                let joined = if tried % 2 == 0 { first.join(second) } else { second.join(first) };
                if joined.as_ref() != Ok(&actor.stamp) {
                    return Err(format!("{} is forked and joined to {joined:?}", actor.stamp));
                }
                tried += 1;
            }
        }
    }
    Ok(format!("{tried} stamps"))
}

/// Of all bytes up to two, and of many longer ones, those that are decoded are what is encoded again.
pub(crate) fn only_what_is_encoded_is_decoded() -> Result<String, String> {
    let mut rng = Rng::new(7);
    let short = (0..=u16::MAX).map(|bits| bits.to_be_bytes().to_vec());
    let shorter = (0..=u8::MAX).map(|bits| vec![bits]);
    let longer = (0..100_000).map(|_| rng.draw().to_be_bytes()[..5].to_vec());
    let (mut tried, mut stamps) = (0, 0);
    for bytes in short.chain(shorter).chain(longer) {
        tried += 1;
        let Ok(stamp) = Stamp::decode(&bytes, Limits::default()) else { continue };
        stamps += 1;
        if stamp.encode() != bytes {
            return Err(format!("{bytes:?} is decoded to {stamp}, which is {:?}", stamp.encode()));
        }
    }
    Ok(format!("{stamps} stamps in {tried} byte strings"))
}

/// Every stamp that two bytes can say, whether any run leads to it or not, is forked and records events by the paper's
/// rules; and many pairs of them are compared and joined by them.
pub(crate) fn every_small_stamp_obeys_the_rules() -> Result<String, String> {
    let decoded =
        (0..=u16::MAX).filter_map(|bits| Stamp::decode(&bits.to_be_bytes(), Limits::default()).ok());
    let mut stamps = Vec::new();
    for stamp in decoded {
        let model = model::parse(&stamp.to_string()).ok_or_else(|| format!("{stamp} cannot be read"))?;
        alone(&stamp, &model)?;
        stamps.push((stamp, model));
    }
    let mut pairs = 0;
    for left in stamps.iter().step_by(5) {
        for right in stamps.iter().step_by(7) {
            beside(left, right)?;
            pairs += 1;
        }
    }
    Ok(format!("{} stamps, {pairs} pairs", stamps.len()))
}

fn alone(stamp: &Stamp, model: &model::Stamp) -> Result<(), String> {
    let (mut risen, expected) = (stamp.clone(), model.event());
    let recorded = risen.event();
    if recorded.is_ok() != expected.is_some()
        || expected.is_some_and(|expected| risen.to_string() != expected.to_string())
    {
        return Err(format!("{stamp} becomes {risen}: {recorded:?}"));
    }
    let (first, second) = stamp.clone().fork().map_err(|error| error.to_string())?;
    let (first_expected, second_expected) = model.fork();
    if (first.to_string(), second.to_string()) != (first_expected.to_string(), second_expected.to_string()) {
        return Err(format!("{stamp} is forked to {first} and {second}"));
    }
    Ok(())
}

fn beside(left: &(Stamp, model::Stamp), right: &(Stamp, model::Stamp)) -> Result<(), String> {
    let ((left, left_model), (right, right_model)) = (left, right);
    let (joined, expected) = (left.clone().join(right.clone()), left_model.join(right_model));
    match (&joined, &expected) {
        (Ok(joined), Some(expected)) if joined.to_string() == expected.to_string() => {}
        (Err(_), None) => {}
        _ => return Err(format!("{left} and {right} are joined to {joined:?}")),
    }
    let mut merged = left.clone();
    merged.merge(right).map_err(|error| error.to_string())?;
    let expected = left_model.join(&right_model.peek());
    if expected.map(|expected| expected.to_string()) != Some(merged.to_string()) {
        return Err(format!("{left} takes in {right} and is {merged}"));
    }
    if right.descends(left) != left_model.history.at_most(&right_model.history) {
        return Err(format!("{left} is {} {right}", left.compare(right)));
    }
    Ok(())
}
