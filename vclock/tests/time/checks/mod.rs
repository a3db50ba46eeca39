//! What must hold of the clocks that tell a time. Each check says what it reached, or what does not hold.

pub(crate) mod bloom;
pub(crate) mod execution;
pub(crate) mod hlc;
pub(crate) mod itc;
pub(crate) mod lamport;

/// The number of what is counted here: in tests all of them are small.
pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
