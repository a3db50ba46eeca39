//! What may be known of transactions on registers, and all that is wrong with them, by the definitions and one pair at a time.

use std::collections::BTreeSet;

use quorate_consistency::txn::{
    Anomaly, Dependency, Evidence, Model, Models, Options, RegisterOp, Report, Status, TxnId,
    check_rw_register,
};

use super::common::txn::{Order, Registers, serial_oracle, snapshot_oracle};

/// A version of a key: its writer, `None` for the initial one.
type Version = Option<usize>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Ww,
    Wr,
    Rw,
    Process,
    Realtime,
}

type Edge = (usize, usize, Kind);

/// A history, looked at slowly.
struct Facts<'a> {
    history: &'a Registers,
    options: Options,
    edges: BTreeSet<Edge>,
    anomalies: BTreeSet<Anomaly>,
    /// Whether the order of the versions of every key is known to its end.
    is_total: bool,
}

impl<'a> Facts<'a> {
    fn new(history: &'a Registers, options: Options) -> Self {
        let (edges, anomalies) = (BTreeSet::new(), BTreeSet::new());
        let mut facts = Self { history, options, edges, anomalies, is_total: true };
        facts.reads();
        let keys: BTreeSet<u8> = facts.all().flat_map(|at| facts.ops(at)).map(key_of).collect();
        for key in keys {
            facts.key(key);
        }
        facts.orders();
        facts.cycles();
        facts
    }

    fn violated(&self) -> Models {
        let weakest =
            self.anomalies.iter().flat_map(|anomaly| anomaly.weakest_violated().iter().collect::<Vec<_>>());
        weakest.collect::<Models>().and_stronger()
    }

    fn all(&self) -> std::ops::Range<usize> {
        0..self.history.transactions().len()
    }

