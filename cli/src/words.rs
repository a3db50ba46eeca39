//! A line typed at the prompt as words, quoted the way `redis-cli` takes them.

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WordsError {
    /// A quote is not closed.
    Open,
    /// A closing quote is followed by something other than a space.
    Joined,
}

impl std::fmt::Display for WordsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "a quote is not closed",
            Self::Joined => "there must be a space after a closing quote",
        })
    }
}

/// Splits at spaces. `"…"` may hold spaces and the escapes `\n \r \t \\ \" \xFF`, `'…'` holds all but `'`.
pub(crate) fn split(line: &str) -> Result<Vec<Vec<u8>>, WordsError> {
    let mut words = Vec::new();
    let mut rest = line.as_bytes().trim_ascii();
    while !rest.is_empty() {
        let (word, after) = match rest {
            [b'"', inside @ ..] => quoted(inside)?,
            [b'\'', inside @ ..] => {
                let end = inside.iter().position(|byte| *byte == b'\'').ok_or(WordsError::Open)?;
                let (word, after) = inside.split_at(end);
                (word.to_vec(), after.get(1..).unwrap_or_default())
            }
            bare => {
                let end = bare.iter().position(u8::is_ascii_whitespace).unwrap_or(bare.len());
                let (word, after) = bare.split_at(end);
                (word.to_vec(), after)
            }
        };
        if after.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            return Err(WordsError::Joined);
        }
        words.push(word);
        rest = after.trim_ascii_start();
    }
    Ok(words)
}

/// What stands before the closing quote, and what follows it.
fn quoted(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8]), WordsError> {
    let mut word = Vec::new();
    loop {
        let (byte, after) = match rest {
            [] => return Err(WordsError::Open),
            [b'"', after @ ..] => return Ok((word, after)),
            [b'\\', b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (digit(*high) << 4 | digit(*low), after)
            }
            [b'\\', b'n', after @ ..] => (b'\n', after),
            [b'\\', b'r', after @ ..] => (b'\r', after),
            [b'\\', b't', after @ ..] => (b'\t', after),
            [b'\\', escaped, after @ ..] => (*escaped, after),
            [plain, after @ ..] => (*plain, after),
        };
        word.push(byte);
        rest = after;
    }
}

const fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        _ => (byte | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::{WordsError, split};

    #[test]
    fn words_are_split_at_spaces_outside_of_quotes() {
        let expected: Vec<&[u8]> = vec![b"SET", b"a b", b"c\"d", b""];
        assert_eq!(split(r#"  SET "a b"  'c"d' "" "#).unwrap(), expected);
        assert_eq!(split("  "), Ok(vec![]));
    }

    #[test]
    fn escapes_are_bytes() {
        assert_eq!(split(r#""\x00\xfF\n\"\\\q\x4""#).unwrap(), [b"\x00\xff\n\"\\qx4"]);
    }

    #[test]
    fn unbalanced_quotes_are_refused() {
        assert_eq!(split("SET a \"b"), Err(WordsError::Open));
        assert_eq!(split("SET a 'b"), Err(WordsError::Open));
        assert_eq!(split("SET \"a\"b"), Err(WordsError::Joined));
    }
}
