use std::collections::VecDeque;

use bytes::Bytes;
use raft::{
    Config, RawNode, StateRole,
    eraftpb::{Entry, Message, MessageType},
    storage::MemStorage,
};

use crate::raft::{Applied, Cluster, KEEP, NODES, cluster::payload};

/// How it is configured and asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tuning {
    /// Its default configuration, one `propose` per proposal.
    Default,
    /// `batch_append`, messages of any size, and a batch as one message of entries that share their bytes.
    Batches,
}

/// Three nodes of raft-rs. What a `Ready` asks to persist goes into the memory storage before its messages leave.
pub(crate) struct Tikv {
    nodes: Vec<Node>,
    mail: VecDeque<Message>,
    tuning: Tuning,
    payload: Bytes,
    messages: u64,
}

struct Node {
    raft: RawNode<MemStorage>,
    storage: MemStorage,
    applied: Applied,
    last: u64,
}

impl Tikv {
    pub(crate) fn new(payload_bytes: usize, tuning: Tuning) -> Self {
        let mut cluster = Self {
            nodes: (1..=NODES as u64).map(|id| Node::new(id, tuning)).collect(),
            mail: VecDeque::new(),
            tuning,
            payload: payload(payload_bytes),
            messages: 0,
        };
        cluster.nodes[0].raft.campaign().expect("a voter may campaign");
        cluster.pump();
        assert_eq!(cluster.nodes[0].raft.raft.state, StateRole::Leader, "the first node was to lead");
        cluster
    }
}

impl Node {
    fn new(id: u64, tuning: Tuning) -> Self {
        let storage = MemStorage::new_with_conf_state((vec![1, 2, 3], vec![]));
        let config = match tuning {
            Tuning::Default => Config::new(id),
            Tuning::Batches => Config { batch_append: true, max_size_per_msg: 1 << 20, ..Config::new(id) },
        };
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let raft = RawNode::new(&config, storage.clone(), &logger).expect("the configuration is valid");
        Self { raft, storage, applied: Applied::default(), last: 0 }
    }

    /// One turn of the loop that the crate's documentation gives.
    fn advance(&mut self, mail: &mut VecDeque<Message>) {
        let mut ready = self.raft.ready();
        mail.extend(ready.take_messages());
        self.apply(ready.take_committed_entries());
        if !ready.entries().is_empty() {
            self.storage.wl().append(ready.entries()).expect("entries continue the log");
        }
        if let Some(state) = ready.hs() {
            self.storage.wl().set_hardstate(state.clone());
        }
        mail.extend(ready.take_persisted_messages());
        let mut light = self.raft.advance(ready);
        if let Some(commit) = light.commit_index() {
            self.storage.wl().mut_hard_state().set_commit(commit);
        }
        mail.extend(light.take_messages());
        self.apply(light.take_committed_entries());
        self.raft.advance_apply();
    }

    fn apply(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            self.last = entry.index;
            if !entry.data.is_empty() {
                self.applied.apply(&entry.data);
            }
        }
    }
}

impl Cluster for Tikv {
    fn propose(&mut self, count: usize) {
        let leader = &mut self.nodes[0].raft;
        match self.tuning {
            Tuning::Default => {
                for _ in 0..count {
                    leader.propose(vec![], self.payload.to_vec()).expect("there is room");
                }
            }
            Tuning::Batches => {
                let entry = || Entry { data: self.payload.clone(), ..Entry::default() };
                let mut message = Message { from: 1, to: 1, ..Message::default() };
                message.set_msg_type(MessageType::MsgPropose);
                message.set_entries((0..count).map(|_| entry()).collect::<Vec<_>>().into());
                leader.step(message).expect("there is room");
            }
        }
    }

    fn pump(&mut self) {
        loop {
            for node in &mut self.nodes {
                if node.raft.has_ready() {
                    node.advance(&mut self.mail);
                }
            }
            if self.mail.is_empty() {
                return;
            }
            while let Some(message) = self.mail.pop_front() {
                self.messages += 1;
                let to = usize::try_from(message.to - 1).expect("one of three");
                self.nodes[to].raft.step(message).expect("a message of a peer");
            }
        }
    }

    fn compact(&mut self) {
        for node in &mut self.nodes {
            let first = node.last.saturating_sub(KEEP);
            node.storage.wl().compact(first).expect("it is applied");
        }
    }

    fn applied(&self) -> [Applied; NODES] {
        [0, 1, 2].map(|place| self.nodes[place].applied)
    }

    fn messages(&self) -> u64 {
        self.messages
    }
}
