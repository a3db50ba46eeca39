use alloc::{collections::BTreeMap, vec::Vec};

use quorate_machine::NodeId;

use super::entry::{Content, Entry, Origin};
use crate::Dot;

/// Who is a member, as far as the messages that were delivered say: the same for whoever has delivered the same.
///
/// Of each node it keeps the changes that no later one has seen. A node is a member if one of these admits it: where an
/// admission and a removal are concurrent, the admission wins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Members {
    changes: BTreeMap<NodeId, Vec<Change>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Change {
    /// The message that made it; nothing for a founder.
    by: Option<Dot<Origin>>,
    admits: bool,
}

impl Members {
    pub(super) fn founded(founders: &[NodeId]) -> Self {
        let founder = |node: &NodeId| (*node, Vec::from([Change { by: None, admits: true }]));
        Self { changes: founders.iter().map(founder).collect() }
    }

    /// Whether the node is one.
    pub fn contains(&self, node: NodeId) -> bool {
        self.changes.get(&node).is_some_and(|changes| changes.iter().any(|change| change.admits))
    }

    /// The members, by id.
    pub fn iter(&self) -> impl Iterator<Item = NodeId> {
        let is_member = |(_, changes): &(&NodeId, &Vec<Change>)| changes.iter().any(|change| change.admits);
        self.changes.iter().filter(is_member).map(|(node, _)| *node)
    }

    /// Takes in a message that is delivered, if it is about members.
    pub(super) fn apply(&mut self, entry: &Entry) {
        let (node, admits) = match &entry.payload {
            Content::Payload(_) => return,
            Content::Admit(node) => (*node, true),
            Content::Remove(node) => (*node, false),
        };
        let changes = self.changes.entry(node).or_default();
        let follows = |dot: &Dot<Origin>| entry.after.contains(dot) || dot.actor == entry.dot.actor;
        changes.retain(|change| change.by.as_ref().is_some_and(|by| !follows(by)));
        changes.push(Change { by: Some(entry.dot), admits });
        changes.sort();
    }
}
