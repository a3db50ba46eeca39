use alloc::vec::Vec;

use super::{Entry, Kind, Value};

/// Whether the values of a history are pairs of a key and a value, as Jepsen has them where a test is of many independent
/// objects: all invocations are, those of compare-and-set with a pair inside. A single object is read with `nil`, so that the
/// two are told apart by any read.
pub fn is_independent(entries: &[Entry]) -> bool {
    let mut invocations = entries.iter().filter(|entry| entry.kind == Kind::Invoke).peekable();
    invocations.peek().is_some()
        && invocations.all(|entry| {
            let inner = pair(&entry.value).map(|(_, value)| value);
            let is_fit = inner.is_some_and(|value| entry.f != "cas" || pair(value).is_some());
            is_fit && entry.f != "txn" && entry.key.is_none()
        })
}

/// The entries with the first of each pair as their key and the second as their value.
pub fn independent(entries: &[Entry]) -> Vec<Entry> {
    let lift = |entry: &Entry| match (&entry.key, pair(&entry.value)) {
        (None, Some((key, value))) => Entry { key: Some(key.clone()), value: value.clone(), ..entry.clone() },
        _ => entry.clone(),
    };
    entries.iter().map(lift).collect()
}

fn pair(value: &Value) -> Option<(&Value, &Value)> {
    let [key, value] = value.list()? else { return None };
    Some((key, value))
}
