//! Text inside of pictures.

use std::{borrow::Cow, fmt};

/// A text in XML: nothing in it is taken for markup, and nothing that XML forbids, or that turns what follows, is left.
pub(crate) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\n' => f.write_str("\n"),
            '\t' => f.write_str(" "),
            '\0'..' ' | '\u{7f}'..'\u{a0}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                f.write_str("\u{fffd}")
            }
            '\u{fffe}' | '\u{ffff}' => f.write_str("\u{fffd}"),
            char => write!(f, "{char}"),
        })
    }
}

/// The text's beginning, with an ellipsis if that is not all of it.
pub(crate) fn shorten(text: &str, chars: usize) -> Cow<'_, str> {
    if text.chars().nth(chars).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().take(chars.saturating_sub(1)).chain(['…']).collect())
}

/// The same with the ellipsis in the middle: names differ at their ends.
pub(crate) fn shorten_inside(text: &str, chars: usize) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= chars {
        return Cow::Borrowed(text);
    }
    let (begin, end) = (chars / 2, chars.saturating_sub(chars / 2 + 1));
    Cow::Owned(text.chars().take(begin).chain(['…']).chain(text.chars().skip(count - end)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_only_text() {
        let hostile = "</text><script>\"'&\u{0}\u{202e}\t";
        let escaped = Escaped(hostile).to_string();
        assert_eq!(escaped, "&lt;/text&gt;&lt;script&gt;&quot;&#39;&amp;\u{fffd}\u{fffd} ");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!([shorten("abc", 3), shorten("abcd", 3)], ["abc", "ab…"]);
        assert_eq!([shorten_inside("abcde", 5), shorten_inside("abcdefg", 5)], ["abcde", "ab…fg"]);
    }
}
