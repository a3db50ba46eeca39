//! Requests in a stream of bytes, decoded as Redis does it, errors included.
//!
//! Replies go through a RESP crate; requests do not: what is wrong with a request has one right answer, which
//! depends on where in the request it is wrong, and no crate says where.

use bytes::{Buf as _, Bytes, BytesMut};
use thiserror::Error;

use super::inline;
use crate::number;

/// Takes requests off the front of a buffer. Keeps what has arrived of the next one, so that no byte is read twice.
#[derive(Debug)]
pub(super) struct Decoder {
    command_bytes_max: usize,
    words: Vec<Bytes>,
    /// How many words are still to come; `None` between requests.
    missing: Option<u64>,
    /// How long the next word is, once known.
    length: Option<usize>,
    /// The length of the words that have arrived, with a charge for each.
    bytes: usize,
}

/// One request, and how much it counts against limits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) words: Vec<Bytes>,
    pub(super) bytes: usize,
}

/// Why a stream cannot be read on. What it displays is the error line that Redis gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum ProtocolError {
    #[error("ERR Protocol error: invalid multibulk length")]
    WordCount,
    #[error("ERR Protocol error: invalid bulk length")]
    WordLength,
    #[error("ERR Protocol error: expected '$', got '{}'", *.0 as char)]
    NotAWord(u8),
    #[error("ERR Protocol error: unbalanced quotes in request")]
    Quotes,
    #[error("ERR Protocol error: too big inline request")]
    InlineTooLong,
    #[error("ERR Protocol error: too big mbulk count string")]
    CountTooLong,
    #[error("ERR Protocol error: too big bulk count string")]
    LengthTooLong,
    /// Not one of Redis's: it has no limit on a command as a whole but closes without a word.
    #[error("ERR Protocol error: a command is longer than {0} bytes")]
    CommandTooLong(usize),
}

/// How long a line may be.
const LINE_BYTES_MAX: usize = 64 << 10;
/// The most words a request may announce.
const WORDS_MAX: i64 = i32::MAX as i64;
/// What a request counts besides its words, and what a word counts besides its bytes: more than their encoding adds.
const REQUEST_BYTES: usize = 32;
const WORD_BYTES: usize = 8;

impl Decoder {
    pub(super) const fn new(command_bytes_max: usize) -> Self {
        Self { command_bytes_max, words: Vec::new(), missing: None, length: None, bytes: REQUEST_BYTES }
    }

    /// The next request, or `None` if more bytes are needed.
    pub(super) fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Decoded>, ProtocolError> {
        loop {
            let complete = match (self.missing, buffer.first()) {
                (Some(_), _) => self.take_words(buffer)?,
                (None, None) => return Ok(None),
                (None, Some(b'*')) => self.take_count(buffer)?,
                (None, Some(_)) => self.take_inline(buffer)?,
            };
            if !complete {
                return Ok(None);
            }
            if self.missing.is_none() && !self.words.is_empty() {
                let bytes = core::mem::replace(&mut self.bytes, REQUEST_BYTES);
                return Ok(Some(Decoded { words: core::mem::take(&mut self.words), bytes }));
            }
        }
    }

    fn take_inline(&mut self, buffer: &mut BytesMut) -> Result<bool, ProtocolError> {
        let Some(end) = buffer.iter().position(|byte| *byte == b'\n') else {
            let too_long = buffer.len() > LINE_BYTES_MAX;
            return if too_long { Err(ProtocolError::InlineTooLong) } else { Ok(false) };
        };
        let line = buffer.split_to(end);
        buffer.advance(1);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let words = inline::split(line).ok_or(ProtocolError::Quotes)?;
        for word in words {
            self.charge(word.len())?;
            self.words.push(word);
        }
        Ok(true)
    }

    fn take_count(&mut self, buffer: &mut BytesMut) -> Result<bool, ProtocolError> {
        let Some(line) = take_line(buffer, ProtocolError::CountTooLong)? else { return Ok(false) };
        let count = line.get(1..).and_then(number::integer).filter(|count| *count <= WORDS_MAX);
        let count = count.ok_or(ProtocolError::WordCount)?;
        self.missing = u64::try_from(count).ok().filter(|count| *count > 0);
        Ok(true)
    }

    fn take_words(&mut self, buffer: &mut BytesMut) -> Result<bool, ProtocolError> {
        while let Some(missing) = self.missing {
            let Some(length) = self.take_length(buffer)? else { return Ok(false) };
            if buffer.len() < length + 2 {
                return Ok(false);
            }
            self.words.push(buffer.split_to(length).freeze());
            buffer.advance(2); // whatever the two bytes are, as in Redis
            self.length = None;
            self.missing = missing.checked_sub(1).filter(|missing| *missing > 0);
        }
        Ok(true)
    }

    fn take_length(&mut self, buffer: &mut BytesMut) -> Result<Option<usize>, ProtocolError> {
        if self.length.is_some() {
            return Ok(self.length);
        }
        if let Some(other) = buffer.first().filter(|byte| **byte != b'$') {
            return Err(ProtocolError::NotAWord(*other));
        }
        let Some(line) = take_line(buffer, ProtocolError::LengthTooLong)? else { return Ok(None) };
        let length = line.get(1..).and_then(number::integer).and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or(ProtocolError::WordLength)?;
        self.charge(length)?;
        self.length = Some(length);
        Ok(self.length)
    }

    fn charge(&mut self, word: usize) -> Result<(), ProtocolError> {
        self.bytes = self.bytes.saturating_add(word).saturating_add(WORD_BYTES);
        if self.bytes > self.command_bytes_max {
            return Err(ProtocolError::CommandTooLong(self.command_bytes_max));
        }
        Ok(())
    }
}

/// A line that ends in `\r` and whatever follows, as in Redis.
fn take_line(buffer: &mut BytesMut, too_long: ProtocolError) -> Result<Option<BytesMut>, ProtocolError> {
    let end = buffer.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\r');
    let Some(end) = end else {
        return if buffer.len() >= LINE_BYTES_MAX { Err(too_long) } else { Ok(None) };
    };
    if buffer.len() < end + 2 {
        return Ok(None);
    }
    let line = buffer.split_to(end);
    buffer.advance(2);
    Ok(Some(line))
}
