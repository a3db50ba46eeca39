//! Which kind of table it is, and which version of what is made of its parts.

use core::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Unexpected, Visitor},
};

/// Something whose parts have a version.
pub(crate) trait Versioned {
    /// A string that no other version and no other kind has: `"ring/1"`.
    const VERSION: &'static str;
}

/// The version of a `T`, as the first of the parts that are stored: exactly that string.
pub(crate) struct Version<T>(PhantomData<T>);

impl<T> Version<T> {
    /// The version.
    pub(crate) const THIS: Self = Self(PhantomData);
}

impl<T: Versioned> Serialize for Version<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(T::VERSION)
    }
}

impl<'de, T: Versioned> Deserialize<'de> for Version<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Exactly(PhantomData))
    }
}

struct Exactly<T>(PhantomData<T>);

impl<T: Versioned> Visitor<'_> for Exactly<T> {
    type Value = Version<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the version {:?}", T::VERSION)
    }

    fn visit_str<E: Error>(self, found: &str) -> Result<Self::Value, E> {
        if found == T::VERSION {
            return Ok(Version(PhantomData));
        }
        Err(E::invalid_value(Unexpected::Str(found), &self))
    }
}
