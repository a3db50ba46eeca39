//! How values are taken apart by `serde`, and put together only if they hold together.

mod clock;
mod context;
mod dense;
mod map;
mod range;

pub(crate) use self::{map::by_actor, range::Claimed};
