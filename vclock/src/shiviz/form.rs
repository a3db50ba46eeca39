//! What the lines of a log are.

use alloc::string::String;

use super::{LogError, LogMistake};
use crate::{VClock, text::read_json};

/// On which side of the clock its event's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    TextFirst,
    ClockFirst,
}

/// What stands between executions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Delimiter<'a> {
    /// `===`, perhaps a name, `===`.
    Customary,
    /// None at all.
    Never,
    /// A name between these two.
    Around(&'a str, &'a str),
    /// This very line.
    Plain(&'a str),
}

impl<'a> Delimiter<'a> {
    /// The name of the execution that begins with this line, if one does.
    pub(super) fn label(self, line: &'a str) -> Option<&'a str> {
        let line = line.trim_end();
        match self {
            // A space before it makes it a text.
            Self::Customary => {
                let inner = line.strip_prefix("===")?.strip_suffix("===")?;
                Some(inner.trim_matches('=').trim())
            }
            Self::Never => None,
            Self::Around(before, after) => {
                Some(line.trim_start().strip_prefix(before)?.strip_suffix(after)?.trim())
            }
            Self::Plain(whole) => (line.trim_start() == whole).then_some(""),
        }
    }

    /// The second line of a file with expressions: plain text, perhaps around one name.
    fn new(expression: &'a str) -> Result<Self, LogMistake> {
        let expression = expression.trim();
        if expression.is_empty() {
            return Ok(Self::Never);
        }
        let expression = expression.strip_prefix('^').unwrap_or(expression);
        let expression = expression.strip_suffix('$').unwrap_or(expression);
        let is_plain =
            |text: &str| !text.contains(['\\', '(', ')', '[', ']', '{', '}', '*', '+', '?', '.', '|']);
        let parts = expression.split_once("(?<trace>").and_then(|(before, after)| {
            let group = after.split_once(')')?;
            matches!(group.0, ".*" | ".+" | "\\w*" | "\\w+" | "\\S*" | "\\S+").then_some((before, group.1))
        });
        match parts {
            Some((before, after)) if is_plain(before) && is_plain(after) => {
                Ok(Self::Around(before.trim(), after.trim()))
            }
            None if is_plain(expression) => Ok(Self::Plain(expression.trim())),
            _ => Err(LogMistake::Delimiter),
        }
    }
}

/// Whether a line holds the groups of an expression; a space before it makes it a text.
pub(super) fn is_expression(line: &str) -> bool {
    line.contains("(?<event>") && line.contains("(?<clock>") && !line.starts_with(' ')
}

/// What a file says of itself in its first lines: the form, the delimiter, and how many lines say it. `None` if it says nothing.
pub(super) fn header(text: &str) -> Result<Option<(Form, Delimiter<'_>, usize)>, LogError> {
    let mut lines = text.lines();
    let expression = lines.next().unwrap_or_default();
    if !is_expression(expression) {
        return Ok(None);
    }
    let group = |name| expression.find(name);
    let (event, host, clock) = (group("(?<event>"), group("(?<host>"), group("(?<clock>"));
    let form = match (event, host, clock, expression.find("\\n")) {
        (Some(event), Some(host), Some(clock), Some(end)) if host < clock => {
            match (event < end && end < host, clock < end && end < event) {
                (true, false) => Some(Form::TextFirst),
                (false, true) => Some(Form::ClockFirst),
                _ => None,
            }
        }
        _ => None,
    };
    let form = form.ok_or(LogError { line: 1, mistake: LogMistake::Expression })?;
    let delimiter =
        Delimiter::new(lines.next().unwrap_or_default()).map_err(|mistake| LogError { line: 2, mistake })?;
    Ok(Some((form, delimiter, 2)))
}

/// The host and the clock of a line that looks like one: a word, a space, and the beginning of an object of JSON.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let (host, clock) = line.split_once(' ')?;
    let inside = clock.strip_prefix('{')?.trim_start();
    let is_clock = inside.is_empty() || inside.starts_with(['"', '}']);
    (is_clock && !host.is_empty() && !host.contains(char::is_whitespace)).then_some((host, clock))
}

/// The same, read; nothing if the line does not look like one.
pub(super) fn read_line(line: &str) -> Option<Result<(&str, VClock<String>), LogMistake>> {
    let (host, clock) = split(line)?;
    Some(match read_json(clock, host) {
        Ok((clock, true)) => Ok((host, clock)),
        Ok((_, false)) => Err(LogMistake::OwnHost),
        Err(mut error) => {
            error.column += host.chars().count() + 1;
            Err(error.into())
        }
    })
}
