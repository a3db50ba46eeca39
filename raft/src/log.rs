use alloc::collections::VecDeque;

use crate::{
    entry::{Entries, Entry},
    id::{Index, LogId, Term},
};

/// The log since its base, with an index of its terms by runs: looking up a term touches no entry, and in the
/// steady state it is one comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Log {
    /// The entry before the first one held.
    base: LogId,
    entries: VecDeque<Entry>,
    /// Where each run of equal terms begins, after the base. Both columns rise strictly.
    runs: VecDeque<(Index, Term)>,
    bytes: usize,
    /// The last entry, or the base.
    last: LogId,
}

impl Log {
    pub(crate) fn new(base: LogId, entries: VecDeque<Entry>) -> Self {
        let mut log = Self { base, entries: VecDeque::new(), runs: VecDeque::new(), bytes: 0, last: base };
        for entry in entries {
            log.push(entry);
        }
        log
    }

    pub(crate) const fn base(&self) -> LogId {
        self.base
    }

    pub(crate) const fn last(&self) -> LogId {
        self.last
    }

    pub(crate) const fn last_index(&self) -> Index {
        self.last.index
    }

    /// An upper bound of the encoded size of all entries, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// The term of the entry at `index`, or of the base; `None` outside.
    pub(crate) fn term_at(&self, index: Index) -> Option<Term> {
        if index > self.last_index() || index < self.base.index {
            return None;
        }
        match self.runs.back() {
            None => Some(self.base.term),
            Some((first, term)) if index >= *first => Some(*term),
            Some(_) => Some(self.older_term_at(index)),
        }
    }

    #[cold]
    fn older_term_at(&self, index: Index) -> Term {
        let runs_before = self.runs.partition_point(|(first, _)| *first <= index);
        let run = runs_before.checked_sub(1).and_then(|run| self.runs.get(run));
        run.map_or(self.base.term, |(_, term)| *term)
    }

    /// The last entry at or before `upto` whose term is not above `term`: nothing after it can match a log that has
    /// `term` at `upto` (Raft §5.3, "the protocol can be optimized"). At worst the base, which is committed.
    pub(crate) fn last_not_above(&self, upto: Index, term: Term) -> LogId {
        let upto = upto.min(self.last_index());
        let candidate = match self.term_at(upto) {
            Some(found) if found <= term => upto,
            _ if self.base.term > term => self.base.index,
            _ => {
                let runs_at_most = self.runs.partition_point(|(_, of)| *of <= term);
                self.runs.get(runs_at_most).map_or(upto, |(first, _)| first.previous()).min(upto)
            }
        };
        match self.term_at(candidate) {
            Some(term) => LogId { term, index: candidate },
            None => self.base,
        }
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.enter(entry.term);
        self.bytes += entry.bytes_bound();
        self.entries.push_back(entry);
    }

