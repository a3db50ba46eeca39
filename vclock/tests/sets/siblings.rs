//! What must hold of siblings: they are the values of the dots that nobody has overwritten. Each check says what it
//! reached, or what does not hold.

use std::collections::BTreeMap;

use quorate_machine::Rng;
use quorate_vclock::{Causality, Dot, Siblings, UpdateError, VClock};

type Replica = u8;
type Ours = Siblings<Replica, u64>;

/// Siblings as the mathematical object: how many writes of each actor have been seen, and which of them live.
#[derive(Clone, Default, Debug, PartialEq)]
pub(crate) struct Oracle {
    seen: BTreeMap<Replica, u64>,
    live: BTreeMap<(Replica, u64), u64>,
}

fn has(seen: &BTreeMap<Replica, u64>, (actor, counter): (Replica, u64)) -> bool {
    seen.get(&actor).is_some_and(|latest| counter <= *latest)
}

impl Oracle {
    pub(crate) fn of(ours: &Ours) -> Self {
        Self {
            seen: ours.context().iter().map(|dot| (*dot.actor, dot.counter.get())).collect(),
            live: ours.iter().map(|(dot, value)| ((*dot.actor, dot.counter.get()), *value)).collect(),
        }
    }

    fn discard(&mut self, context: &BTreeMap<Replica, u64>) {
        self.live.retain(|dot, _| !has(context, *dot));
        for (actor, counter) in context {
            let held = self.seen.entry(*actor).or_default();
            *held = *counter.max(held);
        }
    }

    fn update(&mut self, context: &BTreeMap<Replica, u64>, actor: Replica, value: u64) -> (Replica, u64) {
        self.discard(context);
        let counter = self.seen.entry(actor).or_default();
        *counter += 1;
        self.live.insert((actor, *counter), value);
        (actor, *counter)
    }

    /// A value stays if both have it, or one has it and the other has never seen it.
    pub(crate) fn sync(&mut self, other: &Self) {
        let stays = |dot: &(Replica, u64), side: &Self| side.live.contains_key(dot) || !has(&side.seen, *dot);
        let theirs: Vec<_> = other
            .live
            .iter()
            .filter(|(dot, _)| stays(dot, self))
            .map(|(dot, value)| (*dot, *value))
            .collect();
        self.live.retain(|dot, _| stays(dot, other));
        self.live.extend(theirs);
        self.discard_nothing(&other.seen);
    }

    fn discard_nothing(&mut self, seen: &BTreeMap<Replica, u64>) {
        let live = self.live.clone();
        self.discard(seen);
        self.live = live;
    }

    /// Whether all that this one has seen, and dropped, the other has as well.
    pub(crate) fn at_most(&self, other: &Self) -> bool {
        self.seen.iter().all(|(actor, counter)| has(&other.seen, (*actor, *counter)))
            && other.live.keys().all(|dot| self.live.contains_key(dot) || !has(&self.seen, *dot))
    }
}

fn context(clock: &VClock<Replica>) -> BTreeMap<Replica, u64> {
    clock.iter().map(|dot| (*dot.actor, dot.counter.get())).collect()
}

/// One key at several replicas, beside the oracle's; every value is written once.
#[derive(Clone)]
struct Key {
    ours: Vec<Ours>,
    oracle: Vec<Oracle>,
    writes: u64,
}

impl Key {
    fn new(replicas: usize) -> Self {
        Self { ours: vec![Siblings::new(); replicas], oracle: vec![Oracle::default(); replicas], writes: 0 }
    }

    fn put(&mut self, at: usize, read: &VClock<Replica>) -> Result<(), String> {
        let actor = u8::try_from(at).map_err(|error| error.to_string())?;
        self.writes += 1;
        let dot = self.ours[at].update(read, actor, self.writes).map_err(|error| error.to_string())?;
        let expected = self.oracle[at].update(&context(read), actor, self.writes);
        if (dot.actor, dot.counter.get()) != expected {
            return Err(format!("dot {dot} where it is {expected:?}"));
        }
        self.agree(at)
    }

    fn delete(&mut self, at: usize, read: &VClock<Replica>) -> Result<(), String> {
        self.ours[at].discard(read);
        self.oracle[at].discard(&context(read));
        self.agree(at)
    }

    fn sync(&mut self, from: usize, to: usize) -> Result<(), String> {
        let (ours, oracle) = (self.ours[from].clone(), self.oracle[from].clone());
        let mut owned = self.ours[to].clone();
        owned.sync_owned(ours.clone());
        self.ours[to].sync(&ours);
        if owned != self.ours[to] {
            return Err(format!("owned {owned:?}, borrowed {:?}", self.ours[to]));
        }
        self.oracle[to].sync(&oracle);
        self.agree(to)
    }

    fn agree(&self, at: usize) -> Result<(), String> {
        let (ours, oracle) = (&self.ours[at], &self.oracle[at]);
        if Oracle::of(ours) != *oracle
            || ours.len() != oracle.live.len()
            || ours.is_empty() != oracle.live.is_empty()
        {
            return Err(format!("{ours:?} where it is {oracle:?}"));
        }
        for (other, theirs) in self.ours.iter().zip(&self.oracle) {
            let expected = match (oracle.at_most(theirs), theirs.at_most(oracle)) {
                (true, true) => Causality::Equal,
                (true, false) => Causality::Before,
                (false, true) => Causality::After,
                (false, false) => Causality::Concurrent,
            };
            if ours.compare(other) != expected || ours.descends(other) != theirs.at_most(oracle) {
                return Err(format!("{ours:?} is {} {other:?}, not {expected}", ours.compare(other)));
            }
        }
        Ok(())
    }
}

