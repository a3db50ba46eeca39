use alloc::{
    borrow::ToOwned as _,
    collections::{BTreeMap, BTreeSet},
    format, vec,
    vec::Vec,
};

use super::{Happening, Object, Rng, Shape, run};
use crate::format::{Entry, Header, Kind, ObjectKind, Recording, Value};

/// What objects are called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objects {
    /// What each of them is.
    pub kind: ObjectKind,
    /// How many there are, by key; of registers in a multi-register how many it has.
    pub keys: usize,
    /// How many different values are written; 0 if none is written twice.
    pub values: usize,
}

/// Whether each operation says which object it is for, even if there is one.
const fn has_keys(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Kv)
}

/// A history of objects that are right, as it is written down.
pub fn objects(objects: Objects, rng: &mut Rng, shape: Shape) -> Recording {
    let mut server = Server { objects, holding: BTreeSet::new(), states: BTreeMap::new() };
    let mut recording = Recording { header: Header::default(), entries: Vec::new() };
    recording.header.model = Some(objects.kind.name().to_owned());
    let entries = &mut recording.entries;
    run(&mut server, rng, shape, |process, happening| {
        // Of a compare-and-set that failed it is said which failure it was: an error stands for its value.
        let error = |ask: &Ask| (ask.f == "cas").then(|| Value::Word("unavailable".to_owned()));
        let (kind, ask, value) = match happening {
            Happening::Call(ask) => (Kind::Invoke, ask, None),
            Happening::Return(ask, Answer::Done(value)) => (Kind::Ok, ask, Some(value)),
            Happening::Return(ask, Answer::Refused) => (Kind::Fail, ask, None),
            Happening::Fail(ask) => {
                let error = error(&ask);
                (Kind::Fail, ask, error)
            }
            Happening::Lose(ask) => (Kind::Info, ask, None),
        };
        let line = entries.len() + 2;
        let value = value.unwrap_or(ask.value);
        entries.push(Entry { line, process, kind, f: ask.f.to_owned(), value, key: ask.key });
    });
    recording
}

#[derive(Clone, Debug)]
struct Ask {
    f: &'static str,
    value: Value,
    key: Option<Value>,
}

enum Answer {
    Done(Value),
    Refused,
}

struct Server {
    objects: Objects,
    /// Which processes call for what they have acquired next.
    holding: BTreeSet<usize>,
    /// What each object holds.
    states: BTreeMap<Option<Value>, Value>,
}

impl Server {
    fn value(&self, rng: &mut Rng, nth: usize) -> i64 {
        let value = if self.objects.values == 0 { nth } else { rng.below(self.objects.values) };
        i64::try_from(value).unwrap_or(i64::MAX).saturating_add(1)
    }

    fn key(&self, rng: &mut Rng) -> i64 {
        i64::try_from(rng.below(self.objects.keys.max(1))).unwrap_or_default()
    }

    /// Reads and writes of some registers.
    fn accesses(&self, rng: &mut Rng, nth: usize) -> Value {
        let one = |rng: &mut Rng| {
            let (f, value) =
                if rng.chance(50) { ("r", Value::Nil) } else { ("w", Value::Int(self.value(rng, nth))) };
            Value::List(vec![Value::Word(f.to_owned()), Value::Int(self.key(rng)), value])
        };
        Value::List((0..=rng.below(3)).map(|_| one(rng)).collect())
    }
}

impl Object for Server {
    type Op = Ask;
    type Ret = Answer;

