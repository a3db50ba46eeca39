use alloc::{
    borrow::ToOwned as _,
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use super::{ObjectKind, Rng};
use crate::format::{Entry, Kind, Recording, Value};

/// What nobody writes.
const NEVER: i64 = 1 << 40;

/// Changes what one operation returned to something that no order of the operations explains, as late as in the second half of
/// the history if there is such an operation. Registers return what they held at first although a write had returned; sets, lists
/// and stores what nobody wrote; queues and stacks return what nobody put there; a mutex is acquired while it is held.
/// Returns the line of the change, or `None` if there is no operation to change.
pub fn plant(recording: &mut Recording, kind: ObjectKind, rng: &mut Rng) -> Option<usize> {
    let entries = &mut recording.entries;
    if kind == ObjectKind::Mutex {
        return acquire_twice(entries, rng);
    }
    let written =
        matches!(kind, ObjectKind::Register | ObjectKind::CasRegister).then(|| overwritten(entries));
    let one = |at: usize| match &written {
        Some(written) => written.contains(&at).then_some((at, Value::Nil)),
        None => Some((at, wrong(entries, at)?)),
    };
    let wrong: Vec<(usize, Value)> = (0..entries.len()).filter_map(one).collect();
    let late = wrong.partition_point(|(at, _)| *at < entries.len() / 2);
    let late = if late < wrong.len() { &wrong[late..] } else { &wrong[..] };
    let (at, value) = late.get(rng.below(late.len()))?;
    let entry = entries.get_mut(*at)?;
    entry.value = value.clone();
    Some(entry.line)
}

/// What the return at this place cannot be.
fn wrong(entries: &[Entry], at: usize) -> Option<Value> {
    let entry = entries.get(at).filter(|entry| entry.kind == Kind::Ok)?;
    let never = Value::Int(NEVER);
    Some(match (&*entry.f, &entry.value) {
        ("read" | "count" | "len", Value::Nil | Value::Int(_)) | ("dequeue" | "pop", _) => never,
        ("get", _) => Value::Text("never".to_owned()),
        ("read", Value::Set(elements)) => Value::Set(elements.iter().cloned().chain([never]).collect()),
        ("read", Value::List(values)) if entry_is_of_log(entries, entry) => {
            Value::List(values.first().cloned().into_iter().chain([never]).collect())
        }
        ("read", Value::List(values)) => Value::List(values.iter().cloned().chain([never]).collect()),
        ("txn", Value::List(accesses)) => {
            let read = accesses.iter().position(is_read)?;
            let mut accesses = accesses.clone();
            if let Some(Value::List(parts)) = accesses.get_mut(read) {
                let seen = parts.last_mut()?;
                if let Value::List(values) = seen { values.push(never) } else { *seen = never }
            }
            Value::List(accesses)
        }
        _ => return None,
    })
}

/// The returns of reads that were called when something had been written.
fn overwritten(entries: &[Entry]) -> BTreeSet<usize> {
    let (mut written, mut late, mut reads) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
    for (at, entry) in entries.iter().enumerate() {
        match (entry.kind, &*entry.f) {
            (Kind::Invoke, "read") => drop(late.insert(entry.process, written.contains(&entry.key))),
            (Kind::Ok, "write" | "cas") => drop(written.insert(&entry.key)),
            (Kind::Ok, "read") if late.get(&entry.process) == Some(&true) => drop(reads.insert(at)),
            _ => {}
        }
    }
    reads
}

fn is_read(access: &Value) -> bool {
    access.list().and_then(<[Value]>::first).and_then(Value::name) == Some("r")
}

/// Whether reads are of one place.
fn entry_is_of_log(entries: &[Entry], read: &Entry) -> bool {
    let asked = entries
        .iter()
        .find(|entry| entry.process == read.process && entry.kind == Kind::Invoke && entry.f == "read");
    asked.is_some_and(|asked| asked.value != Value::Nil)
}

/// Another process acquires right after one has, where nothing might have released it: no release was open since its call.
fn acquire_twice(entries: &mut Vec<Entry>, rng: &mut Rng) -> Option<usize> {
    let (mut releasing, mut released, mut places) = (0_usize, 0, Vec::new());
    let mut called = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        match (entry.kind, &*entry.f) {
            (Kind::Invoke, "release") => releasing += 1,
            (Kind::Ok | Kind::Fail, "release") => (releasing, released) = (releasing.saturating_sub(1), at),
            (Kind::Invoke, "acquire") => drop(called.insert(entry.process, at)),
            (Kind::Ok, "acquire") if releasing == 0 && called.get(&entry.process) >= Some(&released) => {
                places.push(at);
            }
            _ => {}
        }
    }
    let place = *places.get(rng.below(places.len()))?;
    let process = entries.iter().map(|entry| entry.process).max()?.checked_add(1)?;
    let acquired = entries.get(place)?.clone();
    for (nth, kind) in (1..).zip([Kind::Invoke, Kind::Ok]) {
        entries.insert(place + nth, Entry { process, kind, ..acquired.clone() });
    }
    for (line, entry) in (2..).zip(entries.iter_mut()) {
        entry.line = line;
    }
    entries.get(place + 2).map(|entry| entry.line)
}
