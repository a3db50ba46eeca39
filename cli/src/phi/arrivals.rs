//! When heartbeats came, as text.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use clap::ValueEnum;
use quorate_machine::Time;
use quorate_phi_detector::Stamp;

use crate::problem::{Mistake, Problem};

const FORM: &str = "a line has the time at which a heartbeat came, and if heartbeats are numbered its number, and if the sender \
                    restarts its life: 12.345 17 2; or what is known: 15.0 down, 20.0 end";

/// What times are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Unit {
    /// Seconds
    S,
    /// Milliseconds
    Ms,
    /// Microseconds
    Us,
    /// Nanoseconds
    Ns,
}

impl Unit {
    /// How many decimals of it are a nanosecond.
    const fn decimals(self) -> usize {
        match self {
            Self::S => 9,
            Self::Ms => 6,
            Self::Us => 3,
            Self::Ns => 0,
        }
    }
}

/// A line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: Time,
    pub(super) what: What,
}

/// What is known to have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A heartbeat came.
    Heartbeat(Option<Stamp>),
    /// The sender is down from here on, until it is heard again.
    Down,
    /// Nobody listened any longer.
    End,
}

/// As it is read with [`Unit::S`].
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.at.as_nanos();
        write!(f, "{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)?;
        match self.what {
            What::Heartbeat(None) => Ok(()),
            What::Heartbeat(Some(stamp)) => write!(f, " {} {}", stamp.sequence, stamp.generation),
            What::Down => f.write_str(" down"),
            What::End => f.write_str(" end"),
        }
    }
}

/// The lines of a file, or of the standard input if it is `-`, one by one.
pub(super) fn read(file: &Path, unit: Unit, each: impl FnMut(Line)) -> Result<(), Problem> {
    let told = |error: &dyn fmt::Display| Problem::new(error).of(file);
    if file.as_os_str() == "-" {
        return read_from(io::stdin().lock(), unit, each).map_err(|mistake| mistake.of(file).hint(FORM));
    }
    let opened = File::open(file).map_err(|error| told(&error))?;
    read_from(BufReader::new(opened), unit, each).map_err(|mistake| mistake.of(file).hint(FORM))
}

/// More than any line needs: what is no text at all must not be gathered first.
const LINE_MAX: u64 = 4096;

fn read_from(mut source: impl BufRead, unit: Unit, mut each: impl FnMut(Line)) -> Result<(), Mistake> {
    let mut bytes = Vec::new();
    for line in 1.. {
        let mistake = |what: String| Mistake { line, what };
        bytes.clear();
        let read = io::Read::take(&mut source, LINE_MAX).read_until(b'\n', &mut bytes);
        if read.map_err(|error| mistake(error.to_string()))? == 0 {
            break;
        }
        if bytes.len() as u64 == LINE_MAX && bytes.last() != Some(&b'\n') {
            return Err(mistake(format!("this is longer than {LINE_MAX} bytes")));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| mistake("this is not UTF-8".into()))?;
        if let Some(line) = parse(text, unit).map_err(mistake)? {
            each(line);
        }
    }
    Ok(())
}

/// `TIME [NUMBER [LIFE]]`, `TIME down` or `TIME end`; what follows a `#` is for people.
fn parse(text: &str, unit: Unit) -> Result<Option<Line>, String> {
    let mut words = text.split('#').next().unwrap_or_default().split_whitespace();
    let Some(word) = words.next() else { return Ok(None) };
    let at = time(word, unit)?;
    let what = match (words.next(), words.next()) {
        (None, _) => What::Heartbeat(None),
        (Some("down"), None) => What::Down,
        (Some("end"), None) => What::End,
        (Some(sequence), generation) => {
            let number =
                |word: &str| word.parse().map_err(|_| format!("{word:?} is no number of a heartbeat"));
            let sequence = number(sequence)?;
            let generation = generation.map_or(Ok(0), number)?;
            What::Heartbeat(Some(Stamp { generation, sequence }))
        }
    };
    match words.next() {
        Some(word) => Err(format!("there is something after the end: {word:?}")),
        None => Ok(Some(Line { at, what })),
    }
}

/// A decimal number, to the nanosecond; digits beyond that are left out.
fn time(word: &str, unit: Unit) -> Result<Time, String> {
    let wrong = || format!("{word:?} is no time; it is a number like 12.345");
    let (whole, part) = word.split_once('.').unwrap_or((word, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(part) {
        return Err(wrong());
    }
    let decimals = unit.decimals();
    let part: String = part.chars().chain(std::iter::repeat('0')).take(decimals).collect();
    format!("{whole}{part}")
        .parse()
        .map(Time::from_nanos)
        .map_err(|_| format!("{word} is more than 64 bits of nanoseconds hold"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, unit: Unit) -> Result<Vec<(u64, What)>, Mistake> {
        let mut lines = Vec::new();
        read_from(text.as_bytes(), unit, |line| lines.push((line.at.as_nanos(), line.what)))?;
        Ok(lines)
    }

    #[test]
    fn times_are_exact_in_every_unit() {
        let stamp = |generation, sequence| What::Heartbeat(Some(Stamp { generation, sequence }));
        let text = "# mine\n1.5\r\n\n 1764158400.123456789123 17 # late\n2 18 3\n3.25 down\n4 end";
        let expected = [
            (1_500_000_000, What::Heartbeat(None)),
            (1_764_158_400_123_456_789, stamp(0, 17)),
            (2_000_000_000, stamp(3, 18)),
            (3_250_000_000, What::Down),
            (4_000_000_000, What::End),
        ];
        assert_eq!(lines(text, Unit::S), Ok(expected.to_vec()));
        for (unit, nanos) in [(Unit::Ms, 7_250_000), (Unit::Us, 7250), (Unit::Ns, 7)] {
            assert_eq!(lines("7.25", unit), Ok(vec![(nanos, What::Heartbeat(None))]));
        }
        let written =
            |(nanos, what): (u64, What)| format!("{}\n", Line { at: Time::from_nanos(nanos), what });
        let again: String = expected.map(written).concat();
        assert_eq!(lines(&again, Unit::S), Ok(expected.to_vec()));
    }

    #[test]
    fn mistakes_have_a_line() {
        for (text, line, what) in [
            ("1\nsoon", 2, "\"soon\" is no time"),
            ("-1", 1, "is no time"),
            ("NaN", 1, "is no time"),
            (".5", 1, "is no time"),
            ("1e3", 1, "is no time"),
            ("1 2 3 4", 1, "after the end: \"4\""),
            ("1 down now", 1, "\"down\" is no number"),
            ("1 -2", 1, "\"-2\" is no number"),
            ("\n\n99999999999999999999", 3, "more than 64 bits"),
        ] {
            let mistake = lines(text, Unit::S).unwrap_err();
            assert!(mistake.line == line && mistake.what.contains(what), "{text}: {mistake:?}");
        }
        assert!(lines(&"1".repeat(5000), Unit::S).unwrap_err().what.contains("longer than 4096"));
        let mistake = read_from(&b"1\n\xff\n"[..], Unit::S, |_| ()).unwrap_err();
        assert_eq!(mistake, Mistake { line: 2, what: "this is not UTF-8".into() });
    }
}
