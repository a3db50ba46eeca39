use alloc::{borrow::ToOwned as _, string::String};

use super::{TextError, TextMistake};

/// A text, and how far it has been read.
#[derive(Clone, Copy)]
pub(super) struct Scanner<'a> {
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { whole: text, rest: text }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn looks_at(&self, char: char) -> bool {
        self.rest.starts_with(char)
    }

    /// That this is wrong, where it stands.
    pub(super) fn mistake(&self, mistake: TextMistake) -> TextError {
        self.mistake_at(self.rest, mistake)
    }

    /// That this is wrong, where this rest of the text begins.
    fn mistake_at(&self, rest: &str, mistake: TextMistake) -> TextError {
        let read = self.whole.len().saturating_sub(rest.len());
        let column = self.whole.get(..read).map_or(0, |read| read.chars().count()) + 1;
        TextError { column, mistake }
    }

    pub(super) fn take(&mut self, char: char) -> bool {
        let after = self.rest.strip_prefix(char);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// Skips spaces; whether there were any.
    pub(super) fn space(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start();
        self.rest.len() < before
    }

    /// An actor and its counter.
    pub(super) fn entry(&mut self) -> Result<(String, u64), TextError> {
        let quoted = self.looks_at('"');
        let name = if quoted { self.quoted()? } else { self.bare()?.to_owned() };
        self.space();
        if !self.take(':') && !self.take('=') {
            return Err(self.mistake(TextMistake::Colon));
        }
        self.space();
        Ok((name, self.counter()?))
    }

    /// What stands before the last colon of a word, and the whole word if the colon follows after a space.
    fn bare(&mut self) -> Result<&'a str, TextError> {
        let (word, after) = self.word();
        let is_colon = |char| matches!(char, ':' | '=');
        let is_whole = after.trim_start().starts_with(is_colon);
        let name =
            if is_whole { word } else { word.rfind(is_colon).map_or(word, |colon| word.split_at(colon).0) };
        if name.is_empty() {
            return Err(self.mistake(TextMistake::Actor));
        }
        self.rest = self.rest.split_at(name.len()).1;
        Ok(name)
    }

    /// What comes before the next space, comma, brace or quote, and what follows.
    fn word(&self) -> (&'a str, &'a str) {
        let ends = |char: char| char.is_whitespace() || matches!(char, ',' | '{' | '}' | '"');
        self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()))
    }

    fn counter(&mut self) -> Result<u64, TextError> {
        let (digits, after) = self.word();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.mistake(TextMistake::Counter));
        }
        let counter = digits.parse().map_err(|_| self.mistake(TextMistake::TooLarge))?;
        self.rest = after;
        Ok(counter)
    }

    /// A string as JSON has it.
    fn quoted(&mut self) -> Result<String, TextError> {
        let open = *self;
        let mut name = String::new();
        let mut chars = self.rest.chars();
        chars.next();
        loop {
            let here = chars.as_str();
            match chars.next() {
                None => return Err(open.mistake(TextMistake::Quote)),
                Some('"') => break,
                Some('\\') => {
                    let (char, after) =
                        escape(chars.as_str()).ok_or_else(|| self.mistake_at(here, TextMistake::Escape))?;
                    name.push(char);
                    chars = after.chars();
                }
                Some(char) => name.push(char),
            }
        }
        self.rest = chars.as_str();
        Ok(name)
    }
}

/// What the text after a `\` stands for, and what follows it.
fn escape(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    let char = match chars.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => return unicode(chars.as_str()),
        plain @ ('"' | '\\' | '/') => plain,
        _ => return None,
    };
    Some((char, chars.as_str()))
}

/// Four hexadecimal digits; or twice these, where a character takes two units of UTF-16.
fn unicode(text: &str) -> Option<(char, &str)> {
    let (first, after) = unit(text)?;
    if let Some(char) = char::from_u32(first) {
        return Some((char, after));
    }
    let (second, after) = unit(after.strip_prefix("\\u")?)?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    let high = first.checked_sub(0xd800).filter(|high| *high < 0x400)?;
    Some((char::from_u32(0x1_0000 + (high << 10) + low)?, after))
}

fn unit(text: &str) -> Option<(u32, &str)> {
    let (digits, after) = text.split_at_checked(4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?, after))
}
