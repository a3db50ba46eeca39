use alloc::{borrow::ToOwned as _, format, string::ToString as _, vec::Vec};

use serde_json::{Deserializer, Value as Json};

use super::{Entry, FormatError, Mistake, Value, porcupine};

/// Entries one after the other, or in one array; or the events of porcupine.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let mut entries = Vec::new();
    let mut rest = text.trim_start();
    let line = |rest: &str| 1 + text[..text.len() - rest.len()].bytes().filter(|byte| *byte == b'\n').count();
    let wrong =
        |rest: &str, what: &str| FormatError { line: line(rest), mistake: Mistake::Syntax(what.to_owned()) };
    let is_array = rest.starts_with('[');
    if is_array {
        rest = rest[1..].trim_start();
    }
    let mut lines = Lines { text, counted: 0, line: 1 };
    let mut is_first = true;
    loop {
        if is_array && rest.starts_with(']') {
            rest = rest[1..].trim_start();
            break;
        }
        if rest.is_empty() {
            break;
        }
        if is_array && !is_first {
            rest = rest.strip_prefix(',').ok_or_else(|| wrong(rest, "`,` or `]` is missing"))?.trim_start();
        }
        is_first = false;
        let at = lines.at(text.len() - rest.len());
        let mut stream = Deserializer::from_str(rest).into_iter::<Json>();
        let json = match stream.next() {
            Some(Ok(json)) => json,
            Some(Err(error)) => {
                let mistake = Mistake::Syntax(format!("this is not JSON: {error}"));
                return Err(FormatError { line: at + error.line().saturating_sub(1), mistake });
            }
            None => return Err(wrong(rest, "an entry is missing")),
        };
        let value = convert(json).map_err(|mistake| FormatError { line: at, mistake })?;
        match porcupine::entries(at, &value) {
            Some(read) => entries.extend(read?),
            None => entries.extend(Entry::from_map(at, &value)?),
        }
        rest = rest[stream.byte_offset()..].trim_start();
    }
    let is_closed = !is_array || text.trim_end().ends_with(']');
    if rest.is_empty() && is_closed {
        Ok(entries)
    } else {
        Err(wrong(rest, "the array does not end where it should"))
    }
}

/// Counts lines going forward.
struct Lines<'a> {
    text: &'a str,
    counted: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, offset: usize) -> usize {
        self.line += self.text[self.counted..offset].bytes().filter(|byte| *byte == b'\n').count();
        self.counted = offset;
        self.line
    }
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
