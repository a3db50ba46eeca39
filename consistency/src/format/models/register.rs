use super::need::{key, need, optional, pair, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{Access, CasOp, CasRegister, CasRet, Register, RegisterOp, RegisterRet, Registers},
};

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
