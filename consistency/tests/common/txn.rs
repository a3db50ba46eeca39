//! Small histories of transactions, right and wrong, and oracles that try every order.

use std::collections::BTreeMap;

use quorate_consistency::txn::{
    History, HistoryBuilder, Level, ListOp, Model, Options, RegisterOp, Status, Transaction, TxnId,
    WeakOptions, check_list_append, check_weak,
};

use super::Rng;

pub type Lists = History<ListOp<u8, u32>>;
pub type Registers = History<RegisterOp<u8, u32>>;

/// All subsets of those whose outcome is unknown, each with those that committed.
fn worlds<O>(history: &History<O>) -> Vec<Vec<usize>> {
    let of = |status: Status| {
        let txns = history.transactions().iter().enumerate();
        txns.filter(move |(_, txn)| txn.status == status).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let (committed, unknown) = (of(Status::Committed), of(Status::Unknown));
    let subset = |bits: usize| {
        let some = unknown.iter().enumerate().filter(|(nth, _)| bits >> nth & 1 == 1).map(|(_, at)| *at);
        committed.iter().copied().chain(some).collect()
    };
    (0..1 << unknown.len()).map(subset).collect()
}

/// Calls with every order of these.
fn permutations(items: &mut [usize], from: usize, each: &mut dyn FnMut(&[usize]) -> bool) -> bool {
    if from == items.len() {
        return each(items);
    }
    for at in from..items.len() {
        items.swap(from, at);
        let found = permutations(items, from + 1, each);
        items.swap(from, at);
        if found {
            return true;
        }
    }
    false
}

/// From whom each outer read is, by transaction: the place of the read, the key, and the transaction (`None` is the initial
/// value). `Err` if a read is wrong in itself.
type Origins = BTreeMap<usize, Vec<(usize, u8, Option<usize>)>>;

fn origins(history: &Registers, world: &[usize]) -> Result<Origins, ()> {
    let last_write = |txn: &Transaction<RegisterOp<u8, u32>>, until: usize, key: u8| {
        txn.ops[..until].iter().rev().find_map(|op| match op {
            RegisterOp::Write(of, value) if *of == key => Some(*value),
            _ => None,
        })
    };
    let mut origins = BTreeMap::new();
    for at in world {
        let txn = &history.transactions()[*at];
        let mut reads = Vec::new();
        for (place, op) in txn.ops.iter().enumerate() {
            let RegisterOp::Read(key, value) = op else { continue };
            if txn.status != Status::Committed {
                continue;
            }
            match (last_write(txn, place, *key), value) {
                (Some(own), Some(value)) if own == *value => {}
                (Some(_), _) => return Err(()),
                (None, None) => reads.push((place, *key, None)),
                (None, Some(value)) => {
                    let writer = world.iter().copied().find(|other| {
                        let txn = &history.transactions()[*other];
                        other != at && last_write(txn, txn.ops.len(), *key) == Some(*value)
                    });
                    reads.push((place, *key, Some(writer.ok_or(())?)));
                }
            }
        }
        origins.insert(*at, reads);
    }
    Ok(origins)
}

/// Whether this order of commits explains the history at a level: the axioms, word for word.
pub fn explains(history: &Registers, level: Level, order: &[usize]) -> bool {
    let Ok(origins) = origins(history, order) else { return false };
    let rank: BTreeMap<usize, usize> = order.iter().enumerate().map(|(rank, at)| (*at, rank)).collect();
    let txns = history.transactions();
    let follows = |one: usize, other: usize| {
        let in_session = txns[one].process == txns[other].process && one < other;
        in_session || origins[&other].iter().any(|(.., from)| *from == Some(one))
    };
    let mut leads: BTreeMap<(usize, usize), bool> = BTreeMap::new();
    for one in order {
        for other in order {
            leads.insert((*one, *other), one != other && follows(*one, *other));
        }
    }
    if leads.iter().any(|((one, other), leads)| *leads && rank[one] >= rank[other]) {
        return false;
    }
    if level == Level::Causal {
        for middle in order {
            for one in order {
                for other in order {
                    if leads[&(*one, *middle)] && leads[&(*middle, *other)] {
                        leads.insert((*one, *other), true);
                    }
                }
            }
        }
    }
    let writes = |at: usize, key: u8| {
        txns[at].ops.iter().any(|op| matches!(op, RegisterOp::Write(of, _) if *of == key))
    };
    order.iter().all(|reader| {
        origins[reader].iter().all(|(place, key, from)| {
            order.iter().filter(|other| Some(**other) != *from && writes(**other, *key)).all(|other| {
                let is_seen = match level {
                    Level::ReadCommitted => {
                        origins[reader].iter().any(|(at, _, from)| at < place && *from == Some(*other))
                    }
                    Level::ReadAtomic | Level::Causal => leads[&(*other, *reader)],
                };
                !is_seen || from.is_some_and(|from| rank[other] < rank[&from])
            })
        })
    })
}

/// Whether any order of commits explains it.
pub fn weak_oracle(history: &Registers, level: Level) -> bool {
    worlds(history)
        .into_iter()
        .any(|mut world| permutations(&mut world, 0, &mut |order| explains(history, level, order)))
}

/// What must be kept besides the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Any,
    Session,
    RealTime,
}

