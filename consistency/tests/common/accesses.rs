//! Histories of registers, and the weaker models by their definitions.

use quorate_consistency::{
    CausalModel, Guarantee, Guarantees, History, HistoryBuilder,
    spec::{Access, RegisterRet, Registers},
};

use super::Rng;

pub type Accesses = History<Access<char, u8>, RegisterRet<u8>>;

pub const SPEC: Registers<char, u8> = Registers::new(0);
pub const NOBODY: u8 = 99;

/// What one process does: (is a write, key, value).
pub type Step = (bool, char, u8);

/// Processes by lines of `w x1, r y0`.
pub fn parse(text: &str) -> Vec<Vec<Step>> {
    let step = |word: &str| {
        let mut letters = word.trim().chars();
        let is_write = letters.next() == Some('w');
        let mut rest = letters.filter(|c| *c != ' ');
        (is_write, rest.next().unwrap(), rest.collect::<String>().parse().unwrap())
    };
    text.split('|').map(|process| process.split(',').map(step).collect()).collect()
}

/// The nth operations of all processes are concurrent, and before the next ones.
pub fn in_rounds(processes: &[Vec<Step>]) -> Accesses {
    let mut builder = HistoryBuilder::new();
    for nth in 0..processes.iter().map(Vec::len).max().unwrap_or(0) {
        let round = || (0..).zip(processes).filter_map(|(at, steps)| Some((at, steps.get(nth)?)));
        for (at, step) in round() {
            builder.invoke(at, op(*step)).unwrap();
        }
        for (at, step) in round() {
            builder.ok(at, ret(*step)).unwrap();
        }
    }
    builder.finish()
}

/// One operation after the other, process by process.
pub fn one_by_one(processes: &[Vec<Step>]) -> Accesses {
    let mut builder = HistoryBuilder::new();
    for (at, steps) in (0..).zip(processes) {
        for step in steps {
            builder.invoke(at, op(*step)).unwrap();
            builder.ok(at, ret(*step)).unwrap();
        }
    }
    builder.finish()
}

fn op(step: Step) -> Access<char, u8> {
    if step.0 { Access::Write(step.1, step.2) } else { Access::Read(step.1) }
}

fn ret(step: Step) -> RegisterRet<u8> {
    if step.0 { RegisterRet::Written } else { RegisterRet::Value(step.2) }
}

/// Every history of processes with so many operations each, on two keys, each write of another value, each read of the
/// first value, of one that is written to its key, or of one that nobody writes.
pub fn every(sizes: &[usize], mut each: impl FnMut(&[Vec<Step>])) {
    let count: usize = sizes.iter().sum();
    for kinds in 0..4_usize.pow(count as u32) {
        let kind = |at: usize| kinds / 4_usize.pow(at as u32) % 4;
        let key = |at: usize| if kind(at) % 2 == 0 { 'x' } else { 'y' };
        let is_write = |at: usize| kind(at) < 2;
        let choices: Vec<Vec<u8>> = (0..count)
            .map(|at| {
                if is_write(at) {
                    return vec![at as u8 + 1];
                }
                let written = (0..count)
                    .filter(|other| is_write(*other) && key(*other) == key(at))
                    .map(|at| at as u8 + 1);
                [0, NOBODY].into_iter().chain(written).collect()
            })
            .collect();
        let mut choice = vec![0; count];
        loop {
            let mut at = 0;
            let mut step = || {
                at += 1;
                (is_write(at - 1), key(at - 1), choices[at - 1][choice[at - 1]])
            };
            let processes: Vec<Vec<Step>> =
                sizes.iter().map(|size| (0..*size).map(|_| step()).collect()).collect();
            each(&processes);
            let Some(at) = (0..count).find(|at| choice[*at] + 1 < choices[*at].len()) else { break };
            choice[at] += 1;
            choice[..at].fill(0);
        }
    }
}

/// Any history; most reads see something that was written.
pub fn any(rng: &mut Rng, processes: usize, operations: usize, keys: usize) -> Vec<Vec<Step>> {
    let mut steps: Vec<(usize, Step)> = (0..operations)
        .map(|at| {
            let key = ['x', 'y', 'z'][rng.below(keys)];
            (rng.below(processes), (rng.chance(45), key, at as u8 + 1))
        })
        .collect();
    for at in 0..operations {
        let (_, (is_write, key, _)) = steps[at];
        if !is_write {
            let mut seen = vec![if rng.chance(5) { NOBODY } else { 0 }];
            seen.extend(steps.iter().filter(|(_, step)| step.0 && step.1 == key).map(|(_, step)| step.2));
            steps[at].1.2 = *rng.pick(&seen);
        }
    }
    (0..processes)
        .map(|process| steps.iter().filter(|(by, _)| *by == process).map(|(_, step)| *step).collect())
        .collect()
}

/// A write on its way: its key, value, and what its process had seen.
type Sent = (char, u8, Vec<usize>);