/// Everything that two replicas can do in five steps.
pub(crate) fn two_replicas_are_sets_of_dots() -> Result<String, String> {
    let mut reached = vec![(Key::new(2), 0)];
    let mut steps = 0;
    while let Some((key, depth)) = reached.pop() {
        let mut step = |key: Key| {
            steps += 1;
            if depth < 4 {
                reached.push((key, depth + 1));
            }
        };
        for at in 0..2 {
            let reads = [VClock::new(), key.ours[0].context(), key.ours[1].context()];
            // Nobody reads what a replica has not made yet, so the reads of all can come to each of them.
            for read in &reads {
                let mut next = key.clone();
                next.put(at, read)?;
                step(next);
            }
            let mut next = key.clone();
            next.delete(at, &reads[1 + at])?;
            step(next);
            let mut next = key.clone();
            next.sync(at, 1 - at)?;
            step(next);
        }
    }
    Ok(format!("{steps} steps"))
}

/// Four replicas, clients with contexts that may be stale, and in the end everybody syncs.
pub(crate) fn replicas_are_sets_of_dots() -> Result<String, String> {
    let (mut steps, mut siblings_max) = (0, 0);
    for seed in 0..200 {
        let mut rng = Rng::new(seed);
        let mut below = |bound: usize| usize::try_from(rng.below(bound as u64)).unwrap_or(0);
        let mut key = Key::new(4);
        let mut reads = vec![VClock::new()];
        for _ in 0..60 {
            let (at, read) = (below(4), reads[below(reads.len())].clone());
            match below(6) {
                0 | 1 => key.put(at, &read)?,
                2 => key.delete(at, &read)?,
                3 => reads.push(key.ours[at].context()),
                _ => key.sync(at, (at + 1 + below(3)) % 4)?,
            }
            siblings_max = siblings_max.max(key.ours[at].len());
            steps += 1;
        }
        for (from, to) in [(0, 1), (3, 2), (2, 1), (1, 0), (0, 3), (0, 2)] {
            key.sync(from, to)?;
        }
        if key.ours.iter().any(|ours| *ours != key.ours[0]) {
            return Err(format!("seed {seed}: all have synced, and they differ: {:?}", key.ours));
        }
    }
    Ok(format!("{steps} steps, up to {siblings_max} siblings"))
}

/// Three clients write in turn through two servers, each with what it read when it wrote last: siblings do not multiply,
/// whatever the servers have heard of each other.
pub(crate) fn stale_writes_do_not_multiply() -> Result<String, String> {
    let (mut most, mut rng) = (0, Rng::new(1));
    let mut servers = [Ours::new(), Ours::new()];
    let mut read = [VClock::new(), VClock::new(), VClock::new()];
    for write in 0..1000_u64 {
        let (client, at) = (usize::try_from(write % 3).unwrap_or(0), usize::from(rng.below(2) == 0));
        let server = u8::try_from(at).unwrap_or(0);
        servers[at].update(&read[client], server, write).map_err(|error| error.to_string())?;
        read[client] = servers[at].context();
        if rng.below(4) == 0 {
            let other = servers[at].clone();
            servers[1 - at].sync(&other);
        }
        most = servers.iter().map(Siblings::len).fold(most, usize::max);
    }
    let [mut left, right] = servers;
    left.sync(&right);
    if left.len() > 3 || most > 6 {
        return Err(format!("{} siblings in the end, {most} on the way", left.len()));
    }
    Ok(format!("{} siblings in the end, {most} on the way", left.len()))
}

/// The replica `a` has written five times, then lost its disk; a client has read what was there.
pub(crate) fn a_replica_that_forgot_does_not_repeat_a_dot() -> Result<String, String> {
    let (old, new) = (('a', 0), ('a', 1));
    let mut elsewhere = Siblings::new();
    for value in ["v1", "v2", "v3", "v4", "v5"] {
        elsewhere.update(&elsewhere.context(), old, value).map_err(|error| error.to_string())?;
    }
    let read = elsewhere.context();
    let mut lost = Siblings::new();
    let refused = lost.update(&read, old, "v6");
    if refused != Err(UpdateError::Amnesia { value: "v6", held: 0, named: 5 }) || lost != Siblings::new() {
        return Err(format!("{refused:?}, and {lost:?} is held"));
    }
    if lost.remembers(&old, &elsewhere.context()).is_ok() {
        return Err("what comes from elsewhere is taken for known".to_owned());
    }
    let dot = lost.update(&read, new, "v6").map_err(|error| error.to_string())?;
    elsewhere.sync(&lost);
    let left: Vec<_> = elsewhere.values().collect();
    if Some(dot) != Dot::new(new, 1) || left != [&"v6"] {
        return Err(format!("{dot:?} is written, {left:?} is left"));
    }
    Ok("a new epoch, and the write is there".to_owned())
}
