//! Random executions, with happened-before as the mathematical object: a set of earlier events for each event.

use quorate_machine::Rng;

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nobody else is involved.
    Local,
    /// A message leaves; the event is what it carries.
    Send,
    /// The message that the event of this number sent has come.
    Receive(usize),
}

/// One event; its number is its place in the execution, an order that really was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) actor: usize,
    pub(crate) kind: Kind,
    /// When, if somebody outside had looked at a clock.
    pub(crate) instant: u64,
}

/// Events in the order in which they happened, and which of them led to which.
pub(crate) struct Execution {
    pub(crate) actors: usize,
    pub(crate) events: Vec<Event>,
    /// For each event those that happened before it, as a set of bits.
    past: Vec<Vec<u64>>,
}

impl Execution {
    /// Actors that send each other messages, which are delayed, reordered, doubled and lost.
    pub(crate) fn random(seed: u64, actors: usize, events: usize) -> Self {
        let mut rng = Rng::new(seed);
        let mut execution = Self { actors, events: Vec::new(), past: Vec::new() };
        let (mut sent, mut instant) = (Vec::new(), 100);
        for number in 0..events {
            instant += rng.below(3);
            let actor = pick(&mut rng, actors);
            let kind = match rng.below(5) {
                0 => Kind::Local,
                1 | 2 => Kind::Send,
                _ if sent.is_empty() => Kind::Local,
                _ => Kind::Receive(sent[pick(&mut rng, sent.len())]),
            };
            if kind == Kind::Send {
                sent.push(number);
            }
            execution.add(Event { actor, kind, instant });
        }
        execution
    }

    fn add(&mut self, event: Event) {
        let previous = self.events.iter().rposition(|earlier| earlier.actor == event.actor);
        let heard = match event.kind {
            Kind::Receive(sent) => Some(sent),
            Kind::Local | Kind::Send => None,
        };
        let mut past = vec![0; self.events.len() / 64 + 1];
        for cause in [previous, heard].into_iter().flatten() {
            past[cause / 64] |= 1 << (cause % 64);
            for (all, word) in past.iter_mut().zip(&self.past[cause]) {
                *all |= word;
            }
        }
        self.events.push(event);
        self.past.push(past);
    }

    /// Whether the first happened before the second.
    pub(crate) fn led_to(&self, first: usize, second: usize) -> bool {
        self.past[second].get(first / 64).is_some_and(|word| word >> (first % 64) & 1 == 1)
    }

    /// Every pair of which the first happened before the second.
    pub(crate) fn causes(&self) -> impl Iterator<Item = (usize, usize)> {
        let all = 0..self.events.len();
        all.clone().flat_map(move |later| {
            all.clone()
                .filter(move |earlier| self.led_to(*earlier, later))
                .map(move |earlier| (earlier, later))
        })
    }
}

pub(crate) fn pick(rng: &mut Rng, length: usize) -> usize {
    usize::try_from(rng.below(super::count(length))).unwrap_or(0)
}
