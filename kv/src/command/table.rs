//! Every command, as data.

use bytes::Bytes;

use super::{CommandError, Request, keys, local, strings};

/// What there is to know about a command.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name, in lower case.
    pub name: &'static str,
    /// How many words it takes.
    pub arity: Arity,
    /// What it is like.
    pub flags: &'static [Flag],
    /// Which words are keys.
    pub keys: KeyPositions,
    /// Which chapter of the manual it belongs to.
    pub group: &'static str,
    /// The version of Redis that first had it; quorate's own for its own.
    pub since: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Reads the words after its name.
    pub(super) parse: fn(&[Bytes]) -> Result<Request, CommandError>,
}

/// How many words a command takes, its name included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// So many.
    Exactly(u8),
    /// So many or more.
    AtLeast(u8),
}

/// What a command is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// It may change the store.
    Write,
    /// It leaves the store as it is.
    ReadOnly,
    /// It is refused when memory is full.
    DenyOom,
    /// It takes the same time however large the store.
    Fast,
    /// It is for operators.
    Admin,
}

/// Which words of a command are keys: the first and last position, the name being at 0, and the distance between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPositions {
    /// The first key; 0 if there are none.
    pub first: i64,
    /// The last key; -1 for the last word.
    pub last: i64,
    /// From one key to the next.
    pub step: i64,
}

impl Arity {
    pub(super) fn allows(self, words: usize) -> bool {
        match self {
            Self::Exactly(wanted) => words == usize::from(wanted),
            Self::AtLeast(wanted) => words >= usize::from(wanted),
        }
    }

    /// As COMMAND states it: negative for "or more".
    pub(super) fn signed(self) -> i64 {
        match self {
            Self::Exactly(words) => i64::from(words),
            Self::AtLeast(words) => -i64::from(words),
        }
    }
}

impl Flag {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::ReadOnly => "readonly",
            Self::DenyOom => "denyoom",
            Self::Fast => "fast",
            Self::Admin => "admin",
        }
    }
}

impl KeyPositions {
    const NONE: Self = Self { first: 0, last: 0, step: 0 };
    const FIRST: Self = Self { first: 1, last: 1, step: 1 };
    const ALL: Self = Self { first: 1, last: -1, step: 1 };
    const PAIRS: Self = Self { first: 1, last: -1, step: 2 };
}

