use core::fmt;

use serde::{Serialize, Serializer, ser::SerializeSeq as _};

/// What an operation asks for or returns, in terms that EDN and JSON share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing, or not known: `nil`, `null`.
    Nil,
    /// A truth value.
    Bool(bool),
    /// A number.
    Int(i128),
    /// A text.
    String(String),
    /// A name, such as the `:append` of `[:append 5 1]`; in JSON a text.
    Keyword(String),
    /// Several values.
    Vector(Vec<Value>),
}

/// The convention for one register of many: `[key value]`.
pub fn keyed(key: impl Into<Value>, value: impl Into<Value>) -> Value {
    Value::Vector(vec![key.into(), value.into()])
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(number.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nil, Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::Vector(values.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for Value {
    /// As EDN.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(bool) => write!(f, "{bool}"),
            Self::Int(number) if i64::try_from(*number).is_ok() => write!(f, "{number}"),
            Self::Int(number) => write!(f, "{number}N"),
            Self::String(text) => string(text, f),
            Self::Keyword(name) => Keyword(name).fmt(f),
            Self::Vector(values) => {
                f.write_str("[")?;
                for (nth, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if nth == 0 { "" } else { " " })?;
                }
                f.write_str("]")
            }
        }
    }
}

fn string(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    text.chars().try_for_each(|char| match char {
        '"' => f.write_str("\\\""),
        '\\' => f.write_str("\\\\"),
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        char if char.is_control() => write!(f, "\\u{:04x}", u32::from(char)),
        char => write!(f, "{char}"),
    })?;
    f.write_str("\"")
}

/// A name as an EDN keyword; what such a name cannot hold becomes `-`.
pub(crate) struct Keyword<'a>(pub(crate) &'a str);

impl fmt::Display for Keyword<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { ":-" } else { ":" })?;
        self.0.chars().try_for_each(|char| {
            let is_allowed = char.is_ascii_alphanumeric() || ".*+!-_?$%&=<>".contains(char);
            write!(f, "{}", if is_allowed { char } else { '-' })
        })
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nil => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Int(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => serializer.serialize_i64(number),
                (_, Ok(number)) => serializer.serialize_u64(number),
                (Err(_), Err(_)) => serializer.collect_str(number),
            },
            Self::String(text) | Self::Keyword(text) => serializer.serialize_str(text),
            Self::Vector(values) => {
                let mut sequence = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| sequence.serialize_element(value))?;
                sequence.end()
            }
        }
    }
}
