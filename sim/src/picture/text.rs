//! Words for a picture: escaped, and short enough for their place.

use alloc::borrow::Cow;
use core::{fmt, time::Duration};

use quorate_machine::Time;

use crate::recording::Done;

/// A text in XML: nothing in it is taken for markup, and nothing that XML forbids is left.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\n' | '\r' | '\t' => f.write_str(" "),
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
    if text.char_indices().nth(chars).is_none() {
        return Cow::Borrowed(text);
    }
    let end = text.char_indices().nth(chars.saturating_sub(1)).map_or(0, |(end, _)| end);
    Cow::Owned(format!("{}…", &text[..end]))
}

/// Names that say nothing of a message, record, event or command: what matters is inside.
const HUSKS: [&str; 4] = ["Message { ", "Record { ", "Event { ", "Command { "];

/// A text that [`Debug`](fmt::Debug) made, with less air.
pub(crate) fn compact(debug: &str) -> String {
    let husk = HUSKS.iter().find_map(|husk| debug.strip_prefix(husk)?.strip_suffix(" }"));
    husk.unwrap_or(debug).replace(" { ", "{").replace(" }", "}").replace(": ", ":").replace(", ", ",")
}

/// The name at the beginning of what [`Debug`](fmt::Debug) made; of a husk, the first name of a value in it.
pub(crate) fn name(debug: &str) -> &str {
    let husk = HUSKS.iter().find_map(|husk| debug.strip_prefix(husk));
    let fields = husk.into_iter().flat_map(|fields| fields.split(": ").skip(1));
    let mut values = fields.filter(|value| value.starts_with(|char: char| char.is_uppercase()));
    let debug = values.next().unwrap_or(debug);
    let end = debug.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(debug.len());
    if end == 0 { debug } else { &debug[..end] }
}

/// What a step did, by names alone: `persist 5 Entries, send n1 n3 Append`.
pub(crate) fn deeds(done: &[Done]) -> String {
    let mut deeds: Vec<(String, String)> = Vec::new();
    for done in done {
        match done {
            Done::Sent { to, text, .. } => match deeds.last_mut() {
                Some((verb, what)) if verb.starts_with("send") && *what == name(text) => {
                    *verb = format!("{verb} {to}");
                }
                _ => deeds.push((format!("send {to}"), name(text).to_owned())),
            },
            Done::Persisted { ticket: Some(ticket), text } => {
                deeds.push((format!("persist {}", ticket.0), name(text).to_owned()));
            }
            Done::Persisted { ticket: None, text } => deeds.push(("note".to_owned(), name(text).to_owned())),
            Done::Told { text } => deeds.push(("emit".to_owned(), name(text).to_owned())),
        }
    }
    deeds.iter().map(|(verb, what)| format!("{verb} {what}")).collect::<Vec<_>>().join(", ")
}

/// An instant in milliseconds, to the microsecond.
pub(crate) fn millis(at: Time) -> String {
    let micros = at.as_nanos() / 1_000;
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}

/// A span in its largest unit.
pub(crate) fn span(span: Duration) -> String {
    match span.as_millis() {
        0 => format!("{} µs", span.as_micros()),
        millis @ 1..10_000 => format!("{millis} ms"),
        millis => format!("{} s", millis / 1_000),
    }
}

/// The text in lines of at most `chars`, broken between words where there are any; what is beyond the last line is cut.
pub(crate) fn wrap(text: &str, chars: usize, lines_max: usize) -> Vec<String> {
    let words = text.split_whitespace().flat_map(|word| {
        let word: Vec<char> = word.chars().collect();
        word.chunks(chars.max(1)).map(|chunk| chunk.iter().collect()).collect::<Vec<String>>()
    });
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= chars => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    if lines.len() > lines_max {
        lines.truncate(lines_max);
        if let Some(line) = lines.last_mut() {
            line.push('…');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_only_text() {
        let hostile = "</script><script>\"'&\n\u{0}\u{202e}";
        let escaped = Escaped(hostile).to_string();
        assert_eq!(escaped, "&lt;/script&gt;&lt;script&gt;&quot;&#39;&amp; \u{fffd}\u{fffd}");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(shorten("täglich", 7), "täglich");
        assert_eq!(shorten("täglich", 4), "täg…");
        assert_eq!(wrap("ab cd efghij k", 4, 9), ["ab", "cd", "efgh", "ij k"]);
        assert_eq!(wrap("ab cd ef", 5, 1), ["ab cd…"]);
    }

    #[test]
    fn debug_text_loses_its_air() {
        assert_eq!(compact("Store(Version { number: 1, value: 100 })"), "Store(Version{number:1,value:100})");
        assert_eq!(name("Append { term: Term(1) }"), "Append");
        let husk = "Message { term: t2, body: Append { entries: [] } }";
        assert_eq!((name(husk), compact(husk)), ("Append", "term:t2,body:Append{entries:[]}".to_owned()));
        assert_eq!(name("[1, 2]"), "[1, 2]");
    }
}
