//! For `serde` a stamp is the bytes that it is encoded to, within the default limits when it is read.

use alloc::vec::Vec;
use core::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};

use super::{Limits, Stamp};

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.encode())
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Stamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of an interval tree stamp")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Stamp, E> {
        Stamp::decode(bytes, Limits::default()).map_err(E::custom)
    }

    /// Formats without bytes have lists of numbers.
    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Stamp, S::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}