    fn ops(&self, at: usize) -> &'a [RegisterOp<u8, u32>] {
        &self.history.transactions()[at].ops
    }

    fn is(&self, at: usize, status: Status) -> bool {
        self.history.transactions()[at].status == status
    }

    fn writes(&self, at: usize, key: u8) -> Vec<u32> {
        let write = |op: &RegisterOp<u8, u32>| match op {
            RegisterOp::Write(of, value) if *of == key => Some(*value),
            _ => None,
        };
        self.ops(at).iter().filter_map(write).collect()
    }

    fn writer(&self, key: u8, value: u32) -> Option<usize> {
        self.all().find(|at| self.writes(*at, key).contains(&value))
    }

    fn is_live(&self, at: usize) -> bool {
        let is_seen = |reader: usize| {
            self.is(reader, Status::Committed)
                && self.ops(reader).iter().any(|op| match op {
                    RegisterOp::Read(key, Some(value)) => self.writer(*key, *value) == Some(at),
                    _ => false,
                })
        };
        self.is(at, Status::Committed) || self.is(at, Status::Unknown) && self.all().any(is_seen)
    }

    fn ended_before(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.history.transactions()[one], &self.history.transactions()[other]);
        one.status == Status::Committed && one.ended().is_some_and(|ended| ended < other.invoked())
    }

    fn in_session(&self, one: usize, other: usize) -> bool {
        let txns = self.history.transactions();
        one < other && txns[one].process == txns[other].process
    }

    /// The version that a committed transaction saw before it wrote, if it is somebody's.
    fn seen(&self, at: usize, key: u8) -> Option<Version> {
        let first = self.ops(at).iter().find(|op| key_of(op) == key)?;
        match first {
            RegisterOp::Read(_, None) if self.is(at, Status::Committed) => Some(None),
            RegisterOp::Read(_, Some(value)) if self.is(at, Status::Committed) => {
                self.writer(key, *value).filter(|writer| *writer != at).map(Some)
            }
            _ => None,
        }
    }

    fn reads(&mut self) {
        for at in self.all() {
            if !self.is(at, Status::Committed) {
                continue;
            }
            for (place, op) in self.ops(at).iter().enumerate() {
                let RegisterOp::Read(key, value) = op else { continue };
                let before = self.ops(at)[..place].iter().rfind(|op| key_of(op) == *key);
                let expected = match before {
                    Some(RegisterOp::Write(_, value)) => Some(Some(*value)),
                    Some(RegisterOp::Read(_, value)) => Some(*value),
                    None => None,
                };
                if expected.is_some_and(|expected| expected != *value) {
                    self.anomalies.insert(Anomaly::Internal);
                }
                let Some(value) = value else { continue };
                match self.writer(*key, *value) {
                    None => drop(self.anomalies.insert(Anomaly::GarbageRead)),
                    Some(writer) if writer == at => {
                        if self.ops(at)[place..].contains(&RegisterOp::Write(*key, *value)) {
                            self.anomalies.insert(Anomaly::FutureRead);
                        }
                    }
                    Some(writer) => {
                        if self.is(writer, Status::Aborted) {
                            self.anomalies.insert(Anomaly::G1a);
                        }
                        if self.writes(writer, *key).last() != Some(value) {
                            self.anomalies.insert(Anomaly::G1b);
                        }
                    }
                }
            }
        }
    }

    /// The first and the last version of a key that a transaction came across.
    fn touched(&self, at: usize, key: u8) -> Option<(Version, Version)> {
        let is_real = |version: &Version| version.is_none_or(|writer| self.is_live(writer));
        let seen = self.seen(at, key).filter(is_real);
        let own = (!self.writes(at, key).is_empty()).then_some(Some(at));
        self.is_live(at).then_some((seen.or(own)?, own.or(seen)?))
    }

    fn said(&self, key: u8) -> BTreeSet<(Version, Version)> {
        let mut said = BTreeSet::new();
        let live: Vec<usize> = self.all().filter(|at| self.is_live(*at)).collect();
        for at in live.iter().copied().filter(|at| !self.writes(*at, key).is_empty()) {
            said.insert((None, Some(at)));
            said.extend(self.seen(at, key).map(|seen| (seen, Some(at))));
        }
        let follows = |one: usize, other: usize| match self.options {
            Options { linearizable_keys: true, .. } => self.ended_before(one, other),
            Options { sequential_keys: true, .. } => self.in_session(one, other),
            _ => false,
        };
        let touching: Vec<usize> = live.into_iter().filter(|at| self.touched(*at, key).is_some()).collect();
        for one in &touching {
            for other in touching.iter().filter(|other| follows(*one, **other)) {
                if touching.iter().any(|third| follows(*one, *third) && follows(*third, *other)) {
                    continue;
                }
                said.insert((self.touched(*one, key).unwrap().1, self.touched(*other, key).unwrap().0));
            }
        }
        said.retain(|(one, other)| one != other);
        said
    }

    fn key(&mut self, key: u8) {
        let mut said = self.said(key);
        let all = closed(&said);
        if all.iter().any(|(one, other)| one == other) {
            self.anomalies.insert(Anomaly::CyclicVersions);
        }
        said.retain(|(one, other)| !all.contains(&(*other, *one)));
        let before = closed(&said);
        let next: Vec<(Version, usize)> = before
            .iter()
            .filter(|(one, other)| !before.iter().any(|(a, b)| a == one && before.contains(&(*b, *other))))
            .filter_map(|(one, other)| Some((*one, (*other)?)))
            .collect();
        let live: Vec<usize> = self.all().filter(|at| self.is_live(*at)).collect();
        for (one, other) in &next {
            if let Some(one) = one.filter(|one| self.is_live(*one)) {
                self.edges.insert((one, *other, Kind::Ww));
            }
        }
        let mut updated = BTreeSet::new();
        for at in live.iter().copied() {
            let Some(seen) = self.seen(at, key) else { continue };
            if let Some(writer) = seen.filter(|writer| !self.is(*writer, Status::Aborted)) {
                self.edges.insert((writer, at, Kind::Wr));
            }
            let after = next.iter().filter(|(one, other)| *one == seen && *other != at);
            self.edges.extend(after.map(|(_, other)| (at, *other, Kind::Rw)));
            if self.writes(at, key).is_empty() {
                continue;
            }
            if !updated.insert(seen) {
                self.anomalies.insert(Anomaly::LostUpdate);
            }
            if seen.is_some_and(|writer| self.is(writer, Status::Aborted)) {
                self.anomalies.insert(Anomaly::DirtyUpdate);
            }
        }
        let writers = live.iter().filter(|at| !self.writes(**at, key).is_empty());
        let writers: Vec<Version> = writers.map(|at| Some(*at)).chain([None]).collect();
        self.is_total &= writers.iter().all(|one| {
            writers.iter().all(|other| {
                one == other || before.contains(&(*one, *other)) || before.contains(&(*other, *one))
            })
        });
    }

    fn orders(&mut self) {
        let live: Vec<usize> = self.all().filter(|at| self.is_live(*at)).collect();
        for one in &live {
            for other in &live {
                let next = |follows: &dyn Fn(usize, usize) -> bool| {
                    follows(*one, *other)
                        && !live.iter().any(|third| follows(*one, *third) && follows(*third, *other))
                };
                if next(&|one, other| self.in_session(one, other)) {
                    self.edges.insert((*one, *other, Kind::Process));
                }
                if next(&|one, other| self.ended_before(one, other)) {
                    self.edges.insert((*one, *other, Kind::Realtime));
                }
            }
        }
    }

    /// Names the cycles in each knot.
    fn cycles(&mut self) {
        let reach = closed(&self.edges.iter().map(|(from, to, _)| (*from, *to)).collect());
        let mut left: BTreeSet<usize> = self.all().filter(|at| reach.contains(&(*at, *at))).collect();
        while let Some(first) = left.first().copied() {
            let knot: BTreeSet<usize> = left
                .iter()
                .copied()
                .filter(|at| reach.contains(&(first, *at)) && reach.contains(&(*at, first)))
                .collect();
            left.retain(|at| !knot.contains(at));
            let inside = self.edges.iter().filter(|(from, to, _)| knot.contains(from) && knot.contains(to));
            let edges: Vec<Edge> = inside.copied().collect();
            let mut walks = Vec::new();
            for start in &knot {
                simple_cycles(&edges, *start, &mut vec![], &mut walks);
            }
            self.anomalies.extend(named(&edges, &walks));
        }
    }
}

