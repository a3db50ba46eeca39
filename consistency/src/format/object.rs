mod any;
mod step;

use alloc::collections::BTreeMap;

use thiserror::Error;

use self::any::AnyObject;
pub use self::any::{ObjectKey, ObjectOp, ObjectRet, ObjectState};
use super::{ObjectKind, Value};
use crate::spec::{
    Bag, CasRegister, Counter, FifoQueue, Keyed, Kv, List, Log, MultiRegister, Mutex, Register, Registers,
    Set, Stack, UnorderedQueue,
};

/// What a recorded history is of, chosen when the program runs: the specification of an object of some [kind](ObjectKind), one
/// for each key.
///
/// It is a specification like those of [`spec`](crate::spec), of which it asks one for each answer, and its operations are read
/// from [entries](super::Entry). Whatever is generic in a specification is compiled once for all kinds if it is given one of
/// these; a [`Case`](super::Case) does so in this crate, for all who use it. An operation of an object of another kind is legal
/// nowhere.
#[derive(Clone, Debug)]
pub struct Object(AnyObject);

/// A first value that an object of this kind cannot have. Nothing was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the first value of a {} must be {needs}", kind.name())]
pub struct WrongInit {
    /// What it should have been the first value of.
    pub kind: ObjectKind,
    /// What it must be.
    pub needs: &'static str,
}

impl Object {
    /// An object of this kind that holds this at first; without a first value `nil`, 0, or nothing.
    ///
    /// # Errors
    /// If an object of this kind cannot hold it at first.
    pub fn new(kind: ObjectKind, init: Option<&Value>) -> Result<Self, WrongInit> {
        let wrong = |needs| Err(WrongInit { kind, needs });
        let value = || init.cloned().unwrap_or_default();
        Ok(Self(match (kind, init) {
            (ObjectKind::Register, _) => AnyObject::Register(Keyed::new(Register { initial: value() })),
            (ObjectKind::CasRegister, _) => {
                AnyObject::CasRegister(Keyed::new(CasRegister { initial: value() }))
            }
            (ObjectKind::MultiRegister, None) => multi_register(BTreeMap::new()),
            (ObjectKind::MultiRegister, Some(Value::Map(map))) => {
                multi_register(map.iter().cloned().collect())
            }
            (ObjectKind::MultiRegister, Some(_)) => return wrong("a map, like {:x 0}"),
            (ObjectKind::Counter, None) => counter(0),
            (ObjectKind::Counter, Some(Value::Int(initial))) => counter(*initial),
            (ObjectKind::Counter, Some(_)) => return wrong("a number"),
            (ObjectKind::Kv, None | Some(Value::Nil)) => AnyObject::Kv(Kv::new(None)),
            (ObjectKind::Kv, Some(Value::Text(missing))) => AnyObject::Kv(Kv::new(Some(missing.clone()))),
            (ObjectKind::Kv, Some(_)) => return wrong("nil or a string, like '\"\"'"),
            (_, Some(_)) => return wrong("nothing: this model begins free or empty"),
            (ObjectKind::Mutex, None) => AnyObject::Mutex(Keyed::new(Mutex)),
            (ObjectKind::Set, None) => AnyObject::Set(Keyed::new(Set::new())),
            (ObjectKind::Queue, None) => AnyObject::Queue(Keyed::new(FifoQueue::new())),
            (ObjectKind::UnorderedQueue, None) => {
                AnyObject::UnorderedQueue(Keyed::new(UnorderedQueue::new()))
            }
            (ObjectKind::Stack, None) => AnyObject::Stack(Keyed::new(Stack::new())),
            (ObjectKind::List, None) => AnyObject::List(List::new()),
            (ObjectKind::Bag, None) => AnyObject::Bag(Keyed::new(Bag::new())),
            (ObjectKind::Log, None) => AnyObject::Log(Log::new()),
        }))
    }

    /// Registers by key, each of which holds this at first, whose operations are those that weaker models judge, too:
    /// `read [K nil]` and `write [K V]`.
    pub const fn registers(initial: Value) -> Self {
        Self(AnyObject::Registers(Registers::new(initial)))
    }
}

const fn multi_register(initial: BTreeMap<Value, Value>) -> AnyObject {
    AnyObject::MultiRegister(Keyed::new(MultiRegister::new(initial)))
}

const fn counter(initial: i64) -> AnyObject {
    AnyObject::Counter(Keyed::new(Counter { initial }))
}
