//! What calls to the specifications of [`quorate_consistency`] are called elsewhere: as Jepsen's and porcupine's own tests
//! write them, and as its readers take them.

use quorate_consistency::spec::{
    Access, CasOp, CasRet, KvOp, KvRet, ListOp, ListRet, RegisterOp, RegisterRet,
};

use crate::{
    export::{Exported, Value, keyed},
    judge::Call,
};

/// `read`, `write V`.
impl<V: Clone + Into<Value>> Exported for Call<RegisterOp<V>, RegisterRet<V>> {
    fn f(&self) -> &str {
        match self.op {
            RegisterOp::Read => "read",
            RegisterOp::Write(_) => "write",
        }
    }

    fn value(&self) -> Value {
        match (&self.op, &self.ret) {
            (RegisterOp::Write(value), _) | (RegisterOp::Read, Some(RegisterRet::Value(value))) => {
                value.clone().into()
            }
            (RegisterOp::Read, _) => Value::Nil,
        }
    }
}

/// `read [K nil]`, `write [K V]`: the registers of Jepsen's `independent`.
impl<K: Clone + Into<Value>, V: Clone + Into<Value>> Exported for Call<Access<K, V>, RegisterRet<V>> {
    fn f(&self) -> &str {
        match self.op {
            Access::Read(_) => "read",
            Access::Write(..) => "write",
        }
    }

    fn value(&self) -> Value {
        match (&self.op, &self.ret) {
            (Access::Write(key, value), _) | (Access::Read(key), Some(RegisterRet::Value(value))) => {
                keyed(key.clone(), value.clone())
            }
            (Access::Read(key), _) => keyed(key.clone(), Value::Nil),
        }
    }
}

/// `read`, `write V`, `cas [FROM TO]`, which fails if it finds another value.
impl<V: Clone + Into<Value>> Exported for Call<CasOp<V>, CasRet<V>> {
    fn f(&self) -> &str {
        match self.op {
            CasOp::Read => "read",
            CasOp::Write(_) => "write",
            CasOp::Cas { .. } => "cas",
        }
    }

    fn value(&self) -> Value {
        match (&self.op, &self.ret) {
            (CasOp::Write(value), _) | (CasOp::Read, Some(CasRet::Value(value))) => value.clone().into(),
            (CasOp::Read, _) => Value::Nil,
            (CasOp::Cas { from, to }, _) => keyed(from.clone(), to.clone()),
        }
    }

    fn is_refused(&self) -> bool {
        matches!(self.ret, Some(CasRet::Swapped(false)))
    }
}

/// `get`, `put V`, `append V`, `delete`, `cas [FROM TO]`, each with its key: porcupine's store, and what is more.
impl<K: Clone + Into<Value>> Exported for Call<KvOp<K>, KvRet> {
    fn f(&self) -> &str {
        match self.op {
            KvOp::Get(_) => "get",
            KvOp::Put(..) => "put",
            KvOp::Append(..) => "append",
            KvOp::Delete(_) => "delete",
            KvOp::Cas { .. } => "cas",
        }
    }

    fn value(&self) -> Value {
        match (&self.op, &self.ret) {
            (KvOp::Get(_), Some(KvRet::Value(value))) => value.clone().into(),
            (KvOp::Put(_, value) | KvOp::Append(_, value), _) => value.clone().into(),
            (KvOp::Cas { from, to, .. }, _) => keyed(from.clone(), to.clone()),
            (KvOp::Get(_) | KvOp::Delete(_), _) => Value::Nil,
        }
    }

    fn key(&self) -> Option<Value> {
        match &self.op {
            KvOp::Get(key)
            | KvOp::Put(key, _)
            | KvOp::Append(key, _)
            | KvOp::Delete(key)
            | KvOp::Cas { key, .. } => Some(key.clone().into()),
        }
    }

    fn is_refused(&self) -> bool {
        matches!(self.ret, Some(KvRet::Swapped(false)))
    }
}

/// `append V`, `read`, each with its key.
impl<K: Clone + Into<Value>, V: Clone + Into<Value>> Exported for Call<ListOp<K, V>, ListRet<V>> {
    fn f(&self) -> &str {
        match self.op {
            ListOp::Append(..) => "append",
            ListOp::Read(_) => "read",
        }
    }

    fn value(&self) -> Value {
        match (&self.op, &self.ret) {
            (ListOp::Append(_, value), _) => value.clone().into(),
            (ListOp::Read(_), Some(ListRet::Elements(elements))) => elements.clone().into(),
            (ListOp::Read(_), _) => Value::Nil,
        }
    }

    fn key(&self) -> Option<Value> {
        match &self.op {
            ListOp::Append(key, _) | ListOp::Read(key) => Some(key.clone().into()),
        }
    }
}
