use std::{mem, sync::Arc};

use omnipaxos::{ClusterConfig, OmniPaxos, ServerConfig, macros::Entry, messages::Message, util::LogEntry};
use omnipaxos_storage::memory_storage::MemoryStorage;

use crate::raft::{Applied, Cluster, KEEP, NODES, cluster::payload};

/// Reading the decided log clones every entry, so the payload is shared.
#[derive(Clone, Debug, Entry)]
struct Proposal(Arc<[u8]>);

/// Three nodes of omnipaxos. Its memory storage is durable at once.
pub(crate) struct Omni {
    nodes: Vec<Node>,
    /// Messages on their way, and room for the next ones.
    mail: Vec<Message<Proposal>>,
    next: Vec<Message<Proposal>>,
    leader: usize,
    payload: Proposal,
    messages: u64,
}

struct Node {
    paxos: OmniPaxos<Proposal, MemoryStorage<Proposal>>,
    applied: Applied,
    read: usize,
}

impl Omni {
    /// A cluster that sends a batch of so many at once; proposals must come in such batches.
    pub(crate) fn new(payload_bytes: usize, batch: usize) -> Self {
        let mut cluster = Self {
            nodes: (1..=NODES as u64).map(|id| Node::new(id, batch)).collect(),
            mail: Vec::new(),
            next: Vec::new(),
            leader: 0,
            payload: Proposal(payload(payload_bytes).as_ref().into()),
            messages: 0,
        };
        cluster.elect();
        cluster
    }

    fn elect(&mut self) {
        loop {
            self.nodes.iter_mut().for_each(|node| node.paxos.tick());
            self.pump();
            if let Some((id, true)) = self.nodes[0].paxos.get_current_leader() {
                self.leader = place_of(id);
                return;
            }
        }
    }
}

impl Node {
    fn new(id: u64, batch: usize) -> Self {
        let cluster =
            ClusterConfig { configuration_id: 1, nodes: (1..=NODES as u64).collect(), ..Default::default() };
        let server = ServerConfig { pid: id, batch_size: batch, ..Default::default() };
        let paxos = cluster.build_for_server(server, MemoryStorage::default());
        Self { paxos: paxos.expect("the configuration is valid"), applied: Applied::default(), read: 0 }
    }

    fn apply_decided(&mut self) {
        if self.paxos.get_decided_idx() <= self.read {
            return;
        }
        for entry in self.paxos.read_decided_suffix(self.read).into_iter().flatten() {
            if let LogEntry::Decided(Proposal(data)) = entry {
                self.applied.apply(&data);
                self.read += 1;
            }
        }
    }
}

impl Cluster for Omni {
    fn propose(&mut self, count: usize) {
        for _ in 0..count {
            self.nodes[self.leader].paxos.append(self.payload.clone()).expect("there is a leader");
        }
    }

    fn pump(&mut self) {
        loop {
            for node in &mut self.nodes {
                node.apply_decided();
                node.paxos.take_outgoing_messages(&mut self.next);
                self.mail.append(&mut self.next);
            }
            if self.mail.is_empty() {
                return;
            }
            let mut mail = mem::take(&mut self.mail);
            for message in mail.drain(..) {
                self.messages += 1;
                self.nodes[place_of(message.get_receiver())].paxos.handle_incoming(message);
            }
            self.mail = mail;
        }
    }

    fn compact(&mut self) {
        let upto = self.nodes[self.leader].read.saturating_sub(usize::try_from(KEEP).expect("it is small"));
        self.nodes[self.leader].paxos.trim(Some(upto)).expect("all have accepted it");
        self.pump();
    }

    fn applied(&self) -> [Applied; NODES] {
        [0, 1, 2].map(|place| self.nodes[place].applied)
    }

    fn messages(&self) -> u64 {
        self.messages
    }
}

fn place_of(id: u64) -> usize {
    usize::try_from(id - 1).expect("one of three")
}
