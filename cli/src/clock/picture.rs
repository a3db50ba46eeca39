//! A layout as SVG, back to front.

use std::fmt::Write as _;

use super::{
    arrow::{Arrow, Place},
    layout::{Layout, Row},
};
use crate::markup::{Escaped, shorten, shorten_inside};

const STYLE: &str = include_str!("picture.css");

/// Heights of a row, and how many of them follow before the names of the hosts are said again; the width of the lines' numbers.
const ROW: usize = 18;
const ROWS_PER_BAND: usize = 50;
const AXIS: usize = 44;
/// The radius of a dot, and the length of an arrow's head.
const DOT: f64 = 4.5;
const HEAD: f64 = 6.5;
/// About the width of a character.
const CHAR: usize = 7;
/// Longer texts and names are cut; a title holds them whole.
const TEXT_MAX: usize = 110;
const NAME_MAX: usize = 26;
const COLOURS: usize = 10;

/// Pixels for rows and columns.
struct Sheet<'a> {
    layout: &'a Layout<'a>,
    column: usize,
    /// The height of the names, and whether they are written aslant.
    band: usize,
    aslant: bool,
    width: usize,
    height: usize,
}

pub(super) fn draw(layout: &Layout<'_>) -> String {
    let sheet = Sheet::new(layout);
    let mut svg = String::new();
    sheet.write(&mut svg).unwrap_or_default(); // a string can always be written to
    svg
}

impl<'a> Sheet<'a> {
    fn new(layout: &'a Layout<'a>) -> Self {
        let column = match layout.hosts.len() {
            0..=4 => 120,
            5..=8 => 88,
            9..=16 => 60,
            _ => 40,
        };
        let longest = layout.hosts.iter().map(|host| host.chars().count().min(NAME_MAX)).max().unwrap_or(0);
        let aslant = longest * CHAR + 8 > column;
        // Aslant by 40 degrees, whose sine is about two thirds.
        let band = if aslant { longest * CHAR * 2 / 3 + 30 } else { 34 };
        let mut sheet = Self { layout, column, band, aslant, width: 0, height: 0 };
        let text = layout.rows.iter().map(|row| label(row).chars().count()).max().unwrap_or(0);
        sheet.width = sheet.words() + text * CHAR + 12;
        sheet.height = sheet.y(layout.rows.len().saturating_sub(1)) + ROW + 6;
        sheet
    }

    const fn x(&self, column: usize) -> usize {
        AXIS + self.column / 2 + column * self.column
    }

    /// Where the texts begin.
    fn words(&self) -> usize {
        AXIS + self.layout.hosts.len() * self.column + 8
    }

    /// The middle of a row.
    const fn y(&self, row: usize) -> usize {
        (row / ROWS_PER_BAND + 1) * self.band + row * ROW + ROW / 2
    }

