use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::fmt;

use crate::{
    bits::Bits,
    bug::Bug,
    history::{History, OpId, Outcome},
    options::Options,
    search::{Search, Status},
    spec::{Call, Decision, Nondeterministic},
    track::Track,
    verdict::{Counterexample, Unknown, Verdict, Witness},
};

/// How many operations of one key may be open at once, pending ones included.
pub const OPEN_MAX: usize = WIDE * 64;

const NARROW: usize = 1;
const MIDDLE: usize = 4;
const WIDE: usize = 64;

/// How many steps a key gets in the first round, and how many times as many in each further round.
const ROUND_STEPS: u64 = 256;
const ROUND_GROWTH: u64 = 4;

/// Judges whether a history is linearizable.
///
/// `check(spec, history)` is a [`Linearizer`] that runs without a limit on steps.
pub fn check<S: Nondeterministic>(spec: &S, history: &History<S::Op, S::Ret>) -> Verdict<S::Key, S::State> {
    Linearizer::new(spec, history, Options::default()).run(u64::MAX)
}

/// A search for an order that explains a history, in steps: deterministic, and resumable at any step.
///
/// Histories of several keys are searched key by key, in turns of growing length, so that a key that is quickly seen to be
/// a violation ends the search although another one is hard.
pub struct Linearizer<'a, S: Nondeterministic> {
    spec: &'a S,
    history: &'a History<S::Op, S::Ret>,
    lanes: Vec<Lane<'a, S>>,
    /// The lanes without a result, and which of them is next.
    open: Vec<usize>,
    turn: usize,
    /// How many steps a turn has in this round, and how many of them the present one has left.
    round: u64,
    left: u64,
    verdict: Option<Verdict<S::Key, S::State>>,
    steps: u64,
    options: Options,
}

impl<S: Nondeterministic> fmt::Debug for Linearizer<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linearizer")
            .field("steps", &self.steps)
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

/// Calls and their names, in the order of their invocation.
type Calls<'a, S> = Vec<(OpId, Call<'a, <S as Nondeterministic>::Op, <S as Nondeterministic>::Ret>)>;

/// The calls of one key.
struct Lane<'a, S: Nondeterministic> {
    key: S::Key,
    work: Work<'a, S>,
}

