use alloc::{borrow::ToOwned as _, format, string::String, vec::Vec};

use super::{Entry, Mistake, Value};
use crate::{
    Nondeterministic,
    spec::{
        Access, Bag, BagOp, BagRet, CasOp, CasRegister, CasRet, Counter, CounterOp, CounterRet, FifoQueue,
        Kv, KvOp, KvRet, List, ListOp, ListRet, Log, LogOp, LogRet, MultiRegister, Mutex, MutexOp, QueueOp,
        QueueRet, Register, RegisterOp, RegisterRet, Registers, Set, SetOp, SetRet, Stack, StackOp, StackRet,
        UnorderedQueue,
    },
};

/// A specification whose operations can be read from [entries](Entry).
pub trait Recorded: Nondeterministic<Op: Clone, Ret: Clone> {
    /// What an invocation asks for.
    ///
    /// # Errors
    /// If the specification has no such operation, or its value is another.
    fn op(&self, entry: &Entry) -> Result<Self::Op, Mistake>;

    /// What an operation returned.
    ///
    /// # Errors
    /// If it cannot have returned such a value.
    fn ret(&self, op: &Self::Op, entry: &Entry) -> Result<Self::Ret, Mistake>;

    /// A state as a value, to be shown.
    fn shown(&self, state: &Self::State) -> Value;

    /// A key as a value, to be shown; `None` if there is one object only.
    fn shown_key(&self, key: &Self::Key) -> Option<Value>;

    /// What the object is called in a sentence.
    fn noun(&self) -> &'static str {
        "the object"
    }

    /// A state as a sentence.
    fn holds(&self, state: &Self::State) -> String {
        format!("{} holds {}", self.noun(), self.shown(state))
    }

    /// What an operation returned that failed since its condition did not hold.
    fn refused(&self, op: &Self::Op) -> Option<Self::Ret> {
        let _ = op;
        None
    }
}

fn unknown<T>(entry: &Entry) -> Result<T, Mistake> {
    Err(Mistake::UnknownOperation(entry.f.clone()))
}

/// What the entry holds, if it is what the operation needs.
fn need<T>(entry: &Entry, needs: &'static str, value: Option<T>) -> Result<T, Mistake> {
    value.ok_or_else(|| Mistake::WrongValue { f: entry.f.clone(), needs })
}

const NUMBER: &str = "a number";
const LIST: &str = "a list";

fn number(entry: &Entry) -> Result<i64, Mistake> {
    need(entry, NUMBER, entry.value.int())
}

fn list(entry: &Entry) -> Result<&[Value], Mistake> {
    need(entry, LIST, entry.value.list())
}

fn pair(entry: &Entry) -> Result<(Value, Value), Mistake> {
    let pair = entry.value.list().and_then(|list| <&[Value; 2]>::try_from(list).ok());
    need(entry, "a pair", pair).map(|[one, other]| (one.clone(), other.clone()))
}

fn truth(entry: &Entry) -> Result<bool, Mistake> {
    need(entry, "true or false", if let Value::Bool(truth) = entry.value { Some(truth) } else { None })
}

/// `nil` stands for nothing.
fn optional(value: &Value) -> Option<Value> {
    (*value != Value::Nil).then(|| value.clone())
}

/// The key beside the value, or `nil` where there is one object only.
fn key(entry: &Entry) -> Value {
    entry.key.clone().unwrap_or_default()
}

