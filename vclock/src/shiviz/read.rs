use alloc::{borrow::ToOwned as _, string::String, vec::Vec};
use core::{mem, str::FromStr};

use super::{
    Event, Execution, Log, LogError, LogMistake,
    form::{Delimiter, Form, header, read_line},
};
use crate::VClock;

/// A text is read whole or not at all. What stands around the texts (spaces at the ends of lines, empty lines) is left out. A line
/// right after an event that looks like a clock and is none is text; after a line of text, it is an error.
impl FromStr for Log {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Self, LogError> {
        // Some editors mark a file as UTF-8.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (form, delimiter, skipped) = match header(text)? {
            Some(said) => said,
            None => (guess(text)?, Delimiter::Customary, 0),
        };
        let mut reading = Reading::new(form);
        for (at, line) in text.lines().enumerate().skip(skipped) {
            reading.line(at + 1, line, delimiter)?;
        }
        reading.end_execution()?;
        if reading.executions.is_empty() {
            return Err(LogError { line: 1, mistake: LogMistake::Empty });
        }
        Ok(Self { executions: reading.executions })
    }
}

/// The form of a log that does not say: by what it begins and ends with.
fn guess(text: &str) -> Result<Form, LogError> {
    let tells = |line: &str| !line.trim().is_empty() && Delimiter::Customary.label(line).is_none();
    let first = text.lines().enumerate().find(|(_, line)| tells(line));
    let Some((at, line)) = first else { return Ok(Form::TextFirst) };
    let Some(clock) = read_line(line) else { return Ok(Form::TextFirst) };
    let last = text.lines().rev().find(|line| tells(line)).and_then(read_line);
    let ends_in_clock = matches!(last, Some(Ok(_)));
    match clock {
        // An empty line before the first clock is its text.
        Ok(_) if ends_in_clock && at > 0 && text.lines().nth(at - 1).is_some_and(str::is_empty) => {
            Ok(Form::TextFirst)
        }
        Ok(_) => Ok(Form::ClockFirst),
        Err(_) if ends_in_clock => Ok(Form::TextFirst),
        Err(mistake) => Err(LogError { line: at + 1, mistake }),
    }
}

/// A host, its clock, and the line of both.
type Clocked = (usize, String, VClock<String>);

struct Reading<'a> {
    form: Form,
    executions: Vec<Execution>,
    execution: Execution,
    /// The text since the last clock.
    text: Vec<&'a str>,
    /// Where that text begins.
    text_line: usize,
    /// The clock whose text follows.
    open: Option<Clocked>,
}

impl<'a> Reading<'a> {
    fn new(form: Form) -> Self {
        Self {
            form,
            executions: Vec::new(),
            execution: Execution::default(),
            text: Vec::new(),
            text_line: 0,
            open: None,
        }
    }

    fn line(&mut self, number: usize, line: &'a str, delimiter: Delimiter<'a>) -> Result<(), LogError> {
        let is_inside = self.form == Form::TextFirst && !self.text.is_empty();
        let is_certain = !matches!(delimiter, Delimiter::Customary);
        if let Some(label) = delimiter.label(line).filter(|_| is_certain || !is_inside) {
            self.end_execution()?;
            label.clone_into(&mut self.execution.label);
            return Ok(());
        }
        match read_line(line) {
            Some(Ok((host, clock))) => self.clock((number, host.to_owned(), clock)),
            Some(Err(mistake)) if !self.text.is_empty() => return Err(LogError { line: number, mistake }),
            Some(Err(_)) | None => self.text(number, line.trim_end()),
        }
        Ok(())
    }

    fn text(&mut self, number: usize, line: &'a str) {
        if self.text.is_empty() {
            self.text_line = number;
        }
        if !(line.is_empty() && self.text.is_empty()) {
            self.text.push(line);
        }
    }

    fn clock(&mut self, clocked: Clocked) {
        match self.form {
            Form::TextFirst => self.event(clocked),
            Form::ClockFirst => {
                if let Some(before) = self.open.replace(clocked) {
                    self.event(before);
                }
            }
        }
    }

    fn event(&mut self, (line, host, clock): Clocked) {
        let text = mem::take(&mut self.text).join("\n").trim_end().to_owned();
        self.execution.events.push(Event { host, clock, text, line });
    }

    fn end_execution(&mut self) -> Result<(), LogError> {
        match self.open.take() {
            Some(open) => self.event(open),
            None if self.text.is_empty() => {}
            None => return Err(LogError { line: self.text_line, mistake: LogMistake::NoClock }),
        }
        let execution = mem::take(&mut self.execution);
        if !execution.events.is_empty() {
            self.executions.push(execution);
        }
        Ok(())
    }
}
