//! A hashing as its id and the numbers it is keyed with: `{"id": "sip13/1", "key": [0, 0]}`.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeStruct};

use crate::hash::Hashing;

impl Serialize for Hashing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_struct("Hashing", 2)?;
        parts.serialize_field("id", self.id())?;
        match self {
            Self::Sip13 { key } | Self::Sip24 { key } => parts.serialize_field("key", &key[..])?,
            #[cfg(feature = "compat")]
            Self::Xxh64 { seed } | Self::Murmur2 { seed } => parts.serialize_field("key", &[*seed][..])?,
            #[cfg(feature = "compat")]
            Self::Md5 | Self::OneAtATime | Self::Fnv1a64 | Self::RedisSlot => {
                parts.serialize_field::<[u64]>("key", &[])?;
            }
        }
        parts.end()
    }
}

impl<'de> Deserialize<'de> for Hashing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "Hashing")]
        struct Parts {
            id: String,
            key: Vec<u64>,
        }

        let Parts { id, key } = Parts::deserialize(deserializer)?;
        match (id.as_str(), key.as_slice()) {
            ("sip13/1", &[k0, k1]) => Ok(Self::Sip13 { key: [k0, k1] }),
            ("sip24/1", &[k0, k1]) => Ok(Self::Sip24 { key: [k0, k1] }),
            #[cfg(feature = "compat")]
            ("md5-ketama/1", []) => Ok(Self::Md5),
            #[cfg(feature = "compat")]
            ("one-at-a-time/1", []) => Ok(Self::OneAtATime),
            #[cfg(feature = "compat")]
            ("fnv1a64-32/1", []) => Ok(Self::Fnv1a64),
            #[cfg(feature = "compat")]
            ("xxh64/1", &[seed]) => Ok(Self::Xxh64 { seed }),
            #[cfg(feature = "compat")]
            ("murmur2-64a/1", &[seed]) => Ok(Self::Murmur2 { seed }),
            #[cfg(feature = "compat")]
            ("redis-slot/1", []) => Ok(Self::RedisSlot),
            (id, key) => {
                Err(D::Error::custom(format_args!("no hashing {id:?} has a key of {} numbers", key.len())))
            }
        }
    }
}
