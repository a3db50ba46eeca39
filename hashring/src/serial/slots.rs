//! A table of slots as what never changes about it, its nodes, and runs of slots that have the same replicas.

use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Version, Versioned};
use crate::{
    hash::Hashing,
    nodes::{NodeIx, Nodes},
    place::Place as _,
    slots::{Epoch, SlotSpec, Slots},
};

impl Versioned for Slots {
    const VERSION: &'static str = "slots/1";
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Slots", deny_unknown_fields)]
struct Parts<N, R> {
    version: Version<Slots>,
    hashing: Hashing,
    count: u32,
    copies: u32,
    apart: Option<u32>,
    tags: bool,
    epoch: Epoch,
    nodes: N,
    /// How many slots, and who has each of them, the owner first; together all slots, in order.
    runs: Vec<(u32, R)>,
    /// Rising.
    pinned: Vec<u32>,
}

impl Serialize for Slots {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let SlotSpec { hashing, count, copies, apart, tags } = *self.spec();
        let mut runs: Vec<(u32, &[NodeIx])> = Vec::new();
        for slot in 0..count {
            let replicas = self.replicas(slot);
            match runs.last_mut() {
                Some((length, last)) if *last == replicas => *length += 1,
                _ => runs.push((1, replicas)),
            }
        }
        let parts = Parts {
            version: Version::THIS,
            hashing,
            count,
            copies,
            apart,
            tags,
            epoch: self.epoch(),
            nodes: self.nodes(),
            runs,
            pinned: self.pinned().collect(),
        };
        parts.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Slots {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Parts { hashing, count, copies, apart, tags, epoch, nodes, runs, pinned, .. } =
            Parts::<Nodes, Vec<NodeIx>>::deserialize(deserializer)?;
        let spec = SlotSpec { hashing, count, copies, apart, tags };
        let table = Self::new(spec).map_err(D::Error::custom)?;
        table.restored(epoch, nodes, &runs, pinned).map_err(D::Error::custom)
    }
}
