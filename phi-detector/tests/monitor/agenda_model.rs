//! The agenda against an ordered set that is kept beside it.

use std::collections::{BTreeMap, BTreeSet};

use quorate_machine::Rng;

#[path = "../../src/agenda.rs"]
#[allow(dead_code, reason = "what the monitor needs besides")]
mod agenda;

use agenda::Agenda;

const NUMBERS: u64 = 40;

/// An agenda, what is really due, and what it was told of that.
struct Both {
    agenda: Agenda,
    truth: BTreeMap<u32, u64>,
    told: BTreeMap<u32, u64>,
}

impl Both {
    fn new() -> Self {
        let mut agenda = Agenda::new();
        agenda.reserve(usize::try_from(NUMBERS).unwrap_or(0));
        Self { agenda, truth: BTreeMap::new(), told: BTreeMap::new() }
    }

    fn set(&mut self, number: u32, at: u64) {
        self.truth.insert(number, at);
        self.told.insert(number, at);
        self.agenda.set(number, at);
    }

    fn remove(&mut self, number: u32) {
        self.truth.remove(&number);
        self.told.remove(&number);
        self.agenda.remove(number);
    }

    /// What is due first, equal instants by number.
    fn first(&self) -> Option<(u64, u32)> {
        let due: BTreeSet<_> = self.truth.iter().map(|(number, at)| (*at, *number)).collect();
        due.first().copied()
    }

    /// Settles with steps of a bounded length, and says how many there were.
    fn settle(&mut self, length: usize) -> Result<(Option<(u64, u32)>, u64), String> {
        for steps in 1..10_000 {
            let mut budget = length;
            let truth = &self.truth;
            let first = self.agenda.settle(&mut budget, |number| truth.get(&number).copied());
            let bound = self.agenda.earliest();
            if let Some((at, _)) = self.first() {
                if bound.is_none_or(|bound| bound > at) {
                    return Err(format!("it says {bound:?}, and {at} is due"));
                }
            }
            if first.is_some() || bound.is_none() {
                return Ok((first, steps));
            }
        }
        Err("it never comes to an end".into())
    }
}

/// Instants of every magnitude, often equal ones, around an instant that moves on.
fn some_instant(rng: &mut Rng, now: u64) -> u64 {
    let bits = rng.below(63);
    match rng.below(8) {
        0 => now,
        1 => now.saturating_sub(rng.below(1 << 22)),
        2 => now + 7,
        3 => now.saturating_add(1 << bits),
        4 => u64::MAX - 1 - rng.below(3),
        _ => now.saturating_add(rng.below(1 << bits)).min(u64::MAX - 1),
    }
}

/// What comes first is what an ordered set says comes first, whatever is set, put off behind the agenda's back, brought
/// forward or removed, however far instants are apart, and however short the steps are in which it is settled.
pub(crate) fn the_agenda_is_an_ordered_set() -> Result<String, String> {
    let (mut settled, mut steps_max, mut fired) = (0_u64, 0, 0_u64);
    for seed in 0..400 {
        let mut rng = Rng::new(seed);
        let mut both = Both::new();
        let mut now = if seed % 2 == 0 { 0 } else { 1 << 62 };
        let length = [1, 3, 1_000][usize::try_from(rng.below(3)).unwrap_or(0)];
        for _ in 0..300 {
            let number = u32::try_from(rng.below(NUMBERS)).unwrap_or(0);
            match rng.below(10) {
                0..4 => both.set(number, some_instant(&mut rng, now)),
                4..7 => {
                    // Put off, and nobody says so.
                    if let Some(at) = both.truth.get_mut(&number) {
                        let bits = rng.below(50);
                        *at = at.saturating_add(rng.below(1 << bits)).min(u64::MAX - 1);
                    }
                }
                7 => both.remove(number),
                _ => {
                    let (first, steps) = both.settle(length)?;
                    if first != both.first() {
                        let model = both.first();
                        return Err(format!("seed {seed}: it begins with {first:?}, not {model:?}"));
                    }
                    (settled, steps_max) = (settled + 1, steps_max.max(steps));
                    if let Some((at, number)) = first.filter(|_| rng.below(2) == 0) {
                        now = now.max(at.min(u64::MAX >> 1));
                        fired += 1;
                        both.remove(number);
                    }
                }
            }
        }
        // To the very end.
        while let Some(expected) = both.first() {
            let (first, _) = both.settle(length)?;
            if first != Some(expected) {
                return Err(format!("seed {seed}: {first:?} is next, not {expected:?}"));
            }
            both.remove(expected.1);
        }
        if both.agenda.earliest().is_some() && both.settle(length)?.0.is_some() {
            return Err(format!("seed {seed}: something is left over"));
        }
    }
    Ok(format!(
        "{settled} times the first of up to {NUMBERS}, {fired} of them taken out; at most {steps_max} short steps"
    ))
}

/// Entries are brought nearer a bounded number of times each, however many there are.
pub(crate) fn moves_are_bounded() -> Result<String, String> {
    let mut worst = 0;
    for peers in [10_u32, 1_000, 20_000] {
        let mut rng = Rng::new(u64::from(peers));
        let mut agenda = Agenda::new();
        agenda.reserve(peers as usize);
        let mut due: Vec<u64> = (0..peers).map(|_| rng.below(3_000_000_000)).collect();
        (0..peers).for_each(|number| agenda.set(number, due[number as usize]));
        let (mut moves, mut taken) = (0_u64, 0_u64);
        // Each is put off by about a second before two of three of its instants, and taken at the third.
        while taken < u64::from(peers) * 3 {
            let mut budget = usize::MAX;
            let first = agenda.settle(&mut budget, |number| due.get(number as usize).copied());
            moves += (usize::MAX - budget) as u64;
            let Some((at, number)) = first else { return Err("it is empty".into()) };
            taken += 1;
            let next = at + 900_000_000 + rng.below(200_000_000);
            due[number as usize] = next;
            agenda.set(number, next);
            for _ in 0..2 {
                let other = rng.below(u64::from(peers));
                let other = usize::try_from(other).unwrap_or(0);
                due[other] = due[other].max(at + 900_000_000 + rng.below(200_000_000));
            }
        }
        // In hundredths.
        worst = worst.max(moves * 100 / (taken * 3));
    }
    if worst > 800 {
        return Err(format!("{worst} moves for a hundred instants"));
    }
    Ok(format!("{worst} moves for a hundred instants that were set"))
}