fn may_follow<O>(history: &History<O>, order: Order, one: usize, other: usize) -> bool {
    let (one, other) = (&history.transactions()[one], &history.transactions()[other]);
    match order {
        Order::Any => true,
        Order::Session => one.process != other.process || one.invoked() < other.invoked(),
        Order::RealTime => other.ended().is_none_or(|ended| ended > one.invoked()),
    }
}

/// The versions of each key.
type State = BTreeMap<u8, Vec<u32>>;
type Ops = Vec<ListOp<u8, u32>>;

/// An operation that can be done again.
pub trait Replayed {
    /// What it adds to which key.
    fn added(&self) -> Option<(u8, u32)>;
    /// Whether it sees the versions that there are.
    fn sees(&self, state: &State) -> bool;
}

impl Replayed for ListOp<u8, u32> {
    fn added(&self) -> Option<(u8, u32)> {
        if let Self::Append(key, value) = self { Some((*key, *value)) } else { None }
    }

    fn sees(&self, state: &State) -> bool {
        let Self::Read(key, values) = self else { return true };
        state.get(key).map_or(&[][..], Vec::as_slice) == values
    }
}

impl Replayed for RegisterOp<u8, u32> {
    fn added(&self) -> Option<(u8, u32)> {
        if let Self::Write(key, value) = self { Some((*key, *value)) } else { None }
    }

    fn sees(&self, state: &State) -> bool {
        let Self::Read(key, value) = self else { return true };
        state.get(key).and_then(|versions| versions.last()) == value.as_ref()
    }
}

/// The state after a transaction; `None` if it cannot have seen what it saw.
fn run<O: Replayed>(txn: &Transaction<O>, mut state: State) -> Option<State> {
    for op in &txn.ops {
        if txn.status == Status::Committed && !op.sees(&state) {
            return None;
        }
        if let Some((key, value)) = op.added() {
            state.entry(key).or_default().push(value);
        }
    }
    Some(state)
}

/// Whether any serial order of all that committed and some that may have explains a history.
pub fn serial_oracle<O: Replayed>(history: &History<O>, order: Order) -> bool {
    fn go<O: Replayed>(history: &History<O>, order: Order, left: &[usize], state: &State) -> bool {
        left.is_empty()
            || left.iter().any(|at| {
                let rest: Vec<_> = left.iter().copied().filter(|other| other != at).collect();
                rest.iter().all(|other| may_follow(history, order, *at, *other))
                    && run(&history.transactions()[*at], state.clone())
                        .is_some_and(|state| go(history, order, &rest, &state))
            })
    }
    worlds(history).iter().any(|world| go(history, order, world, &State::new()))
}

/// Whether any order of starts and commits explains it: each transaction reads what had been committed at its start, and
/// nobody commits a key that somebody else has committed since (Berenson et al., SIGMOD 1995, §4.2).
pub fn snapshot_oracle<O: Replayed>(history: &History<O>) -> bool {
    struct Going {
        at: usize,
        snapshot: State,
    }
    fn go<O: Replayed>(history: &History<O>, waiting: &[usize], going: &[Going], state: &State) -> bool {
        if waiting.is_empty() && going.is_empty() {
            return true;
        }
        let copy = |without: usize| {
            let kept = going.iter().filter(|txn| txn.at != without);
            kept.map(|txn| Going { at: txn.at, snapshot: txn.snapshot.clone() }).collect::<Vec<_>>()
        };
        let starts = waiting.iter().any(|at| {
            let rest: Vec<_> = waiting.iter().copied().filter(|other| other != at).collect();
            let mut going = copy(usize::MAX);
            going.push(Going { at: *at, snapshot: state.clone() });
            run(&history.transactions()[*at], state.clone()).is_some() && go(history, &rest, &going, state)
        });
        starts
            || going.iter().any(|txn| {
                let ops = &history.transactions()[txn.at].ops;
                let mut next = state.clone();
                for (key, value) in ops.iter().filter_map(O::added) {
                    if txn.snapshot.get(&key) != state.get(&key) {
                        return false;
                    }
                    next.entry(key).or_default().push(value);
                }
                go(history, waiting, &copy(txn.at), &next)
            })
    }
    worlds(history).iter().any(|world| go(history, world, &[], &State::new()))
}

