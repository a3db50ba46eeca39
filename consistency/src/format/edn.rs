use alloc::{borrow::ToOwned as _, format, string::ToString as _, vec::Vec};

use clojure_reader::edn::{self, Edn};

use super::{Entry, FormatError, Mistake, Value};

/// Entries one after the other, or in one vector or list.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let mut place = Place { rest: text, line: 1 };
    let mut entries = Vec::new();
    place.skip_blank();
    let close = match place.rest.chars().next() {
        Some('[') => Some(']'),
        Some('(') => Some(')'),
        _ => None,
    };
    if close.is_some() {
        place.go_to(&place.rest[1..]);
    }
    loop {
        place.skip_blank();
        match (place.rest.chars().next(), close) {
            (None, None) => return Ok(entries),
            (None, Some(close)) => return Err(place.syntax(format!("`{close}` is missing at the end"))),
            (Some(next), Some(close)) if next == close => break,
            (Some(_), _) => {}
        }
        let line = place.line;
        let (form, rest) = edn::read(place.rest).map_err(|error| FormatError {
            line: line + error.line.unwrap_or(1).saturating_sub(1),
            mistake: Mistake::Syntax(format!("this is not EDN: {:?}", error.code)),
        })?;
        let value = convert(&form, 0).map_err(|mistake| FormatError { line, mistake })?;
        entries.extend(Entry::from_map(line, &value)?);
        place.go_to(rest);
    }
    place.go_to(&place.rest[1..]);
    place.skip_blank();
    if place.rest.is_empty() {
        Ok(entries)
    } else {
        Err(place.syntax("there is more after the end".to_owned()))
    }
}

/// One value, for instance of a command line.
pub(super) fn value(text: &str) -> Result<Value, Mistake> {
    let (form, rest) =
        edn::read(text).map_err(|error| Mistake::Syntax(format!("this is not EDN: {:?}", error.code)))?;
    if rest.trim().is_empty() {
        convert(&form, 0)
    } else {
        Err(Mistake::Syntax("there is more after the end".to_owned()))
    }
}

/// How far the text was read.
struct Place<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Place<'a> {
    fn go_to(&mut self, rest: &'a str) {
        let passed = &self.rest[..self.rest.len() - rest.len()];
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.rest = rest;
    }

    /// Whitespace, commas and comments.
    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            let comment = if rest.starts_with(';') { rest.find('\n').unwrap_or(rest.len()) } else { 0 };
            self.go_to(&rest[comment..]);
            if comment == 0 {
                return;
            }
        }
    }

    fn syntax(&self, what: alloc::string::String) -> FormatError {
        FormatError { line: self.line, mistake: Mistake::Syntax(what) }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else there is or will be has no use in a history"
)]
fn convert(form: &Edn<'_>, depth: usize) -> Result<Value, Mistake> {
    if depth > Value::DEPTH_MAX {
        return Err(Mistake::Deep);
    }
    let inner = |form: &Edn<'_>| convert(form, depth + 1);
    Ok(match form {
        Edn::Nil => Value::Nil,
        Edn::Bool(value) => Value::Bool(*value),
        Edn::Int(number) => Value::Int(*number),
        Edn::Str(text) => Value::Text(text.clone().into_owned()),
        Edn::Key(word) | Edn::Symbol(word) => Value::Word(word.clone().into_owned()),
        Edn::Vector(list) | Edn::List(list) => Value::List(list.iter().map(inner).collect::<Result<_, _>>()?),
        Edn::Set(set) => Value::Set(set.iter().map(inner).collect::<Result<_, _>>()?),
        Edn::Map(map) => {
            let pair = |(key, value)| Ok((inner(key)?, inner(value)?));
            let mut pairs = map.iter().map(pair).collect::<Result<Vec<_>, Mistake>>()?;
            pairs.sort_unstable();
            Value::Map(pairs)
        }
        // A record, as Jepsen prints its operations: its fields.
        Edn::Tagged(_, form) if matches!(**form, Edn::Map(_)) => inner(form)?,
        other => return Err(Mistake::Unsupported(other.to_string())),
    })
}
