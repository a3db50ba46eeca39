use std::collections::VecDeque;

use noraft::{Action, LogEntry, LogIndex, Message, Node, NodeId};

use crate::raft::{Applied, Cluster, KEEP, NODES};

const IDS: [NodeId; NODES] = [NodeId::new(0), NodeId::new(1), NodeId::new(2)];

/// Three nodes of noraft. It keeps no payloads, bounds no windows and tracks no durability.
pub(crate) struct Noraft {
    nodes: Vec<Member>,
    mail: VecDeque<(NodeId, Message)>,
    messages: u64,
}

struct Member {
    raft: Node,
    applied: Applied,
    last: LogIndex,
}

impl Noraft {
    pub(crate) fn new() -> Self {
        let member = |id| Member { raft: Node::start(id), applied: Applied::default(), last: LogIndex::ZERO };
        let mut cluster = Self { nodes: IDS.map(member).into(), mail: VecDeque::new(), messages: 0 };
        cluster.nodes[0].raft.create_cluster(&IDS);
        cluster.pump();
        assert!(cluster.nodes[0].raft.role().is_leader(), "the first node was to lead");
        cluster
    }

    /// Carries messages until there are none.
    fn carry(&mut self) {
        loop {
            for (place, node) in self.nodes.iter_mut().enumerate() {
                node.perform(IDS[place], &mut self.mail);
            }
            if self.mail.is_empty() {
                return;
            }
            while let Some((to, message)) = self.mail.pop_front() {
                self.messages += 1;
                let node = &mut self.nodes[place_of(to)];
                node.raft.handle_message(&message).expect("a message of a peer");
            }
        }
    }
}

impl Member {
    fn perform(&mut self, id: NodeId, mail: &mut VecDeque<(NodeId, Message)>) {
        while let Some(action) = self.raft.actions_mut().next() {
            match action {
                Action::BroadcastMessage(message) => {
                    let peers = IDS.into_iter().filter(|peer| *peer != id);
                    mail.extend(peers.map(|peer| (peer, message.clone())));
                }
                Action::SendMessage(to, message) => mail.push_back((to, message)),
                Action::InstallSnapshot(_) => unreachable!("nobody is behind"),
                Action::SetElectionTimeout
                | Action::SaveCurrentTerm
                | Action::SaveVotedFor
                | Action::AppendLogEntries(_) => {}
            }
        }
        while self.last < self.raft.commit_index() {
            self.last = LogIndex::new(self.last.get() + 1);
            if self.raft.log().entries().get_entry(self.last) == Some(LogEntry::Command) {
                self.applied.apply_index();
            }
        }
    }
}

impl Cluster for Noraft {
    fn propose(&mut self, count: usize) {
        for _ in 0..count {
            self.nodes[0].raft.propose_command();
        }
    }

    /// Its followers learn of a commit with what comes next, so a heartbeat follows every batch.
    fn pump(&mut self) {
        self.carry();
        self.nodes[0].raft.heartbeat();
        self.carry();
    }

    fn compact(&mut self) {
        for node in &mut self.nodes {
            let upto = LogIndex::new(node.last.get().saturating_sub(KEEP));
            let (position, config) = node.raft.log().get_position_and_config(upto).expect("it is in the log");
            let config = config.clone();
            assert!(node.raft.handle_snapshot_installed(position, config), "it is committed");
        }
    }

    fn applied(&self) -> [Applied; NODES] {
        [0, 1, 2].map(|place| self.nodes[place].applied)
    }

    fn messages(&self) -> u64 {
        self.messages
    }
}

fn place_of(id: NodeId) -> usize {
    usize::try_from(id.get()).expect("one of three")
}
