use core::num::NonZeroU64;

use serde::Deserialize;
use thiserror::Error;

use crate::DotRange;

/// What claims to be a run of events.
#[derive(Deserialize)]
pub(crate) struct Claimed<A> {
    actor: A,
    first: NonZeroU64,
    last: NonZeroU64,
}

#[derive(Debug, Error)]
#[error("the last of the events is before the first")]
pub(crate) struct Backwards;

impl<A> TryFrom<Claimed<A>> for DotRange<A> {
    type Error = Backwards;

    fn try_from(Claimed { actor, first, last }: Claimed<A>) -> Result<Self, Backwards> {
        if first <= last { Ok(Self { actor, first, last }) } else { Err(Backwards) }
    }
}
