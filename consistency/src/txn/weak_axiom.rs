//! What the levels demand of the order of commits: for each read as few edges as imply the rest.

use alloc::{vec, vec::Vec};

use super::{
    bug::Bug,
    graph::{Components, Edge, Graph},
    history::TxnId,
    intern::NONE,
    weak::{WeakOptions, WeakViolation},
    weak_input::{Seen, WeakInput},
};
pub(super) const SESSION: u8 = 1;
pub(super) const READ: u8 = 2;
pub(super) const FORCED: u8 = 4;

/// `earlier` is seen by the reader and writes the key that it reads from another: then it commits before that one.
fn force<K: Clone>(
    input: &WeakInput<'_, K>,
    earlier: u32,
    place: usize,
    edges: &mut Vec<Edge>,
    violations: &mut Vec<WeakViolation<K>>,
) {
    let Seen { reader, op, key, writer } = input.seen.all[place];
    if writer == NONE {
        violations.push(WeakViolation::InitialOverwritten {
            reader: TxnId(reader),
            op: op as usize,
            key: input.keys[key as usize].clone(),
            writer: TxnId(earlier),
        });
    } else if earlier != writer {
        let cause = u32::try_from(place).unwrap_or(NONE);
        edges.push(Edge { from: earlier, to: writer, cause, kind: FORCED });
    }
}

/// For each key the nearest later read, and the nearest later one from somebody else than that.
#[derive(Clone, Copy)]
struct Nearest {
    txn: u32,
    one: u32,
    other: u32,
}

/// Read committed (Biswas and Enea, §2.2): who was read from first commits before whom a later read is from.
///
/// Backwards through the reads of a transaction. Where it first reads from t₂, the nearest later read of each key that t₂
/// writes, from another than t₂, gives an edge; that one's own edge leads to the next, so that one edge for each is
/// enough. Either the keys that t₂ writes are walked through or those that the transaction reads, whichever are fewer:
/// that makes O(n^1.5).
pub(super) fn read_committed_edges<K: Clone>(
    input: &WeakInput<'_, K>,
    options: WeakOptions,
    edges: &mut Vec<Edge>,
    violations: &mut Vec<WeakViolation<K>>,
) {
    let mut nearest = vec![Nearest { txn: NONE, one: NONE, other: NONE }; input.keys.len()];
    let mut first_read = vec![(NONE, 0); input.is_live.len()];
    let sorted = SortedWrites::new(input);
    let mut keys: Vec<u32> = Vec::new();
    for txn in (0..).take(input.is_live.len()) {
        keys.clear();
        for place in input.seen.range(txn).rev() {
            let seen = input.seen.all[place];
            if let Some(first) = first_read.get_mut(seen.writer as usize) {
                *first = (txn, place);
            }
        }
        for place in input.seen.range(txn).rev() {
            let seen = input.seen.all[place];
            let is_first = first_read.get(seen.writer as usize) == Some(&(txn, place));
            if is_first && !options.has(Bug::EarlierReadsIgnored) {
                sorted.each_common(seen.writer, &keys, |key| {
                    let at = nearest[key as usize];
                    if at.txn != txn {
                        return;
                    }
                    let later = [at.one, at.other].into_iter().filter(|later| *later != NONE);
                    let mut later = later.map(|later| later as usize);
                    if let Some(later) = later.find(|later| input.seen.all[*later].writer != seen.writer) {
                        force(input, seen.writer, later, edges, violations);
                    }
                });
            }
            let at = &mut nearest[seen.key as usize];
            let here = u32::try_from(place).unwrap_or(NONE);
            if at.txn != txn {
                *at = Nearest { txn, one: here, other: NONE };
                keys.push(seen.key);
            } else if input.seen.all[at.one as usize].writer == seen.writer {
                at.one = here;
            } else {
                *at = Nearest { txn, one: here, other: at.one };
            }
        }
    }
}

/// The keys that transactions write, so that some can be looked up among them.
struct SortedWrites {
    ranges: Vec<core::ops::Range<usize>>,
    all: Vec<u32>,
}

impl SortedWrites {
    fn new<K>(input: &WeakInput<'_, K>) -> Self {
        let mut all = input.writes.all.clone();
        let ranges: Vec<_> = (0..).zip(&input.is_live).map(|(txn, _)| input.writes.range(txn)).collect();
        for range in &ranges {
            all[range.clone()].sort_unstable();
        }
        Self { ranges, all }
    }