    fn write(&self, svg: &mut String) -> std::fmt::Result {
        let Self { width, height, .. } = self;
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" class=\"clocks\">\n<style>\n{STYLE}</style>\n\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>"
        )?;
        self.rows(svg)?;
        self.lanes(svg)?;
        for message in &self.layout.messages {
            self.arrow(message.from, message.to, svg)?;
        }
        for band in (0..self.layout.rows.len()).step_by(ROWS_PER_BAND) {
            self.names(band, svg)?;
        }
        self.events(svg)?;
        svg.push_str("</svg>\n");
        Ok(())
    }

    /// What lies below everything, and tells all about an event where the mouse is.
    fn rows(&self, svg: &mut String) -> std::fmt::Result {
        for (at, Row { event, .. }) in self.layout.rows.iter().enumerate() {
            let broken = self.layout.broken.get(&at);
            let class = if broken.is_some() { "row bad" } else { "row" };
            let (y, width, line) = (self.y(at) - ROW / 2, self.width, event.line);
            write!(svg, "<rect class=\"{class}\" y=\"{y}\" width=\"{width}\" height=\"{ROW}\">")?;
            let (told, clock) = (event.to_string(), event.clock.to_string());
            write!(svg, "<title>{}\n{}\nline {line}", Escaped(&told), Escaped(&clock))?;
            if let Some(broken) = broken {
                write!(svg, "\n{}", Escaped(&broken.rule.to_string()))?;
            }
            writeln!(svg, "</title></rect>")?;
        }
        Ok(())
    }

    fn lanes(&self, svg: &mut String) -> std::fmt::Result {
        let bottom = self.height - 4;
        for (column, (first, last)) in self.layout.spans().into_iter().enumerate() {
            let (x, colour) = (self.x(column), column % COLOURS);
            let (top, first, last) = (self.band - 4, self.y(first), self.y(last));
            writeln!(
                svg,
                "<path class=\"idle\" d=\"M{x} {top}V{bottom}\"/><path class=\"lane c{colour}\" d=\"M{x} {first}V{last}\"/>"
            )?;
        }
        Ok(())
    }

    fn names(&self, row: usize, svg: &mut String) -> std::fmt::Result {
        let y = self.y(row) - ROW / 2 - 8;
        for (column, host) in self.layout.hosts.iter().enumerate() {
            let (x, colour) = (self.x(column), column % COLOURS);
            let name = shorten_inside(host, NAME_MAX);
            let turned =
                if self.aslant { format!(" transform=\"rotate(-40 {x} {y})\"") } else { String::new() };
            let class = if self.aslant { "name aslant" } else { "name" };
            writeln!(
                svg,
                "<text class=\"{class} c{colour}\" x=\"{x}\" y=\"{y}\"{turned}>{}</text>",
                Escaped(&name)
            )?;
        }
        Ok(())
    }

    fn arrow(&self, from: usize, to: usize, svg: &mut String) -> std::fmt::Result {
        let colour = self.layout.rows[from].column % COLOURS;
        let (first, last) = (from.min(to), from.max(to));
        let between = (first + 1..last).map(|row| self.place(row));
        let (line, head) = Arrow::beside(self.place(from), self.place(to), &between).paths(DOT + 1.0, HEAD);
        writeln!(
            svg,
            "<g class=\"message c{colour}\"><path d=\"{line}\"/><path class=\"head\" d=\"{head}\"/></g>"
        )
    }

    /// The middle of a row's dot.
    #[expect(clippy::cast_precision_loss, reason = "pixels are small numbers")]
    fn place(&self, row: usize) -> Place {
        Place { x: self.x(self.layout.rows[row].column) as f64, y: self.y(row) as f64 }
    }

    fn events(&self, svg: &mut String) -> std::fmt::Result {
        let senders = self.layout.senders();
        for (at, row) in self.layout.rows.iter().enumerate() {
            let (x, y, colour) = (self.x(row.column), self.y(at), row.column % COLOURS);
            let class = if senders.contains(&at) { "dot sends" } else { "dot" };
            let (base, axis, words, line) = (y + 4, AXIS - 10, self.words(), row.event.line);
            let (event, text) = (format!("{}:{}", row.event.host, row.event.number()), label(row));
            let text = text.strip_prefix(event.as_str()).unwrap_or_default();
            writeln!(
                svg,
                "<circle class=\"{class} c{colour}\" cx=\"{x}\" cy=\"{y}\" r=\"{DOT}\"/>\
                 <text class=\"line\" x=\"{axis}\" y=\"{base}\">{line}</text>\
                 <text class=\"told\" x=\"{words}\" y=\"{base}\"><tspan class=\"who c{colour}\">{}</tspan>{}</text>",
                Escaped(&event),
                Escaped(text)
            )?;
        }
        Ok(())
    }
}

/// What is written beside an event: which it is, and the first line of its text.
fn label(row: &Row<'_>) -> String {
    let event = row.event;
    let text = shorten(event.text.lines().next().unwrap_or_default(), TEXT_MAX).into_owned();
    format!("{}:{} {text}", event.host, event.number())
}
