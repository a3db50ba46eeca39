use core::fmt::Write as _;

use crate::{
    export::{
        processes::Processes,
        value::{Keyword, Value, keyed},
    },
    history::{Entry, History, Kind},
};

/// What an operation is called elsewhere.
///
/// ```
/// use quorate_machine::{Tag, Time};
/// use quorate_sim::{History, Kind, export::{Exported, Value}};
///
/// enum Op {
///     Write(u64),
///     Read(Option<u64>),
/// }
///
/// impl Exported for Op {
///     fn f(&self) -> &str {
///         match self {
///             Self::Write(_) => "write",
///             Self::Read(_) => "read",
///         }
///     }
///
///     fn value(&self) -> Value {
///         match self {
///             Self::Write(value) => (*value).into(),
///             Self::Read(value) => (*value).into(),
///         }
///     }
/// }
///
/// let mut history = History::new();
/// history.push(Tag(7), Kind::Invoke, Op::Write(3), Time::from_nanos(100));
/// history.push(Tag(8), Kind::Invoke, Op::Read(None), Time::from_nanos(150));
/// history.push(Tag(7), Kind::Ok, Op::Write(3), Time::from_nanos(300));
/// history.push(Tag(8), Kind::Ok, Op::Read(Some(3)), Time::from_nanos(400));
/// assert_eq!(history.jepsen(), "\
/// {:type :invoke, :f :write, :value 3, :process 0, :time 100, :index 0}
/// {:type :invoke, :f :read, :value nil, :process 1, :time 150, :index 1}
/// {:type :ok, :f :write, :value 3, :process 0, :time 300, :index 2}
/// {:type :ok, :f :read, :value 3, :process 1, :time 400, :index 3}
/// ");
/// ```
pub trait Exported {
    /// The function, such as `read`, `write`, `cas`, `txn`.
    fn f(&self) -> &str;

    /// The argument of an invocation, or what came back. Of one register among many, [`keyed`](super::keyed) tells both.
    fn value(&self) -> Value;

    /// The key that stands beside the value, where that is the custom: in a store of keys and values.
    fn key(&self) -> Option<Value> {
        None
    }

    /// Whether it was done and has changed nothing, since its condition did not hold: Jepsen writes `:fail` then.
    fn is_refused(&self) -> bool {
        false
    }
}

/// An operation on one of many objects: the key, and the operation.
impl<K: Clone + Into<Value>, Op: Exported> Exported for (K, Op) {
    fn f(&self) -> &str {
        self.1.f()
    }

    fn value(&self) -> Value {
        keyed(self.0.clone(), self.1.value())
    }

    fn is_refused(&self) -> bool {
        self.1.is_refused()
    }
}

/// How an entry ends elsewhere.
pub(super) fn kind<Op: Exported>(entry: &Entry<Op>) -> Kind {
    if entry.kind == Kind::Ok && entry.op.is_refused() { Kind::Fail } else { entry.kind }
}

impl<Op: Exported> History<Op> {
    /// The history as Jepsen writes one: a line of EDN for each entry.
    ///
    /// Processes are numbered as Jepsen does: a number is used again when its operation is done or has certainly failed,
    /// and never after one of which nobody knows. A process that begins several operations has a number of its own. Times are nanoseconds of the world's clock.
    pub fn jepsen(&self) -> String {
        let mut processes = Processes::of(self);
        let mut lines = String::new();
        for (index, entry) in self.entries().iter().enumerate() {
            let key = entry.op.key().map(|key| format!(", :key {key}")).unwrap_or_default();
            let kind = match kind(entry) {
                Kind::Invoke => "invoke",
                Kind::Ok => "ok",
                Kind::Fail => "fail",
                Kind::Info => "info",
            };
            let _ = writeln!(
                lines,
                "{{:type :{kind}, :f {f}, :value {value}{key}, :process {process}, :time {time}, :index {index}}}",
                f = Keyword(entry.op.f()),
                value = entry.op.value(),
                process = processes.number(entry),
                time = entry.at.as_nanos(),
            );
        }
        lines
    }
}
