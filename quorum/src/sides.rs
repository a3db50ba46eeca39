use alloc::vec::Vec;

use quorate_machine::NodeId;
use serde::{Deserialize, Serialize};

use crate::{QuorumError, Voters};

/// How voters travel: without slots, so that what arrives is checked like any other list of ids.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Voters")]
pub(crate) struct Sides {
    incoming: Vec<NodeId>,
    outgoing: Vec<NodeId>,
}

impl From<Voters> for Sides {
    fn from(voters: Voters) -> Self {
        Self { incoming: voters.incoming().collect(), outgoing: voters.outgoing().collect() }
    }
}

impl TryFrom<Sides> for Voters {
    type Error = QuorumError;

    fn try_from(sides: Sides) -> Result<Self, QuorumError> {
        if sides.outgoing.is_empty() {
            return Self::majority(sides.incoming);
        }
        Self::joint(sides.outgoing, sides.incoming)
    }
}
