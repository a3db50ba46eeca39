/// An object of which histories are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectKind {
    /// Reads and writes.
    Register,
    /// Reads, writes, compare-and-sets.
    CasRegister,
    /// Reads and writes of several registers at once.
    MultiRegister,
    /// Acquired and released, by turns.
    Mutex,
    /// Values are added, removed and asked for, and all are read.
    Set,
    /// Additions and reads.
    Counter,
    /// First in, first out.
    Queue,
    /// Out in any order.
    UnorderedQueue,
    /// Last in, first out.
    Stack,
    /// Gets, puts, appends, deletes, compare-and-sets.
    Kv,
    /// Appends and reads.
    List,
    /// Values are added, removed and counted.
    Bag,
    /// Appends that return offsets, reads by offset, and lengths.
    Log,
}

impl ObjectKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Register,
        Self::CasRegister,
        Self::MultiRegister,
        Self::Mutex,
        Self::Set,
        Self::Counter,
        Self::Queue,
        Self::UnorderedQueue,
        Self::Stack,
        Self::Kv,
        Self::List,
        Self::Bag,
        Self::Log,
    ];

    /// What `quorate check` calls it, and a [header](super::Header).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::CasRegister => "cas-register",
            Self::MultiRegister => "multi-register",
            Self::Mutex => "mutex",
            Self::Set => "set",
            Self::Counter => "counter",
            Self::Queue => "queue",
            Self::UnorderedQueue => "unordered-queue",
            Self::Stack => "stack",
            Self::Kv => "kv",
            Self::List => "list",
            Self::Bag => "bag",
            Self::Log => "log",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
