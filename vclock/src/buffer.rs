use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};
use core::{fmt, num::NonZeroU64};

use crate::{Dot, DotRange, Overflow, VClock, bug::Bug};

/// A message that says what it follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(deserialize = "A: Ord + serde::Deserialize<'de>, M: serde::Deserialize<'de>"))
)]
pub struct CausalMessage<A: Ord, M> {
    /// Whose message, and which.
    pub dot: Dot<A>,
    /// What its sender had delivered when it sent this. The sender's own earlier messages need not be named: a message
    /// follows all of them.
    pub after: VClock<A>,
    /// What it says.
    pub payload: M,
}

/// Messages in the order of causality, whatever order they come in (Birman, Schiper and Stephenson 1991, §5.1): a
/// message is delivered once everything that it follows has been.
///
/// A message that is early waits under one of the events that it lacks, so that a delivery looks at those alone that
/// wait for it: O(log n) per message and entry of its clock, not a search of all that wait.
///
/// ```
/// use quorate_vclock::{CausalBuffer, Received};
///
/// let mut alice = CausalBuffer::new(10);
/// let mut bob = CausalBuffer::new(10);
/// let mut carol = CausalBuffer::new(10);
///
/// let question = alice.send("alice", "who is there?")?;
/// bob.receive(question.clone(), |_| ())?;
/// let answer = bob.send("bob", "me")?;
///
/// let mut heard = vec![];
/// assert_eq!(carol.receive(answer, |message| heard.push(message.payload))?, Received::Waiting);
/// assert_eq!(carol.missing().map(|range| range.to_string()).collect::<Vec<_>>(), ["alice:1..=1"]);
/// carol.receive(question, |message| heard.push(message.payload))?;
/// assert_eq!(heard, ["who is there?", "me"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CausalBuffer<A: Ord, M> {
    delivered: VClock<A>,
    /// What is known to exist.
    heard: VClock<A>,
    waiting: BTreeMap<Dot<A>, CausalMessage<A, M>>,
    /// Which messages wait for an event, each under one.
    parked: BTreeMap<Dot<A>, Vec<Dot<A>>>,
    waiting_max: usize,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Received {
    /// It was delivered, and with it those that waited for it: so many in all.
    Delivered(usize),
    /// Something that it follows has not come yet.
    Waiting,
    /// It has been delivered or waits already. Ignored.
    Duplicate,
    /// It claims to follow itself, or a later message of its own sender. Ignored.
    Nonsense,
}

impl<A: Ord + Clone, M> CausalBuffer<A, M> {
    /// A buffer that has delivered nothing, in which at most so many messages wait.
    pub const fn new(waiting_max: usize) -> Self {
        Self::starting(VClock::new(), waiting_max)
    }

    /// A buffer that goes on where `delivered` ends: the cut of a state that was handed over.
    pub const fn starting(delivered: VClock<A>, waiting_max: usize) -> Self {
        Self {
            delivered,
            heard: VClock::new(),
            waiting: BTreeMap::new(),
            parked: BTreeMap::new(),
            waiting_max,
        }
    }