    /// Appends a batch. Terms never fall, so a batch that ends in the term it begins with is all of one term.
    pub(crate) fn extend(&mut self, batch: &Entries) {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return };
        if first.term == last.term {
            self.enter(first.term);
            self.last.index = self.last.index.plus(batch.len() as u64 - 1);
        } else {
            batch.iter().for_each(|entry| self.enter(entry.term));
        }
        self.bytes += batch.bytes_bound();
        self.entries.extend(batch.iter().cloned());
    }

    /// The log gets longer by an entry of this term.
    fn enter(&mut self, term: Term) {
        let index = self.last.index.next();
        if self.last.term != term {
            self.runs.push_back((index, term));
        }
        self.last = LogId { term, index };
    }

    /// Removes the entries from `first` on and returns them.
    pub(crate) fn truncate(&mut self, first: Index) -> VecDeque<Entry> {
        let kept = self.offset(first);
        let removed = self.entries.split_off(kept.min(self.entries.len()));
        self.bytes -= removed.iter().map(Entry::bytes_bound).sum::<usize>();
        while self.runs.back().is_some_and(|(start, _)| *start >= first) {
            self.runs.pop_back();
        }
        let term = self.runs.back().map_or(self.base.term, |(_, term)| *term);
        self.last = LogId { term, index: self.base.index.plus(self.entries.len() as u64) };
        removed
    }

    /// Forgets the entries up to `upto`, which becomes the base.
    pub(crate) fn compact(&mut self, upto: Index) {
        let Some(term) = self.term_at(upto) else { return };
        let dropped = self.offset(upto.next()).min(self.entries.len());
        self.bytes -= self.entries.drain(..dropped).map(|entry| entry.bytes_bound()).sum::<usize>();
        self.base = LogId { term, index: upto };
        // The run that holds the new base is said by the base itself.
        while self.runs.front().is_some_and(|(start, _)| *start <= upto) {
            self.runs.pop_front();
        }
    }

    /// Copies entries from `first` on, as many as fit into both limits, but one at least if there is one.
    pub(crate) fn slice(&self, first: Index, last: Index, entries_max: usize, bytes_max: usize) -> Entries {
        let start = self.offset(first).min(self.entries.len());
        let end = self.offset(last.next()).min(self.entries.len()).min(start.saturating_add(entries_max));
        if end <= start {
            return Entries::new();
        }
        if end - start == 1 {
            return self.entries.get(start).cloned().map_or_else(Entries::new, Entries::from);
        }
        let mut bytes = 0_usize;
        let fit = self.entries.range(start..end).take_while(|entry| {
            bytes = bytes.saturating_add(entry.bytes_bound());
            bytes <= bytes_max
        });
        let count = fit.count().max(1);
        self.entries.range(start..start + count).cloned().collect()
    }

    /// How many entries come before the one at `index`.
    fn offset(&self, index: Index) -> usize {
        usize::try_from(index.previous().distance_from(self.base.index)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use quickcheck::{Arbitrary, Gen, QuickCheck};

    use super::*;
    use crate::entry::Payload;

    /// A log as a list of terms, and what is done to it.
    #[derive(Clone, Debug)]
    enum Change {
        Push(u8),
        Truncate(u8),
        Compact(u8),
    }

    impl Arbitrary for Change {
        fn arbitrary(g: &mut Gen) -> Self {
            let amount = u8::arbitrary(g) % 8;
            match u8::arbitrary(g) % 6 {
                0 => Self::Truncate(amount),
                1 => Self::Compact(amount),
                _ => Self::Push(amount / 3),
            }
        }
    }

    #[derive(Default)]
    struct Naive {
        base: LogId,
        terms: Vec<Term>,
    }

    impl Naive {
        fn term_at(&self, index: u64) -> Option<Term> {
            match index.checked_sub(self.base.index.0)? {
                0 => Some(self.base.term),
                nth => self.terms.get(usize::try_from(nth - 1).unwrap()).copied(),
            }
        }

        fn last_not_above(&self, upto: u64, term: Term) -> LogId {
            let last = self.base.index.0 + self.terms.len() as u64;
            (self.base.index.0..=upto.min(last))
                .rev()
                .filter_map(|index| Some(LogId { term: self.term_at(index)?, index: Index(index) }))
                .find(|at| at.term <= term)
                .unwrap_or(self.base)
        }
    }

    fn equals_a_list_of_terms(changes: Vec<Change>) -> bool {
        let mut log = Log::new(LogId::ZERO, VecDeque::new());
        let mut naive = Naive::default();
        for change in changes {
            let last = log.last_index().0;
            let span = last - log.base().index.0;
            match change {
                Change::Push(step) => {
                    let term = Term(log.last().term.0.max(1) + u64::from(step));
                    log.push(Entry { term, payload: Payload::Noop });
                    naive.terms.push(term);
                }
                Change::Truncate(n) => {
                    let keep = span.saturating_sub(u64::from(n));
                    log.truncate(Index(log.base().index.0 + keep + 1));
                    naive.terms.truncate(usize::try_from(keep).unwrap());
                }
                Change::Compact(n) => {
                    let drop = u64::from(n).min(span);
                    let base = Index(log.base().index.0 + drop);
                    naive.base = LogId { term: naive.term_at(base.0).unwrap(), index: base };
                    naive.terms.drain(..usize::try_from(drop).unwrap());
                    log.compact(base);
                }
            }
            let rebuilt = Log::new(log.base(), log.entries().clone());
            let top = log.last_index().0 + 2;
            let same = (0..=top).all(|index| {
                log.term_at(Index(index)) == naive.term_at(index)
                    && (0..12).all(|term| {
                        log.last_not_above(Index(index), Term(term))
                            == naive.last_not_above(index, Term(term))
                    })
            });
            if !same || rebuilt != log {
                return false;
            }
        }
        true
    }

    #[test]
    fn the_term_index_equals_a_list_of_terms() {
        QuickCheck::new()
            .rng(Gen::from_size_and_seed(60, 7))
            .tests(2_000)
            .quickcheck(equals_a_list_of_terms as fn(Vec<Change>) -> bool);
    }

    #[test]
    fn a_slice_keeps_both_limits_but_gives_one_at_least() {
        let entry = |n: usize| Entry { term: Term(1), payload: Payload::Data(alloc::vec![0; n].into()) };
        let log = Log::new(LogId::ZERO, (0..10).map(|_| entry(100)).collect());
        let one = entry(100).bytes_bound();
        let slice = |entries, bytes| log.slice(Index(3), Index(9), entries, bytes).len();
        assert_eq!((slice(99, usize::MAX), slice(4, usize::MAX)), (7, 4));
        assert_eq!((slice(99, 3 * one), slice(99, 3 * one - 1), slice(99, 0)), (3, 2, 1));
        assert_eq!(log.slice(Index(11), Index(20), 9, usize::MAX).len(), 0);
    }
}
