use alloc::{string::String, vec::Vec};

use super::{Object, step::Step};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{
        Bag, Call, CasRegister, Counter, Decision, FifoQueue, Growth, Keyed, Kv, List, Log, MultiRegister,
        Mutex, Nondeterministic, Register, Registers, Set, Stack, UnorderedQueue, Unseen,
    },
};

/// The calls as the object of one kind sees them; `None` if one is of another.
fn within<'a, O, R>(
    calls: &[Call<'a, ObjectOp, ObjectRet>],
    op: impl Fn(&'a AnyOp) -> Option<&'a O>,
    ret: impl Fn(&'a AnyRet) -> Option<&'a R>,
) -> Option<Vec<Call<'a, O, R>>> {
    let inner = calls.iter().map(|call| {
        Some(Call {
            op: op(&call.op.0)?,
            ret: if let Some(returned) = call.ret { Some(ret(&returned.0)?) } else { None },
            called: call.called,
            returned: call.returned,
            #[cfg(quorate_bugs)]
            bug: call.bug,
        })
    });
    inner.collect()
}

macro_rules! objects {
    ($($kind:ident: $spec:ty,)*) => {
        #[derive(Clone, Debug)]
        pub(super) enum AnyObject {
            $($kind($spec),)*
        }

        #[derive(Clone, Debug, PartialEq, Eq)]
        enum AnyOp {
            $($kind(<$spec as Nondeterministic>::Op),)*
        }

        #[derive(Clone, Debug, PartialEq, Eq)]
        enum AnyRet {
            $($kind(<$spec as Nondeterministic>::Ret),)*
        }

        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        enum AnyState {
            $($kind(<$spec as Nondeterministic>::State),)*
            /// What a key of another object holds.
            Foreign,
        }

        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        enum AnyKey {
            $($kind(<$spec as Nondeterministic>::Key),)*
            /// What an operation of another object is for.
            Foreign,
        }

        impl Nondeterministic for Object {
            type Op = ObjectOp;
            type Ret = ObjectRet;
            type State = ObjectState;
            type Key = ObjectKey;

            fn init(&self, key: &ObjectKey) -> ObjectState {
                ObjectState(match (&self.0, &key.0) {
                    $((AnyObject::$kind(spec), AnyKey::$kind(key)) => AnyState::$kind(spec.init(key)),)*
                    _ => AnyState::Foreign,
                })
            }

            fn step_all(
                &self,
                state: &ObjectState,
                op: &ObjectOp,
                ret: Option<&ObjectRet>,
                next: &mut Vec<ObjectState>,
            ) {
                match (&self.0, &state.0, &op.0) {
                    $((AnyObject::$kind(spec), AnyState::$kind(state), AnyOp::$kind(op)) => {
                        let ret = match ret {
                            None => None,
                            Some(ObjectRet(AnyRet::$kind(ret))) => Some(ret),
                            Some(_) => return,
                        };
                        spec.step_each(state, op, ret, |state| next.push(ObjectState(AnyState::$kind(state))));
                    })*
                    _ => {}
                }
            }

            fn key(&self, op: &ObjectOp) -> ObjectKey {
                ObjectKey(match (&self.0, &op.0) {
                    $((AnyObject::$kind(spec), AnyOp::$kind(op)) => {
                        AnyKey::$kind(spec.key(op))
                    })*
                    _ => AnyKey::Foreign,
                })
            }

            fn is_read_only(&self, op: &ObjectOp, ret: Option<&ObjectRet>) -> bool {
                match (&self.0, &op.0, ret) {
                    $((AnyObject::$kind(spec), AnyOp::$kind(op), None) => {
                        spec.is_read_only(op, None)
                    }
                    (AnyObject::$kind(spec), AnyOp::$kind(op), Some(ObjectRet(AnyRet::$kind(ret)))) => {
                        spec.is_read_only(op, Some(ret))
                    })*
                    _ => false,
                }
            }

            fn same(&self, one: &ObjectOp, other: &ObjectOp) -> bool {
                match (&self.0, &one.0, &other.0) {
                    $((AnyObject::$kind(spec), AnyOp::$kind(one), AnyOp::$kind(other)) => {
                        spec.same(one, other)
                    })*
                    _ => false,
                }
            }

            fn unseen(&self, calls: &[Call<'_, ObjectOp, ObjectRet>]) -> Unseen {
                let unseen = match &self.0 {
                    $(AnyObject::$kind(spec) => within(
                        calls,
                        |op| if let AnyOp::$kind(op) = op { Some(op) } else { None },
                        |ret| if let AnyRet::$kind(ret) = ret { Some(ret) } else { None },
                    )
                    .map(|calls| spec.unseen(&calls)),)*
                };
                unseen.unwrap_or_default()
            }

            fn growth(&self, op: &ObjectOp, ret: Option<&ObjectRet>) -> Growth {
                match (&self.0, &op.0, ret) {
                    $((AnyObject::$kind(spec), AnyOp::$kind(op), None) => {
                        spec.growth(op, None)
                    }
                    (AnyObject::$kind(spec), AnyOp::$kind(op), Some(ObjectRet(AnyRet::$kind(ret)))) => {
                        spec.growth(op, Some(ret))
                    })*
                    _ => Growth::Other,
                }
            }

            fn may_show(&self, state: &ObjectState, op: &ObjectOp, ret: &ObjectRet) -> bool {
                match (&self.0, &state.0, &op.0, &ret.0) {
                    $((AnyObject::$kind(spec), AnyState::$kind(state), AnyOp::$kind(op), AnyRet::$kind(ret)) => {
                        spec.may_show(state, op, ret)
                    })*
                    _ => true,
                }
            }

            fn may_show_after(&self, other: &ObjectOp, op: &ObjectOp, ret: &ObjectRet) -> bool {
                match (&self.0, &other.0, &op.0, &ret.0) {
                    $((AnyObject::$kind(spec), AnyOp::$kind(other), AnyOp::$kind(op), AnyRet::$kind(ret)) => {
                        spec.may_show_after(other, op, ret)
                    })*
                    _ => true,
                }
            }

            fn decide(&self, key: &ObjectKey, calls: &[Call<'_, ObjectOp, ObjectRet>]) -> Option<Decision> {
                match (&self.0, &key.0) {
                    $((AnyObject::$kind(spec), AnyKey::$kind(key)) => {
                        let calls = within(
                            calls,
                            |op| if let AnyOp::$kind(op) = op { Some(op) } else { None },
                            |ret| if let AnyRet::$kind(ret) = ret { Some(ret) } else { None },
                        )?;
                        spec.decide(key, &calls)
                    })*
                    _ => None,
                }
            }
        }

        impl Recorded for Object {
            fn op(&self, entry: &Entry) -> Result<ObjectOp, Mistake> {
                Ok(ObjectOp(match &self.0 {
                    $(AnyObject::$kind(spec) => AnyOp::$kind(spec.op(entry)?),)*
                }))
            }

            fn ret(&self, op: &ObjectOp, entry: &Entry) -> Result<ObjectRet, Mistake> {
                Ok(ObjectRet(match (&self.0, &op.0) {
                    $((AnyObject::$kind(spec), AnyOp::$kind(op)) => AnyRet::$kind(spec.ret(op, entry)?),)*
                    _ => return Err(Mistake::OtherOperation),
                }))
            }

            fn shown(&self, state: &ObjectState) -> Value {
                match (&self.0, &state.0) {
                    $((AnyObject::$kind(spec), AnyState::$kind(state)) => spec.shown(state),)*
                    _ => Value::Nil,
                }
            }

            fn shown_key(&self, key: &ObjectKey) -> Option<Value> {
                match (&self.0, &key.0) {
                    $((AnyObject::$kind(spec), AnyKey::$kind(key)) => spec.shown_key(key),)*
                    _ => None,
                }
            }

            fn noun(&self) -> &'static str {
                match &self.0 {
                    $(AnyObject::$kind(spec) => spec.noun(),)*
                }
            }

            fn holds(&self, state: &ObjectState) -> String {
                match (&self.0, &state.0) {
                    $((AnyObject::$kind(spec), AnyState::$kind(state)) => spec.holds(state),)*
                    _ => String::new(),
                }
            }

            fn refused(&self, op: &ObjectOp) -> Option<ObjectRet> {
                match (&self.0, &op.0) {
                    $((AnyObject::$kind(spec), AnyOp::$kind(op)) => {
                        spec.refused(op).map(|ret| ObjectRet(AnyRet::$kind(ret)))
                    })*
                    _ => None,
                }
            }
        }
    };
}

objects! {
    Register: Keyed<Value, Register<Value>>,
    CasRegister: Keyed<Value, CasRegister<Value>>,
    MultiRegister: Keyed<Value, MultiRegister<Value, Value>>,
    Mutex: Keyed<Value, Mutex>,
    Set: Keyed<Value, Set<Value>>,
    Counter: Keyed<Value, Counter>,
    Queue: Keyed<Value, FifoQueue<Value>>,
    UnorderedQueue: Keyed<Value, UnorderedQueue<Value>>,
    Stack: Keyed<Value, Stack<Value>>,
    Kv: Kv<Value>,
    List: List<Value, Value>,
    Bag: Keyed<Value, Bag<Value>>,
    Log: Log<Value, Value>,
    Registers: Registers<Value, Value>,
}

/// What is asked of an [`Object`]. It is read from an [entry](Entry).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectOp(AnyOp);

/// What an operation of an [`Object`] returned. It is read from an [entry](Entry).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRet(AnyRet);

/// What an [`Object`] holds. It is [shown](Recorded::shown) as a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectState(AnyState);

/// Which of several independent [objects](Object) an operation is for. It is [shown](Recorded::shown_key) as a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey(AnyKey);
