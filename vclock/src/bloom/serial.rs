use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::BloomClock;

/// A list of the counters, block after block.
impl<const M: usize, const K: usize> Serialize for BloomClock<M, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.counters)
    }
}

impl<'de, const M: usize, const K: usize> Deserialize<'de> for BloomClock<M, K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let counters = Vec::deserialize(deserializer)?;
        let found = counters.len();
        let counters: [u32; M] = counters
            .try_into()
            .map_err(|_| D::Error::invalid_length(found, &"as many counters as the clock has"))?;
        Ok(Self::from(counters))
    }
}
