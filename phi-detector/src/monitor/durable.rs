//! What is on disk, and how a node comes back.

use quorate_machine::{Aside, Durable, OutboxOf, Ticket, Time};
use thiserror::Error;

use super::{
    config::{Config, ConfigError},
    record::{Image, Record, RecordError},
    state::{Birth, Monitor},
};
use crate::{Bug, Model};

/// Why a node cannot start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The configuration is unusable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A record cannot follow the others.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The node has had all lives that can be counted.
    #[error("there is no life after {}", u64::MAX)]
    NoMoreLives,
}

impl<M: Model> Durable for Monitor<M> {
    type Config = Config<M>;
    type Image = Image;
    type Error = RecoverError;

    fn absorb(image: &mut Image, record: Record) -> Result<(), RecoverError> {
        Ok(image.absorb(record)?)
    }

    fn recover(config: Config<M>, image: Image, _seed: u64, now: Time) -> Result<Self, RecoverError> {
        let generation = image.generation.checked_add(1).ok_or(RecoverError::NoMoreLives)?;
        Ok(Self::unborn(config, generation, image.generation, true, now)?)
    }

    fn checkpoint(&self, record: &mut dyn FnMut(Record)) {
        if self.recorded > 0 {
            record(Record::Born { generation: self.recorded });
        }
    }
}

impl<M: Model> Monitor<M> {
    /// Begins this life, if it has not begun: it is written down before anybody else hears of it.
    pub(super) fn begin(&mut self, now: Time, out: &mut OutboxOf<Self>) -> bool {
        let Birth::Unborn { is_recorded, .. } = self.birth else { return false };
        if is_recorded {
            self.recorded = self.generation;
            let ticket = out.persist(Record::Born { generation: self.generation });
            self.birth = Birth::Issued(Aside::new(ticket));
        } else {
            self.birth = Birth::Durable;
        }
        if self.may_beat() {
            self.begin_to_beat(now);
        }
        true
    }

    pub(super) fn on_persisted(&mut self, now: Time, upto: Ticket, out: &OutboxOf<Self>) {
        let Birth::Issued(ticket) = &self.birth else { return };
        if **ticket > upto || !out.has_issued(upto) {
            return;
        }
        self.birth = Birth::Durable;
        self.begin_to_beat(now);
    }

    /// Whether others may hear of this life.
    pub(super) fn may_beat(&self) -> bool {
        match self.birth {
            Birth::Unborn { .. } => false,
            Birth::Issued(_) => Bug::BeatsBeforeDurable.is_planted(),
            Birth::Durable => true,
        }
    }
}