    /// Each key that this transaction writes and that is among the others, and perhaps more of its keys.
    fn each_common(&self, txn: u32, others: &[u32], mut each: impl FnMut(u32)) {
        let Some(range) = self.ranges.get(txn as usize) else { return };
        let own = &self.all[range.clone()];
        if own.len() <= others.len() {
            own.iter().copied().for_each(each);
        } else {
            others.iter().filter(|key| own.binary_search(key).is_ok()).for_each(|key| each(*key));
        }
    }
}

/// Read atomic (Biswas and Enea, §2.2): whoever comes before in the session, and whoever is read from at all, commits
/// before whom a key is read from that it writes, too. Of the session the latest writer of the key is enough.
pub(super) fn read_atomic_edges<K: Clone>(
    input: &WeakInput<'_, K>,
    edges: &mut Vec<Edge>,
    violations: &mut Vec<WeakViolation<K>>,
) {
    session_edges(input, edges, violations);
    let sorted = SortedWrites::new(input);
    let mut by_key: Vec<(u32, u32)> = vec![(NONE, NONE); input.keys.len()];
    let mut is_done = vec![NONE; input.is_live.len()];
    let (mut keys, mut again): (Vec<u32>, Vec<usize>) = (Vec::new(), Vec::new());
    for txn in (0..).take(input.is_live.len()) {
        keys.clear();
        again.clear();
        for place in input.seen.range(txn) {
            let key = input.seen.all[place].key;
            let at = &mut by_key[key as usize];
            if at.0 == txn {
                again.push(place);
            } else {
                *at = (txn, u32::try_from(place).unwrap_or(NONE));
                keys.push(key);
            }
        }
        // Reading a key from two transactions puts each of them before the other.
        for place in again.drain(..) {
            let first = by_key[input.seen.all[place].key as usize].1 as usize;
            let (one, other) = (input.seen.all[first].writer, input.seen.all[place].writer);
            if one != other {
                let pairs = [(one, place), (other, first)];
                pairs
                    .into_iter()
                    .filter(|(writer, _)| *writer != NONE)
                    .for_each(|(writer, place)| force(input, writer, place, edges, violations));
            }
        }
        for place in input.seen.range(txn) {
            let writer = input.seen.all[place].writer;
            if let Some(done) = is_done.get_mut(writer as usize).filter(|done| **done != txn) {
                *done = txn;
                sorted.each_common(writer, &keys, |key| {
                    let (reader, read) = by_key[key as usize];
                    if reader == txn && input.seen.all[read as usize].writer != writer {
                        force(input, writer, read as usize, edges, violations);
                    }
                });
            }
        }
    }
}

/// The latest writer of each key in the reader's own session.
fn session_edges<K: Clone>(
    input: &WeakInput<'_, K>,
    edges: &mut Vec<Edge>,
    violations: &mut Vec<WeakViolation<K>>,
) {
    let mut by_session: Vec<Vec<u32>> = vec![Vec::new(); input.sessions];
    for txn in (0..).take(input.is_live.len()).filter(|txn: &u32| input.is_live[*txn as usize]) {
        by_session[input.session[txn as usize] as usize].push(txn);
    }
    let mut latest = vec![(NONE, NONE); input.keys.len()];
    for (session, txns) in (0..).zip(&by_session) {
        for txn in txns {
            if input.before[*txn as usize] != NONE {
                for place in input.seen.range(*txn) {
                    let (owner, writer) = latest[input.seen.all[place].key as usize];
                    if owner == session {
                        force(input, writer, place, edges, violations);
                    }
                }
            }
            for key in input.writes.of(*txn) {
                latest[*key as usize] = (session, *txn);
            }
        }
    }
}

/// For each transaction, how many transactions of each session have led to it. A row is given up when the last that needs
/// it is done.
struct Pasts {
    width: usize,
    cells: Vec<u32>,
    row: Vec<u32>,
    needed_by: Vec<u32>,
    free: Vec<u32>,
}

impl Pasts {
    fn range(&self, txn: u32) -> core::ops::Range<usize> {
        let row = self.row[txn as usize] as usize;
        row * self.width..(row + 1) * self.width
    }

    fn take_row(&mut self, txn: u32) {
        let row = self.free.pop().unwrap_or_else(|| {
            self.cells.resize(self.cells.len() + self.width, 0);
            u32::try_from(self.cells.len() / self.width - 1).unwrap_or(NONE)
        });
        self.row[txn as usize] = row;
        let range = self.range(txn);
        self.cells[range].fill(0);
    }

