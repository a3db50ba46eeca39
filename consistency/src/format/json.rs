use alloc::{borrow::ToOwned as _, format, string::ToString as _, vec::Vec};

use serde_json::{Deserializer, Value as Json};

use super::{Entry, FormatError, Mistake, Value, lines::Lines, porcupine};

/// Entries one after the other, or in one array; or the events of porcupine.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let mut entries = Vec::new();
    let mut rest = text.trim_start();
    let mut lines = Lines::new(text);
    let is_array = rest.starts_with('[');
    if is_array {
        rest = rest[1..].trim_start();
    }
    let (mut is_first, mut is_closed) = (true, !is_array);
    loop {
        if is_array && rest.starts_with(']') {
            rest = rest[1..].trim_start();
            is_closed = true;
            break;
        }
        if rest.is_empty() {
            break;
        }
        if is_array && !is_first {
            let next =
                rest.strip_prefix(',').ok_or_else(|| wrong(&mut lines, rest, "`,` or `]` is missing"))?;
            rest = next.trim_start();
        }
        is_first = false;
        let line = lines.of(rest);
        let mut stream = Deserializer::from_str(rest).into_iter::<Json>();
        let json = match stream.next() {
            Some(Ok(json)) => json,
            Some(Err(error)) => return Err(syntax(line, &error)),
            None => return Err(wrong(&mut lines, rest, "an entry is missing")),
        };
        if json.get("process").is_none() && json.get("events").is_some_and(Json::is_array) {
            let value = convert(json).map_err(|mistake| FormatError { line, mistake })?;
            entries.extend(porcupine::entries(line, &value).transpose()?.unwrap_or_default());
        } else {
            entries.extend(entry(line, json)?);
        }
        rest = rest[stream.byte_offset()..].trim_start();
    }
    if rest.is_empty() && is_closed {
        Ok(entries)
    } else {
        Err(wrong(&mut lines, rest, "the array does not end where it should"))
    }
}

fn wrong(lines: &mut Lines<'_>, rest: &str, what: &str) -> FormatError {
    FormatError { line: lines.of(rest), mistake: Mistake::Syntax(what.to_owned()) }
}

/// What the reader says of a text that begins in this line.
pub(super) fn syntax(line: usize, error: &serde_json::Error) -> FormatError {
    let mistake = Mistake::Syntax(format!("this is not JSON: {error}"));
    FormatError { line: line + error.line().saturating_sub(1), mistake }
}

fn entry(line: usize, json: Json) -> Result<Option<Entry>, FormatError> {
    let Json::Object(mut map) = json else {
        return Err(FormatError { line, mistake: Mistake::Part("to be an object") });
    };
    Entry::from_fields(line, |name| map.remove(name).map(convert).transpose())
}

/// The reader limits the depth.
fn convert(json: Json) -> Result<Value, Mistake> {
    Ok(match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => {
            Value::Int(number.as_i64().ok_or_else(|| Mistake::Unsupported(number.to_string()))?)
        }
        Json::String(text) => Value::Text(text),
        Json::Array(list) => Value::List(list.into_iter().map(convert).collect::<Result<_, _>>()?),
        Json::Object(map) => {
            let pair = |(key, value)| Ok((Value::Text(key), convert(value)?));
            let mut pairs = map.into_iter().map(pair).collect::<Result<Vec<_>, Mistake>>()?;
            pairs.sort_unstable();
            Value::Map(pairs)
        }
    })
}
