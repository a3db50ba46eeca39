//! What a history says about the order of its moments at once, and what it leaves open.

use alloc::{vec, vec::Vec};

use super::moments::Moments;
use crate::txn::{
    bug::Bug,
    graph::{Edge, Graph},
    history::{History, RegisterOp, TxnId},
    intern::NONE,
    isolation::Isolation,
    order::realtime_edges,
    report,
    solver::SolverOptions,
    weak_input::{ByTxn, WeakInput},
};

/// Why one moment comes before another. Keys and transactions are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A transaction starts before it commits.
    Within,
    Session,
    RealTime,
    /// The later one reads the key from the earlier one.
    Read {
        key: u32,
    },
    /// The earlier one reads the first value of the key, which the later one writes.
    Initial {
        key: u32,
    },
    /// Both write the key, and the reader, which comes after the earlier one, reads it from the later one.
    Version {
        key: u32,
        reader: u32,
    },
    /// The earlier one reads the key from the writer, and the later one, which comes after that, writes it.
    Unseen {
        key: u32,
        writer: u32,
    },
    /// Both write the key, and the earlier one has started when the later one commits.
    Conflict {
        key: u32,
    },
    Supposed,
}

/// What a transaction reads of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Read {
    pub(super) key: u32,
    /// The place in [`Polygraph::writes`] of what was written; `NONE` for the first value.
    pub(super) version: u32,
}

/// Moments, what is known of their order, and who reads and writes what: a *polygraph* (Papadimitriou, *The Serializability of
/// Concurrent Database Updates*, JACM 1979).
///
/// Transactions are numbers among those that have committed, as far as anyone can tell.
#[derive(Debug)]
pub(super) struct Polygraph<'a, K> {
    pub(super) keys: Vec<&'a K>,
    pub(super) isolation: Isolation,
    pub(super) txns: Vec<TxnId>,
    /// Of each transaction, each key once.
    pub(super) reads: ByTxn<Read>,
    /// Of each transaction, keys in order; a place in it is a version.
    pub(super) writes: ByTxn<u32>,
    /// Of each version, who wrote it.
    pub(super) author: Vec<u32>,
    /// Of each version, how many transactions read it.
    pub(super) readings: Vec<u32>,
    /// Of each version, of each chain the last moment at which it is read.
    pub(super) readers: ByTxn<u32>,
    pub(super) moments: Moments,
    pub(super) writers: Writers,
    /// What is known at once.
    pub(super) graph: Graph,
    pub(super) causes: Vec<Cause>,
    /// When each transaction seems to have committed.
    pub(super) hint: Vec<u32>,
    /// Whether what a transaction reads is known.
    pub(super) is_committed: Vec<bool>,
}

impl<'a, K> Polygraph<'a, K> {
    pub(super) fn new<V>(
        history: &History<RegisterOp<K, V>>,
        input: WeakInput<'a, K>,
        isolation: Isolation,
        options: SolverOptions,
    ) -> Self {
        let isolation = if isolation.is_exclusive() && options.has(Bug::ConflictsIgnored) {
            Isolation::Prefix
        } else {
            isolation
        };
        let live: Vec<u32> =
            (0..).take(input.is_live.len()).filter(|at| input.is_live[*at as usize]).collect();
        let mut number = vec![NONE; input.is_live.len()];
        (0..).zip(&live).for_each(|(at, txn)| number[*txn as usize] = at);
        let (writes, author) = all_writes(&input, &live);
        let reads = all_reads(&input, &live, &number, &writes);
        let mut sessions: Vec<Vec<u32>> = vec![Vec::new(); input.sessions];
        (0..).zip(&live).for_each(|(at, txn)| sessions[input.session[*txn as usize] as usize].push(at));
        let mut known = Known { is_split: isolation.has_snapshots(), edges: Vec::new(), causes: Vec::new() };
        known.observe(&sessions, &reads, &author);
        if isolation.is_real_time() && !options.has(Bug::RealTimeIgnored) {
            let mut edges = Vec::new();
            realtime_edges(history, &input.is_live, 1, report::Options::default(), &mut edges);
            for edge in edges {
                known.after(number[edge.from as usize], number[edge.to as usize], Cause::RealTime);
            }
        }
        let moments = Moments::new(known.is_split, &sessions, live.len(), &known.edges);
        let lines = Writers::new(input.keys.len(), &writes, &author, &moments);
        let (readings, readers, firsts) = all_readers(&reads, &author, input.keys.len(), &moments);
        for key in (0..).take(input.keys.len()) {
            for run in lines.of(key) {
                let next = lines.all[run.start as usize].txn;
                for reader in firsts.of(key).iter().copied().filter(|at| moments.txn(*at) != next) {
                    known.add(reader, moments.commit(next), Cause::Initial { key });
                }
            }
        }
        let all = &history.transactions;
        let time = |txn: u32| {
            let txn = &all[txn as usize];
            if txn.ended().is_some() { txn.ended } else { txn.invoked }
        };
        let hint = live.iter().map(|txn| if history.has_real_time { time(*txn) } else { 0 }).collect();
        let is_committed = |txn: &u32| all[*txn as usize].status == crate::txn::history::Status::Committed;
        Self {
            keys: input.keys,
            isolation,
            is_committed: live.iter().map(is_committed).collect(),
            txns: live.iter().map(|txn| TxnId(*txn)).collect(),
            reads,
            writes,
            author,
            readings,
            readers,
            graph: Graph::new(moments.len(), &known.edges),
            causes: known.causes,
            moments,
            writers: lines,
            hint,
        }
    }