/// How a small history comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Each transaction takes effect at one moment.
    Right,
    /// So, but then what one read saw is changed.
    Changed,
    /// Reads see any beginning of an order of versions.
    Loose,
}

#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub transactions: usize,
    pub keys: u8,
    pub ops: usize,
    pub processes: usize,
    pub aborted_percent: usize,
    pub unknown_percent: usize,
    /// Whether a last transaction reads all keys.
    pub is_read_at_end: bool,
}

fn asked(rng: &mut Rng, shape: Shape, next: &mut u32) -> Vec<ListOp<u8, u32>> {
    let count = 1 + rng.below(shape.ops);
    let mut one = || {
        let key = u8::try_from(rng.below(usize::from(shape.keys))).unwrap();
        if rng.chance(50) {
            *next += 1;
            ListOp::Append(key, *next)
        } else {
            ListOp::Read(key, Vec::new())
        }
    };
    (0..count).map(|_| one()).collect()
}

/// Fills in what reads see; the appends are in the state then.
fn filled(ops: &[ListOp<u8, u32>], state: &mut State) -> Vec<ListOp<u8, u32>> {
    let fill = |op: &ListOp<u8, u32>| match op {
        ListOp::Append(key, value) => {
            state.entry(*key).or_default().push(*value);
            op.clone()
        }
        ListOp::Read(key, _) => ListOp::Read(*key, state.get(key).cloned().unwrap_or_default()),
    };
    ops.iter().map(fill).collect()
}

/// What a transaction sees of versions that are known beforehand: a beginning of each list, the same in all of its reads, and
/// what it appended itself.
fn loose(rng: &mut Rng, ops: &[ListOp<u8, u32>], versions: &State) -> Vec<ListOp<u8, u32>> {
    let mut view = State::new();
    for (key, values) in versions {
        let stays = rng.chance(40);
        let length = if stays { values.len() } else { rng.below(values.len() + 1) };
        view.insert(*key, values[..length].to_vec());
    }
    filled(ops, &mut view)
}

fn shuffle(rng: &mut Rng, values: &mut [u32]) {
    for at in (1..values.len()).rev() {
        values.swap(at, rng.below(at + 1));
    }
}

