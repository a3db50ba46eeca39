//! Writes are put in order from the last to the first.
//!
//! A write can be the last of those that are left unless another begins after it has ended. Then every read that is left
//! and begins after its end must come after it, and is put there. If such a read saw another write, that one is *owed*: it
//! must be among the next `k - 1`. When no write is owed, what is left does not depend on how it came to that, since what was
//! put in order is whole: writes with all reads that saw them. So the search never goes back beyond such a point. With
//! `k = 2` what is owed comes next, so that there is a choice only at these points.

use alloc::{vec, vec::Vec};

use super::{Cluster, Instant, row::Row};
use crate::bug::{Bug, Mistake};

pub(super) struct Backward {
    /// The writes, by when they begin.
    writes: Vec<Write>,
    /// Those that are left, by when they begin.
    left: Row,
    /// The same by when they end, and which they are.
    by_end: Row,
    ends: Vec<u32>,
    /// The reads that are left, by when they begin: the instant, and what they saw.
    reads_left: Row,
    reads: Vec<(Instant, u32)>,
    k: usize,
    /// How many writes are in order.
    count: usize,
    /// The writes that are or were owed, the first first, and how many of them surely are in order.
    owed: Vec<u32>,
    paid: usize,
    /// How many writes are owed now.
    debts: usize,
    /// The largest distance of a read from what it saw, plus one.
    reach: usize,
    undo: Vec<Undo>,
    frames: Vec<Frame>,
    mistake: Mistake,
}

#[derive(Clone, Debug)]
struct Write {
    begin: Instant,
    end: Instant,
    /// Its place in `by_end`.
    nth_end: u32,
    /// Which reads saw it.
    reads: Vec<u32>,
    /// How many writes were in order when it was owed first.
    owed_since: Option<usize>,
    is_left: bool,
}

#[derive(Clone, Copy, Debug)]
enum Undo {
    Write(u32),
    Read(u32),
    Debt(u32),
}

/// A point at which there are several writes to choose from.
struct Frame {
    choices: Vec<u32>,
    undo: usize,
    count: usize,
    owed: usize,
    paid: usize,
    debts: usize,
}

impl Backward {
    /// For which k the clusters are k-atomic, at least and at most. It is known that they are not 1-atomic.
    pub(super) fn bounds(clusters: &[Cluster], steps: &mut u64, mistake: Mistake) -> (usize, usize) {
        let mut greedy = Self::new(clusters, usize::MAX, mistake);
        // It never has to go back, and takes as many steps as there are writes.
        greedy.run(&mut { u64::MAX });
        let at_most = greedy.reach.max(2);
        let mut k = Self::certain(clusters).clamp(2, at_most);
        while k < at_most {
            match Self::new(clusters, k, mistake).run(steps) {
                Some(true) => return (k, k),
                Some(false) => k += 1,
                None => break,
            }
        }
        (k, at_most)
    }

    /// What k is at least, by how many writes lie wholly between a write and a read that saw it.
    fn certain(clusters: &[Cluster]) -> usize {
        let mut begins: Vec<_> = clusters.iter().filter_map(|cluster| cluster.begin).collect();
        let mut ends: Vec<_> = clusters.iter().map(|cluster| cluster.end).collect();
        begins.sort_unstable();
        ends.sort_unstable();
        let between = |cluster: &Cluster| {
            let last = cluster.reads.iter().max()?;
            let ended = ends.partition_point(|end| end < last);
            Some(ended.saturating_sub(begins.partition_point(|begin| *begin < cluster.end)))
        };
        clusters.iter().filter_map(between).max().unwrap_or(0) + 1
    }

    fn new(clusters: &[Cluster], k: usize, mistake: Mistake) -> Self {
        let mut sorted: Vec<_> = clusters.iter().collect();
        sorted.sort_unstable_by_key(|cluster| cluster.begin);
        let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
        let mut reads: Vec<(Instant, u32)> = (0..count)
            .zip(&sorted)
            .flat_map(|(at, cluster)| cluster.reads.iter().map(move |begin| (*begin, at)))
            .collect();
        reads.sort_unstable();
        let mut ends: Vec<u32> = (0..count).collect();
        ends.sort_unstable_by_key(|at| sorted[*at as usize].end);
        let write = |cluster: &&Cluster| {
            let (begin, end) = (cluster.begin.unwrap_or(0), cluster.end);
            Write { begin, end, nth_end: 0, reads: Vec::new(), owed_since: None, is_left: true }
        };
        let mut writes: Vec<_> = sorted.iter().map(write).collect();
        for (nth, at) in (0..).zip(&ends) {
            writes[*at as usize].nth_end = nth;
        }
        for (read, (_, at)) in (0..).zip(&reads) {
            writes[*at as usize].reads.push(read);
        }
        let reads_left = Row::new(u32::try_from(reads.len()).unwrap_or(u32::MAX));
        Self {
            writes,
            left: Row::new(count),
            by_end: Row::new(count),
            ends,
            reads_left,
            reads,
            k,
            count: 0,
            owed: Vec::new(),
            paid: 0,
            debts: 0,
            reach: 1,
            undo: Vec::new(),
            frames: Vec::new(),
            mistake,
        }
    }

