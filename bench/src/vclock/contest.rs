//! Taking turns.

use core::{fmt, time::Duration};

use crate::cpu::cpu_time;

/// What an entrant has done in one turn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// How long the process has computed for it, preparations apart.
    pub time: Duration,
    /// What came out, as a number: the same for all entrants.
    pub sum: u64,
}

/// Who takes part, and how it does the work so many times.
pub struct Entrant {
    /// Its name.
    pub name: &'static str,
    turn: Box<dyn FnMut(u64) -> Work>,
}

impl Entrant {
    /// Work that needs no preparation: `work` does it so many times.
    pub fn new(name: &'static str, mut work: impl FnMut(u64) -> u64 + 'static) -> Self {
        Self::prepared(name, move |times| {
            let begun = cpu_time();
            let sum = work(times);
            Work { time: cpu_time().saturating_sub(begun), sum }
        })
    }

    /// Work that takes its own time, so as to leave out what it prepares.
    pub fn prepared(name: &'static str, turn: impl FnMut(u64) -> Work + 'static) -> Self {
        Self { name, turn: Box::new(turn) }
    }

    /// One turn.
    pub fn take_turn(&mut self, times: u64) -> Work {
        (self.turn)(times)
    }
}

impl fmt::Debug for Entrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// One piece of work, and who does it.
#[derive(Debug)]
pub struct Contest {
    /// What is done.
    pub what: String,
    /// How many things one time is, for figures by the thing.
    pub things: u64,
    /// This workspace's first.
    pub entrants: Vec<Entrant>,
}

/// What an entrant took.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// The median over all rounds, of one thing.
    pub nanos: f64,
}

/// A turn takes at least this long, so that the clock counts for nothing.
const TURN: Duration = Duration::from_millis(1);

impl Contest {
    /// Whether all do the same.
    ///
    /// # Panics
    /// If somebody comes to another sum than the first.
    pub fn check(&mut self, times: u64) {
        let sums: Vec<_> =
            self.entrants.iter_mut().map(|entrant| (entrant.name, entrant.take_turn(times).sum)).collect();
        let agree = sums.windows(2).all(|pair| matches!(pair, [(_, left), (_, right)] if left == right));
        assert!(agree, "{}: {sums:?}", self.what);
    }

    /// Lets all take turns for so many rounds; medians.
    pub fn run(&mut self, rounds: usize) -> Vec<Figure> {
        self.check(3);
        let times: Vec<u64> = self.entrants.iter_mut().map(enough).collect();
        let mut taken = vec![Vec::with_capacity(rounds); times.len()];
        for _ in 0..rounds {
            for ((entrant, times), taken) in self.entrants.iter_mut().zip(&times).zip(&mut taken) {
                taken.push(nanos(entrant.take_turn(*times).time, times * self.things));
            }
        }
        let median = |mut taken: Vec<f64>| {
            taken.sort_by(f64::total_cmp);
            taken.get(taken.len() / 2).copied().unwrap_or(f64::NAN)
        };
        let named = self.entrants.iter().zip(taken);
        named.map(|(entrant, taken)| Figure { name: entrant.name, nanos: median(taken) }).collect()
    }
}

/// How many times fill a turn.
fn enough(entrant: &mut Entrant) -> u64 {
    let mut times = 1;
    while times < 1 << 24 && entrant.take_turn(times).time < TURN {
        times *= 2;
    }
    times
}

#[expect(clippy::cast_precision_loss, reason = "a figure for a table")]
fn nanos(time: Duration, things: u64) -> f64 {
    time.as_nanos() as f64 / things as f64
}
