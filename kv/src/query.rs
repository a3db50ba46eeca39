use bytes::Bytes;

/// One read: answered from a state, changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// The value of a key.
    Get {
        /// The key.
        key: Bytes,
    },
    /// The values of several keys, all of one state.
    GetAll {
        /// The keys.
        keys: Vec<Bytes>,
    },
    /// The length of a value, 0 if there is none.
    Strlen {
        /// The key.
        key: Bytes,
    },
    /// How many of these keys are there; one given twice counts twice.
    Exists {
        /// The keys.
        keys: Vec<Bytes>,
    },
    /// `string` or `none`.
    Type {
        /// The key.
        key: Bytes,
    },
    /// When a key ends.
    Ttl {
        /// The key.
        key: Bytes,
        /// In which shape.
        shape: TtlShape,
    },
    /// All keys that match.
    Keys {
        /// A glob pattern.
        pattern: Bytes,
    },
    /// The next keys of a walk over all keys.
    Scan(Scan),
    /// How many keys there are.
    DbSize,
    /// The whole store, in the parts of a snapshot.
    Dump,
}

/// In which shape an end is asked for: relative or absolute, in seconds or milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TtlShape {
    /// Since the Unix epoch, not from now.
    pub absolute: bool,
    /// In milliseconds, not seconds.
    pub milliseconds: bool,
}

/// The arguments of SCAN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scan {
    /// Where to go on; 0 begins.
    pub cursor: u64,
    /// Only keys that match this.
    pub pattern: Option<Bytes>,
    /// About how many keys to look at.
    pub count: usize,
    /// Only values of this type.
    pub type_name: Option<Bytes>,
}
