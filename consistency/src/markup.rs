//! Pages piece by piece: nothing that is written into one is taken for markup.

use alloc::{format, string::String};
use core::fmt::{self, Write as _};

use crate::explain::shorten;

/// A longer text is cut: a page is for looking at.
const TEXT_MAX: usize = 2_000;

/// Puts values into the template's `{{slots}}`, in one pass: what a value holds is never taken for a slot.
pub(crate) fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut page = String::new();
    let mut rest = template;
    while let Some((before, (slot, after))) =
        rest.split_once("{{").and_then(|(before, after)| Some((before, after.split_once("}}")?)))
    {
        page.push_str(before);
        page.extend(values.iter().filter(|(name, _)| *name == slot).map(|(_, value)| value.as_str()));
        rest = after;
    }
    page + rest
}

/// A text in HTML and SVG: nothing in it is taken for markup, and nothing that would turn or hide what follows is left.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shorten(self.0, TEXT_MAX).chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
                f.write_str("\u{fffd}")
            }
            char => f.write_char(char),
        })
    }
}

pub(crate) fn escaped(text: &str) -> String {
    format!("{}", Escaped(text))
}

/// Escaped, and what is between backticks as code.
pub(crate) fn coded(text: &str) -> String {
    let mut html = String::new();
    for (nth, part) in escaped(text).split('`').enumerate() {
        if nth % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            html.push_str(part);
        }
    }
    html
}

/// Markup that is written piece by piece. A string can always be written to.
pub(crate) struct Markup(pub(crate) String);

impl Markup {
    pub(crate) fn put(&mut self, piece: fmt::Arguments<'_>) {
        let _ = self.0.write_fmt(piece);
        self.0.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_holds_is_never_a_slot() {
        let values = [("a", "{{b}}".into()), ("b", "x".into())];
        assert_eq!(fill("1{{a}}2{{b}}3{{c}}4", &values), "1{{b}}2x34");
    }

    #[test]
    fn hostile_text_is_only_text() {
        let hostile = "</script><script>\"'&\n\u{0}\u{202e}";
        assert_eq!(escaped(hostile), "&lt;/script&gt;&lt;script&gt;&quot;&#39;&amp;  \u{fffd}");
    }
}
