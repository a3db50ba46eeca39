//! How values are taken apart by `serde`, and put together only if they hold together.

mod clock;
mod dense;
mod range;

pub(crate) use self::range::Claimed;