/// A small history of lists.
pub fn lists(rng: &mut Rng, kind: Kind, shape: Shape) -> Lists {
    let mut next = 0;
    let plans: Vec<_> = (0..shape.transactions).map(|_| asked(rng, shape, &mut next)).collect();
    let fates: Vec<_> = plans
        .iter()
        .map(|_| match rng.below(100) {
            at if at < shape.aborted_percent => Status::Aborted,
            at if at < shape.aborted_percent + shape.unknown_percent => Status::Unknown,
            _ => Status::Committed,
        })
        .collect();
    let mut versions = State::new();
    for (plan, fate) in plans.iter().zip(&fates) {
        if *fate == Status::Committed || *fate == Status::Unknown && rng.chance(50) || rng.chance(5) {
            filled(plan, &mut versions);
        }
    }
    for values in versions.values_mut() {
        if rng.chance(60) {
            shuffle(rng, values);
        }
    }
    let mut builder = HistoryBuilder::new();
    let mut state = State::new();
    let mut open: BTreeMap<u64, (usize, Option<Ops>)> = BTreeMap::new();
    let mut names: Vec<u64> = (0..).take(shape.processes).collect();
    let mut begun = 0;
    while begun < plans.len() || !open.is_empty() {
        let at = rng.below(names.len());
        let process = names[at];
        match open.remove(&process) {
            None if begun < plans.len() => {
                builder.invoke(process, plans[begun].clone()).unwrap();
                open.insert(process, (begun, None));
                begun += 1;
            }
            None => {}
            Some((txn, None)) => {
                let is_done =
                    fates[txn] == Status::Committed || fates[txn] == Status::Unknown && rng.chance(50);
                let done = match kind {
                    Kind::Right | Kind::Changed if is_done => filled(&plans[txn], &mut state),
                    Kind::Loose => loose(rng, &plans[txn], &versions),
                    Kind::Right | Kind::Changed => plans[txn].clone(),
                };
                open.insert(process, (txn, Some(done)));
            }
            Some((txn, Some(done))) => match fates[txn] {
                Status::Committed => drop(builder.ok(process, done).unwrap()),
                Status::Aborted => drop(builder.fail(process).unwrap()),
                Status::Unknown => {
                    builder.info(process).unwrap();
                    names[at] += 1_000;
                }
            },
        }
    }
    if shape.is_read_at_end {
        let whole = if kind == Kind::Loose { &versions } else { &state };
        let all: Vec<_> = (0..shape.keys)
            .map(|key| ListOp::Read(key, whole.get(&key).cloned().unwrap_or_default()))
            .collect();
        builder.invoke(999_999, all.clone()).unwrap();
        builder.ok(999_999, all).unwrap();
    }
    let history = builder.finish();
    if kind == Kind::Changed { changed(rng, &history, next, shape.is_read_at_end) } else { history }
}

/// The history with one read changed, but not of the last transaction if that is to stay.
fn changed(rng: &mut Rng, history: &Lists, values: u32, last_stays: bool) -> Lists {
    let count = history.transactions().len() - usize::from(last_stays);
    let mut reads = Vec::new();
    for (at, txn) in history.transactions()[..count].iter().enumerate() {
        for (place, op) in txn.ops.iter().enumerate() {
            if txn.status == Status::Committed && matches!(op, ListOp::Read(..)) {
                reads.push((at, place));
            }
        }
    }
    let target = if reads.is_empty() { (usize::MAX, 0) } else { *rng.pick(&reads) };
    rebuilt(history, |at, ops| {
        let mut ops = ops.to_vec();
        if at == target.0 {
            if let ListOp::Read(_, seen) = &mut ops[target.1] {
                match rng.below(5) {
                    0 => drop(seen.pop()),
                    1 => seen.clear(),
                    2 => seen.push(1 + u32::try_from(rng.below(values as usize + 1)).unwrap()),
                    3 => shuffle(rng, seen),
                    _ => drop((!seen.is_empty()).then(|| seen.remove(0))),
                }
            }
        }
        ops
    })
}

/// The same events, with other operations.
pub fn rebuilt<O: quorate_consistency::txn::Operation + Clone, P>(
    history: &History<P>,
    mut ops: impl FnMut(usize, &[P]) -> Vec<O>,
) -> History<O> {
    let mut builder = HistoryBuilder::new();
    let mut events = Vec::new();
    for (at, txn) in history.transactions().iter().enumerate() {
        events.push((txn.invoked(), at, false));
        events.push((txn.ended().unwrap_or(usize::MAX), at, true));
    }
    events.sort_unstable();
    let done: Vec<_> = history.transactions().iter().enumerate().map(|(at, txn)| ops(at, &txn.ops)).collect();
    for (_, at, is_end) in events {
        let txn = &history.transactions()[at];
        match (is_end, txn.status) {
            (false, _) => drop(builder.invoke(txn.process, done[at].clone()).unwrap()),
            (true, Status::Committed) => drop(builder.ok(txn.process, done[at].clone()).unwrap()),
            (true, Status::Aborted) => drop(builder.fail(txn.process).unwrap()),
            (true, Status::Unknown) => drop(builder.info(txn.process).unwrap()),
        }
    }
    builder.finish()
}

/// A history of lists as one of registers: what was appended is written, and reads see the last value.
pub fn as_registers(history: &Lists) -> Registers {
    rebuilt(history, |_, ops| {
        let one = |op: &ListOp<u8, u32>| match op {
            ListOp::Append(key, value) => RegisterOp::Write(*key, *value),
            ListOp::Read(key, values) => RegisterOp::Read(*key, values.last().copied()),
        };
        ops.iter().map(one).collect()
    })
}

