//! The format of this crate: JSON, a line for the history and one for each end of an operation.
//!
//! ```json
//! {"quorate": "history", "version": 1, "model": "cas-register", "init": 0}
//! {"p": 0, "t": "invoke", "f": "cas", "v": [0, 1]}
//! {"p": 0, "t": "ok", "f": "cas", "v": [0, 1]}
//! ```
//!
//! `model`, `init`, `order` and `failed_cas` may be missing, and of an entry `v`, which is `null` then, and `k`, its key. What JSON has no
//! values for is an object of one member: `{"word": "x"}`, `{"set": […]}`, `{"map": [[key, value], …]}`.

use alloc::{borrow::ToOwned as _, string::String, string::ToString as _, vec::Vec};
use core::fmt::{self, Write as _};

use serde_json::{Map, Value as Json};

use super::{
    Entry, FailedCas, FormatError, Header, Kind, Mistake, Order, Recording, Value, json,
    write::{json_string, sequence},
};

const VERSION: u64 = 1;

pub(super) fn read(text: &str) -> Result<Recording, FormatError> {
    let mut recording = None;
    for (line, content) in (1..).zip(text.lines()).filter(|(_, content)| !content.trim().is_empty()) {
        let object: Map<String, Json> =
            serde_json::from_str(content).map_err(|error| json::syntax(line, &error))?;
        let at = |mistake| FormatError { line, mistake };
        match &mut recording {
            None => {
                recording = Some(Recording { header: header_of(object).map_err(at)?, entries: Vec::new() });
            }
            Some(Recording { entries, .. }) => entries.push(entry_of(line, object).map_err(at)?),
        }
    }
    recording.ok_or(FormatError { line: 1, mistake: Mistake::Empty })
}

fn header_of(mut object: Map<String, Json>) -> Result<Header, Mistake> {
    if object.remove("quorate").as_ref().and_then(Json::as_str) != Some("history") {
        return Err(Mistake::Part("to begin with {\"quorate\": \"history\", \"version\": 1, …}"));
    }
    match object.remove("version").as_ref().map(Json::as_u64) {
        Some(Some(VERSION)) => {}
        _ => return Err(Mistake::Part("a `version` of 1: other versions are not known")),
    }
    let model = match object.remove("model") {
        None => None,
        Some(Json::String(model)) => Some(model),
        Some(_) => return Err(Mistake::Part("a `model` that is a string")),
    };
    let init = object.remove("init").map(value_of).transpose()?;
    let order = match object.remove("order").as_ref().map(Json::as_str) {
        None | Some(Some("time")) => Order::Time,
        Some(Some("sessions")) => Order::Sessions,
        Some(_) => return Err(Mistake::Part("an `order` of \"time\" or \"sessions\"")),
    };
    let failed_cas = match object.remove("failed_cas").as_ref().map(Json::as_str) {
        None | Some(Some("not-done")) => FailedCas::NotDone,
        Some(Some("mismatch")) => FailedCas::Mismatch,
        Some(_) => return Err(Mistake::Part("a `failed_cas` of \"not-done\" or \"mismatch\"")),
    };
    nothing_else(&object)?;
    Ok(Header { model, init, order, failed_cas })
}

fn entry_of(line: usize, mut object: Map<String, Json>) -> Result<Entry, Mistake> {
    let process = object.remove("p").as_ref().and_then(Json::as_u64);
    let process = process.ok_or(Mistake::Part("a process `p` that is a number"))?;
    let kind = object.remove("t").as_ref().and_then(Json::as_str).and_then(Kind::named);
    let kind = kind.ok_or(Mistake::Part("a type `t`: invoke, ok, fail or info"))?;
    let Some(Json::String(f)) = object.remove("f") else {
        return Err(Mistake::Part("an operation `f`"));
    };
    let value = object.remove("v").map(value_of).transpose()?.unwrap_or_default();
    let key = object.remove("k").map(value_of).transpose()?;
    nothing_else(&object)?;
    Ok(Entry { line, process, kind, f, value, key })
}

fn nothing_else(object: &Map<String, Json>) -> Result<(), Mistake> {
    object.keys().next().map_or(Ok(()), |name| Err(Mistake::Unsupported(name.clone())))
}

