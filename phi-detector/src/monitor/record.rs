use thiserror::Error;

/// What must reach stable storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Record {
    /// A life of this node begins.
    Born {
        /// Greater than of all its lives before.
        generation: u64,
    },
}

/// What the records add up to. Whom a node watches is not among it: its caller says so again after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Image {
    pub(super) generation: u64,
}

impl Image {
    /// The latest life of the node; 0 if it has never run.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) const fn absorb(&mut self, record: Record) -> Result<(), RecordError> {
        let Record::Born { generation } = record;
        if generation == 0 || generation < self.generation {
            return Err(RecordError::Younger { generation, before: self.generation });
        }
        self.generation = generation;
        Ok(())
    }
}

/// Why a record cannot follow what the image holds: the journal is damaged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Lives are counted upwards, from 1.
    #[error("life {generation} begins after life {before}")]
    Younger {
        /// Which one begins.
        generation: u64,
        /// Which one was before it.
        before: u64,
    },
}