/// What processes with a replica each see that is as weak as the model, and no weaker: writes travel in the order of each
/// process (PRAM) or of causality, and a read returns what came last (PRAM, CM), what is last in one order of all writes
/// (CCv), or any of those that nothing seen came after (CC).
pub fn simulated(rng: &mut Rng, model: CausalModel, processes: usize, operations: usize) -> Vec<Vec<Step>> {
    let mut sent: Vec<Vec<Sent>> = vec![Vec::new(); processes];
    let mut seen = vec![vec![0; processes]; processes];
    let mut arrived: Vec<Vec<(usize, usize)>> = vec![Vec::new(); processes];
    let mut steps = vec![Vec::new(); processes];
    for nth in 0..operations {
        let me = rng.below(processes);
        for _ in 0..rng.below(4) {
            let from = rng.below(processes);
            let Some((.., past)) = sent[from].get(seen[me][from]) else { continue };
            let is_ready = past.iter().zip(&seen[me]).all(|(past, seen)| past <= seen);
            if from != me && (model == CausalModel::Pram || is_ready) {
                arrived[me].push((from, seen[me][from]));
                seen[me][from] += 1;
            }
        }
        let key = *rng.pick(&['x', 'y', 'z']);
        if rng.chance(40) {
            let value = nth as u8 + 1;
            arrived[me].push((me, sent[me].len()));
            sent[me].push((key, value, seen[me].clone()));
            seen[me][me] += 1;
            steps[me].push((true, key, value));
            continue;
        }
        let write = |at: &(usize, usize)| &sent[at.0][at.1];
        let of_key: Vec<_> = arrived[me].iter().copied().filter(|at| write(at).0 == key).collect();
        let is_hidden = |at: &(usize, usize)| of_key.iter().any(|other| write(other).2[at.0] > at.1);
        let order = |at: &&(usize, usize)| (write(at).2.iter().sum::<usize>(), at.0);
        let shown: Vec<_> = of_key.iter().filter(|at| !is_hidden(at)).collect();
        let read = match model {
            CausalModel::Pram | CausalModel::CausalMemory => of_key.last(),
            CausalModel::CausalConvergent => of_key.iter().max_by_key(order),
            CausalModel::Causal => (!shown.is_empty()).then(|| *rng.pick(&shown)),
        };
        steps[me].push((false, key, read.map_or(0, |at| write(at).1)));
    }
    steps
}

/// The session guarantees by a definition that tries every order: each read of a session, or with monotonic reads all of
/// them, in one order of all writes.
pub fn sessions(oracle: &Oracle, guarantees: Guarantees) -> bool {
    let (steps, owner) = (&oracle.steps, &oracle.owner);
    let write = |at: usize| steps[at].0;
    let source = |read: usize| {
        (0..oracle.len()).find(|at| write(*at) && steps[*at] == (true, steps[read].1, steps[read].2))
    };
    let must = |one: usize, other: usize, me: usize| {
        let is_own = owner[one] == owner[other] && one < other;
        let has = |guarantee| guarantees.has(guarantee);
        match (write(one), write(other)) {
            (true, true) => {
                let follows = (0..other)
                    .any(|read| owner[read] == owner[other] && !write(read) && source(read) == Some(one));
                is_own && has(Guarantee::MonotonicWrites) || follows && has(Guarantee::WritesFollowReads)
            }
            (true, false) => is_own && has(Guarantee::ReadYourWrites) || source(other) == Some(one),
            (false, true) => is_own && owner[one] == me,
            (false, false) => is_own && has(Guarantee::MonotonicReads),
        }
    };
    let holds = |me: usize, reads: u16| {
        let of = reads | oracle.those(write);
        let before: Vec<_> =
            (0..oracle.len()).map(|at| oracle.those(|one| one != at && must(one, at, me))).collect();
        oracle.has_order(of, &before, reads)
    };
    (0..oracle.len()).filter(|at| !write(*at)).all(|read| {
        let me = owner[read];
        let all = oracle.those(|at| !write(at) && owner[at] == me);
        holds(me, if guarantees.has(Guarantee::MonotonicReads) { all } else { 1 << read })
    })
}

/// What a model allows, by definitions that quantify over all orders of a few operations, as sets of bits.
pub struct Oracle {
    pub steps: Vec<Step>,
    pub owner: Vec<usize>,
}