/// What the judge of registers gets wrong in a history, by the oracle.
pub fn weak_mistake(history: &Registers, options: WeakOptions) -> Option<&'static str> {
    for level in Level::ALL.into_iter().rev() {
        let report = check_weak(history, level, options).unwrap();
        assert_eq!(report, check_weak(history, level, options).unwrap(), "it is not deterministic");
        match (&report.order, weak_oracle(history, level)) {
            (Some(_), false) => return Some("`weak_oracle`: taken for right"),
            (None, true) => return Some("`weak_oracle`: taken for wrong"),
            _ => {}
        }
        if report.order.is_some() != report.violations.is_empty() {
            return Some("a verdict without violations");
        }
        if let Some(order) = &report.order {
            let order: Vec<_> = order.iter().map(|id| id.index()).collect();
            if !explains(history, level, &order) {
                return Some("`explains`: the order that is given is none");
            }
        }
        if stronger_held(history, level, options) && report.order.is_none() {
            return Some("a stronger level holds, and a weaker one does not");
        }
    }
    None
}

fn stronger_held(history: &Registers, level: Level, options: WeakOptions) -> bool {
    Level::ALL
        .into_iter()
        .filter(|other| *other > level)
        .any(|other| check_weak(history, other, options).unwrap().order.is_some())
}

/// Whether the order of all versions is known: every outcome is, and of each key at most one append was read by nobody.
fn is_whole(history: &Lists) -> bool {
    let ops = |status: Status| {
        let txns = history.transactions().iter().filter(move |txn| txn.status == status);
        txns.flat_map(|txn| &txn.ops)
    };
    let is_seen = |key: u8, value: u32| {
        ops(Status::Committed)
            .any(|op| matches!(op, ListOp::Read(of, values) if *of == key && values.contains(&value)))
    };
    let mut unseen: BTreeMap<u8, usize> = BTreeMap::new();
    for op in ops(Status::Committed) {
        if let ListOp::Append(key, value) = op {
            *unseen.entry(*key).or_default() += usize::from(!is_seen(*key, *value));
        }
    }
    ops(Status::Unknown).next().is_none() && unseen.values().all(|count| *count < 2)
}

/// What the judge of lists gets wrong in a history, by the oracles. If the order of all versions is known, the judge must find
/// whatever is wrong.
pub fn list_mistake(history: &Lists, options: Options) -> Option<&'static str> {
    let is_whole = is_whole(history);
    let report = check_list_append(history, options).unwrap();
    assert_eq!(report, check_list_append(history, options).unwrap(), "it is not deterministic");
    assert!(!report.is_truncated);
    for (model, holds) in [
        (Model::Serializable, serial_oracle(history, Order::Any)),
        (Model::StrongSessionSerializable, serial_oracle(history, Order::Session)),
        (Model::StrictSerializable, serial_oracle(history, Order::RealTime)),
        (Model::SnapshotIsolation, snapshot_oracle(history)),
    ] {
        match (report.holds(model), holds) {
            (Some(false), true) => return Some("an oracle: taken for wrong"),
            (Some(true), false) if is_whole => return Some("an oracle: taken for right"),
            _ => {}
        }
    }
    (!cycles_are_closed(history, &report)).then_some("a cycle that is none")
}

fn cycles_are_closed(history: &Lists, report: &quorate_consistency::txn::Report<u8, u32>) -> bool {
    use quorate_consistency::txn::{Dependency, Evidence};
    let get = |id: TxnId| history.get(id).unwrap();
    report.findings.iter().all(|finding| {
        let Evidence::Cycle(steps) = &finding.evidence else { return true };
        let next = steps.iter().cycle().skip(1);
        steps.len() > 1
            && steps.iter().zip(next).all(|(step, next)| {
                let (from, to) = (get(step.from), get(step.to));
                let appends = |ops: &[ListOp<u8, u32>], key: &u8, value: &u32| {
                    ops.contains(&ListOp::Append(*key, *value))
                };
                step.to == next.from
                    && match &step.why {
                        Dependency::Ww { key, before, after } => {
                            appends(&from.ops, key, before) && appends(&to.ops, key, after)
                        }
                        Dependency::Wr { key, value } => appends(&from.ops, key, value),
                        Dependency::Rw { key, value } => appends(&to.ops, key, value),
                        Dependency::Process => from.process == to.process && from.invoked() < to.invoked(),
                        Dependency::Realtime => from.ended().is_some_and(|ended| ended < to.invoked()),
                    }
            })
    })
}
