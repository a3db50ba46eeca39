use alloc::string::{String, ToString as _};
use core::fmt::{Display, Write as _};

use thiserror::Error;

use super::form::{Delimiter, is_expression, split};
use crate::VClock;

/// Why an event cannot be written. Nothing has been.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{host}` is no name of a host: it is empty or has spaces")]
pub struct Unwritable {
    /// The name.
    pub host: String,
}

/// Appends an event in ShiViz' default format, two lines: what happened, then the host and its clock. Whatever would end the line of
/// the text is a space there.
///
/// # Errors
/// If the host has no name, or one with spaces.
pub fn write_event<A: Display>(
    log: &mut String,
    host: &A,
    clock: &VClock<A>,
    text: &str,
) -> Result<(), Unwritable> {
    let host = host.to_string();
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err(Unwritable { host });
    }
    let text = text.replace(|char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}'), " ");
    // What would be taken for something else is not, after a space.
    if split(&text).is_some() || is_expression(&text) || Delimiter::Customary.label(&text).is_some() {
        log.push(' ');
    }
    log.push_str(text.trim_end());
    let _ = write!(log, "\n{host} {{");
    for (nth, dot) in clock.iter().enumerate() {
        log.push_str(if nth == 0 { "\"" } else { ", \"" });
        name(log, &dot.actor.to_string());
        let _ = write!(log, "\": {}", dot.counter);
    }
    log.push_str("}\n");
    Ok(())
}

fn name(log: &mut String, name: &str) {
    for char in name.chars() {
        match char {
            '"' | '\\' => log.extend(['\\', char]),
            char if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') => {
                let _ = write!(log, "\\u{:04x}", u32::from(char));
            }
            char => log.push(char),
        }
    }
}
