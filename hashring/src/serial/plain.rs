//! Tables that are their hashing and their nodes, and nothing else.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Version, Versioned};
use crate::{
    hash::Hashing, hrw::Hrw, jump::Jump, jumpback::JumpBack, mod_n::ModN, nodes::Nodes, place::Place as _,
};

#[derive(Serialize, Deserialize)]
#[serde(
    rename = "Table",
    deny_unknown_fields,
    bound(serialize = "N: Serialize", deserialize = "N: Deserialize<'de>")
)]
struct Parts<T: Versioned, N> {
    version: Version<T>,
    hashing: Hashing,
    nodes: N,
}

macro_rules! plain {
    ($($table:ident: $version:literal, $gaps:expr;)*) => {$(
        impl Versioned for $table {
            const VERSION: &'static str = $version;
        }

        impl Serialize for $table {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let (hashing, nodes) = (*self.hashing(), self.nodes());
                Parts::<Self, _> { version: Version::THIS, hashing, nodes }.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $table {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let Parts { hashing, nodes, .. } = Parts::<Self, Nodes>::deserialize(deserializer)?;
                if nodes.span() > nodes.len() && !$gaps {
                    return Err(D::Error::custom("nodes that are counted have no gaps"));
                }
                Self::new(hashing).with_nodes(nodes).map_err(D::Error::custom)
            }
        }
    )*};
}

plain! {
    ModN: "remainder/1", true;
    Hrw: "rendezvous/1", true;
    Jump: "jump/1", false;
    JumpBack: "jump-back/1", false;
}
