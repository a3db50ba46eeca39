//! A ring as its hashing, its tokens for each unit of weight, its nodes, and the tokens of those that were given theirs.

use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Version, Versioned};
use crate::{
    hash::Hashing,
    nodes::{NodeIx, Nodes},
    place::Place as _,
    ring::{Points, Ring},
};

impl Versioned for Ring {
    const VERSION: &'static str = "ring/1";
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Ring", deny_unknown_fields)]
struct Parts<N, G> {
    version: Version<Ring>,
    hashing: Hashing,
    tokens: Points,
    nodes: N,
    /// By index, which are in order.
    given: G,
}

impl Serialize for Ring {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let given: Vec<_> = self.given().collect();
        let parts = Parts {
            version: Version::THIS,
            hashing: *self.hashing(),
            tokens: self.points(),
            nodes: self.nodes(),
            given,
        };
        parts.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Ring {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Parts::<Nodes, Vec<(NodeIx, Vec<u64>)>>::deserialize(deserializer)?;
        Self::restored(parts.hashing, parts.tokens, parts.nodes, parts.given).map_err(D::Error::custom)
    }
}
