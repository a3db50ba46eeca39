use std::borrow::Cow;

use bytes::Bytes;

/// What a command is answered with, independent of the protocol version that carries it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// A status line, such as `OK`.
    Simple(Cow<'static, str>),
    /// An error line: its first word is the code.
    Error(Cow<'static, str>),
    /// A number.
    Integer(i64),
    /// A string of bytes.
    Bulk(Bytes),
    /// Nothing there.
    Nil,
    /// Replies in order.
    Array(Vec<Reply>),
    /// Pairs in order; RESP2 carries them as a flat array.
    Map(Vec<(Reply, Reply)>),
}

impl Reply {
    /// `OK`.
    pub const OK: Self = Self::Simple(Cow::Borrowed("OK"));

    /// An error line that is known when compiling.
    pub const fn error(line: &'static str) -> Self {
        Self::Error(Cow::Borrowed(line))
    }

    /// A string of bytes.
    pub fn bulk(text: impl Into<Bytes>) -> Self {
        Self::Bulk(text.into())
    }

    /// A count. Saturates, though nothing here counts that far.
    pub fn count(count: impl TryInto<i64>) -> Self {
        Self::Integer(count.try_into().unwrap_or(i64::MAX))
    }

    /// `1` for yes, `0` for no.
    pub fn flag(yes: bool) -> Self {
        Self::Integer(i64::from(yes))
    }

    /// A string of bytes, or nothing there.
    pub fn optional(value: Option<Bytes>) -> Self {
        value.map_or(Self::Nil, Self::Bulk)
    }
}

/// The error lines that more than one command gives, as Redis spells them.
pub(crate) mod lines {
    pub(crate) const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";
    pub(crate) const OVERFLOW: &str = "ERR increment or decrement would overflow";
    pub(crate) const OUT_OF_MEMORY: &str = "OOM command not allowed when used memory > 'maxmemory'.";
    pub(crate) const STRING_TOO_LONG: &str = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
}
