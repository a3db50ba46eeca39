//! Clocks as people write them.

mod scan;

use alloc::{collections::BTreeMap, string::String};
use core::str::FromStr;

use thiserror::Error;

use self::scan::Scanner;
use crate::VClock;

/// Why a text is no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("column {column}: {mistake}")]
pub struct TextError {
    /// The column, in characters, from 1; one behind the last if something is missing.
    pub column: usize,
    /// What is wrong there.
    pub mistake: TextMistake,
}

/// What can be wrong with a clock's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextMistake {
    /// There is no text.
    #[error("there is nothing here; the clock that has seen nothing is `{{}}`")]
    Nothing,
    /// A JSON object does not begin with `{`.
    #[error("`{{` is missing")]
    Open,
    /// An opened brace is not closed.
    #[error("`}}` is missing")]
    Close,
    /// An entry has no name.
    #[error("an actor is missing")]
    Actor,
    /// A name is not followed by its counter.
    #[error("`:` is missing between an actor and its counter")]
    Colon,
    /// Two entries are not apart.
    #[error("`,` is missing between two entries")]
    Comma,
    /// A counter is not written in digits.
    #[error("a counter is a whole number")]
    Counter,
    /// A counter has more than 64 bits.
    #[error("a counter is 18446744073709551615 at most")]
    TooLarge,
    /// An actor has a second entry.
    #[error("this actor has an entry already")]
    Twice,
    /// A quote is not closed.
    #[error("a quote is not closed")]
    Quote,
    /// What follows a `\` is no escape of JSON.
    #[error("this is no escape of JSON")]
    Escape,
    /// The clock is complete, and more follows.
    #[error("the clock ends before this")]
    Trailing,
}

/// Reads what [`Display`](core::fmt::Display) writes, and what else people have at hand: a JSON object, the same without braces or
/// quotes, `=` for `:`, spaces for commas. An entry of zero says that nothing has been heard of, and is left out.
///
/// A bare name ends before a space, a comma, a brace or a quote, and before the last colon: `10.0.0.1:7001:3` is an entry.
/// Other names are written in quotes, with the escapes of JSON. [`Display`](core::fmt::Display) writes none, so that names that need
/// them do not come back.
///
/// ```
/// use quorate_vclock::{TextMistake, VClock};
///
/// let clock: VClock<String> = "{a:1, b:2}".parse()?;
/// for text in [r#"{"a": 1, "b": 2}"#, "a:1 b:2", "a=1,b=2", "b : 2, a : 1,", &clock.to_string()] {
///     assert_eq!(text.parse().as_ref(), Ok(&clock));
/// }
/// let error = "{a:1, b:x}".parse::<VClock<String>>().unwrap_err();
/// assert_eq!((error.column, error.mistake), (9, TextMistake::Counter));
/// # Ok::<(), quorate_vclock::TextError>(())
/// ```
impl FromStr for VClock<String> {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let mut scanner = Scanner::new(text);
        scanner.space();
        if scanner.is_at_end() {
            return Err(scanner.mistake(TextMistake::Nothing));
        }
        let is_open = scanner.take('{');
        let mut entries = BTreeMap::new();
        loop {
            let apart = scanner.space() | scanner.take(',');
            scanner.space();
            if scanner.is_at_end() || scanner.looks_at('}') {
                break;
            }
            if !apart && !entries.is_empty() {
                return Err(scanner.mistake(TextMistake::Comma));
            }
            let start = scanner;
            let (actor, counter) = scanner.entry()?;
            if entries.insert(actor, counter).is_some() {
                return Err(start.mistake(TextMistake::Twice));
            }
        }
        if is_open && !scanner.take('}') {
            return Err(scanner.mistake(TextMistake::Close));
        }
        finish(scanner, entries)
    }
}

/// Reads a JSON object of actors and counters, and whether it has an entry of this actor, be it zero.
pub(crate) fn read_json(text: &str, own: &str) -> Result<(VClock<String>, bool), TextError> {
    let mut scanner = Scanner::new(text);
    scanner.space();
    if !scanner.take('{') {
        return Err(scanner.mistake(TextMistake::Open));
    }
    let mut entries = BTreeMap::new();
    scanner.space();
    while !scanner.take('}') {
        if !entries.is_empty() {
            if !scanner.take(',') {
                let mistake = if scanner.is_at_end() { TextMistake::Close } else { TextMistake::Comma };
                return Err(scanner.mistake(mistake));
            }
            scanner.space();
        }
        let start = scanner;
        if !scanner.looks_at('"') {
            let mistake = if scanner.is_at_end() { TextMistake::Close } else { TextMistake::Actor };
            return Err(scanner.mistake(mistake));
        }
        let (actor, counter) = scanner.entry()?;
        if entries.insert(actor, counter).is_some() {
            return Err(start.mistake(TextMistake::Twice));
        }
        scanner.space();
    }
    let has_own = entries.contains_key(own);
    Ok((finish(scanner, entries)?, has_own))
}

fn finish(mut scanner: Scanner<'_>, entries: BTreeMap<String, u64>) -> Result<VClock<String>, TextError> {
    scanner.space();
    if !scanner.is_at_end() {
        return Err(scanner.mistake(TextMistake::Trailing));
    }
    Ok(entries.into_iter().collect())
}
