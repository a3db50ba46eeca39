/// What one node's application has seen: enough work that no engine can skip handing over the payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many proposals.
    pub count: u64,
    /// The sum of their first bytes and their lengths.
    pub sum: u64,
}

impl Applied {
    /// Applies one proposal.
    pub fn apply(&mut self, payload: &[u8]) {
        self.count += 1;
        self.sum += payload.first().copied().map_or(0, u64::from) + payload.len() as u64;
    }

    /// Applies one proposal of which the engine knows only that it is there.
    pub fn apply_index(&mut self) {
        self.count += 1;
    }
}