/// Every command, the most frequent first.
pub const TABLE: &[Spec] = &[
    Spec {
        name: "get",
        arity: Arity::Exactly(2),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "1.0.0",
        summary: "Get the value of a key",
        parse: strings::get,
    },
    Spec {
        name: "set",
        arity: Arity::AtLeast(3),
        flags: &[Flag::Write, Flag::DenyOom],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "1.0.0",
        summary: "Set the string value of a key",
        parse: strings::set,
    },
    Spec {
        name: "incr",
        arity: Arity::Exactly(2),
        flags: &[Flag::Write, Flag::DenyOom, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "1.0.0",
        summary: "Increment the integer value of a key by one",
        parse: strings::incr,
    },
    Spec {
        name: "mget",
        arity: Arity::AtLeast(2),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::ALL,
        group: "string",
        since: "1.0.0",
        summary: "Get the values of all the given keys",
        parse: strings::mget,
    },
    Spec {
        name: "mset",
        arity: Arity::AtLeast(3),
        flags: &[Flag::Write, Flag::DenyOom],
        keys: KeyPositions::PAIRS,
        group: "string",
        since: "1.0.1",
        summary: "Set multiple keys to multiple values",
        parse: strings::mset,
    },
    Spec {
        name: "msetnx",
        arity: Arity::AtLeast(3),
        flags: &[Flag::Write, Flag::DenyOom],
        keys: KeyPositions::PAIRS,
        group: "string",
        since: "1.0.1",
        summary: "Set multiple keys to multiple values, only if none of the keys exist",
        parse: strings::msetnx,
    },
    Spec {
        name: "decr",
        arity: Arity::Exactly(2),
        flags: &[Flag::Write, Flag::DenyOom, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "1.0.0",
        summary: "Decrement the integer value of a key by one",
        parse: strings::decr,
    },
    Spec {
        name: "incrby",
        arity: Arity::Exactly(3),
        flags: &[Flag::Write, Flag::DenyOom, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "1.0.0",
        summary: "Increment the integer value of a key by the given amount",
        parse: strings::incrby,
    },
    Spec {
        name: "decrby",
        arity: Arity::Exactly(3),
        flags: &[Flag::Write, Flag::DenyOom, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "1.0.0",
        summary: "Decrement the integer value of a key by the given number",
        parse: strings::decrby,
    },
    Spec {
        name: "append",
        arity: Arity::Exactly(3),
        flags: &[Flag::Write, Flag::DenyOom, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "2.0.0",
        summary: "Append a value to a key",
        parse: strings::append,
    },
    Spec {
        name: "strlen",
        arity: Arity::Exactly(2),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "2.2.0",
        summary: "Get the length of the value stored in a key",
        parse: strings::strlen,
    },
    Spec {
        name: "setnx",
        arity: Arity::Exactly(3),
        flags: &[Flag::Write, Flag::DenyOom, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "1.0.0",
        summary: "Set the value of a key, only if the key does not exist",
        parse: strings::setnx,
    },
    Spec {
        name: "setex",
        arity: Arity::Exactly(4),
        flags: &[Flag::Write, Flag::DenyOom],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "2.0.0",
        summary: "Set the value and expiration of a key",
        parse: strings::setex,
    },
    Spec {
        name: "psetex",
        arity: Arity::Exactly(4),
        flags: &[Flag::Write, Flag::DenyOom],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "2.6.0",
        summary: "Set the value and expiration in milliseconds of a key",
        parse: strings::psetex,
    },
    Spec {
        name: "getset",
        arity: Arity::Exactly(3),
        flags: &[Flag::Write, Flag::DenyOom, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "1.0.0",
        summary: "Set the string value of a key and return its old value",
        parse: strings::getset,
    },
    Spec {
        name: "getdel",
        arity: Arity::Exactly(2),
        flags: &[Flag::Write, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "string",
        since: "6.2.0",
        summary: "Get the value of a key and delete the key",
        parse: strings::getdel,
    },
    Spec {
        name: "del",
        arity: Arity::AtLeast(2),
        flags: &[Flag::Write],
        keys: KeyPositions::ALL,
        group: "generic",
        since: "1.0.0",
        summary: "Delete keys",
        parse: keys::del,
    },
    Spec {
        name: "unlink",
        arity: Arity::AtLeast(2),
        flags: &[Flag::Write, Flag::Fast],
        keys: KeyPositions::ALL,
        group: "generic",
        since: "4.0.0",
        summary: "Delete keys",
        parse: keys::del,
    },
    Spec {
        name: "exists",
        arity: Arity::AtLeast(2),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::ALL,
        group: "generic",
        since: "1.0.0",
        summary: "Count how many of the given keys exist",
        parse: keys::exists,
    },
    Spec {
        name: "type",
        arity: Arity::Exactly(2),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "1.0.0",
        summary: "Determine the type stored at a key",
        parse: keys::type_of,
    },
    Spec {
        name: "keys",
        arity: Arity::Exactly(2),
        flags: &[Flag::ReadOnly],
        keys: KeyPositions::NONE,
        group: "generic",
        since: "1.0.0",
        summary: "Find all keys matching the given pattern",
        parse: keys::keys,
    },
    Spec {
        name: "scan",
        arity: Arity::AtLeast(2),
        flags: &[Flag::ReadOnly],
        keys: KeyPositions::NONE,
        group: "generic",
        since: "2.8.0",
        summary: "Incrementally iterate the keys",
        parse: keys::scan,
    },
    Spec {
        name: "expire",
        arity: Arity::AtLeast(3),
        flags: &[Flag::Write, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "1.0.0",
        summary: "Set a key's time to live in seconds",
        parse: keys::expire,
    },
    Spec {
        name: "pexpire",
        arity: Arity::AtLeast(3),
        flags: &[Flag::Write, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "2.6.0",
        summary: "Set a key's time to live in milliseconds",
        parse: keys::pexpire,
    },
    Spec {
        name: "expireat",
        arity: Arity::AtLeast(3),
        flags: &[Flag::Write, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "1.2.0",
        summary: "Set the expiration of a key as a UNIX timestamp",
        parse: keys::expireat,
    },
    Spec {
        name: "pexpireat",
        arity: Arity::AtLeast(3),
        flags: &[Flag::Write, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "2.6.0",
        summary: "Set the expiration of a key as a UNIX timestamp in milliseconds",
        parse: keys::pexpireat,
    },
    Spec {
        name: "ttl",
        arity: Arity::Exactly(2),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "1.0.0",
        summary: "Get the time to live of a key in seconds",
        parse: keys::ttl,
    },
    Spec {
        name: "pttl",
        arity: Arity::Exactly(2),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "2.6.0",
        summary: "Get the time to live of a key in milliseconds",
        parse: keys::pttl,
    },
    Spec {
        name: "expiretime",
        arity: Arity::Exactly(2),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "7.0.0",
        summary: "Get the expiration of a key as a UNIX timestamp",
        parse: keys::expiretime,
    },
    Spec {
        name: "pexpiretime",
        arity: Arity::Exactly(2),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "7.0.0",
        summary: "Get the expiration of a key as a UNIX timestamp in milliseconds",
        parse: keys::pexpiretime,
    },
    Spec {
        name: "persist",
        arity: Arity::Exactly(2),
        flags: &[Flag::Write, Flag::Fast],
        keys: KeyPositions::FIRST,
        group: "generic",
        since: "2.2.0",
        summary: "Remove the expiration from a key",
        parse: keys::persist,
    },
    Spec {
        name: "dbsize",
        arity: Arity::Exactly(1),
        flags: &[Flag::ReadOnly, Flag::Fast],
        keys: KeyPositions::NONE,
        group: "server",
        since: "1.0.0",
        summary: "Return the number of keys",
        parse: keys::dbsize,
    },
    Spec {
        name: "flushall",
        arity: Arity::AtLeast(1),
        flags: &[Flag::Write],
        keys: KeyPositions::NONE,
        group: "server",
        since: "1.0.0",
        summary: "Remove all keys",
        parse: keys::flushall,
    },
    Spec {
        name: "flushdb",
        arity: Arity::AtLeast(1),
        flags: &[Flag::Write],
        keys: KeyPositions::NONE,
        group: "server",
        since: "1.0.0",
        summary: "Remove all keys",
        parse: keys::flushall,
    },
    Spec {
        name: "time",
        arity: Arity::Exactly(1),
        flags: &[Flag::Fast],
        keys: KeyPositions::NONE,
        group: "server",
        since: "2.6.0",
        summary: "Return the current server time",
        parse: local::time,
    },
    Spec {
        name: "info",
        arity: Arity::AtLeast(1),
        flags: &[],
        keys: KeyPositions::NONE,
        group: "server",
        since: "1.0.0",
        summary: "Get information and statistics about the node",
        parse: local::info,
    },
    Spec {
        name: "config",
        arity: Arity::AtLeast(2),
        flags: &[Flag::Admin],
        keys: KeyPositions::NONE,
        group: "server",
        since: "2.0.0",
        summary: "Get configuration parameters",
        parse: local::config,
    },
    Spec {
        name: "command",
        arity: Arity::AtLeast(1),
        flags: &[],
        keys: KeyPositions::NONE,
        group: "server",
        since: "2.8.13",
        summary: "Get details about the commands",
        parse: local::command,
    },
    Spec {
        name: "ping",
        arity: Arity::AtLeast(1),
        flags: &[Flag::Fast],
        keys: KeyPositions::NONE,
        group: "connection",
        since: "1.0.0",
        summary: "Ping the server",
        parse: local::ping,
    },
    Spec {
        name: "echo",
        arity: Arity::Exactly(2),
        flags: &[Flag::Fast],
        keys: KeyPositions::NONE,
        group: "connection",
        since: "1.0.0",
        summary: "Echo the given string",
        parse: local::echo,
    },
    Spec {
        name: "select",
        arity: Arity::Exactly(2),
        flags: &[Flag::Fast],
        keys: KeyPositions::NONE,
        group: "connection",
        since: "1.0.0",
        summary: "Select database 0, the only one",
        parse: local::select,
    },
    Spec {
        name: "hello",
        arity: Arity::AtLeast(1),
        flags: &[Flag::Fast],
        keys: KeyPositions::NONE,
        group: "connection",
        since: "6.0.0",
        summary: "Agree on a protocol version",
        parse: local::hello,
    },
    Spec {
        name: "client",
        arity: Arity::AtLeast(2),
        flags: &[],
        keys: KeyPositions::NONE,
        group: "connection",
        since: "2.4.0",
        summary: "Name or identify the connection",
        parse: local::client,
    },
    Spec {
        name: "reset",
        arity: Arity::Exactly(1),
        flags: &[Flag::Fast],
        keys: KeyPositions::NONE,
        group: "connection",
        since: "6.2.0",
        summary: "Reset the connection",
        parse: local::reset,
    },
    Spec {
        name: "quit",
        arity: Arity::AtLeast(1),
        flags: &[Flag::Fast],
        keys: KeyPositions::NONE,
        group: "connection",
        since: "1.0.0",
        summary: "Close the connection",
        parse: local::quit,
    },
    Spec {
        name: "quorate.dump",
        arity: Arity::Exactly(1),
        flags: &[Flag::ReadOnly, Flag::Admin],
        keys: KeyPositions::NONE,
        group: "server",
        since: "0.1.0",
        summary: "Return the whole store as of one moment, in parts",
        parse: keys::dump_all,
    },
];
