use alloc::{format, string::String, vec, vec::Vec};
use core::fmt;

use crate::explain::{
    Explanation, Next,
    layout::{Bar, Layout},
};

/// How long a label may be, and a state.
const LABEL_MAX: usize = 24;
const STATE_MAX: usize = 16;
/// How many operations a timeline has, if so many fit.
const TIMELINE_MAX: usize = 40;

/// How wide a timeline is if nobody says.
const COLUMNS: usize = 120;

/// The window as a timeline of text.
struct Timeline<'a>(&'a Explanation);

impl Timeline<'_> {
    fn width(&self) -> usize {
        let layout = Layout::new(self.0, LABEL_MAX, STATE_MAX);
        layout.width + name_width(&layout)
    }
}

fn name_width(layout: &Layout<'_>) -> usize {
    layout.lanes.iter().map(|process| format!("process {process}").len()).max().unwrap_or(0) + 2
}

impl fmt::Display for Timeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = Layout::new(self.0, LABEL_MAX, STATE_MAX);
        let names = name_width(&layout);
        let end = layout.culprit().to;
        let mut holds = Line::of(layout.width);
        for (x, state) in &layout.strip {
            holds.put(*x, state);
        }
        if !layout.strip.is_empty() {
            holds.put(end.unwrap_or(layout.width), "✗");
            holds.write(f, "holds", names)?;
        }
        for (lane, process) in layout.lanes.iter().enumerate() {
            let (mut labels, mut bars) = (Line::of(layout.width), Line::of(layout.width));
            for (at, bar) in layout.bars.iter().enumerate().filter(|(_, bar)| bar.lane == lane) {
                labels.put(bar.from, &bar.label);
                bars.bar(bar, layout.width, at == self.0.culprit, self.0.operations[at].returned.is_none());
            }
            for (at, x) in &layout.points {
                if let (true, Some(place)) = (layout.bars[*at].lane == lane, &self.0.operations[*at].place) {
                    bars.put(*x, &format!("{}", place.number));
                }
            }
            labels.write(f, "", names)?;
            bars.write(f, &format!("process {process}"), names)?;
        }
        Ok(())
    }
}

/// A line of characters.
struct Line(Vec<char>);

impl Line {
    fn of(width: usize) -> Self {
        Self(vec![' '; width + 1])
    }

    fn put(&mut self, x: usize, text: &str) {
        for (cell, char) in self.0.iter_mut().skip(x).zip(text.chars()) {
            *cell = char;
        }
    }

    fn bar(&mut self, bar: &Bar, width: usize, is_culprit: bool, is_pending: bool) {
        let (line, end) = match (is_culprit, bar.to) {
            (true, _) => ('═', '✗'),
            (false, Some(_)) => ('─', '┤'),
            (false, None) if is_pending => ('┄', '▷'),
            (false, None) => ('─', '▷'),
        };
        let to = bar.to.unwrap_or(width);
        for cell in self.0.iter_mut().take(to).skip(bar.from) {
            *cell = line;
        }
        self.put(bar.from, if is_culprit { "╞" } else { "├" });
        self.0[to] = end;
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, name: &str, names: usize) -> fmt::Result {
        let line: String = self.0.iter().collect();
        writeln!(f, "{}", format!("{name:<names$}{line}").trim_end())
    }
}

/// The sentence, the situations with the reason for each candidate, and the timeline.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        for situation in &self.situations {
            writeln!(f, "where {}:", situation.holds)?;
            for candidate in &situation.candidates {
                writeln!(f, "  {}", self.tell(candidate.operation, &candidate.next))?;
            }
        }
        f.write_str(&self.timeline(COLUMNS))
    }
}

impl Explanation {
    /// A timeline of text: a lane for each process, its operations from call to return, numbers where those take effect that
    /// are explained, and above what the object holds then. Operations that return later or never end in `▷`, the culprit in
    /// `✗`. It has as many of the operations as fit, but all that may still come.
    pub fn timeline(&self, columns: usize) -> String {
        let mut shown = self.narrowed(TIMELINE_MAX);
        while Timeline(&shown).width() > columns {
            let fewer = shown.narrowed(shown.operations.len() - 1);
            if fewer.operations.len() == shown.operations.len() {
                break;
            }
            shown = fewer;
        }
        let mut text = format!("{}", Timeline(&shown));
        if let Some(remark) = shown.remark() {
            text.push_str(&remark);
            text.push('\n');
        }
        text
    }

    /// What comes of an operation, as a sentence.
    pub fn tell(&self, operation: usize, next: &Next) -> String {
        let op = self.operations.get(operation).map(crate::explain::Shown::label).unwrap_or_default();
        match next {
            Next::Refused(reason) => reason.clone(),
            Next::Idle => format!("`{op}` changes nothing"),
            Next::Leads(state) => format!("`{op}` leads to {state}"),
        }
    }
}