impl Oracle {
    pub fn new(processes: &[Vec<Step>]) -> Self {
        let owner = processes.iter().enumerate().flat_map(|(at, steps)| steps.iter().map(move |_| at));
        Self { steps: processes.iter().flatten().copied().collect(), owner: owner.collect() }
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// For each operation those before it in its process.
    pub fn program_order(&self) -> Vec<u16> {
        let before = |at: usize| {
            (0..at).filter(|other| self.owner[*other] == self.owner[at]).fold(0, |set, at| set | 1 << at)
        };
        (0..self.len()).map(before).collect()
    }

    /// Whether these operations have an order that obeys `before`, with each of the reads in `seen` legal.
    pub fn has_order(&self, of: u16, before: &[u16], seen: u16) -> bool {
        self.go(of, before, seen, [0; 3])
    }

    fn go(&self, left: u16, before: &[u16], seen: u16, state: [u8; 3]) -> bool {
        if left == 0 {
            return true;
        }
        (0..self.len()).filter(|at| left >> at & 1 == 1 && before[*at] & left == 0).any(|at| {
            let (is_write, key, value) = self.steps[at];
            let place = key as usize - 'x' as usize;
            let mut next = state;
            if is_write {
                next[place] = value;
            } else if seen >> at & 1 == 1 && state[place] != value {
                return false;
            }
            self.go(left & !(1 << at), before, seen, next)
        })
    }

    pub fn all(&self) -> u16 {
        (1 << self.len()) - 1
    }

    pub fn those(&self, which: impl Fn(usize) -> bool) -> u16 {
        (0..self.len()).filter(|at| which(*at)).fold(0, |set, at| set | 1 << at)
    }

    pub fn sequential(&self) -> bool {
        self.has_order(self.all(), &self.program_order(), self.all())
    }

    /// For each process an order of all writes and its own reads.
    pub fn pram(&self) -> bool {
        let order = self.program_order();
        self.owner.iter().all(|process| {
            let view = self.those(|at| self.steps[at].0 || self.owner[at] == *process);
            self.has_order(view, &order, view)
        })
    }

    /// The least causal order; `None` if it is a cycle.
    pub fn least(&self) -> Option<Vec<u16>> {
        let mut past = self.program_order();
        for (at, step) in self.steps.iter().enumerate().filter(|(_, step)| !step.0) {
            past[at] |= self.those(|write| self.steps[write] == (true, step.1, step.2));
        }
        for _ in 0..self.len() {
            let before = past.clone();
            for set in &mut past {
                *set |= (0..self.len()).filter(|at| *set >> at & 1 == 1).fold(0, |all, at| all | before[at]);
            }
        }
        (0..self.len()).all(|at| past[at] >> at & 1 == 0).then_some(past)
    }

    /// As [`Self::causal`], by the least order alone: what holds by any holds by that.
    pub fn causal_by_least(&self, model: CausalModel) -> bool {
        if model == CausalModel::Pram {
            self.pram()
        } else {
            self.least().is_some_and(|past| self.causal_by(model, &past))
        }
    }

    /// Bouajjani et al., POPL 2017, §3: there is a strict partial order, given to us, such that …
    fn causal_by(&self, model: CausalModel, past: &[u16]) -> bool {
        let program = self.program_order();
        let each = |seen: &dyn Fn(usize) -> u16, order: &[u16]| {
            (0..self.len()).all(|at| self.has_order(past[at] | 1 << at, order, seen(at)))
        };
        match model {
            CausalModel::Pram => self.pram(),
            CausalModel::Causal => each(&|at| 1 << at, past),
            CausalModel::CausalMemory => each(&|at| program[at] | 1 << at, past),
            CausalModel::CausalConvergent => self.total_orders(past, &mut |order| each(&|at| 1 << at, order)),
        }
    }

    /// Whether a total order that obeys `past` satisfies this.
    fn total_orders(&self, past: &[u16], holds: &mut dyn FnMut(&[u16]) -> bool) -> bool {
        let mut work = vec![(0_u16, vec![0_u16; self.len()])];
        while let Some((done, order)) = work.pop() {
            if done == self.all() {
                if holds(&order) {
                    return true;
                }
                continue;
            }
            for at in (0..self.len()).filter(|at| done >> at & 1 == 0 && past[*at] & !done == 0) {
                let mut order = order.clone();
                order[at] = done;
                work.push((done | 1 << at, order));
            }
        }
        false
    }

    pub fn causal(&self, model: CausalModel, orders: &[Vec<u16>]) -> bool {
        let program = self.program_order();
        let extends = |order: &&Vec<u16>| program.iter().zip(*order).all(|(own, order)| own & !order == 0);
        orders.iter().filter(extends).any(|order| self.causal_by(model, order))
    }
}

/// All strict partial orders of so many operations: for each operation what is before it.
pub fn partial_orders(count: usize) -> Vec<Vec<u16>> {
    let pairs: Vec<(usize, usize)> = (0..count)
        .flat_map(|one| (0..count).map(move |other| (one, other)))
        .filter(|(a, b)| a != b)
        .collect();
    let mut found = Vec::new();
    for set in 0..1_u32 << pairs.len() {
        let mut before = vec![0_u16; count];
        for (nth, (one, other)) in pairs.iter().enumerate() {
            if set >> nth & 1 == 1 {
                before[*other] |= 1 << one;
            }
        }
        let is_order = (0..count).all(|at| {
            (0..count)
                .filter(|other| before[at] >> other & 1 == 1)
                .all(|other| before[other] >> at & 1 == 0 && before[other] & !before[at] == 0)
        });
        if is_order {
            found.push(before);
        }
    }
    found
}
