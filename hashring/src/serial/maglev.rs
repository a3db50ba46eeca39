//! A Maglev table as its dialect, hashing, size and nodes. Reading it fills it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Version, Versioned};
use crate::{
    hash::Hashing,
    maglev::{Dialect, Maglev, MaglevSize},
    nodes::Nodes,
    place::Place as _,
};

impl Versioned for Maglev {
    const VERSION: &'static str = "maglev/1";
}

impl Serialize for MaglevSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.get())
    }
}

impl<'de> Deserialize<'de> for MaglevSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Maglev", deny_unknown_fields)]
struct Parts<N> {
    version: Version<Maglev>,
    dialect: Dialect,
    hashing: Hashing,
    size: MaglevSize,
    nodes: N,
}

impl Serialize for Maglev {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (dialect, hashing, size, nodes) = (self.dialect(), *self.hashing(), self.size(), self.nodes());
        Parts { version: Version::THIS, dialect, hashing, size, nodes }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Maglev {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Parts { dialect, hashing, size, nodes, .. } = Parts::<Nodes>::deserialize(deserializer)?;
        let table = match dialect {
            Dialect::Native => Self::new(hashing, size),
            #[cfg(feature = "compat")]
            Dialect::Envoy if hashing == (Hashing::Xxh64 { seed: 0 }) => Self::envoy(size),
            #[cfg(feature = "compat")]
            Dialect::Envoy => return Err(D::Error::custom("Envoy hashes with XXH64")),
        };
        table.with_nodes(nodes).map_err(D::Error::custom)
    }
}
