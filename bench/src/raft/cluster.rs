use bytes::Bytes;

use crate::raft::Applied;

/// How many nodes each cluster has.
pub const NODES: usize = 3;

/// After so many proposals every node compacts its log.
const COMPACT_EVERY: u64 = 8_192;

/// How many entries stay in a log that is compacted.
pub const KEEP: u64 = 1_024;

/// A cluster of one engine with a leader, driven by hand.
pub trait Cluster {
    /// Gives the leader `count` proposals, without carrying any message yet.
    fn propose(&mut self, count: usize);
    /// Carries messages until there are none, and every node has applied what was proposed.
    fn pump(&mut self);
    /// Compacts every node's log to its last [`KEEP`] entries.
    fn compact(&mut self);
    /// What each node has applied.
    fn applied(&self) -> [Applied; NODES];
    /// How many messages were carried.
    fn messages(&self) -> u64;
}

/// So many proposals in batches of so many.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Proposals between two pumps.
    pub batch: usize,
    /// All proposals; rounded up to whole batches.
    pub proposals: u64,
}

impl Workload {
    /// Commits and applies everything on all nodes, and says how many proposals that were.
    ///
    /// # Panics
    /// If the nodes have not all applied the same, or not all of it.
    pub fn run(self, cluster: &mut dyn Cluster) -> u64 {
        let before = cluster.applied()[0].count;
        let (mut proposed, mut compact_at) = (0, COMPACT_EVERY);
        while proposed < self.proposals {
            cluster.propose(self.batch);
            cluster.pump();
            proposed += self.batch as u64;
            if proposed >= compact_at {
                compact_at += COMPACT_EVERY;
                cluster.compact();
            }
        }
        let [first, others @ ..] = cluster.applied();
        assert_eq!(first.count - before, proposed, "not everything was applied");
        assert!(others.iter().all(|other| *other == first), "the nodes differ");
        proposed
    }
}

/// A payload of `len` bytes; its clones share them.
pub(crate) fn payload(len: usize) -> Bytes {
    Bytes::from(vec![7; len])
}
