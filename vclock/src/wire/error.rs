use thiserror::Error;

/// What is wrong with bytes that claim to be a value, and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("byte {offset}: {why}")]
pub struct DecodeError {
    /// The offset of what is wrong, from 0; the length of the input, if more is missing.
    pub offset: usize,
    /// What is wrong.
    pub why: Malformed,
}

/// What can be wrong with bytes that claim to be a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The bytes end before the value does.
    #[error("the input ends before the value does")]
    Ends,
    /// More follows after the value.
    #[error("{bytes} bytes follow after the value")]
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// A number is longer than it needs to be.
    #[error("a number has more bytes than it needs")]
    NotMinimal,
    /// A number is too large for what it is.
    #[error("a number is too large for what it is")]
    TooLarge,
    /// A counter is zero: there is no such event.
    #[error("a counter is zero")]
    ZeroCounter,
    /// An actor, or a block of events, is not above the one before, or the same one once more.
    #[error("this is not above the one before it")]
    Unsorted,
    /// A part says nothing: an actor of which nothing has been seen, or a block without events.
    #[error("this part says nothing")]
    Nothing,
    /// A name is not UTF-8.
    #[error("a name is not UTF-8")]
    NotText,
    /// There are fewer bytes left than so many parts have at least.
    #[error("a count of {count} is more than the input can hold")]
    Count {
        /// How many parts there should be.
        count: u64,
    },
    /// There are more parts than are allowed.
    #[error("{count} are more than the {max} that are allowed")]
    TooMany {
        /// How many there should be.
        count: u64,
        /// How many may be.
        max: usize,
    },
    /// An actor is longer than is allowed.
    #[error("an actor of {bytes} bytes is longer than the {max} that are allowed")]
    TooLong {
        /// How long it should be.
        bytes: u64,
        /// How long it may be.
        max: usize,
    },
}
