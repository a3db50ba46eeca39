use alloc::vec::Vec;

/// Numbers in a row, from which any can be taken out, and put in again in the reverse order (Knuth, *Dancing links*, 2000).
#[derive(Clone, Debug)]
pub(super) struct Row {
    before: Vec<u32>,
    after: Vec<u32>,
}

impl Row {
    /// All numbers below this.
    pub(super) fn new(len: u32) -> Self {
        let ring = len + 1;
        Self {
            before: (0..ring).map(|at| (at + len) % ring).collect(),
            after: (0..ring).map(|at| (at + 1) % ring).collect(),
        }
    }

    fn end(&self) -> u32 {
        u32::try_from(self.before.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) fn last(&self) -> Option<u32> {
        self.before(self.end())
    }

    pub(super) fn before(&self, at: u32) -> Option<u32> {
        Some(self.before[at as usize]).filter(|before| *before != self.end())
    }

    /// Whether it is in the row.
    pub(super) fn has(&self, at: u32) -> bool {
        self.after[self.before[at as usize] as usize] == at
    }

    pub(super) fn take_out(&mut self, at: u32) {
        let (before, after) = (self.before[at as usize], self.after[at as usize]);
        (self.after[before as usize], self.before[after as usize]) = (after, before);
    }

    pub(super) fn put_back(&mut self, at: u32) {
        let (before, after) = (self.before[at as usize], self.after[at as usize]);
        (self.after[before as usize], self.before[after as usize]) = (at, at);
    }
}
