//! Stacks whose values are pushed once each, in O(n log n). The rule is that of Abdulla et al., *Efficient Linearizability
//! Monitoring*, PLDI 2025, for stacks; how to keep to it in that time is our own.
//!
//! A value *stays* from the end of its push to the beginning of its pop: then it is certainly on the stack.
//!
//! 1. A value that does not stay is pushed and popped at one moment, any that both calls allow, and is in nobody's way.
//! 2. At a moment at which no value stays the stack may be empty: every value can be pushed and popped before, or pushed and
//!    popped after. What does so in one order does so in all, so both sides are judged by themselves. The pops that found
//!    nothing are at such moments.
//! 3. If at each moment from `a` to `b` some value stays, the stack is never empty then. One value is at its bottom all that
//!    time: its push can be before `a`, where the first of these pushes returns, and its pop after `b`, where the last of
//!    these pops begins. Every value of which that is true will do, since a stack does not know what is below. Without that
//!    one the rest is judged the same way.
//!
//! A pop that is open at the end of what is looked at ends after everything. It is optional: where a value below it is never
//! popped, it is left out, and where none is, it can be put at the end.

use alloc::{vec, vec::Vec};

use super::{
    contents::{Contents, Instant, OPEN},
    tree::{Cover, Tournament},
};
use crate::bug::Bug;

/// Where a pop begins that never does.
const NEVER: Instant = OPEN - 1;

/// A value that stays.
#[derive(Clone, Copy, Debug)]
struct Block {
    push: usize,
    push_from: Instant,
    stay: (Instant, Instant),
    pop: Option<usize>,
    pop_to: Instant,
}

/// What is left to put in order, the next at the end.
#[derive(Clone, Copy, Debug)]
enum Task {
    /// The blocks between two cells, of which each has one that stays.
    Part(usize, usize),
    Pop(usize),
    Empty(usize, Instant),
}

/// The order of the calls.
pub(crate) fn order(contents: &Contents) -> Option<Vec<usize>> {
    let mut points: Vec<(Instant, usize, usize)> = Vec::new();
    let mut now = 0;
    let mut put = |call: usize, from: Instant| {
        now = from.max(now);
        points.push((now, points.len(), call));
    };
    let mut stack = Stack::new(contents);
    let mut tasks = stack.begin(&contents.empty);
    while let Some(task) = tasks.pop() {
        match task {
            Task::Empty(call, at) => put(call, at),
            Task::Pop(at) => {
                let block = stack.blocks[at];
                block.pop.into_iter().for_each(|call| put(call, block.stay.1));
            }
            Task::Part(from, to) => {
                let bottom = stack.bottom(from, to)?;
                let block = stack.blocks[bottom];
                put(block.push, block.push_from);
                stack.remove(bottom);
                tasks.push(Task::Pop(bottom));
                let first = tasks.len();
                stack.parts(from, to, |from, to| tasks.push(Task::Part(from, to)));
                tasks[first..].reverse();
            }
        }
    }
    for value in &contents.values {
        if let Some(take) = value.take.filter(|_| value.stay().is_none()) {
            points.push((take.from, points.len(), value.put));
            points.push((take.from, points.len(), take.call));
        }
    }
    points.sort_unstable();
    Some(points.into_iter().map(|(.., call)| call).collect())
}

struct Stack {
    /// By the beginning of their stays.
    blocks: Vec<Block>,
    /// Where stays begin and end, in order. Between any two is a cell.
    marks: Vec<(Instant, bool, usize)>,
    /// Between which marks each block stays.
    cells: Vec<(usize, usize)>,
    /// How many blocks stay at each cell.
    cover: Cover,
    /// Of the blocks that are left, the earliest push (backwards); without those of which it is early enough.
    early: Tournament,
    /// Of these, the latest pop.
    late: Tournament,
    ignores_pops: bool,
}

impl Stack {
    fn new(contents: &Contents) -> Self {
        let mut blocks: Vec<_> = contents
            .values
            .iter()
            .filter_map(|value| {
                let (from, to) = value.stay()?;
                let (push, push_from) = (value.put, value.put_from);
                let (stay, pop) = ((from, to.min(NEVER)), value.take.map(|take| take.call));
                Some(Block { push, push_from, stay, pop, pop_to: value.take.map_or(OPEN, |take| take.to) })
            })
            .collect();
        blocks.sort_unstable_by_key(|block| block.stay.0);
        let mut marks: Vec<_> = (0..)
            .zip(&blocks)
            .flat_map(|(at, block)| [(block.stay.0, false, at), (block.stay.1, true, at)])
            .collect();
        marks.sort_unstable();
        let mut cells = vec![(0, 0); blocks.len()];
        for (place, (_, is_end, at)) in marks.iter().enumerate() {
            if *is_end {
                cells[*at].1 = place;
            } else {
                cells[*at].0 = place;
            }
        }
        let mut cover = Cover::new(marks.len());
        for (from, to) in &cells {
            cover.add(*from, *to, 1);
        }
        let mut early = Tournament::new(blocks.len());
        (0..).zip(&blocks).for_each(|(at, block)| early.set(at, OPEN - block.push_from));
        let late = Tournament::new(blocks.len());
        let ignores_pops = contents.mistake.is(Bug::BottomPoppedAnytime);
        Self { blocks, marks, cells, cover, early, late, ignores_pops }
    }

    /// The parts between which the stack may be empty, and the pops that found it so, the last first.
    fn begin(&self, empty: &[(usize, Instant)]) -> Vec<Task> {
        let mut tasks: Vec<_> = empty.iter().map(|(call, at)| (*at, Task::Empty(*call, *at))).collect();
        self.parts(0, self.marks.len(), |from, to| tasks.push((self.marks[from].0, Task::Part(from, to))));
        tasks.sort_unstable_by_key(|(at, _)| *at);
        tasks.into_iter().rev().map(|(_, task)| task).collect()
    }

    /// The largest runs of cells, among these, that are covered.
    fn parts(&self, mut from: usize, to: usize, mut part: impl FnMut(usize, usize)) {
        while let Some(begin) = self.cover.first(from, true).filter(|begin| *begin < to) {
            let end = self.cover.first(begin, false).unwrap_or(to).min(to);
            part(begin, end);
            from = end;
        }
    }

    /// A block that can be below all the others of this part.
    fn bottom(&mut self, from: usize, to: usize) -> Option<usize> {
        let (begin, end) = (self.marks[from].0, self.marks[to].0);
        let (first, last) = (self.first(from), self.first(to));
        // Parts only grow shorter: what is early enough once remains so.
        while let Some((early, at)) = self.early.best(first, last).filter(|(early, _)| OPEN - early < begin) {
            debug_assert!(early > 0, "it is left");
            self.early.set(at, 0);
            self.late.set(at, self.blocks[at].pop_to);
        }
        let (pop_to, at) = self.late.best(first, last)?;
        (pop_to > end || self.ignores_pops && pop_to > 0).then_some(at)
    }

    /// The first block that begins at this mark or after it.
    fn first(&self, mark: usize) -> usize {
        self.cells.partition_point(|(from, _)| *from < mark)
    }

    fn remove(&mut self, at: usize) {
        let (from, to) = self.cells[at];
        self.cover.add(from, to, -1);
        self.early.set(at, 0);
        self.late.set(at, 0);
    }
}
