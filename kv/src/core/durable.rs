use quorate_machine::{Aside, Clock, Durable, Rng, Time};
use quorate_raft::{Index, Raft};
use thiserror::Error;

use super::{
    Config, ConfigError, Core, Counters, Scratch, compaction::Compaction, expiry::Expiry, pending::Pending,
    pending::Retries,
};
use crate::store::Store;

/// Why a node cannot be brought up. Nothing was made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The replicated log cannot be recovered.
    #[error(transparent)]
    Raft(#[from] quorate_raft::RecoverError),
}

impl Durable for Core {
    type Config = Config;
    type Image = quorate_raft::Image;
    type Error = RecoverError;

    fn absorb(image: &mut Self::Image, record: Self::Record) -> Result<(), RecoverError> {
        Ok(Raft::absorb(image, record)?)
    }

    /// The store begins empty: Raft hands over the last snapshot and what is committed after it.
    fn recover(config: Config, image: Self::Image, seed: u64, now: Time) -> Result<Self, RecoverError> {
        config.validate()?;
        let mut seeds = Rng::new(seed);
        let raft = Raft::recover(config.raft.clone(), image, seeds.draw(), now)?;
        Ok(Self {
            config,
            clock: Clock::starting(now),
            raft,
            store: Store::new(),
            applied: Index::ZERO,
            origin: seeds.draw(),
            sequence: 0,
            pending: Pending::default(),
            retries: Retries::default(),
            expiry: Expiry::default(),
            compaction: Compaction::default(),
            broken: None,
            scratch: Aside::new(Scratch::default()),
            counters: Aside::new(Counters::default()),
        })
    }

    fn checkpoint(&self, record: &mut dyn FnMut(Self::Record)) {
        self.raft.checkpoint(record);
    }
}
