//! An anchor from what it has gone through.

use super::Anchor;
use crate::{
    bug::Bug,
    mod_n::check_unweighted,
    node::Node,
    nodes::{NodeIx, Nodes},
    place::AddError,
};

impl Anchor {
    /// The node of each bucket that is in use.
    pub(crate) fn in_use(&self) -> impl Iterator<Item = Option<NodeIx>> {
        let mut nodes = alloc::vec![None; self.buckets.len()];
        for (index, _) in self.nodes.iter() {
            let bucket = self.of_node.get(index.index()).and_then(|&bucket| nodes.get_mut(bucket as usize));
            if let Some(bucket) = bucket {
                *bucket = Some(index);
            }
        }
        nodes.into_iter()
    }

    /// The buckets that are not, the first to go first.
    pub(crate) fn removed(&self) -> alloc::vec::Vec<u32> {
        let mut removed = self.removed.clone();
        if Bug::AnchorForgetsOrder.is_planted() {
            removed.sort_unstable();
        }
        removed
    }

    /// The empty table after all buckets have come and some have gone.
    pub(crate) fn restored(
        mut self,
        nodes: Nodes,
        buckets: &[Option<NodeIx>],
        removed: &[u32],
    ) -> Result<Self, NotAnchor> {
        check_unweighted(&nodes)?;
        if buckets.len() > self.most() as usize {
            return Err(NotAnchor::TooManyBuckets { max: self.most() });
        }
        self.of_node.resize(nodes.span(), u32::MAX);
        for (bucket, &node) in (0..).zip(buckets) {
            // Of one that is removed the entry is made when it goes.
            self.append(node.unwrap_or(NodeIx::new(u32::MAX)));
            let Some(node) = node else { continue };
            match self.of_node.get_mut(node.index()) {
                Some(of_node @ &mut u32::MAX) if nodes.get(node).is_some() => *of_node = bucket,
                _ => return Err(NotAnchor::NotItsNode { bucket }),
            }
        }
        let lost = nodes.iter().find(|(index, _)| self.of_node.get(index.index()) == Some(&u32::MAX));
        if let Some((_, node)) = lost {
            return Err(NotAnchor::Nowhere { node: node.clone() });
        }
        // Had it gone first, there would be no such bucket.
        if let Some(&last) = removed.first().filter(|&&first| first as usize + 1 == buckets.len()) {
            return Err(NotAnchor::NotRemoved { bucket: last });
        }
        for &bucket in removed {
            let is_vacant = buckets.get(bucket as usize).is_some_and(Option::is_none);
            let is_there = self.buckets.get(bucket as usize).is_some_and(|bucket| bucket.left == 0);
            if !is_vacant || !is_there || self.take_out(bucket).is_none() {
                return Err(NotAnchor::NotRemoved { bucket });
            }
        }
        if self.buckets.len() - self.removed.len() != nodes.len() {
            return Err(NotAnchor::Unaccounted);
        }
        self.nodes = nodes;
        Ok(self)
    }
}

/// No anchor has that history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAnchor {
    #[error(transparent)]
    Weighted(#[from] AddError),
    #[error("there are {max} buckets at most")]
    TooManyBuckets { max: u32 },
    #[error("bucket {bucket} is of no node, or of one that has another")]
    NotItsNode { bucket: u32 },
    #[error("the node {:?} has no bucket", .node.name())]
    Nowhere { node: Node },
    #[error("bucket {bucket} cannot have been removed then")]
    NotRemoved { bucket: u32 },
    #[error("there are buckets that have neither a node nor been removed")]
    Unaccounted,
}
