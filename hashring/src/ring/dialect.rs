//! The rings of other systems.

use alloc::{format, string::String, vec::Vec};

use crate::{
    bug::Bug,
    compat::{envoy, memcached},
    hash::{Hashing, upper},
    node::Node,
    nodes::{NodeIx, Nodes},
};

/// Whose ring it is: which tokens nodes have there, and how keys are hashed if nothing else is configured.
///
/// Nodes are named as they are configured there: `10.0.1.1:11211`. What these rings have in common is that the number of a node's tokens
/// depends on what all nodes weigh together. So a node that comes, goes or weighs more takes keys from others to others as well
/// (unlike a ring of [`Ring::new`](super::Ring::new)), and each change makes all tokens anew.
///
/// Of two nodes with one token the first by name owns it. There some say that whoever was configured first does, and some do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RingDialect {
    /// The original, of last.fm: MD5, about 160 tokens for each node, as many more or fewer as it weighs.
    Libketama,
    /// libmemcached's consistent distribution: 100 tokens for each node, by the hash that keys have. Once a node weighs more than 1 it is
    /// [`RingDialect::LibmemcachedWeighted`], except that keys are hashed as before. Keys: [`Hashing::OneAtATime`]; [`Hashing::Md5`] where
    /// it is configured as `KETAMA`.
    Libmemcached,
    /// libmemcached's `KETAMA_WEIGHTED`: MD5, about 160 tokens for each node by weight. The port is left out of names if it is 11211.
    LibmemcachedWeighted,
    /// spymemcached's ketama as libmemcached knows it (`CONSISTENT_KETAMA_SPY`): MD5, 160 tokens for each node, weighted as in
    /// libmemcached once a node weighs more than 1. Names begin with `/`; later versions of spymemcached leave that out, and place keys as
    /// [`RingDialect::Libketama`] does with nodes that are named as there (`host/10.0.1.1:11211`).
    Spymemcached,
    /// twemproxy's `ketama`: the tokens of [`RingDialect::LibmemcachedWeighted`]; keys: [`Hashing::Fnv1a64`].
    Twemproxy,
    /// Envoy's ring hash, of `XX_HASH`: for nodes of equal weight as many tokens each as make up a ring of `size_min` (there: 1024).
    Envoy {
        /// How many tokens there are at least; 0 is 1.
        size_min: u32,
    },
    /// The same of `MURMUR_HASH_2`, which hashes hosts alone: keys are hashed by [`Hashing::Xxh64`] there, too.
    EnvoyMurmur2 {
        /// How many tokens there are at least.
        size_min: u32,
    },
}

impl RingDialect {
    /// How keys are hashed if nothing else is configured.
    pub const fn hashing(self) -> Hashing {
        match self {
            Self::Libmemcached => Hashing::OneAtATime,
            Self::Libketama | Self::LibmemcachedWeighted | Self::Spymemcached => Hashing::Md5,
            Self::Twemproxy => Hashing::Fnv1a64,
            Self::Envoy { .. } | Self::EnvoyMurmur2 { .. } => Hashing::Xxh64 { seed: 0 },
        }
    }

    /// At most so many tokens for so many nodes.
    pub(crate) const fn count_max(self, nodes: u64) -> u64 {
        if let Self::Envoy { .. } | Self::EnvoyMurmur2 { .. } = self {
            // Rounding up adds one for each host.
            return ENVOY_MAX + nodes;
        }
        160 * nodes
    }

    /// The tokens of all nodes, by name.
    pub(crate) fn tokens(self, hashing: &Hashing, nodes: &Nodes) -> Vec<(NodeIx, Vec<u64>)> {
        match self {
            Self::Envoy { size_min } => envoy_tokens(nodes, size_min, |text| envoy::xxh64(text, 0)),
            Self::EnvoyMurmur2 { size_min } => {
                envoy_tokens(nodes, size_min, |text| envoy::murmur2(text, 0xc70f_6907))
            }
            Self::Libketama
            | Self::Libmemcached
            | Self::LibmemcachedWeighted
            | Self::Spymemcached
            | Self::Twemproxy => self.ketama(hashing, nodes),
        }
    }

    fn ketama(self, hashing: &Hashing, nodes: &Nodes) -> Vec<(NodeIx, Vec<u64>)> {
        let total = nodes.weight();
        let is_equal = total == nodes.len() as u64;
        let tokens = |(index, node): (NodeIx, &Node)| {
            let text = |number| format!("{}-{number}", self.text(node.name()));
            if self == Self::Libmemcached && is_equal {
                let tokens = (0..100_u32).map(|number| hashing.key(text(number).as_bytes()).get());
                return (index, tokens.collect());
            }
            let counted = || self.hashes(node.weight().get(), total, nodes.len());
            let hashes = if self == Self::Spymemcached && is_equal { 40 } else { counted() };
            let points = |number| memcached::points(text(number).as_bytes()).map(upper);
            (index, (0..hashes).flat_map(points).collect())
        };
        nodes.by_name().map(tokens).collect()
    }

    /// What a node's texts begin with.
    fn text(self, name: &str) -> String {
        if self == Self::Spymemcached {
            return format!("/{name}");
        }
        let ported = if self == Self::Libketama { None } else { name.strip_suffix(":11211") };
        ported.unwrap_or(name).into()
    }

    /// How many texts a node has, of four tokens each. In the numbers and the order of the C programs: another order would round
    /// otherwise for one node of ten thousand.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as there"
    )]
    fn hashes(self, weight: u32, total: u64, nodes: usize) -> u32 {
        let share = weight as f32 / total as f32;
        if Bug::KetamaCountsInDouble.is_planted() {
            return (f64::from(weight) / total as f64 * 40.0 * nodes as f64) as u32;
        }
        let hashes = if self == Self::Libketama {
            (f64::from(share) * 40.0 * f64::from(nodes as f32)) as f32
        } else {
            (f64::from(share * 160.0 / 4.0 * nodes as f32) + 1e-10) as f32
        };
        hashes as u32
    }
}

/// Envoy's `max_ring_size` if nothing is configured.
const ENVOY_MAX: u64 = 8 << 20;

/// As many tokens for each host as its share of the ring's size says, what is left of one host's being the next one's.
#[expect(clippy::cast_precision_loss, reason = "as there")]
fn envoy_tokens(nodes: &Nodes, size_min: u32, hash: impl Fn(&[u8]) -> u64) -> Vec<(NodeIx, Vec<u64>)> {
    let total = nodes.weight() as f64;
    let share = |node: &Node| f64::from(node.weight().get()) / total;
    let least = nodes.iter().map(|(_, node)| share(node)).fold(1.0, f64::min);
    let of_least = ceil(least * f64::from(size_min.max(1)));
    let scale = f64::min(of_least / least, ENVOY_MAX as f64);
    let (mut wanted, mut made) = (0.0, 0.0);
    let tokens = |(index, node): (NodeIx, &Node)| {
        wanted += scale * share(node);
        let mut tokens = Vec::new();
        while made < wanted {
            let number = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
            tokens.push(hash(envoy::token_text(node.name(), number).as_bytes()));
            made += 1.0;
        }
        (index, tokens)
    };
    nodes.by_name().map(tokens).collect()
}

/// The next whole number, of one that is neither negative nor large.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
fn ceil(number: f64) -> f64 {
    let whole = f64::from(number as u32);
    if whole < number { whole + 1.0 } else { whole }
}