    /// What has been delivered.
    pub const fn delivered(&self) -> &VClock<A> {
        &self.delivered
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether the message has been delivered or waits.
    pub fn holds(&self, dot: &Dot<A>) -> bool {
        self.delivered.contains(dot) || self.waiting.contains_key(dot)
    }

    /// Stamps a message of this node's own, which counts as delivered here at once.
    ///
    /// # Errors
    /// If the actor has used its last counter. Nothing has changed then, and here is the payload back.
    pub fn send(&mut self, actor: A, payload: M) -> Result<CausalMessage<A, M>, Unsent<M>> {
        let after = self.delivered.clone();
        match self.delivered.increment(actor) {
            Ok(dot) => Ok(CausalMessage { dot, after, payload }),
            Err(Overflow) => Err(Unsent { payload }),
        }
    }

    /// Takes in a message, and hands over what can be delivered now, in causal order.
    ///
    /// # Errors
    /// If it is early and too many wait already. Nothing has changed then, and here is the message back.
    pub fn receive(
        &mut self,
        message: CausalMessage<A, M>,
        deliver: impl FnMut(CausalMessage<A, M>),
    ) -> Result<Received, Full<A, M>> {
        if message.after.get(&message.dot.actor) >= message.dot.counter.get() {
            return Ok(Received::Nonsense);
        }
        if self.holds(&message.dot) {
            return Ok(Received::Duplicate);
        }
        let Some(lacking) = self.lacking(&message) else {
            let delivered = self.release(VecDeque::from([message]), deliver);
            return Ok(Received::Delivered(delivered));
        };
        if self.waiting.len() >= self.waiting_max {
            return Err(Full { message, waiting_max: self.waiting_max });
        }
        self.heard.merge(&message.after);
        self.heard.observe(message.dot.clone());
        self.park(lacking, message);
        Ok(Received::Waiting)
    }

    /// Goes on from a later cut, whose state was handed over: what waited for anything in it is delivered if nothing
    /// else is lacking, what is part of it is dropped. Says how many were delivered.
    pub fn skip_to(&mut self, cut: &VClock<A>, deliver: impl FnMut(CausalMessage<A, M>)) -> usize {
        self.delivered.merge(cut);
        let waiting = core::mem::take(&mut self.waiting);
        self.parked.clear();
        let mut ready = VecDeque::new();
        for (dot, message) in waiting {
            if self.delivered.contains(&dot) {
                continue;
            }
            match self.lacking(&message) {
                Some(lacking) => self.park(lacking, message),
                None => ready.push_back(message),
            }
        }
        self.release(ready, deliver)
    }

    /// The events that are waited for and have not come: what to ask for, by actor.
    pub fn missing(&self) -> impl Iterator<Item = DotRange<&A>> {
        self.heard
            .diff(&self.delivered)
            .flat_map(|range| Missing { waiting: &self.waiting, rest: Some(range) })
    }

    /// The messages that wait, by their dots.
    pub fn waiting(&self) -> impl Iterator<Item = &CausalMessage<A, M>> {
        self.waiting.values()
    }

    /// Drops what waits of an actor, and says how many that were. Messages of others that follow it keep waiting.
    pub fn forget(&mut self, actor: &A) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|dot, _| dot.actor != *actor);
        self.parked.retain(|_, parked| {
            parked.retain(|dot| dot.actor != *actor);
            !parked.is_empty()
        });
        self.heard = VClock::join_all(self.waiting.values().map(|message| &message.after));
        self.heard.extend(self.waiting.keys().cloned());
        before - self.waiting.len()
    }

    /// An event that the message follows and that has not been delivered; its sender's own come first.
    fn lacking(&self, message: &CausalMessage<A, M>) -> Option<Dot<A>> {
        let Dot { actor, counter } = &message.dot;
        let previous = counter.get() - 1;
        if self.delivered.get(actor) < previous {
            return Dot::new(actor.clone(), previous);
        }
        if Bug::BufferDeliversEarly.is_planted() {
            return None;
        }
        let lacking = message.after.diff(&self.delivered).find(|range| range.actor != actor)?;
        Some(Dot { actor: lacking.actor.clone(), counter: lacking.last })
    }

    fn park(&mut self, lacking: Dot<A>, message: CausalMessage<A, M>) {
        self.parked.entry(lacking).or_default().push(message.dot.clone());
        self.waiting.insert(message.dot.clone(), message);
    }

    /// Delivers these, and whatever waited for them.
    fn release(
        &mut self,
        mut ready: VecDeque<CausalMessage<A, M>>,
        mut deliver: impl FnMut(CausalMessage<A, M>),
    ) -> usize {
        let mut delivered = 0;
        while let Some(message) = ready.pop_front() {
            self.delivered.observe(message.dot.clone());
            for dot in self.parked.remove(&message.dot).into_iter().flatten() {
                let Some(freed) = self.waiting.remove(&dot) else { continue };
                match self.lacking(&freed) {
                    Some(lacking) => self.park(lacking, freed),
                    None => ready.push_back(freed),
                }
            }
            delivered += 1;
            deliver(message);
        }
        delivered
    }
}

/// The parts of a run that do not wait.
struct Missing<'a, A: Ord, M> {
    waiting: &'a BTreeMap<Dot<A>, CausalMessage<A, M>>,
    rest: Option<DotRange<&'a A>>,
}

impl<'a, A: Ord + Clone, M> Iterator for Missing<'a, A, M> {
    type Item = DotRange<&'a A>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.rest?;
            let first = Dot { actor: rest.actor.clone(), counter: rest.first };
            let last = Dot { actor: rest.actor.clone(), counter: rest.last };
            let Some((next, _)) = self.waiting.range(first..=last).next() else {
                self.rest = None;
                return Some(rest);
            };
            let held = next.counter;
            let after = held.checked_add(1).filter(|after| *after <= rest.last);
            self.rest = after.map(|first| DotRange { first, ..rest });
            if let Some(last) = NonZeroU64::new(held.get() - 1).filter(|last| *last >= rest.first) {
                return Some(DotRange { last, ..rest });
            }
        }
    }
}

/// Too many messages wait. Nothing has changed; here is the message back.
#[derive(Clone, PartialEq, Eq)]
pub struct Full<A: Ord, M> {
    /// The message that found no place.
    pub message: CausalMessage<A, M>,
    /// How many may wait.
    pub waiting_max: usize,
}

impl<A: Ord, M> fmt::Debug for Full<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Full").field("waiting_max", &self.waiting_max).finish_non_exhaustive()
    }
}

impl<A: Ord, M> fmt::Display for Full<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages wait already", self.waiting_max)
    }
}

impl<A: Ord, M> core::error::Error for Full<A, M> {}

/// The actor has used its last counter. Nothing has changed; here is the payload back.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsent<M> {
    /// What was to be sent.
    pub payload: M,
}

impl<M> fmt::Debug for Unsent<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsent").finish_non_exhaustive()
    }
}

impl<M> fmt::Display for Unsent<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Overflow, f)
    }
}

impl<M> core::error::Error for Unsent<M> {}