    fn ask(&mut self, rng: &mut Rng, process: usize, nth: usize) -> Ask {
        let kind = self.objects.kind;
        let value = Value::Int(self.value(rng, nth));
        let text = || Value::Text(format!("{value} "));
        let (f, value) = match (kind, rng.below(100)) {
            (ObjectKind::MultiRegister, _) => ("txn", self.accesses(rng, nth)),
            (ObjectKind::Mutex, _) if self.holding.remove(&process) => ("release", Value::Nil),
            (ObjectKind::Mutex, _) => {
                self.holding.insert(process);
                ("acquire", Value::Nil)
            }
            (ObjectKind::Register, 50..) | (ObjectKind::CasRegister, 67..) => ("write", value),
            (ObjectKind::CasRegister, 34..) => {
                let from = self.value(rng, rng.clone().below(nth + 1));
                ("cas", Value::List(vec![Value::Int(from), value]))
            }
            (ObjectKind::Set | ObjectKind::Bag, 60..) => ("add", value),
            (ObjectKind::Set, 40..) => ("contains", value),
            (ObjectKind::Set | ObjectKind::Bag, 30..) => ("remove", value),
            (ObjectKind::Counter, 50..) => ("add", Value::Int(rng.pick(&[1, 2, 5, -1]).to_owned())),
            (ObjectKind::Queue | ObjectKind::UnorderedQueue, 50..) => ("enqueue", value),
            (ObjectKind::Queue | ObjectKind::UnorderedQueue, _) => ("dequeue", Value::Nil),
            (ObjectKind::Stack, 50..) => ("push", value),
            (ObjectKind::Stack, _) => ("pop", Value::Nil),
            (ObjectKind::Kv, 75..) => ("put", text()),
            (ObjectKind::Kv, 55..) => ("append", text()),
            (ObjectKind::Kv, 50..) => ("delete", Value::Nil),
            (ObjectKind::Kv, _) => ("get", Value::Nil),
            (ObjectKind::List, 50..) | (ObjectKind::Log, 60..) => ("append", value),
            (ObjectKind::Bag, _) => ("count", value),
            (ObjectKind::Log, 20..) => {
                ("read", Value::Int(i64::try_from(rng.below(1 + nth / 2)).unwrap_or_default()))
            }
            (ObjectKind::Log, _) => ("len", Value::Nil),
            (
                ObjectKind::Register
                | ObjectKind::CasRegister
                | ObjectKind::Set
                | ObjectKind::Counter
                | ObjectKind::List,
                _,
            ) => ("read", Value::Nil),
        };
        let has_key = has_keys(kind) || self.objects.keys > 1 && kind != ObjectKind::MultiRegister;
        let key = self.key(rng);
        let key = if kind == ObjectKind::Kv { Value::Text(format!("{key}")) } else { Value::Int(key) };
        Ask { f, value, key: has_key.then_some(key) }
    }

    fn answer(&mut self, rng: &mut Rng, ask: &Ask) -> Option<Answer> {
        let state = self.states.entry(ask.key.clone()).or_default();
        match self.objects.kind {
            ObjectKind::Register | ObjectKind::CasRegister => Some(register(state, ask)),
            ObjectKind::MultiRegister => Some(Answer::Done(registers(state, &ask.value))),
            ObjectKind::Mutex => mutex(state, ask),
            ObjectKind::Set => Some(Answer::Done(set(state, ask))),
            ObjectKind::Counter => Some(Answer::Done(counter(state, ask))),
            ObjectKind::Kv => Some(Answer::Done(kv(state, ask))),
            ObjectKind::Queue => Some(Answer::Done(sequence(state, ask, |_| 0))),
            ObjectKind::UnorderedQueue => {
                Some(Answer::Done(sequence(state, ask, |length| rng.below(length))))
            }
            ObjectKind::Stack | ObjectKind::List | ObjectKind::Bag => {
                Some(Answer::Done(sequence(state, ask, |length| length - 1)))
            }
            ObjectKind::Log => {
                let done = sequence(state, ask, |length| length - 1);
                let offset = state.list().map_or(0, |values| values.len().saturating_sub(1));
                let offset = Value::Int(i64::try_from(offset).unwrap_or(i64::MAX));
                // A log tells where it was appended.
                Some(Answer::Done(if ask.f == "append" { offset } else { done }))
            }
        }
    }
}

