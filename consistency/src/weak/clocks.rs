use alloc::{vec, vec::Vec};

/// For each operation how many operations of each process come before it, itself included. As each process's own order is
/// part of every relation here, what comes before is a beginning of each process, and these numbers are all of it.
pub(crate) struct Clocks {
    width: usize,
    cells: Vec<u32>,
}

impl Clocks {
    pub(crate) fn new(operations: usize, processes: usize) -> Self {
        Self { width: processes, cells: vec![0; operations * processes] }
    }

    pub(crate) fn of(&self, op: u32) -> &[u32] {
        let at = op as usize * self.width;
        &self.cells[at..at + self.width]
    }

    /// At least so many of this process come before it.
    pub(crate) fn raise(&mut self, op: u32, process: u32, count: u32) {
        let cell = &mut self.cells[op as usize * self.width + process as usize];
        *cell = (*cell).max(count);
    }

    /// What comes before `from` comes before `to`.
    pub(crate) fn join(&mut self, from: u32, to: u32) {
        let (source, target) = (from as usize * self.width, to as usize * self.width);
        for at in 0..self.width {
            self.cells[target + at] = self.cells[target + at].max(self.cells[source + at]);
        }
    }
}
