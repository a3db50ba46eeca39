//! Weights as numbers, nodes as their parts, the nodes of a table as a list in which each stands at its index.

use alloc::{sync::Arc, vec::Vec};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    bug::Bug,
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
};

impl Serialize for Weight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.get())
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for NodeIx {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.get())
    }
}

impl<'de> Deserialize<'de> for NodeIx {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self::new)
    }
}

/// A node as it is written.
#[derive(Serialize)]
#[serde(rename = "Node")]
struct Written<'a> {
    name: &'a str,
    weight: Weight,
    path: &'a [Arc<str>],
}

/// A node as it is read.
#[derive(Deserialize)]
#[serde(rename = "Node")]
struct Read {
    name: Arc<str>,
    weight: Weight,
    path: Vec<Arc<str>>,
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { name: self.name(), weight: self.weight(), path: self.path() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read { name, weight, path } = Read::deserialize(deserializer)?;
        Ok(Self::new(name).weighing(weight).within(path))
    }
}

impl Serialize for Nodes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if Bug::SerdeClosesGaps.is_planted() {
            return serializer.collect_seq(self.iter().map(|(_, node)| Some(node)).collect::<Vec<_>>());
        }
        serializer.collect_seq(self.slots())
    }
}

impl<'de> Deserialize<'de> for Nodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_slots(Vec::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