fn key_of(op: &RegisterOp<u8, u32>) -> u8 {
    let (RegisterOp::Read(key, _) | RegisterOp::Write(key, _)) = op;
    *key
}

fn closed<T: Copy + Ord>(pairs: &BTreeSet<(T, T)>) -> BTreeSet<(T, T)> {
    let mut all = pairs.clone();
    loop {
        let more: Vec<(T, T)> = all
            .iter()
            .flat_map(|(a, b)| all.iter().filter(move |(c, _)| b == c).map(move |(_, d)| (*a, *d)))
            .filter(|pair| !all.contains(pair))
            .collect();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// All cycles that pass through no transaction twice and whose least transaction is where they start.
fn simple_cycles(edges: &[Edge], start: usize, walk: &mut Vec<Edge>, found: &mut Vec<Vec<Kind>>) {
    let at = walk.last().map_or(start, |(_, to, _)| *to);
    for edge in edges.iter().filter(|(from, to, _)| *from == at && *to >= start) {
        if edge.1 == start {
            found.push(walk.iter().chain([edge]).map(|(.., kind)| *kind).collect());
        } else if walk.iter().all(|(_, to, _)| *to != edge.1) {
            walk.push(*edge);
            simple_cycles(edges, start, walk, found);
            walk.pop();
        }
    }
}

/// Which edges a flavour adds, and which of them it needs.
const FLAVOURS: [(&[Kind], Option<Kind>); 3] = [
    (&[], None),
    (&[Kind::Process], Some(Kind::Process)),
    (&[Kind::Process, Kind::Realtime], Some(Kind::Realtime)),
];

const CLASSES: [[Anomaly; 3]; 5] = {
    use Anomaly as A;
    [
        [A::G0, A::G0Process, A::G0Realtime],
        [A::G1c, A::G1cProcess, A::G1cRealtime],
        [A::GSingle, A::GSingleProcess, A::GSingleRealtime],
        [A::GNonadjacent, A::GNonadjacentProcess, A::GNonadjacentRealtime],
        [A::G2Item, A::G2ItemProcess, A::G2ItemRealtime],
    ]
};

fn is_of_class(class: usize, walk: &[Kind]) -> bool {
    let count = |kind: Kind| walk.iter().filter(|one| **one == kind).count();
    let next = walk.iter().cycle().skip(1);
    let is_adjacent = walk.iter().zip(next).any(|(one, next)| *one == Kind::Rw && *next == Kind::Rw);
    match class {
        0 => count(Kind::Ww) > 0 && count(Kind::Wr) + count(Kind::Rw) == 0,
        1 => count(Kind::Wr) > 0 && count(Kind::Rw) == 0,
        2 => count(Kind::Rw) == 1,
        3 => count(Kind::Rw) > 1 && !is_adjacent,
        _ => count(Kind::Rw) > 1 && is_adjacent,
    }
}

/// The names of the cycles of a knot: of each class the first flavour that there is.
fn named(edges: &[Edge], walks: &[Vec<Kind>]) -> Vec<Anomaly> {
    let mut names = Vec::new();
    let is_allowed = |kind: &Kind, flavour: usize| *kind <= Kind::Rw || FLAVOURS[flavour].0.contains(kind);
    let needs = |flavour: usize, walk: &[Kind]| FLAVOURS[flavour].1.is_none_or(|kind| walk.contains(&kind));
    for (class, anomalies) in CLASSES.into_iter().enumerate() {
        let first = (0..3).find(|flavour| {
            let is_single_shown = CLASSES[2][..=*flavour].iter().any(|anomaly| names.contains(anomaly));
            let is_simple = walks.iter().any(|walk| {
                is_of_class(class, walk)
                    && walk.iter().all(|kind| is_allowed(kind, *flavour))
                    && needs(*flavour, walk)
            });
            let allowed = edges.iter().filter(|(.., kind)| is_allowed(kind, *flavour)).copied();
            is_simple
                || class == 3 && !is_single_shown && nonadjacent_walk(&allowed.collect::<Vec<_>>(), *flavour)
        });
        names.extend(first.map(|flavour| anomalies[flavour]));
    }
    names
}

/// Whether there is a closed walk, through some transactions twice perhaps, with two rw and no two in a row.
fn nonadjacent_walk(edges: &[Edge], flavour: usize) -> bool {
    edges.iter().filter(|(.., kind)| *kind == Kind::Rw).any(|(start, to, _)| {
        let mut seen = BTreeSet::from([(*to, true, false, FLAVOURS[flavour].1.is_none())]);
        let mut waiting: Vec<_> = seen.iter().copied().collect();
        while let Some((at, is_after_rw, is_second, is_flavoured)) = waiting.pop() {
            if at == *start && !is_after_rw && is_second && is_flavoured {
                return true;
            }
            for (_, to, kind) in edges.iter().filter(|(from, ..)| *from == at) {
                let is_rw = *kind == Kind::Rw;
                let next =
                    (*to, is_rw, is_second || is_rw, is_flavoured || FLAVOURS[flavour].1 == Some(*kind));
                if !(is_rw && is_after_rw) && seen.insert(next) {
                    waiting.push(next);
                }
            }
        }
        false
    })
}

/// What the judge of registers gets wrong in a history, by the definitions and by the oracles that try every order.
pub(super) fn register_mistake(history: &Registers, options: Options) -> Option<&'static str> {
    let report = check_rw_register(history, options).unwrap();
    assert_eq!(report, check_rw_register(history, options).unwrap(), "it is not deterministic");
    assert!(!report.is_truncated);
    let facts = Facts::new(history, options);
    let anomalies: BTreeSet<Anomaly> = report.anomalies().into_iter().collect();
    if let Some(extra) = anomalies.difference(&facts.anomalies).next() {
        return Some(if is_cycle(*extra) {
            "definitions: a cycle too many"
        } else {
            "definitions: one too many"
        });
    }
    // A knot that has a cycle with one rw may have one with several apart that only a longer walk shows.
    let is_extra = |anomaly: Anomaly| CLASSES[3].contains(&anomaly) && facts.violated() == report.violated();
    if let Some(missed) = facts.anomalies.difference(&anomalies).find(|anomaly| !is_extra(**anomaly)) {
        return Some(if is_cycle(*missed) {
            "definitions: a cycle missed"
        } else {
            "definitions: one missed"
        });
    }
    if !cycles_are_closed(history, &report) {
        return Some("a cycle that is none");
    }
    if options.sequential_keys || options.linearizable_keys {
        return None;
    }
    let is_known = history.transactions().iter().all(|txn| txn.status != Status::Unknown);
    for (model, holds) in [
        (Model::Serializable, serial_oracle(history, Order::Any)),
        (Model::StrongSessionSerializable, serial_oracle(history, Order::Session)),
        (Model::StrictSerializable, serial_oracle(history, Order::RealTime)),
        (Model::SnapshotIsolation, snapshot_oracle(history)),
    ] {
        match (report.holds(model), holds) {
            (Some(false), true) => return Some("an oracle: taken for wrong"),
            (Some(true), false) if facts.is_total && is_known => return Some("an oracle: taken for right"),
            _ => {}
        }
    }
    None
}

fn is_cycle(anomaly: Anomaly) -> bool {
    anomaly >= Anomaly::G0
}

fn cycles_are_closed(history: &Registers, report: &Report<u8, u32>) -> bool {
    let get = |id: TxnId| history.get(id).unwrap();
    report.findings.iter().all(|finding| {
        let Evidence::Cycle(steps) = &finding.evidence else { return true };
        let next = steps.iter().cycle().skip(1);
        steps.len() > 1
            && steps.iter().zip(next).all(|(step, next)| {
                let (from, to) = (get(step.from), get(step.to));
                let writes = |ops: &[RegisterOp<u8, u32>], key: &u8, value: &u32| {
                    ops.contains(&RegisterOp::Write(*key, *value))
                };
                step.to == next.from
                    && match &step.why {
                        Dependency::Ww { key, before, after } => {
                            writes(&from.ops, key, before) && writes(&to.ops, key, after)
                        }
                        Dependency::Wr { key, value } => {
                            writes(&from.ops, key, value)
                                && to.ops.contains(&RegisterOp::Read(*key, Some(*value)))
                        }
                        Dependency::Rw { key, value } => {
                            writes(&to.ops, key, value)
                                && from
                                    .ops
                                    .iter()
                                    .any(|op| matches!(op, RegisterOp::Read(of, _) if of == key))
                        }
                        Dependency::Process => from.process == to.process && from.invoked() < to.invoked(),
                        Dependency::Realtime => from.ended().is_some_and(|ended| ended < to.invoked()),
                    }
            })
    })
}
