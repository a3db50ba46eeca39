//! Whether the refutations of the solver are refutations.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;

use quorate_consistency::txn::{
    History, Isolation, Moment, Point, Proof, ProofStep, Reason, Refutation, RegisterOp, Status, TxnId,
};

use super::orders::{REAL_TIME, SNAPSHOT};

/// Whether a refutation is one: each step is true, or follows from steps before it, and there is a circle.
pub(crate) fn proves<K: Ord + Clone, V: Ord + Clone>(
    history: &History<RegisterOp<K, V>>,
    isolation: Isolation,
    why: &Refutation<K>,
) -> bool {
    let facts = Facts::new(history, isolation);
    match why {
        Refutation::NotCausal(violations) => !violations.is_empty(),
        Refutation::Forced(proof) => facts.closes(proof, None),
        Refutation::EitherWay { one, other, forwards, backwards } => {
            facts.closes(forwards, Some((*one, *other))) && facts.closes(backwards, Some((*other, *one)))
        }
        Refutation::Exhausted { txns, circles } => *circles > 0 && txns.len() > 1,
        _ => false,
    }
}

/// What a true step needs besides.
struct Premise(Option<(Moment, Moment)>);

struct Facts<'a, K, V> {
    history: &'a History<RegisterOp<K, V>>,
    isolation: Isolation,
    /// By transaction, each key that it reads from others, and the value.
    reads: Vec<BTreeMap<K, Option<V>>>,
    /// By transaction, what it writes last.
    writes: Vec<BTreeMap<K, V>>,
}

impl<'a, K: Ord + Clone, V: Ord + Clone> Facts<'a, K, V> {
    fn new(history: &'a History<RegisterOp<K, V>>, isolation: Isolation) -> Self {
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for txn in history.transactions() {
            let (mut seen, mut own) = (BTreeMap::new(), BTreeMap::new());
            for op in &txn.ops {
                match op {
                    RegisterOp::Write(key, value) => drop(own.insert(key.clone(), value.clone())),
                    RegisterOp::Read(key, value) if !own.contains_key(key) => {
                        drop(seen.insert(key.clone(), value.clone()));
                    }
                    RegisterOp::Read(..) => {}
                }
            }
            reads.push(if txn.status == Status::Committed { seen } else { BTreeMap::new() });
            writes.push(own);
        }
        Self { history, isolation, reads, writes }
    }

    fn moment(&self, txn: TxnId, is_start: bool) -> Moment {
        let is_whole = matches!(self.isolation, Isolation::Serializable | Isolation::StrictSerializable);
        let point = match (is_whole, is_start) {
            (true, _) => Point::Whole,
            (false, true) => Point::Start,
            (false, false) => Point::Commit,
        };
        Moment { txn, point }
    }

    fn in_order(&self, one: TxnId, other: TxnId) -> (Moment, Moment) {
        (self.moment(one, false), self.moment(other, SNAPSHOT.contains(&self.isolation)))
    }

    fn reads_from(&self, reader: TxnId, key: &K, writer: TxnId) -> bool {
        let seen = self.reads[reader.index()].get(key).and_then(Option::as_ref);
        seen.is_some() && seen == self.writes[writer.index()].get(key) && reader != writer
    }

    fn closes(&self, proof: &Proof<K>, supposed: Option<(TxnId, TxnId)>) -> bool {
        let is_true = |step: &ProofStep<K>, before: usize| {
            let premise = self.premise(step, supposed);
            let is_lemma = || proof.lemmas[..before].iter().any(|lemma| lemma.step == *step);
            premise.is_some_and(|premise| premise.0.is_none() || is_lemma())
        };
        let leads = |steps: &[ProofStep<K>], from: Moment, to: Moment| {
            steps.first().is_some_and(|first| first.from == from)
                && steps.last().is_some_and(|last| last.to == to)
                && steps.windows(2).all(|pair| pair[0].to == pair[1].from)
        };
        let lemmas = proof.lemmas.iter().enumerate().all(|(at, lemma)| {
            lemma.since.iter().all(|step| is_true(step, at))
                && matches!(self.premise(&lemma.step, supposed),
                    Some(Premise(Some((from, to)))) if leads(&lemma.since, from, to))
        });
        let Some(first) = proof.cycle.first() else { return false };
        lemmas
            && leads(&proof.cycle, first.from, first.from)
            && proof.cycle.iter().all(|step| is_true(step, proof.lemmas.len()))
    }

    /// Whether a step is true, and what it needs besides: from where to where one must get.
    fn premise(&self, step: &ProofStep<K>, supposed: Option<(TxnId, TxnId)>) -> Option<Premise> {
        let ProofStep { from, to, reason } = step;
        let (one, other) = (from.txn, to.txn);
        let (txn, next) = (self.history.get(one)?, self.history.get(other)?);
        let is_follow = *from == self.moment(one, false) && *to == self.moment(other, true);
        let is_overwrite = *from == self.moment(one, true) && *to == self.moment(other, false);
        let is_order = (*from, *to) == self.in_order(one, other);
        let writes = |txn: TxnId, key: &K| self.writes[txn.index()].contains_key(key);
        let (is_right, premise) = match reason {
            Reason::Within => (one == other && is_overwrite && from != to, None),
            Reason::Session => (txn.process == next.process && one < other && is_follow, None),
            Reason::RealTime => {
                let ended = txn.ended().filter(|_| txn.status == Status::Committed);
                let is_known = REAL_TIME.contains(&self.isolation) && self.history.has_real_time();
                (is_known && ended.is_some_and(|ended| ended < next.invoked()) && is_follow, None)
            }
            Reason::Read(key) => (self.reads_from(other, key, one) && is_follow, None),
            Reason::Initial(key) => {
                let is_initial = self.reads[one.index()].get(key) == Some(&None);
                (is_initial && writes(other, key) && one != other && is_overwrite, None)
            }
            Reason::Version { key, reader } => {
                let is_right = writes(one, key) && self.reads_from(*reader, key, other) && is_order;
                (is_right && one != other, Some((*from, self.moment(*reader, true))))
            }
            Reason::Unseen { key, writer } => {
                let is_right = self.reads_from(one, key, *writer) && writes(other, key) && is_overwrite;
                (is_right && other != one && other != *writer, Some((self.moment(*writer, false), *to)))
            }
            Reason::Conflict(key) => {
                let is_right = writes(one, key) && writes(other, key) && one != other && is_order;
                let is_right = is_right && SNAPSHOT.contains(&self.isolation);
                (is_right, Some((self.moment(one, true), self.moment(other, false))))
            }
            Reason::Supposed => (supposed == Some((one, other)) && is_order, None),
        };
        is_right.then_some(Premise(premise))
    }
}
