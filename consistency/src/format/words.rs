use alloc::{format, string::String};

use super::{Entry, Kind, Recorded, Value};
use crate::{OpId, explain::Words};

/// The words in which a recorded history was written down.
#[derive(Clone, Copy, Debug)]
pub struct Noted<'a, M> {
    /// What the history is of.
    pub model: &'a M,
    /// What was written down.
    pub entries: &'a [Entry],
    /// For each operation the places of its invocation and of what ended it.
    pub places: &'a [(usize, Option<usize>)],
}

impl<M> Noted<'_, M> {
    fn ends(&self, id: OpId) -> Option<(&Entry, Option<&Entry>)> {
        let (called, ended) = *self.places.get(id.index())?;
        Some((self.entries.get(called)?, ended.and_then(|ended| self.entries.get(ended))))
    }
}

impl<M: Recorded> Words<M> for Noted<'_, M> {
    fn op(&self, id: OpId, _: &M::Op) -> String {
        let Some((called, _)) = self.ends(id) else { return String::new() };
        if called.value == Value::Nil { called.f.clone() } else { format!("{} {}", called.f, called.value) }
    }

    /// What came back, unless that is what was asked for.
    fn ret(&self, id: OpId, _: &M::Op, _: &M::Ret) -> Option<String> {
        let (called, ended) = self.ends(id)?;
        let ended = ended?;
        if ended.kind == Kind::Fail {
            return Some("false".into());
        }
        let says_something = ended.value != called.value || is_question(&called.f);
        says_something.then(|| format!("{}", ended.value))
    }

    fn state(&self, state: &M::State) -> String {
        format!("{}", self.model.shown(state))
    }

    fn key(&self, key: &M::Key) -> Option<String> {
        self.model.shown_key(key).map(|key| format!("{key}"))
    }

    fn holds(&self, state: &M::State) -> String {
        self.model.holds(state)
    }

    fn whence(&self, id: OpId) -> Option<String> {
        let (called, ended) = self.ends(id)?;
        Some(match ended {
            Some(ended) => format!("lines {} and {}", called.line, ended.line),
            None => format!("line {}", called.line),
        })
    }
}

/// Whether `nil` is an answer.
fn is_question(f: &str) -> bool {
    matches!(f, "read" | "get" | "dequeue" | "pop")
}