enum Work<'a, S: Nondeterministic> {
    Narrow(Search<'a, S, NARROW>),
    Middle(Search<'a, S, MIDDLE>),
    Wide(Box<Search<'a, S, WIDE>>),
    Ordered(Vec<OpId>),
    Illegal(OpId),
    TooMany,
    Full,
}

impl<'a, S: Nondeterministic> Linearizer<'a, S> {
    /// Prepares the search, and does at once what a specification can [decide](crate::Spec::decide).
    pub fn new(spec: &'a S, history: &'a History<S::Op, S::Ret>, options: Options) -> Self {
        let mut calls: BTreeMap<S::Key, Calls<'a, S>> = BTreeMap::new();
        let mut only = None;
        for (id, operation) in (0..).map(OpId).zip(&history.operations) {
            if matches!(operation.outcome, Outcome::Failed) {
                continue;
            }
            let mut key = spec.key(&operation.op);
            if options.has(Bug::KeysIgnored) {
                key = only.get_or_insert(key).clone();
            }
            let (called, returned) = (operation.called(), operation.returned());
            let call = Call {
                op: &operation.op,
                ret: operation.ret(),
                called,
                returned,
                #[cfg(quorate_bugs)]
                bug: options.bug,
            };
            calls.entry(key).or_default().push((id, call));
        }
        let lane = |(key, calls): (S::Key, Calls<'a, S>)| {
            let work = Work::new(spec, &key, &calls, options);
            Lane { key, work }
        };
        let lanes: Vec<_> = calls.into_iter().map(lane).collect();
        let open = (0..lanes.len()).collect();
        let (round, left) = (ROUND_STEPS, ROUND_STEPS);
        Self { spec, history, lanes, open, turn: 0, round, left, verdict: None, steps: 0, options }
    }

    /// Searches for at most this many steps more. What the verdict is does not depend on how the steps are divided among
    /// calls; once it is [`Verdict::Ok`] or [`Verdict::Violation`] it stays.
    pub fn run(&mut self, mut steps: u64) -> Verdict<S::Key, S::State> {
        while self.verdict.is_none() {
            let Some(at) = self.open.get(self.turn).copied() else {
                self.next_round();
                continue;
            };
            let given = steps.min(self.left);
            let (status, unused) = self.lanes[at].work.run(self.spec, given);
            let used = given - unused;
            (steps, self.left, self.steps) =
                (steps - used, self.left - used, self.steps.saturating_add(used));
            match status {
                Status::Found => self.close(),
                Status::Exhausted => self.verdict = Some(self.violation(at)),
                Status::Full => {
                    self.lanes[at].work.give_up();
                    self.close();
                }
                Status::Going if self.left == 0 => self.pass(),
                Status::Going => return self.out_of_steps(),
            }
        }
        self.verdict.clone().unwrap_or(Verdict::Unknown(Unknown::Steps))
    }

    /// How many steps were done.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    fn out_of_steps(&self) -> Verdict<S::Key, S::State> {
        if self.options.has(Bug::BudgetMeansOk) {
            return Verdict::Ok(self.witness());
        }
        Verdict::Unknown(Unknown::Steps)
    }

    /// The present lane has its result.
    fn close(&mut self) {
        self.open.remove(self.turn);
        self.left = self.round;
    }

    /// The present lane has had its turn.
    const fn pass(&mut self) {
        self.turn += 1;
        self.left = self.round;
    }

    fn next_round(&mut self) {
        if self.open.is_empty() {
            self.verdict = Some(self.conclude());
        }
        self.round = self.round.saturating_mul(ROUND_GROWTH);
        (self.turn, self.left) = (0, self.round);
    }

    fn conclude(&self) -> Verdict<S::Key, S::State> {
        let unknown = self.lanes.iter().find_map(|lane| match lane.work {
            Work::TooMany => Some(Unknown::Open),
            Work::Full => Some(Unknown::Memo),
            Work::Narrow(_) | Work::Middle(_) | Work::Wide(_) | Work::Ordered(_) | Work::Illegal(_) => None,
        });
        unknown.map_or_else(|| Verdict::Ok(self.witness()), Verdict::Unknown)
    }

    /// The orders of all keys in one: each operation as early as its key's order and its invocation allow.
    fn witness(&self) -> Witness {
        let mut points = Vec::with_capacity(self.history.operations.len());
        for (nth, lane) in self.lanes.iter().enumerate() {
            let mut latest = 0;
            for (place, id) in lane.work.order().into_iter().enumerate() {
                latest = self.history.get(id).map_or(latest, |operation| latest.max(operation.called));
                points.push((latest, nth, place, id));
            }
        }
        points.sort_unstable();
        Witness { order: points.into_iter().map(|(.., id)| id).collect() }
    }

    fn violation(&self, at: usize) -> Verdict<S::Key, S::State> {
        let Lane { key, work } = &self.lanes[at];
        let (op, configurations, order) = match work {
            Work::Narrow(search) => search.failure(),
            Work::Middle(search) => search.failure(),
            Work::Wide(search) => search.failure(),
            Work::Illegal(op) => (*op, Vec::new(), Vec::new()),
            Work::Ordered(_) | Work::TooMany | Work::Full => return Verdict::Unknown(Unknown::Memo),
        };
        Verdict::Violation(Counterexample { key: key.clone(), op, configurations, order })
    }
}

impl<'a, S: Nondeterministic> Work<'a, S> {
    fn new(spec: &S, key: &S::Key, calls: &Calls<'a, S>, options: Options) -> Self {
        if options.shortcuts {
            let alone: Vec<_> = calls.iter().map(|(_, call)| *call).collect();
            let id = |at: usize| calls.get(at).map(|(id, _)| *id);
            match spec.decide(key, &alone) {
                Some(Decision::Linearizable(order)) => {
                    return Self::Ordered(order.into_iter().filter_map(id).collect());
                }
                Some(Decision::Illegal { call }) => {
                    if let Some(op) = id(call) {
                        return Self::Illegal(op);
                    }
                }
                None => {}
            }
        }
        let Some(track) = Track::new(spec, calls, &options, OPEN_MAX) else { return Self::TooMany };
        let init = spec.init(key);
        if track.slots <= Bits::<NARROW>::LEN {
            Self::Narrow(Search::new(track, init, options))
        } else if track.slots <= Bits::<MIDDLE>::LEN {
            Self::Middle(Search::new(track, init, options))
        } else {
            Self::Wide(Box::new(Search::new(track, init, options)))
        }
    }

    fn run(&mut self, spec: &S, steps: u64) -> (Status, u64) {
        match self {
            Self::Narrow(search) => search.run(spec, steps),
            Self::Middle(search) => search.run(spec, steps),
            Self::Wide(search) => search.run(spec, steps),
            Self::Ordered(_) => (Status::Found, steps),
            Self::Illegal(_) => (Status::Exhausted, steps),
            Self::TooMany | Self::Full => (Status::Full, steps),
        }
    }

    /// Frees what the search has remembered.
    fn give_up(&mut self) {
        if !matches!(self, Self::TooMany) {
            *self = Self::Full;
        }
    }

    fn order(&self) -> Vec<OpId> {
        match self {
            Self::Narrow(search) => search.order().collect(),
            Self::Middle(search) => search.order().collect(),
            Self::Wide(search) => search.order().collect(),
            Self::Ordered(order) => order.clone(),
            Self::Illegal(_) | Self::TooMany | Self::Full => Vec::new(),
        }
    }
}
