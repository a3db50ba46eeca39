use alloc::{borrow::ToOwned as _, format, string::ToString as _, vec::Vec};

use clojure_reader::edn::{self, Edn};

use super::{Entry, FormatError, Mistake, Value, lines::newlines};

/// Entries one after the other, or in one vector or list.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    refuse_deep(text)?;
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
            // The reader takes more than line feeds for ends of lines.
            line: line + newlines(place.rest.as_bytes().get(..error.ptr.unwrap_or(0)).unwrap_or_default()),
            mistake: Mistake::Syntax(format!("this is not EDN: {:?}", error.code)),
        })?;
        entries.extend(entry(line, &form)?);
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

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is or will be is no entry")]
fn entry(line: usize, form: &Edn<'_>) -> Result<Option<Entry>, FormatError> {
    let map = match form {
        Edn::Map(map) => Some(map),
        // A record, as Jepsen prints its operations.
        Edn::Tagged(_, form) => {
            if let Edn::Map(map) = &**form {
                Some(map)
            } else {
                None
            }
        }
        _ => None,
    };
    let map = map.ok_or(FormatError { line, mistake: Mistake::Part("to be a map") })?;
    Entry::from_fields(line, |name| {
        let field = map.get(&Edn::Key(name.into())).or_else(|| map.get(&Edn::Str(name.into())));
        field.map(|form| convert(form, 0)).transpose()
    })
}

/// One value, for instance of a command line.
pub(super) fn value(text: &str) -> Result<Value, Mistake> {
    refuse_deep(text).map_err(|error| error.mistake)?;
    let (form, rest) =
        edn::read(text).map_err(|error| Mistake::Syntax(format!("this is not EDN: {:?}", error.code)))?;
    if rest.trim().is_empty() {
        convert(&form, 0)
    } else {
        Err(Mistake::Syntax("there is more after the end".to_owned()))
    }
}

/// What Jepsen's pairs of a key and a value may be printed as, besides plain vectors.
const TUPLES: [&str; 3] = ["jepsen.independent/tuple", "clojure.lang.MapEntry", "jepsen.independent.Tuple"];

/// The reader takes memory for each bracket that is open, so that a text of nothing else would be answered with many times its
/// size.
fn refuse_deep(text: &str) -> Result<(), FormatError> {
    let (mut depth, mut line) = (0_usize, 1);
    let (mut is_string, mut is_comment, mut is_escaped) = (false, false, false);
    for byte in text.bytes() {
        if core::mem::take(&mut is_escaped) && byte != b'\n' {
            continue;
        }
        match byte {
            b'\n' => (line, is_comment) = (line + 1, false),
            _ if is_comment => {}
            b'\\' => is_escaped = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b';' => is_comment = true,
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > BRACKETS_MAX {
            return Err(FormatError { line, mistake: Mistake::Deep });
        }
    }
    Ok(())
}

/// How many brackets may be open at once: more than a value may have, since what stands beside an entry may be of any kind.
const BRACKETS_MAX: usize = 1024;

/// How far the text was read.
struct Place<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Place<'a> {
    fn go_to(&mut self, rest: &'a str) {
        let passed = &self.rest[..self.rest.len() - rest.len()];
        self.line += newlines(passed.as_bytes());
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
        // A record is its fields, and a pair of an independent key and its value a list.
        Edn::Tagged(_, form) if matches!(**form, Edn::Map(_)) => inner(form)?,
        Edn::Tagged(tag, form)
            if TUPLES.contains(&&**tag) && matches!(**form, Edn::Vector(_) | Edn::List(_)) =>
        {
            inner(form)?
        }
        other => return Err(Mistake::Unsupported(other.to_string())),
    })
}
