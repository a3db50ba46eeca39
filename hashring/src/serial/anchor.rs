//! An anchor as its hashing, its capacity, its nodes, and its history: which bucket each has, and in which order the others were removed.

use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Version, Versioned};
use crate::{
    anchor::Anchor,
    hash::Hashing,
    nodes::{NodeIx, Nodes},
    place::Place as _,
};

impl Versioned for Anchor {
    const VERSION: &'static str = "anchor/1";
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Anchor", deny_unknown_fields)]
struct Parts<N, R> {
    version: Version<Anchor>,
    hashing: Hashing,
    capacity: Option<u32>,
    nodes: N,
    /// The node of each bucket that is in use.
    buckets: Vec<Option<NodeIx>>,
    /// The others, the first to go first.
    removed: R,
}

impl Serialize for Anchor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = Parts {
            version: Version::THIS,
            hashing: *self.hashing(),
            capacity: self.capacity(),
            nodes: self.nodes(),
            buckets: self.in_use().collect(),
            removed: self.removed(),
        };
        parts.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Anchor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Parts::<Nodes, Vec<u32>>::deserialize(deserializer)?;
        let empty = Self::of_capacity(parts.hashing, parts.capacity);
        empty.restored(parts.nodes, &parts.buckets, &parts.removed).map_err(D::Error::custom)
    }
}