/// The reader of JSON limits the depth.
fn value_of(json: Json) -> Result<Value, Mistake> {
    let list = |list: Vec<Json>| list.into_iter().map(value_of);
    Ok(match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => {
            Value::Int(number.as_i64().ok_or_else(|| Mistake::Unsupported(number.to_string()))?)
        }
        Json::String(text) => Value::Text(text),
        Json::Array(values) => Value::List(list(values).collect::<Result<_, _>>()?),
        Json::Object(object) => {
            let mut members = object.into_iter();
            match (members.next(), members.next()) {
                (Some((name, Json::String(word))), None) if name == "word" => Value::Word(word),
                (Some((name, Json::Array(values))), None) if name == "set" => {
                    let count = values.len();
                    let set: alloc::collections::BTreeSet<_> = list(values).collect::<Result<_, _>>()?;
                    if set.len() < count {
                        return Err(Mistake::Unsupported("a set that has a value twice".to_owned()));
                    }
                    Value::Set(set)
                }
                (Some((name, Json::Array(pairs))), None) if name == "map" => {
                    let pairs: Result<Vec<(Value, Value)>, Mistake> =
                        pairs.into_iter().map(pair_of).collect();
                    let mut pairs = pairs?;
                    pairs.sort_unstable();
                    if pairs.windows(2).any(|two| two[0].0 == two[1].0) {
                        return Err(Mistake::Unsupported("a map that has a key twice".to_owned()));
                    }
                    Value::Map(pairs)
                }
                _ => {
                    return Err(Mistake::Part(
                        "{\"word\": …}, {\"set\": […]} or {\"map\": [[…, …]]} where an object is",
                    ));
                }
            }
        }
    })
}

fn pair_of(json: Json) -> Result<(Value, Value), Mistake> {
    let wrong = Mistake::Part("pairs of a key and a value in a map");
    let Json::Array(pair) = json else { return Err(wrong) };
    let Ok([key, value]) = <[Json; 2]>::try_from(pair) else { return Err(wrong) };
    Ok((value_of(key)?, value_of(value)?))
}

pub(super) fn header(text: &mut String, header: &Header) -> fmt::Result {
    write!(text, "{{\"quorate\": \"history\", \"version\": {VERSION}")?;
    if let Some(model) = &header.model {
        text.write_str(", \"model\": ")?;
        json_string(text, model)?;
    }
    if let Some(init) = &header.init {
        text.write_str(", \"init\": ")?;
        value(text, init)?;
    }
    if header.order == Order::Sessions {
        text.write_str(", \"order\": \"sessions\"")?;
    }
    if header.failed_cas == FailedCas::Mismatch {
        text.write_str(", \"failed_cas\": \"mismatch\"")?;
    }
    text.write_str("}\n")
}

pub(super) fn entry(text: &mut String, entry: &Entry) -> fmt::Result {
    write!(text, "{{\"p\": {}, \"t\": \"{}\", \"f\": ", entry.process, entry.kind.name())?;
    json_string(text, &entry.f)?;
    if let Some(key) = &entry.key {
        text.write_str(", \"k\": ")?;
        value(text, key)?;
    }
    if entry.value != Value::Nil {
        text.write_str(", \"v\": ")?;
        value(text, &entry.value)?;
    }
    text.write_str("}\n")
}

fn value(text: &mut String, shown: &Value) -> fmt::Result {
    match shown {
        Value::Nil => text.write_str("null"),
        Value::Bool(_) | Value::Int(_) => write!(text, "{shown}"),
        Value::Text(string) => json_string(text, string),
        Value::List(list) => sequence(text, ("[", ", ", "]"), list, value),
        Value::Word(word) => {
            text.write_str("{\"word\": ")?;
            json_string(text, word)?;
            text.write_char('}')
        }
        Value::Set(set) => sequence(text, ("{\"set\": [", ", ", "]}"), set, value),
        Value::Map(map) => sequence(text, ("{\"map\": [", ", ", "]}"), map, |text, (key, held)| {
            sequence(text, ("[", ", ", "]"), [key, held], value)
        }),
    }
}
