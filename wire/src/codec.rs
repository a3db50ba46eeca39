//! How a value becomes the body of a frame and back.

use alloc::vec::Vec;

use bytes::Bytes;
use postcard::ser_flavors::Flavor;
use serde::{Serialize, de::DeserializeOwned};

/// One encoding of `T`.
///
/// A law binds the two halves: what `encode` appended, `decode` gives back as an equal value, and no
/// other bytes than those. `decode` is handed [`Bytes`], so that a codec may keep slices of the body
/// instead of copying them; such a value keeps the whole buffer it came from in memory.
pub trait Codec<T> {
    /// Why a value could not be encoded or decoded.
    type Error: core::error::Error + Send + Sync + 'static;

    /// Appends `value` to `buffer`, whose earlier content is not the codec's to touch.
    ///
    /// # Errors
    /// If `value` has no encoding. Part of it may then have been appended; the framing functions of this
    /// crate take that back.
    fn encode(value: &T, buffer: &mut Vec<u8>) -> Result<(), Self::Error>;

    /// Reads a value that fills `bytes` exactly.
    ///
    /// # Errors
    /// If `bytes` do not begin with an encoded value, or go on after it.
    fn decode(bytes: &Bytes) -> Result<T, Self::Error>;
}

/// The default codec: [postcard](https://postcard.jamesmunns.com/wire-format), compact and without names or tags.
///
/// Fields and variants are known by their position: adding, removing or moving one is a new format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Postcard;

/// Why [`Postcard`] refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PostcardError {
    /// The value has no encoding, for instance a sequence of unknown length.
    #[error("the value could not be encoded")]
    Encode(#[source] postcard::Error),
    /// The bytes do not begin with an encoded value.
    #[error("the bytes are no encoded value")]
    Decode(#[source] postcard::Error),
    /// The bytes go on after the value.
    #[error("{bytes} bytes follow the encoded value")]
    Trailing {
        /// How many bytes were left.
        bytes: usize,
    },
}

impl<T: Serialize + DeserializeOwned> Codec<T> for Postcard {
    type Error = PostcardError;

    fn encode(value: &T, buffer: &mut Vec<u8>) -> Result<(), Self::Error> {
        postcard::serialize_with_flavor(value, Append(buffer)).map_err(PostcardError::Encode)
    }

    fn decode(bytes: &Bytes) -> Result<T, Self::Error> {
        let (value, rest) = postcard::take_from_bytes(bytes).map_err(PostcardError::Decode)?;
        if !rest.is_empty() {
            return Err(PostcardError::Trailing { bytes: rest.len() });
        }
        Ok(value)
    }
}

/// postcard's own growing storages take the buffer by value and lose it on an error.
struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