    fn give_up(&mut self, txn: u32) {
        self.free.push(self.row[txn as usize]);
    }

    /// All that leads to `from` leads to `to`, and `from` itself, the `nth` of its session.
    fn join(&mut self, from: u32, to: u32, session: usize, nth: u32) {
        let (from_at, to_at) = (self.range(from).start, self.range(to).start);
        for at in 0..self.width {
            let past = self.cells[from_at + at];
            let own = &mut self.cells[to_at + at];
            *own = past.max(*own);
        }
        let own = &mut self.cells[to_at + session];
        *own = (nth + 1).max(*own);
    }
}

/// Causal consistency (Biswas and Enea, §2.2): whatever leads to the reader commits before whom it reads from, if it
/// writes the key. Of each session the latest such writer is enough.
pub(super) fn causal_edges<K: Clone>(
    input: &WeakInput<'_, K>,
    graph: &Graph,
    components: &Components,
    options: WeakOptions,
    edges: &mut Vec<Edge>,
    violations: &mut Vec<WeakViolation<K>>,
) {
    let count = input.is_live.len();
    let mut nth = vec![0; count];
    let mut lengths = vec![0; input.sessions];
    // For each key its writers by session, each by its place in the session.
    let mut writers: Vec<(u32, u32, u32, u32)> = Vec::new();
    for txn in (0..).take(count).filter(|txn: &u32| input.is_live[*txn as usize]) {
        let session = input.session[txn as usize];
        nth[txn as usize] = lengths[session as usize];
        lengths[session as usize] += 1;
        writers.extend(input.writes.of(txn).iter().map(|key| (*key, session, nth[txn as usize], txn)));
    }
    writers.sort_unstable();
    let runs = Runs::new(&writers, input.keys.len());
    let mut needed_by = vec![0; count];
    graph.edges.iter().for_each(|edge| needed_by[edge.from as usize] += 1);
    let mut pasts = Pasts {
        width: input.sessions,
        cells: Vec::new(),
        row: vec![NONE; count],
        needed_by,
        free: Vec::new(),
    };
    let incoming = |txn: u32| {
        let before = Some(input.before[txn as usize]).filter(|before| *before != NONE);
        before
            .into_iter()
            .chain(input.seen.of(txn).iter().map(|seen| seen.writer).filter(|from| *from != NONE))
    };
    for txn in components.nodes.iter().rev().copied() {
        pasts.take_row(txn);
        for from in incoming(txn) {
            let session = input.session[from as usize] as usize;
            pasts.join(from, txn, session, nth[from as usize]);
            pasts.needed_by[from as usize] -= 1;
            if pasts.needed_by[from as usize] == 0 {
                pasts.give_up(from);
            }
        }
        let past = &pasts.cells[pasts.range(txn)];
        for place in input.seen.range(txn) {
            let seen = input.seen.all[place];
            for run in runs.of(seen.key) {
                let writers = &writers[run];
                let session = writers[0].1;
                let before = writers.partition_point(|writer| writer.2 < past[session as usize]);
                let latest = before.checked_sub(1).map(|at| writers[at].3);
                if let Some(latest) = latest.filter(|_| !options.has(Bug::CausalPastIgnored)) {
                    force(input, latest, place, edges, violations);
                }
            }
        }
        if pasts.needed_by[txn as usize] == 0 {
            pasts.give_up(txn);
        }
    }
}

/// Where the writers of one key and one session stand.
struct Runs {
    starts: Vec<u32>,
    runs: Vec<(u32, u32)>,
}

impl Runs {
    fn new(writers: &[(u32, u32, u32, u32)], keys: usize) -> Self {
        let mut starts = vec![0; keys + 1];
        let mut runs: Vec<(u32, u32)> = Vec::new();
        let mut at = 0;
        for run in writers.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let end = at + u32::try_from(run.len()).unwrap_or(NONE);
            runs.push((at, end));
            starts[run[0].0 as usize + 1] += 1;
            at = end;
        }
        for key in 0..keys {
            starts[key + 1] += starts[key];
        }
        Self { starts, runs }
    }

    fn of(&self, key: u32) -> impl Iterator<Item = core::ops::Range<usize>> {
        let range = self.starts[key as usize] as usize..self.starts[key as usize + 1] as usize;
        self.runs[range].iter().map(|(from, to)| *from as usize..*to as usize)
    }
}