    /// Whether there is an order; `None` if there were too few steps to find out.
    fn run(&mut self, steps: &mut u64) -> Option<bool> {
        while let Some(latest) = self.left.last() {
            if self.debts == 0 || self.mistake.is(Bug::DebtsForgotten) {
                self.frames.clear();
                self.undo.clear();
            }
            let mut choices = self.choices(latest);
            // The best at the end.
            choices.reverse();
            let (undo, count, owed) = (self.undo.len(), self.count, self.owed.len());
            self.frames.push(Frame { choices, undo, count, owed, paid: self.paid, debts: self.debts });
            let next = loop {
                let Some(frame) = self.frames.last_mut() else { return Some(false) };
                match frame.choices.pop() {
                    Some(next) => break next,
                    None => drop(self.frames.pop()),
                }
            };
            *steps = steps.checked_sub(1)?;
            self.go_back();
            self.place(next);
        }
        Some(true)
    }

    /// Which writes can be the last of those that are left, of which this one begins latest.
    fn choices(&mut self, latest: u32) -> Vec<u32> {
        let begin = self.writes[latest as usize].begin;
        let is_free = |write: &Write| write.end > begin;
        while self.owed.get(self.paid).is_some_and(|at| !self.writes[*at as usize].is_left) {
            self.paid += 1;
        }
        let slack = usize::from(self.mistake.is(Bug::DebtsPaidLate));
        if let Some(first) = self.owed.get(self.paid).copied() {
            let write = &self.writes[first as usize];
            let due = write.owed_since.unwrap_or(0).saturating_add(self.k - 1 + slack);
            if due <= self.count {
                return if is_free(write) && due == self.count { vec![first] } else { Vec::new() };
            }
        }
        let mut choices = Vec::new();
        let mut nth = self.by_end.last();
        while let Some(at) =
            nth.map(|nth| self.ends[nth as usize]).filter(|at| is_free(&self.writes[*at as usize]))
        {
            choices.push(at);
            nth = self.by_end.before(self.writes[at as usize].nth_end);
        }
        // What is owed longest, then what begins latest.
        choices.sort_unstable_by_key(|at| {
            (self.writes[*at as usize].owed_since.unwrap_or(usize::MAX), u32::MAX - *at)
        });
        choices
    }

    /// As it was at the latest frame.
    fn go_back(&mut self) {
        let Some(frame) = self.frames.last() else { return };
        let (undo, owed) = (frame.undo, frame.owed);
        (self.count, self.paid, self.debts) = (frame.count, frame.paid, frame.debts);
        self.owed.truncate(owed);
        for undo in self.undo.drain(undo..).rev() {
            match undo {
                Undo::Write(at) => {
                    self.left.put_back(at);
                    let write = &mut self.writes[at as usize];
                    self.by_end.put_back(write.nth_end);
                    write.is_left = true;
                }
                Undo::Read(read) => self.reads_left.put_back(read),
                Undo::Debt(at) => self.writes[at as usize].owed_since = None,
            }
        }
    }

    /// Puts a write before all that is in order, and after it the reads that must be.
    fn place(&mut self, at: u32) {
        self.left.take_out(at);
        let write = &mut self.writes[at as usize];
        self.by_end.take_out(write.nth_end);
        write.is_left = false;
        self.undo.push(Undo::Write(at));
        if let Some(since) = write.owed_since {
            self.debts -= 1;
            self.reach = self.reach.max(self.count - since + 1);
        }
        let end = write.end;
        // A read that begins later was put after a later write, if at all.
        for read in 0..self.writes[at as usize].reads.len() {
            let read = self.writes[at as usize].reads[read];
            if self.reads_left.has(read) {
                self.reads_left.take_out(read);
                self.undo.push(Undo::Read(read));
            }
        }
        while let Some(read) = self.reads_left.last().filter(|read| self.reads[*read as usize].0 > end) {
            self.reads_left.take_out(read);
            self.undo.push(Undo::Read(read));
            let saw = self.reads[read as usize].1;
            let write = &mut self.writes[saw as usize];
            if write.owed_since.is_none() {
                write.owed_since = Some(self.count);
                self.owed.push(saw);
                self.debts += 1;
                self.undo.push(Undo::Debt(saw));
            }
        }
        self.count += 1;
    }
}
