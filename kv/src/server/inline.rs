//! Requests typed by hand: a line of words, quoted where needed.

use bytes::{Bytes, BytesMut};

/// The words of a line; `None` if its quotes are not balanced.
///
/// Between double quotes `\n`, `\r`, `\t`, `\b`, `\a` and `\xff` stand for bytes, and any other escaped byte for
/// itself; between single quotes only `\'` is an escape. A closing quote ends its word.
pub(super) fn split(line: &[u8]) -> Option<Vec<Bytes>> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() {
        let (word, after) = word(rest)?;
        words.push(word);
        rest = after.trim_ascii_start();
    }
    Some(words)
}

fn word(mut rest: &[u8]) -> Option<(Bytes, &[u8])> {
    let mut word = BytesMut::new();
    loop {
        rest = match rest {
            [] => return Some((word.freeze(), rest)),
            [byte, ..] if byte.is_ascii_whitespace() => return Some((word.freeze(), rest)),
            [b'"', after @ ..] => return closed(word, double_quoted, after),
            [b'\'', after @ ..] => return closed(word, single_quoted, after),
            [byte, after @ ..] => {
                word.extend_from_slice(&[*byte]);
                after
            }
        };
    }
}

/// A byte between quotes, or the closing quote, and what follows; nothing if the line ends before.
type Next<'a> = Option<(Option<u8>, &'a [u8])>;

/// The rest of a word after an opening quote. What follows the closing one must be a space or nothing.
fn closed<'a>(
    mut word: BytesMut,
    next: fn(&'a [u8]) -> Next<'a>,
    mut rest: &'a [u8],
) -> Option<(Bytes, &'a [u8])> {
    loop {
        let (byte, after) = next(rest)?;
        rest = after;
        match byte {
            Some(byte) => word.extend_from_slice(&[byte]),
            None => break,
        }
    }
    rest.first().is_none_or(u8::is_ascii_whitespace).then(|| (word.freeze(), rest))
}

/// The next byte between double quotes, or the end of the quote.
fn double_quoted(rest: &[u8]) -> Next<'_> {
    match rest {
        [] => None,
        [b'"', after @ ..] => Some((None, after)),
        [b'\\', b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            Some((Some(hex(*high) << 4 | hex(*low)), after))
        }
        [b'\\', escaped, after @ ..] => {
            let byte = match escaped {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'b' => 0x08,
                b'a' => 0x07,
                other => *other,
            };
            Some((Some(byte), after))
        }
        [byte, after @ ..] => Some((Some(*byte), after)),
    }
}

/// The next byte between single quotes, or the end of the quote.
fn single_quoted(rest: &[u8]) -> Next<'_> {
    match rest {
        [] => None,
        [b'\\', b'\'', after @ ..] => Some((Some(b'\''), after)),
        [b'\'', after @ ..] => Some((None, after)),
        [byte, after @ ..] => Some((Some(*byte), after)),
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.to_ascii_uppercase() - b'A' + 10,
    }
}
