use alloc::{collections::BTreeSet, string::String, vec::Vec};
use core::fmt;

/// A value in a recorded history.
#[derive(Clone, Debug, Default, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::derived_hash_with_manual_eq, reason = "equality is what would be derived, and faster")]
pub enum Value {
    /// `nil`, `null`.
    #[default]
    Nil,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A string.
    Text(String),
    /// A keyword, without its colon, or a symbol.
    Word(String),
    /// A vector, list or array.
    List(Vec<Value>),
    /// A set.
    Set(BTreeSet<Value>),
    /// A map or object, by rising keys.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// How deep values may be nested.
    pub const DEPTH_MAX: usize = 64;

    #[inline(never)]
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Int(one), Self::Int(other)) => one == other,
            (Self::Text(one), Self::Text(other)) | (Self::Word(one), Self::Word(other)) => one == other,
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Set(one), Self::Set(other)) => one == other,
            (Self::Map(one), Self::Map(other)) => one == other,
            (
                Self::Nil
                | Self::Bool(_)
                | Self::Int(_)
                | Self::Text(_)
                | Self::Word(_)
                | Self::List(_)
                | Self::Set(_)
                | Self::Map(_),
                _,
            ) => false,
        }
    }

    /// The text of a string, keyword or symbol.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Text(name) | Self::Word(name) => Some(name),
            Self::Nil | Self::Bool(_) | Self::Int(_) | Self::List(_) | Self::Set(_) | Self::Map(_) => None,
        }
    }

    /// The values of a list.
    pub fn list(&self) -> Option<&[Self]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    /// A whole number.
    pub const fn int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The value of this name in a map.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(map) = self else { return None };
        map.iter().find(|(key, _)| key.name() == Some(name)).map(|(_, value)| value)
    }
}

impl PartialEq for Value {
    /// Most values are numbers, and long lists of them are compared: those need no call.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => one == other,
            _ => self.is_same(other),
        }
    }
}

/// As EDN.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Word(word) => write!(f, ":{word}"),
            Self::List(list) => sequence(f, "[", list, "]"),
            Self::Set(set) => sequence(f, "#{", set, "}"),
            Self::Map(map) => {
                f.write_str("{")?;
                for (nth, (key, value)) in map.iter().enumerate() {
                    write!(f, "{}{key} {value}", if nth > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
        }
    }
}

fn sequence<'a>(
    f: &mut fmt::Formatter<'_>,
    before: &str,
    values: impl IntoIterator<Item = &'a Value>,
    after: &str,
) -> fmt::Result {
    f.write_str(before)?;
    for (nth, value) in values.into_iter().enumerate() {
        write!(f, "{}{value}", if nth > 0 { " " } else { "" })?;
    }
    f.write_str(after)
}

impl core::str::FromStr for Value {
    type Err = super::Mistake;

    /// Reads a value as EDN.
    fn from_str(text: &str) -> Result<Self, super::Mistake> {
        super::edn::value(text)
    }
}