/// `read`, `write V`.
impl Recorded for Register<Value> {
    fn op(&self, entry: &Entry) -> Result<RegisterOp<Value>, Mistake> {
        match entry.f.as_str() {
            "read" => Ok(RegisterOp::Read),
            "write" => Ok(RegisterOp::Write(entry.value.clone())),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &RegisterOp<Value>, entry: &Entry) -> Result<RegisterRet<Value>, Mistake> {
        Ok(match op {
            RegisterOp::Read => RegisterRet::Value(entry.value.clone()),
            RegisterOp::Write(_) => RegisterRet::Written,
        })
    }

    fn shown(&self, state: &Value) -> Value {
        state.clone()
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the register"
    }
}

/// `read [K nil]`, `write [K V]`; or `read` and `write V` with a key beside the value, or with none if there is one register.
impl Recorded for Registers<Value, Value> {
    fn op(&self, entry: &Entry) -> Result<Access<Value, Value>, Mistake> {
        let (key, value) = keyed(entry);
        match entry.f.as_str() {
            "read" => Ok(Access::Read(key)),
            "write" => Ok(Access::Write(key, value)),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &Access<Value, Value>, entry: &Entry) -> Result<RegisterRet<Value>, Mistake> {
        let (key, value) = keyed(entry);
        match op {
            Access::Read(asked) => {
                need(entry, "the key that was asked for", (key == *asked).then_some(()))?;
                Ok(RegisterRet::Value(value))
            }
            Access::Write(..) => Ok(RegisterRet::Written),
        }
    }

    fn shown(&self, state: &Value) -> Value {
        state.clone()
    }

    fn shown_key(&self, key: &Value) -> Option<Value> {
        optional(key)
    }
}

/// A pair is a key and its value, unless the key stands beside it.
fn keyed(entry: &Entry) -> (Value, Value) {
    match (&entry.key, entry.value.list()) {
        (None, Some([key, value])) => (key.clone(), value.clone()),
        _ => (key(entry), entry.value.clone()),
    }
}

/// `read`, `write V`, `cas [FROM TO]`.
impl Recorded for CasRegister<Value> {
    fn op(&self, entry: &Entry) -> Result<CasOp<Value>, Mistake> {
        match entry.f.as_str() {
            "read" => Ok(CasOp::Read),
            "write" => Ok(CasOp::Write(entry.value.clone())),
            "cas" => pair(entry).map(|(from, to)| CasOp::Cas { from, to }),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &CasOp<Value>, entry: &Entry) -> Result<CasRet<Value>, Mistake> {
        Ok(match op {
            CasOp::Read => CasRet::Value(entry.value.clone()),
            CasOp::Write(_) => CasRet::Written,
            CasOp::Cas { .. } => CasRet::Swapped(true),
        })
    }

    fn refused(&self, op: &CasOp<Value>) -> Option<CasRet<Value>> {
        matches!(op, CasOp::Cas { .. }).then_some(CasRet::Swapped(false))
    }

    fn shown(&self, state: &Value) -> Value {
        state.clone()
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the register"
    }
}

/// `txn [[:r K nil] [:w K V] …]`, or `read` and `write` with one of those maps of keys and values that Knossos uses.
impl Recorded for MultiRegister<Value, Value> {
    fn op(&self, entry: &Entry) -> Result<Vec<Access<Value, Value>>, Mistake> {
        match (entry.f.as_str(), &entry.value) {
            ("txn", _) => {
                list(entry)?.iter().map(|part| access(entry, part).map(|(access, _)| access)).collect()
            }
            ("read", Value::Map(map)) => Ok(map.iter().map(|(key, _)| Access::Read(key.clone())).collect()),
            ("write", Value::Map(map)) => {
                Ok(map.iter().map(|(key, value)| Access::Write(key.clone(), value.clone())).collect())
            }
            ("read" | "write", _) => need(entry, "a map", None),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &Vec<Access<Value, Value>>, entry: &Entry) -> Result<Vec<Option<Value>>, Mistake> {
        let parts: Vec<(Access<Value, Value>, Option<Value>)> = match (entry.f.as_str(), &entry.value) {
            ("txn", _) => list(entry)?.iter().map(|part| access(entry, part)).collect::<Result<_, _>>()?,
            ("read", Value::Map(map)) => {
                map.iter().map(|(key, value)| (Access::Read(key.clone()), optional(value))).collect()
            }
            _ => op.iter().map(|access| (access.clone(), None)).collect(),
        };
        let is_same =
            parts.len() == op.len() && parts.iter().zip(op).all(|((part, _), access)| part == access);
        need(entry, "what it was invoked with", is_same.then_some(()))?;
        let seen = |(access, seen)| matches!(access, Access::Read(_)).then_some(seen);
        Ok(parts.into_iter().filter_map(seen).collect())
    }

    fn shown(&self, state: &Self::State) -> Value {
        Value::Map(state.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the multi-register"
    }
}

/// `[:r K V]` or `[:w K V]`, and what was read.
fn access(entry: &Entry, part: &Value) -> Result<(Access<Value, Value>, Option<Value>), Mistake> {
    let needs = "a list of [:r KEY VALUE] and [:w KEY VALUE]";
    let [f, key, value] =
        need(entry, needs, part.list().and_then(|part| <&[Value; 3]>::try_from(part).ok()))?;
    match f.name() {
        Some("r" | "read") => Ok((Access::Read(key.clone()), optional(value))),
        Some("w" | "write") => Ok((Access::Write(key.clone(), value.clone()), None)),
        _ => need(entry, needs, None),
    }
}

/// `acquire`, `release`.
impl Recorded for Mutex {
    fn op(&self, entry: &Entry) -> Result<MutexOp, Mistake> {
        match entry.f.as_str() {
            "acquire" => Ok(MutexOp::Acquire),
            "release" => Ok(MutexOp::Release),
            _ => unknown(entry),
        }
    }

    fn ret(&self, _: &MutexOp, _: &Entry) -> Result<(), Mistake> {
        Ok(())
    }

    fn shown(&self, held: &bool) -> Value {
        Value::Word(if *held { "held" } else { "free" }.to_owned())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn holds(&self, held: &bool) -> String {
        if *held { "the mutex is held" } else { "the mutex is free" }.to_owned()
    }
}

/// `add V`, `remove V`, `contains V` that returns true or false, `read` that returns a set or a list.
impl Recorded for Set<Value> {
    fn op(&self, entry: &Entry) -> Result<SetOp<Value>, Mistake> {
        match entry.f.as_str() {
            "add" => Ok(SetOp::Add(entry.value.clone())),
            "remove" => Ok(SetOp::Remove(entry.value.clone())),
            "contains" => Ok(SetOp::Contains(entry.value.clone())),
            "read" => Ok(SetOp::Read),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &SetOp<Value>, entry: &Entry) -> Result<SetRet<Value>, Mistake> {
        match (op, &entry.value) {
            (SetOp::Add(_) | SetOp::Remove(_), _) => Ok(SetRet::Done),
            (SetOp::Contains(_), _) => truth(entry).map(SetRet::Contains),
            (SetOp::Read, Value::Set(elements)) => Ok(SetRet::Elements(elements.clone())),
            (SetOp::Read, _) => Ok(SetRet::Elements(list(entry)?.iter().cloned().collect())),
        }
    }

    fn shown(&self, state: &Self::State) -> Value {
        Value::Set(state.clone())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the set"
    }
}

/// `add N`, `read`; also `add-and-get N` that returns `[N SUM]` or the sum.
impl Recorded for Counter {
    fn op(&self, entry: &Entry) -> Result<CounterOp, Mistake> {
        match entry.f.as_str() {
            "add" | "add-and-get" => number(entry).map(CounterOp::Add),
            "read" => Ok(CounterOp::Read),
            _ => unknown(entry),
        }
    }

    fn ret(&self, _: &CounterOp, entry: &Entry) -> Result<CounterRet, Mistake> {
        match (entry.f.as_str(), &entry.value) {
            ("add", _) => Ok(CounterRet::Added),
            ("add-and-get", Value::List(_)) => {
                need(entry, NUMBER, pair(entry)?.1.int()).map(CounterRet::Value)
            }
            _ => number(entry).map(CounterRet::Value),
        }
    }

    fn shown(&self, state: &i64) -> Value {
        Value::Int(*state)
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the counter"
    }
}

fn queue_op(entry: &Entry) -> Result<QueueOp<Value>, Mistake> {
    match entry.f.as_str() {
        "enqueue" => Ok(QueueOp::Enqueue(entry.value.clone())),
        "dequeue" => Ok(QueueOp::Dequeue),
        _ => unknown(entry),
    }
}

fn queue_ret(op: &QueueOp<Value>, entry: &Entry) -> QueueRet<Value> {
    match op {
        QueueOp::Enqueue(_) => QueueRet::Enqueued,
        QueueOp::Dequeue => QueueRet::Dequeued(optional(&entry.value)),
    }
}

/// `enqueue V`, `dequeue` that returns a value, or `nil` if it found nothing.
impl Recorded for FifoQueue<Value> {
    fn op(&self, entry: &Entry) -> Result<QueueOp<Value>, Mistake> {
        queue_op(entry)
    }

    fn ret(&self, op: &QueueOp<Value>, entry: &Entry) -> Result<QueueRet<Value>, Mistake> {
        Ok(queue_ret(op, entry))
    }

    fn shown(&self, state: &Self::State) -> Value {
        Value::List(state.iter().cloned().collect())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the queue"
    }
}

/// As for [`FifoQueue`].
impl Recorded for UnorderedQueue<Value> {
    fn op(&self, entry: &Entry) -> Result<QueueOp<Value>, Mistake> {
        queue_op(entry)
    }

    fn ret(&self, op: &QueueOp<Value>, entry: &Entry) -> Result<QueueRet<Value>, Mistake> {
        Ok(queue_ret(op, entry))
    }

    fn shown(&self, state: &Self::State) -> Value {
        let all = state.iter().flat_map(|(value, count)| core::iter::repeat_n(value.clone(), *count));
        Value::List(all.collect())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the queue"
    }
}

/// `push V`, `pop` that returns a value, or `nil` if it found nothing.
impl Recorded for Stack<Value> {
    fn op(&self, entry: &Entry) -> Result<StackOp<Value>, Mistake> {
        match entry.f.as_str() {
            "push" => Ok(StackOp::Push(entry.value.clone())),
            "pop" => Ok(StackOp::Pop),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &StackOp<Value>, entry: &Entry) -> Result<StackRet<Value>, Mistake> {
        Ok(match op {
            StackOp::Push(_) => StackRet::Pushed,
            StackOp::Pop => StackRet::Popped(optional(&entry.value)),
        })
    }

    fn shown(&self, state: &Vec<Value>) -> Value {
        Value::List(state.clone())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the stack"
    }
}

/// `get`, `put V`, `append V`, `delete`, with a `:key` each.
impl Recorded for Kv<Value> {
    fn op(&self, entry: &Entry) -> Result<KvOp<Value>, Mistake> {
        let key = need(entry, "a :key", entry.key.clone())?;
        let text = || need(entry, "a string", text(&entry.value));
        match entry.f.as_str() {
            "get" => Ok(KvOp::Get(key)),
            "put" => Ok(KvOp::Put(key, text()?)),
            "append" => Ok(KvOp::Append(key, text()?)),
            "delete" => Ok(KvOp::Delete(key)),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &KvOp<Value>, entry: &Entry) -> Result<KvRet, Mistake> {
        match (op, &entry.value) {
            (KvOp::Get(_), Value::Nil) => Ok(KvRet::Value(None)),
            (KvOp::Get(_), value) => Ok(KvRet::Value(Some(need(entry, "a string", text(value))?))),
            (KvOp::Put(..) | KvOp::Append(..) | KvOp::Delete(_), _) => Ok(KvRet::Done),
        }
    }

    fn shown(&self, state: &Option<String>) -> Value {
        state.clone().map_or(Value::Nil, Value::Text)
    }

    fn shown_key(&self, key: &Value) -> Option<Value> {
        optional(key)
    }

    fn noun(&self) -> &'static str {
        "the key"
    }
}

fn text(value: &Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text.to_owned()) } else { None }
}

/// `append V`, `read` that returns a list; with a `:key` if there are several.
impl Recorded for List<Value, Value> {
    fn op(&self, entry: &Entry) -> Result<ListOp<Value, Value>, Mistake> {
        match entry.f.as_str() {
            "append" => Ok(ListOp::Append(key(entry), entry.value.clone())),
            "read" => Ok(ListOp::Read(key(entry))),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &ListOp<Value, Value>, entry: &Entry) -> Result<ListRet<Value>, Mistake> {
        match op {
            ListOp::Append(..) => Ok(ListRet::Appended),
            ListOp::Read(_) => list(entry).map(|list| ListRet::Elements(list.to_vec())),
        }
    }

    fn shown(&self, state: &Vec<Value>) -> Value {
        Value::List(state.clone())
    }

    fn shown_key(&self, key: &Value) -> Option<Value> {
        optional(key)
    }

    fn noun(&self) -> &'static str {
        "the list"
    }
}

/// `add V`, `remove V` that returns true or false, `count V` that returns a number.
impl Recorded for Bag<Value> {
    fn op(&self, entry: &Entry) -> Result<BagOp<Value>, Mistake> {
        match entry.f.as_str() {
            "add" => Ok(BagOp::Add(entry.value.clone())),
            "remove" => Ok(BagOp::Remove(entry.value.clone())),
            "count" => Ok(BagOp::Count(entry.value.clone())),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &BagOp<Value>, entry: &Entry) -> Result<BagRet, Mistake> {
        match op {
            BagOp::Add(_) => Ok(BagRet::Added),
            BagOp::Remove(_) => truth(entry).map(BagRet::Removed),
            BagOp::Count(_) => {
                let count = u64::try_from(number(entry)?).ok();
                need(entry, "a count", count).map(BagRet::Count)
            }
        }
    }

    fn shown(&self, count: &u64) -> Value {
        Value::Int(i64::try_from(*count).unwrap_or(i64::MAX))
    }

    fn shown_key(&self, key: &Value) -> Option<Value> {
        optional(key)
    }

    fn noun(&self) -> &'static str {
        "the bag"
    }
}

/// `append V` that returns its offset, `read OFFSET` that returns `[OFFSET V]`, `len` that returns a number; with a `:key`
/// if there are several.
impl Recorded for Log<Value, Value> {
    fn op(&self, entry: &Entry) -> Result<LogOp<Value, Value>, Mistake> {
        match entry.f.as_str() {
            "append" => Ok(LogOp::Append(key(entry), entry.value.clone())),
            "read" => Ok(LogOp::Read(key(entry), offset(entry)?)),
            "len" => Ok(LogOp::Len(key(entry))),
            _ => unknown(entry),
        }
    }

    fn ret(&self, op: &LogOp<Value, Value>, entry: &Entry) -> Result<LogRet<Value>, Mistake> {
        match op {
            LogOp::Append(..) | LogOp::Len(_) => offset(entry).map(LogRet::Offset),
            LogOp::Read(_, asked) => {
                let (offset, value) = pair(entry)?;
                let is_asked = offset.int().and_then(|offset| u64::try_from(offset).ok()) == Some(*asked);
                need(entry, "the offset it was invoked with", is_asked.then_some(()))?;
                Ok(LogRet::Value(optional(&value)))
            }
        }
    }

    fn shown(&self, state: &Vec<Value>) -> Value {
        Value::List(state.clone())
    }

    fn shown_key(&self, key: &Value) -> Option<Value> {
        optional(key)
    }

    fn noun(&self) -> &'static str {
        "the log"
    }
}

fn offset(entry: &Entry) -> Result<u64, Mistake> {
    let offset = u64::try_from(number(entry)?).ok();
    need(entry, "an offset", offset)
}