    /// The version that a transaction makes of a key that it writes.
    pub(super) fn version(&self, txn: u32, key: u32) -> Option<u32> {
        version(&self.writes, txn, key)
    }

    /// What a transaction reads of a key, if it does.
    pub(super) fn read(&self, txn: u32, key: u32) -> Option<Read> {
        let reads = self.reads.of(txn);
        reads.binary_search_by_key(&key, |read| read.key).ok().map(|at| reads[at])
    }

    /// From where to where to go in order to say that one that writes a key comes before another that does.
    pub(super) const fn in_order(&self, one: u32, other: u32) -> (u32, u32) {
        let to = if self.isolation.is_exclusive() {
            self.moments.start(other)
        } else {
            self.moments.commit(other)
        };
        (self.moments.commit(one), to)
    }
}

fn version(writes: &ByTxn<u32>, txn: u32, key: u32) -> Option<u32> {
    let range = writes.range(txn);
    let at = writes.all[range.clone()].binary_search(&key).ok()?;
    u32::try_from(range.start + at).ok()
}

fn all_writes<K>(input: &WeakInput<'_, K>, live: &[u32]) -> (ByTxn<u32>, Vec<u32>) {
    let (mut writes, mut author) = (ByTxn::new(), Vec::new());
    for (at, txn) in (0..).zip(live) {
        let from = writes.all.len();
        writes.all.extend_from_slice(input.writes.of(*txn));
        writes.all[from..].sort_unstable();
        author.resize(writes.all.len(), at);
        writes.close();
    }
    (writes, author)
}

fn all_reads<K>(input: &WeakInput<'_, K>, live: &[u32], number: &[u32], writes: &ByTxn<u32>) -> ByTxn<Read> {
    let mut reads = ByTxn::new();
    let mut own = Vec::new();
    for txn in live {
        own.clear();
        for seen in input.seen.of(*txn) {
            let from = number.get(seen.writer as usize);
            let version = from.and_then(|from| version(writes, *from, seen.key)).unwrap_or(NONE);
            own.push(Read { key: seen.key, version });
        }
        own.sort_unstable();
        own.dedup();
        reads.all.extend_from_slice(&own);
        reads.close();
    }
    reads
}

/// How often each version is read, and of each version, and of each key's first value, the last readers by chain.
fn all_readers(
    reads: &ByTxn<Read>,
    author: &[u32],
    keys: usize,
    moments: &Moments,
) -> (Vec<u32>, ByTxn<u32>, ByTxn<u32>) {
    let mut readings = vec![0; author.len()];
    let mut all: Vec<(u32, u32, u32, u32)> = Vec::new();
    let mut first: Vec<(u32, u32, u32, u32)> = Vec::new();
    for txn in (0..).take(Moments::count(false, moments.len() / if moments.is_split() { 2 } else { 1 })) {
        let start = moments.start(txn);
        let (chain, nth) = (moments.chain[start as usize], moments.nth[start as usize]);
        for read in reads.of(txn) {
            if let Some(readings) = readings.get_mut(read.version as usize) {
                *readings += 1;
                all.push((read.version, chain, nth, start));
            } else {
                first.push((read.key, chain, nth, start));
            }
        }
    }
    (readings, lasts(all, author.len()), lasts(first, keys))
}

