//! The hashes of other systems, to place keys where they place them.

pub(crate) mod envoy;
pub(crate) mod memcached;
pub(crate) mod redis;
