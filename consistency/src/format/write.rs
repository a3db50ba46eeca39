use alloc::string::String;
use core::fmt::{self, Write as _};

use super::{Entry, Format, Kind, Value, native};

/// Writes entries down, a line each, such that [`read`](super::read) reads them as they are, but for their lines. JSON and the
/// logs do not have everything that EDN has: sets are lists there and keywords strings, and logs have no keys.
/// [`Recording::write`](super::Recording::write) says what a format cannot hold, and writes sessions, too: for their formats
/// nothing is written here.
pub fn write(entries: &[Entry], format: Format) -> String {
    let mut text = String::new();
    if format == Format::Native {
        let _ = native::header(&mut text, &super::Header::default());
    }
    for entry in entries {
        // A string can always be written to.
        let _ = match format {
            Format::Edn => edn(&mut text, entry),
            Format::Json => json(&mut text, entry),
            Format::Etcd => etcd(&mut text, entry),
            Format::Native => native::entry(&mut text, entry),
            Format::Awdit | Format::Plume | Format::Dbcop => Ok(()),
        };
    }
    text
}

impl Kind {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoke => "invoke",
            Self::Ok => "ok",
            Self::Fail => "fail",
            Self::Info => "info",
        }
    }
}

fn edn(text: &mut String, entry: &Entry) -> fmt::Result {
    let Entry { process, kind, f, value, key, .. } = entry;
    write!(text, "{{:process {process}, :type :{}, :f ", kind.name())?;
    let is_word =
        !f.is_empty() && f.chars().all(|char| char.is_ascii_alphanumeric() || "-_?!*+".contains(char));
    if is_word {
        write!(text, ":{f}")?;
    } else {
        edn_value(text, &Value::Text(f.clone()))?;
    }
    text.write_str(", :value ")?;
    edn_value(text, value)?;
    if let Some(key) = key {
        text.write_str(", :key ")?;
        edn_value(text, key)?;
    }
    text.write_str("}\n")
}

/// As it is shown, but for strings, whose escapes are those of EDN.
fn edn_value(text: &mut String, value: &Value) -> fmt::Result {
    match value {
        Value::Text(string) => edn_string(text, string),
        Value::List(list) => sequence(text, ("[", " ", "]"), list, edn_value),
        Value::Set(set) => sequence(text, ("#{", " ", "}"), set, edn_value),
        Value::Map(map) => sequence(text, ("{", ", ", "}"), map, |text, (key, value)| {
            edn_value(text, key)?;
            text.write_char(' ')?;
            edn_value(text, value)
        }),
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Word(_) => write!(text, "{value}"),
    }
}

pub(super) fn sequence<T>(
    text: &mut String,
    (before, between, after): (&str, &str, &str),
    values: impl IntoIterator<Item = T>,
    one: impl Fn(&mut String, T) -> fmt::Result,
) -> fmt::Result {
    text.write_str(before)?;
    for (nth, value) in values.into_iter().enumerate() {
        text.write_str(if nth > 0 { between } else { "" })?;
        one(text, value)?;
    }
    text.write_str(after)
}

fn edn_string(text: &mut String, string: &str) -> fmt::Result {
    text.write_char('"')?;
    for char in string.chars() {
        match char {
            '"' | '\\' => write!(text, "\\{char}")?,
            '\n' => text.write_str("\\n")?,
            '\r' => text.write_str("\\r")?,
            '\t' => text.write_str("\\t")?,
            char => text.write_char(char)?,
        }
    }
    text.write_char('"')
}

fn json(text: &mut String, entry: &Entry) -> fmt::Result {
    let Entry { process, kind, f, value, key, .. } = entry;
    write!(text, "{{\"process\": {process}, \"type\": \"{}\", \"f\": ", kind.name())?;
    json_string(text, f)?;
    text.write_str(", \"value\": ")?;
    json_value(text, value)?;
    if let Some(key) = key {
        text.write_str(", \"key\": ")?;
        json_value(text, key)?;
    }
    text.write_str("}\n")
}

fn json_value(text: &mut String, value: &Value) -> fmt::Result {
    match value {
        Value::Nil => text.write_str("null"),
        Value::Bool(_) | Value::Int(_) => write!(text, "{value}"),
        Value::Text(string) | Value::Word(string) => json_string(text, string),
        Value::List(list) => sequence(text, ("[", ", ", "]"), list, json_value),
        Value::Set(set) => sequence(text, ("[", ", ", "]"), set, json_value),
        Value::Map(map) => sequence(text, ("{", ", ", "}"), map, |text, (key, value)| {
            // Only strings are names there.
            match key.name() {
                Some(name) => json_string(text, name)?,
                None => json_string(text, &alloc::format!("{key}"))?,
            }
            text.write_str(": ")?;
            json_value(text, value)
        }),
    }
}

pub(super) fn json_string(text: &mut String, string: &str) -> fmt::Result {
    text.write_char('"')?;
    for char in string.chars() {
        match char {
            '"' | '\\' => write!(text, "\\{char}")?,
            '\0'..' ' => write!(text, "\\u{:04x}", u32::from(char))?,
            char => text.write_char(char)?,
        }
    }
    text.write_char('"')
}

fn etcd(text: &mut String, entry: &Entry) -> fmt::Result {
    write!(text, "INFO  jepsen.util - {}\t:{}\t:{}\t", entry.process, entry.kind.name(), entry.f)?;
    edn_value(text, &entry.value)?;
    text.write_char('\n')
}