/// Of each item and chain the last moment.
fn lasts(mut all: Vec<(u32, u32, u32, u32)>, items: usize) -> ByTxn<u32> {
    all.sort_unstable();
    let mut runs = all.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)).peekable();
    let mut lasts = ByTxn::new();
    for item in (0..).take(items) {
        while let Some(run) = runs.next_if(|run| run[0].0 == item) {
            lasts.all.extend(run.last().map(|last| last.3));
        }
        lasts.close();
    }
    lasts
}

/// Edges between moments while they are gathered.
struct Known {
    is_split: bool,
    edges: Vec<Edge>,
    causes: Vec<Cause>,
}

impl Known {
    fn add(&mut self, from: u32, to: u32, cause: Cause) {
        let place = u32::try_from(self.causes.len()).unwrap_or(NONE);
        self.edges.push(Edge { from, to, cause: place, kind: 1 });
        self.causes.push(cause);
    }

    /// One has committed when the other starts.
    fn after(&mut self, one: u32, other: u32, cause: Cause) {
        let (one, other) = if self.is_split { (one * 2 + 1, other * 2) } else { (one, other) };
        self.add(one, other, cause);
    }

    fn observe(&mut self, sessions: &[Vec<u32>], reads: &ByTxn<Read>, author: &[u32]) {
        for session in sessions {
            for pair in session.windows(2) {
                self.after(pair[0], pair[1], Cause::Session);
            }
            for txn in session {
                if self.is_split {
                    self.add(txn * 2, txn * 2 + 1, Cause::Within);
                }
                for read in reads.of(*txn) {
                    if let Some(author) = author.get(read.version as usize) {
                        self.after(*author, *txn, Cause::Read { key: read.key });
                    }
                }
            }
        }
    }
}

/// Who writes a key, in one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Writer {
    key: u32,
    pub(super) chain: u32,
    /// The place of its commit in the chain.
    pub(super) nth: u32,
    pub(super) txn: u32,
    pub(super) version: u32,
}

/// Writers by key and chain.
#[derive(Debug)]
pub(super) struct Writers {
    pub(super) all: Vec<Writer>,
    runs: ByTxn<(u32, u32, u32)>,
}

impl Writers {
    fn new(keys: usize, writes: &ByTxn<u32>, author: &[u32], moments: &Moments) -> Self {
        let mut all: Vec<_> = (0..)
            .zip(writes.all.iter().zip(author))
            .map(|(version, (key, txn))| {
                let commit = moments.commit(*txn) as usize;
                Writer {
                    key: *key,
                    chain: moments.chain[commit],
                    nth: moments.nth[commit],
                    txn: *txn,
                    version,
                }
            })
            .collect();
        all.sort_unstable();
        let mut runs = ByTxn::new();
        let mut at = 0;
        for key in (0..).take(keys) {
            while let Some(first) = all.get(at as usize).filter(|writer| writer.key == key) {
                let is_same = |writer: &Writer| (writer.key, writer.chain) == (key, first.chain);
                let length = all[at as usize..].iter().take_while(|writer| is_same(writer)).count();
                let end = at + u32::try_from(length).unwrap_or(NONE);
                runs.all.push((first.chain, at, end));
                at = end;
            }
            runs.close();
        }
        Self { all, runs }
    }

    /// Where the writers of a key stand, chain by chain.
    pub(super) fn of(&self, key: u32) -> impl Iterator<Item = core::ops::Range<u32>> {
        self.runs.of(key).iter().map(|(_, from, to)| *from..*to)
    }

    /// The writers of a key in a chain, in their order.
    pub(super) fn of_chain(&self, key: u32, chain: u32) -> &[Writer] {
        let runs = self.runs.of(key);
        match runs.binary_search_by_key(&chain, |run| run.0) {
            Ok(at) => &self.all[runs[at].1 as usize..runs[at].2 as usize],
            Err(_) => &[],
        }
    }
}