fn register(state: &mut Value, ask: &Ask) -> Answer {
    match (ask.f, ask.value.list()) {
        ("cas", Some([from, to])) if state == from => *state = to.clone(),
        ("cas", _) => return Answer::Refused,
        ("write", _) => *state = ask.value.clone(),
        _ => return Answer::Done(state.clone()),
    }
    Answer::Done(ask.value.clone())
}

fn registers(state: &mut Value, asked: &Value) -> Value {
    let mut held: BTreeMap<Value, Value> =
        if let Value::Map(map) = state { map.drain(..).collect() } else { BTreeMap::new() };
    let mut one = |access: &Value| {
        let Some([f, key, value]) = access.list() else { return access.clone() };
        if f.name() == Some("w") {
            held.insert(key.clone(), value.clone());
            return access.clone();
        }
        Value::List(vec![f.clone(), key.clone(), held.get(key).cloned().unwrap_or_default()])
    };
    let done = asked.list().unwrap_or_default().iter().map(&mut one).collect();
    *state = Value::Map(held.into_iter().collect());
    Value::List(done)
}

/// It is held, or it is not.
fn mutex(state: &mut Value, ask: &Ask) -> Option<Answer> {
    let is_held = *state == Value::Bool(true);
    if is_held == (ask.f == "acquire") {
        return None;
    }
    *state = Value::Bool(!is_held);
    Some(Answer::Done(Value::Nil))
}

fn set(state: &mut Value, ask: &Ask) -> Value {
    if *state == Value::Nil {
        *state = Value::Set(BTreeSet::new());
    }
    let Value::Set(elements) = state else { return Value::Nil };
    match ask.f {
        "add" => drop(elements.insert(ask.value.clone())),
        "remove" => drop(elements.remove(&ask.value)),
        "contains" => return Value::Bool(elements.contains(&ask.value)),
        _ => return Value::Set(elements.clone()),
    }
    ask.value.clone()
}

fn counter(state: &mut Value, ask: &Ask) -> Value {
    let sum = state.int().unwrap_or_default().saturating_add(ask.value.int().unwrap_or_default());
    *state = Value::Int(sum);
    if ask.f == "add" { ask.value.clone() } else { state.clone() }
}

fn kv(state: &mut Value, ask: &Ask) -> Value {
    match ask.f {
        "get" => return state.clone(),
        "put" => *state = ask.value.clone(),
        "delete" => *state = Value::Nil,
        _ => {
            let text = |value: &Value| value.name().unwrap_or_default().to_owned();
            *state = Value::Text(text(state) + &text(&ask.value));
        }
    }
    ask.value.clone()
}

/// Values in an order: what goes in goes in at the end, what comes out comes out where it says.
fn sequence(state: &mut Value, ask: &Ask, out: impl FnOnce(usize) -> usize) -> Value {
    if *state == Value::Nil {
        *state = Value::List(Vec::new());
    }
    let Value::List(values) = state else { return Value::Nil };
    let place = ask.value.int().and_then(|place| usize::try_from(place).ok());
    let number = |count: usize| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    match (ask.f, place) {
        ("dequeue" | "pop", _) if values.is_empty() => Value::Nil,
        ("dequeue" | "pop", _) => values.remove(out(values.len())),
        ("remove", _) => match values.iter().position(|value| *value == ask.value) {
            Some(place) => {
                values.remove(place);
                Value::Bool(true)
            }
            None => Value::Bool(false),
        },
        ("count", _) => number(values.iter().filter(|value| **value == ask.value).count()),
        ("len", _) => number(values.len()),
        ("read", Some(place)) => {
            Value::List(vec![ask.value.clone(), values.get(place).cloned().unwrap_or_default()])
        }
        ("read", None) => Value::List(values.clone()),
        _ => {
            values.push(ask.value.clone());
            ask.value.clone()
        }
    }
}
